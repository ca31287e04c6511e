"""The kit itself: time that is driven, and a bridge that dies on order."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from crash_points import CALLS, COMMANDS, TOKENS
from driven import Died, DrivenHouse, settled_house
from whole_house import BASE, CAR, message

START = datetime(2026, 6, 1, 19, tzinfo=UTC)
HOUR = 3600.0

pytestmark = [
    pytest.mark.mosquitto,
]


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DrivenHouse]:
    with settled_house(tmp_path_factory.mktemp("driven"), START) as made:
        yield made


@pytest.fixture(autouse=True)
def _alive(one: DrivenHouse) -> None:
    one.time.set_wrong(0)
    one.begin_anew()


def died_within(one: DrivenHouse, seconds: float) -> bool:
    """As if it were killed."""
    try:
        one.time.run_for(seconds)
    except Died as end:
        return end.code == -signal.SIGKILL
    return False


def looks(one: DrivenHouse, words: str = "live_status") -> int:
    return len(one.tesla.asked(words))


def test_an_hour_is_lived_through_as_if_it_had_passed(one: DrivenHouse) -> None:
    before = one.time.now
    one.time.run_for(HOUR)
    assert (one.time.now - before).total_seconds() == pytest.approx(HOUR)
    assert looks(one) == 60


def test_a_command_is_answered_in_no_time_at_all(one: DrivenHouse) -> None:
    before = one.time.now
    one.send(CAR, "charge_limit", "71")
    one.time.run_for(0)
    one.spy.until(lambda: one.value(CAR, "charge/charge_limit") == "71")
    assert one.time.now == before


def test_without_a_bridge_time_passes_all_the_same(one: DrivenHouse) -> None:
    one.bridge.kill()
    before = one.time.now
    one.time.run_for(2 * HOUR)
    assert (one.time.now - before).total_seconds() == pytest.approx(2 * HOUR)
    one.start()
    one.comes_to("bridge", "state", "online")


def test_a_wrong_clock_is_the_bridges_own(one: DrivenHouse) -> None:
    one.time.set_wrong(HOUR)
    truth = one.time.now
    one.time.run_for(60)
    told = datetime.fromisoformat(one.spy.on(f"{BASE}/bridge/health")[-1].body["at"])
    assert (told - truth).total_seconds() == pytest.approx(HOUR, abs=60)


def test_after_a_suspension_the_bridge_looks_at_once(one: DrivenHouse) -> None:
    one.time.suspend(9 * HOUR)
    one.time.run_for(1)
    assert looks(one) == 1


def test_time_flows_while_the_broker_is_silent(one: DrivenHouse) -> None:
    """Who waits for an answer that does not come is told so by the clock of the loop, which is real."""
    one.time.flow(60)
    before = one.time.now
    one.spy.until(lambda: (one.time.now - before).total_seconds() > 120 and looks(one) >= 2, "two minutes")
    one.time.hold()
    stopped = one.time.now
    assert one.time.now == stopped


def test_it_stops_as_it_would(one: DrivenHouse) -> None:
    assert one.bridge.stop() == 0
    one.comes_to("bridge", "state", "offline")


@pytest.mark.parametrize("point", TOKENS)
def test_it_dies_in_a_renewal_and_the_next_life_needs_no_sign_in(one: DrivenHouse, point: str) -> None:
    one.tesla.control("revoke")
    one.bridge.crash_at(point)
    assert died_within(one, HOUR)
    one.start()
    one.time.run_for(60)
    assert one.value("bridge", "sign_in_needed") != "true"
    assert looks(one) > 0


@pytest.mark.parametrize("point", COMMANDS)
def test_it_dies_in_a_command_that_is_done_once_at_most(one: DrivenHouse, point: str) -> None:
    one.bridge.crash_at(point)
    one.send(CAR, "charge_limit", message(point, value=72))
    assert died_within(one, 30)
    one.start()
    assert sum(name == "set_charge_limit" for name, _ in one.tesla.done(CAR)) <= 1
    told = {(each["outcome"], each["finished_at"]) for each in one.results_of(point)}
    assert len(told) == (0 if point == "command: before it is noted" else 1), "told twice it is the same"


@pytest.mark.parametrize("point", CALLS)
def test_it_dies_in_a_call(one: DrivenHouse, point: str) -> None:
    one.bridge.crash_at(point)
    one.spy.publish(f"{BASE}/{CAR}/get/charge")
    assert died_within(one, HOUR)


def test_it_dies_at_a_moment_that_comes_but_once(one: DrivenHouse, tmp_path: Path) -> None:
    """The point is there from the start: in the first renewal of all."""
    one.bridge.kill()
    one.bridge.start(crash="token: when the answer has come", data_dir=tmp_path / "data")
    assert died_within(one, 60)
