"""The machine's clock is wrong, jumps, or was asleep: one renewal more at most, no burst, no other waits (A6, F6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from driven import DrivenHouse, settle, settled_house
from tape import Tape
from whole_house import CAR, message

pytestmark = [pytest.mark.case("F6"), pytest.mark.mosquitto]

START = datetime(2026, 6, 1, 19, tzinfo=UTC)
HOUR, YEAR = 3600.0, 365 * 86400.0
WHILE, LOOKS = 1200.0, 20
"""Seconds, and how often a site is looked at in them."""

Record = Callable[[str, str], None]


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DrivenHouse]:
    with settled_house(tmp_path_factory.mktemp("driven"), START) as made:
        made.start()
        yield made


@pytest.fixture(autouse=True)
def _right_and_alive(one: DrivenHouse) -> None:
    one.time.set_wrong(0)
    settle(one)
    one.time.run_for(WHILE)  # what the test before has done to it is over


def a_while_costs(one: DrivenHouse, name: str) -> int:
    """Renewals in it; and Tesla is asked no more than at any other time, and a command is done."""
    tape = Tape(one.api)
    one.time.run_for(WHILE)
    assert len(tape.requests("live_status")) <= LOOKS + 2
    one.send(CAR, "charge_limit", message(name, value=70))
    one.time.run_for(15)
    assert one.one_result_of(name)["outcome"] == "ok"
    return tape.renewals


@pytest.mark.parametrize("wrong", [-START.timestamp(), 2 * YEAR, -HOUR, HOUR], ids=["1970", "+2 y", "-1 h", "+1 h"])
def test_a_start_with_a_wrong_clock_and_one_with_the_right_one(
    one: DrivenHouse, wrong: float, record_property: Record
) -> None:
    costs = []
    for error in (wrong, 0.0):
        one.bridge.stop()
        one.time.set_wrong(error)
        one.time.shared.boot()
        one.bridge.start()
        costs.append(a_while_costs(one, f"with {error} of {wrong}"))
    assert max(costs) <= 1
    record_property("figure", f"{costs[0]} renewal more, and {costs[1]} when it is right again")


@pytest.mark.parametrize("jump", [HOUR, -HOUR, 2 * YEAR], ids=["+1 h", "-1 h", "+2 y"])
def test_a_jump_means_nothing(one: DrivenHouse, jump: float) -> None:
    one.time.set_wrong(jump)
    assert a_while_costs(one, f"after {jump}") <= 1
    one.time.set_wrong(0)
    assert a_while_costs(one, f"after {jump} and back") <= 1


@pytest.mark.parametrize("jump", [HOUR, -HOUR], ids=["+1 h", "-1 h"])
def test_a_jump_makes_no_command_wait_longer_or_shorter(one: DrivenHouse, jump: float) -> None:
    """For a car that is woken and does not wake."""
    one.tesla.force(CAR, state="asleep", wake_fails=True)
    waits = []
    for name, error in ((f"as before {jump}", 0.0), (f"with {jump}", jump)):
        began = one.time.now
        one.send(CAR, "honk_horn", message(name))
        one.time.run_for(10)
        one.time.set_wrong(error)
        while not one.results_of(name):
            assert (one.time.now - began).total_seconds() < 600
            one.time.run_for(5)
            one.hear_out()
        waits.append((one.time.now - began).total_seconds())
    assert waits[0] > 15, "there was nothing to wait for"
    assert waits[1] == pytest.approx(waits[0], abs=10)


def test_a_night_asleep(one: DrivenHouse, record_property: Record) -> None:
    one.time.suspend(9 * HOUR)
    tape = Tape(one.api)
    one.time.run_for(60)
    assert tape.renewals == 1
    assert len(tape.requests("live_status")) <= 2
    assert a_while_costs(one, "in the morning") == 0
    record_property("figure", f"1 renewal, {len(tape.calls)} calls in the first minute")


@pytest.mark.parametrize("step", [2 * HOUR, -2 * HOUR], ids=["+2 h", "-2 h"])
def test_a_step_of_the_clock_during_a_renewal(one: DrivenHouse, step: float) -> None:
    tape = Tape(one.api)
    with one.api.holding(b"POST /oauth2/v3/token", answer=True) as held:
        one.tesla.control("revoke")
        one.time.start_to_run(60)
        held.wait()
        one.time.set_wrong(step)
        held.release()
        one.time.wait()
    assert tape.renewals == 1
    assert a_while_costs(one, f"after {step}") <= 1
