"""A bridge that is started again and again, and dies each time: five lives may cost a call, the others none (F43)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from whole_house import BASE, House, empty_house

STARTS = min(50, 10 * int(os.environ.get("FAULTS_MANY", "1")))
CALLS = 5
"""That the whole loop may cost."""

pytestmark = [pytest.mark.case("F43"), pytest.mark.timeout(600)]


@pytest.fixture
def one(tmp_path: Path) -> Iterator[House]:
    with empty_house(tmp_path) as running:
        running.bridge.counts_starts = True
        yield running


def is_online(one: House, since: int) -> bool:
    return any(each.text == "online" for each in one.spy.on(f"{BASE}/bridge/state", since))


def lives_until_its_first_call(one: House) -> None:
    """Or until it says that it will make none."""
    since, calls, quiet = len(one.spy.messages), len(one.tesla.asked()), one.bridge.log.count("crash_loop")

    def is_over() -> bool:
        return len(one.tesla.asked()) > calls or one.bridge.log.count("crash_loop") > quiet

    one.bridge.start()
    one.spy.until(lambda: is_online(one, since), "the bridge")
    one.spy.until(is_over, "a call, or none")
    one.bridge.kill()


def test_a_crash_loop_costs_no_more_than_its_first_lives(
    one: House, record_property: Callable[[str, object], None]
) -> None:
    with one.api.holding(b"GET /api/1/", answer=True):  # it dies of the answer
        for _ in range(STARTS):
            lives_until_its_first_call(one)
    calls = len(one.tesla.asked())
    record_property("figure", f"{calls} calls in {STARTS} starts")
    assert calls <= CALLS
    assert one.bridge.log.count("crash_loop") == STARTS - CALLS, "one line for each start that is quiet"

    health, since = f"{BASE}/bridge/health", len(one.spy.messages)
    one.bridge.start()
    one.spy.until(lambda: one.spy.on(health, since), "health")
    assert "nothing is read from Tesla for" in one.spy.on(health, since)[-1].body["problem"]
    assert one.bridge.stop() == 0
    assert len(one.tesla.asked()) == calls
    one.start()  # an ordinary one
