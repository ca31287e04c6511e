"""SIGKILL at each point of a command's life: done at most once, and one result, told after a restart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import cycle
from random import Random
from typing import Any

import pytest
from crash_points import COMMANDS
from driven import Died, DrivenHouse, settled_house
from repetitions import MANY
from whole_house import CAR, SITE, message

START = datetime(2026, 6, 1, 19, tzinfo=UTC)
LIMITS, RESERVES, MODES = cycle(range(60, 90)), cycle(range(20, 60)), cycle(["backup", "self_consumption"])
ASKED: list[tuple[str, str, Callable[[], Any]]] = [
    (CAR, "charge_limit", lambda: next(LIMITS)),
    (CAR, "honk_horn", lambda: None),
    (SITE, "backup_reserve", lambda: next(RESERVES)),
    (SITE, "operation_mode", lambda: next(MODES)),
]
"""Each time another value: what is so already is seen to be so, whoever did it."""
UNHEARD = "command: before it is noted"
"""Nothing is known of it then: whoever sent it hears nothing, and sends it again."""

pytestmark = [
    pytest.mark.case("F25"),
    pytest.mark.mosquitto,
]


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DrivenHouse]:
    with settled_house(tmp_path_factory.mktemp("driven"), START) as made:
        yield made


@pytest.mark.parametrize("turn", range(MANY))
@pytest.mark.parametrize("point", COMMANDS)
def test_it_is_done_once_at_most_and_answered_once(one: DrivenHouse, point: str, turn: int, seed: int) -> None:
    """Which command, the seed decides."""
    device, name, values = Random(f"{point} {turn} {seed}").choice(ASKED)
    value = values()
    transaction = f"{point} {turn} {seed}"
    asked = message(transaction, **({} if value is None else {"value": value}))
    one.begin_anew()
    one.bridge.crash_at(point)
    one.send(device, name, asked)
    with pytest.raises(Died):
        one.time.run_for(60)
    one.start()
    results = one.results_of(transaction)
    assert bool(results) is (point != UNHEARD)
    one.send(device, name, asked)  # as somebody does who is not sure
    one.time.run_for(60)
    one.spy.until(lambda: len(one.results_of(transaction)) > len(results), "an answer")
    told = {(each["outcome"], each["reason"], each["finished_at"]) for each in one.results_of(transaction)}
    assert len(told) == 1, "told twice it is the same"
    assert len(one.tesla.done(device)) <= 1
    assert (len(one.tesla.done(device)) == 1) or not any(outcome == "ok" for outcome, *_ in told)
