"""Tesla asks to wait: for that device and class of calls, also after a restart (F13)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
from driven import DrivenHouse, settled_house
from whole_house import CAR, message

START = datetime(2026, 6, 1, 19, tzinfo=UTC)

pytestmark = [
    pytest.mark.mosquitto,
    pytest.mark.timeout(400),
    pytest.mark.case("F13"),
]


class Case(NamedTuple):
    """What a 429 says, and how many seconds that is (bridge/fleet/waits.py)."""

    name: str
    retry_after: str | None
    seconds: float
    slack: float = 10
    """Seconds by which the wait may have begun before we saw it: a date is named before it is told."""


CASES = (
    Case("half a day", "45983", 45983),
    Case("nothing", None, 60),
    Case("seconds", "900", 900),
    Case("a date", "date", 900, slack=75),
    Case("less than nothing", "-5", 60),
)


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DrivenHouse]:
    with settled_house(tmp_path_factory.mktemp("driven"), START) as made:
        made.start()
        yield made


def asked(one: DrivenHouse, words: str) -> int:
    return len(one.tesla.asked(words))


def headers(one: DrivenHouse, case: Case) -> dict[str, str]:
    match case.retry_after:
        case None:
            return {}
        case "date":
            return {"retry-after": f"{one.time.now + timedelta(seconds=case.seconds):%a, %d %b %Y %H:%M:%S} GMT"}
        case seconds:
            return {"retry-after": seconds}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_429_is_heeded_for_that_device_and_class_also_after_a_restart(one: DrivenHouse, case: Case) -> None:
    one.tesla.fault("live_status", status=429, headers=headers(one, case), times=1)
    one.tesla.forget()
    while not asked(one, "live_status"):
        one.time.run_for(10)
    one.tesla.forget()
    before = min(case.seconds / 4, 200)
    one.time.run_for(before)
    assert asked(one, "/api/1/vehicles") > 0, "other calls go on"
    if case.seconds > 600:
        before += commanded(one, f"{case.name} {one.time.now}")
    assert asked(one, "live_status") == 0
    one.bridge.kill()
    rest = min(case.seconds / 4, 200)
    one.time.run_for(case.seconds - before - rest)  # costs nothing: nobody lives through it
    one.bridge.start()
    one.time.run_for(rest - case.slack)
    assert asked(one, "live_status") == 0
    one.time.run_for(case.slack + 90)
    assert asked(one, "live_status") > 0


def commanded(one: DrivenHouse, transaction: str) -> float:
    """Another class of calls is not blocked. Gives the seconds that it took."""
    one.send(CAR, "charge_limit", message(transaction, value=66))
    one.time.run_for(60)
    one.spy.until(lambda: one.results_of(transaction), f"a result of {transaction}")
    assert one.results_of(transaction)[0]["outcome"] == "ok"
    return 60
