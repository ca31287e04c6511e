"""Automations that go mad: few calls, an answer to each, and no more money than was allowed (C7, C8, T21)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from driven import DrivenHouse, settled_house
from repetitions import MANY
from whole_house import CAR, OTHER_CAR, message

START = datetime(2026, 6, 1, 0, 10, tzinfo=UTC)
HOUR = 3600.0
CAP, BUDGET = 10, 0.15
"""Wakes of a car in a day; dollars in a month."""
HOURS = min(2 * MANY, 23)
"""How long automations go on: a day in the long run, within one day of UTC."""
STEPS, PRESSES = 50 * HOURS, 10 * HOURS
"""How often each of two automations says what it wants; how often a sleeping car is asked for something."""
QUIET: dict[str, Any] = {"periods": {"bridge.app.HEARTBEAT": HOUR}, "polling_live": HOUR, "polling_history": HOUR}
"""A day goes by quickly where nobody looks at the site each minute."""

Record = Callable[[str, object], None]

pytestmark = [
    pytest.mark.case("F33"),
    pytest.mark.mosquitto,
    pytest.mark.timeout(600),
]


@pytest.fixture
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DrivenHouse]:
    with settled_house(tmp_path_factory.mktemp("driven"), START) as made:
        yield made


def answered(one: DrivenHouse, device: str, name: str, count: int) -> Counter[tuple[str, str | None]]:
    """How the answers were, once there are as many as were asked for."""
    with suppress(AssertionError):
        one.spy.until(lambda: len(one.results(device, name)) >= count, f"{count} answers")
    bodies = [each.body for each in one.results(device, name)]
    assert len(bodies) == count, Counter((body["outcome"], body["reason"]) for body in bodies)
    return Counter((body["outcome"], body["reason"]) for body in bodies)


def test_a_knob_that_is_turned_five_hundred_times_in_five_seconds_is_two_calls(
    one: DrivenHouse, record_property: Record
) -> None:
    one.start(commands_interval=5)
    one.tesla.forget()
    amps = [5 + number % 8 for number in range(499)] + [16]
    for number, each in enumerate(amps):
        one.send(CAR, "charge_current", message(f"turn {number}", value=each))
        one.time.run_for(0.01)
    one.time.run_for(10)
    said = answered(one, CAR, "charge_current", 500)
    calls = one.tesla.done(CAR)
    record_property("figure", f"500 messages, {len(calls)} calls")
    assert len(calls) <= 2
    assert calls[-1] == ("set_charging_amps", {"charging_amps": 16})
    assert said == {("ok", None): len(calls), ("unavailable", "superseded"): 500 - len(calls)}


def test_a_thousand_wakes_at_once_are_one(one: DrivenHouse, record_property: Record) -> None:
    one.start(commands_wakes_a_day=CAP)
    one.tesla.force(OTHER_CAR, sentry_mode=False, state="asleep", wake_fails=True)
    one.time.run_for(120)  # that it was online a moment ago is not believed any more
    one.tesla.forget()
    for number in range(1000):
        one.send(OTHER_CAR, "wake", message(f"wake {number}"))
        if number % 20 == 19:  # while its time stands still it reads nothing, and the broker keeps only so much
            one.time.run_for(0.01)
    one.time.run_for(HOUR)
    said = answered(one, OTHER_CAR, "wake", 1000)
    wakes = len(one.tesla.asked("wake_up"))
    record_property("figure", f"1,000 wakes at once, {wakes} calls")
    assert wakes <= 2, "those that the first was to serve have expired by then"
    assert {outcome for outcome, _ in said} <= {"unavailable", "expired"}


def test_wakes_all_day_long_keep_to_the_cap(one: DrivenHouse, record_property: Record) -> None:
    """To a car that falls asleep again at once."""
    one.start(commands_wakes_a_day=CAP, **QUIET)
    one.tesla.forget()
    for number in range(PRESSES):
        one.tesla.force(OTHER_CAR, sentry_mode=False, state="asleep")
        one.send(OTHER_CAR, "honk_horn", message(f"day {number}"))
        one.time.run_for(HOURS * HOUR / PRESSES)
    one.time.run_for(120)
    said = answered(one, OTHER_CAR, "honk_horn", PRESSES)
    record_property("figure", f"{PRESSES} commands to a sleeping car, {len(one.tesla.asked('wake_up'))} wakes")
    assert len(one.tesla.asked("wake_up")) == CAP
    assert said["unavailable", "wake_cap"] > 0


def test_two_automations_that_fight_for_a_day_stay_within_the_budget(one: DrivenHouse, record_property: Record) -> None:
    one.start(tesla_budget=BUDGET, **QUIET)
    one.history.environment["FLEET2MQTT_TESLA_BUDGET"] = str(BUDGET)
    for number in range(STEPS):
        one.send(CAR, "charge_limit", message(f"A {number}", value=60))
        one.time.run_for(HOURS * HOUR / STEPS / 2)
        one.send(CAR, "charge_limit", message(f"B {number}", value=90))
        one.time.run_for(HOURS * HOUR / STEPS / 2)
    said = answered(one, CAR, "charge_limit", 2 * STEPS)
    spent = one.cloud.ledger.usage_usd(one.time.now)
    record_property("figure", f"{2 * STEPS} commands in {HOURS} h, ${spent:.2f} of ${BUDGET:.2f}")
    assert spent <= BUDGET
    assert {outcome for outcome, _ in said} <= {"ok", "unavailable"}
    assert (said["unavailable", "budget"] > 0) is (2 * STEPS * 0.001 > BUDGET)
