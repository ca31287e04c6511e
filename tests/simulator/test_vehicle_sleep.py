"""When a car sleeps, what keeps it awake, and how it wakes (fleet-api.md 2.2, 2.3, 9)."""

from itertools import pairwise
from typing import Any

import pytest
from test_vehicle import START, a_car, an_awake_car, later, local, read


def test_a_quiet_car_falls_asleep_after_a_quarter_of_an_hour() -> None:
    car = an_awake_car()

    car.advance(later(minutes=14))
    assert car.state == "online"

    car.advance(later(minutes=16))
    assert car.state == "asleep"


def test_every_data_call_keeps_it_awake() -> None:
    car = an_awake_car()

    for minutes in range(0, 120, 10):
        car.advance(later(minutes=minutes))
        car.data(None, location=False)

    assert car.state == "online"


def test_a_newer_car_sleeps_all_the_same() -> None:
    car = an_awake_car(polling_keeps_awake=False)

    for minutes in range(0, 20, 4):
        car.advance(later(minutes=minutes))
        car.data(None, location=False)

    assert car.state == "asleep"


def test_listing_a_car_does_not_disturb_it() -> None:
    car = an_awake_car()

    for minutes in range(17):
        car.advance(later(minutes=minutes))
        car.entry()

    assert car.state == "asleep"


@pytest.mark.parametrize(
    "reason",
    [{"sentry_mode": True}, {"climate_on": True}, {"user_present": True}, {"charging": True}, {"shift_state": "D"}],
)
def test_something_going_on_keeps_it_awake(reason: dict[str, Any]) -> None:
    car = an_awake_car(**reason)

    car.advance(later(minutes=40))

    assert car.state == "online"


def test_a_command_keeps_it_awake_for_a_while() -> None:
    car = an_awake_car()

    car.command("flash_lights", {}, later(minutes=10))
    car.advance(later(minutes=24))
    assert car.state == "online"

    car.advance(later(minutes=26))
    assert car.state == "asleep"


def test_a_wake_call_returns_before_the_car_is_up() -> None:
    car = a_car(state="asleep")

    car.wake(START)
    assert car.state == "asleep"
    car.advance(later(seconds=7))
    assert car.state == "asleep"

    car.advance(later(seconds=26))
    assert car.state == "online"


def test_a_second_wake_call_hurries_nothing() -> None:
    once, twice = a_car(state="asleep"), a_car(state="asleep")
    once.wake(START)
    twice.wake(START)
    twice.wake(later(seconds=2))

    assert once._car.sleep.wake_at == twice._car.sleep.wake_at


def test_a_wake_call_may_fail() -> None:
    car = a_car(state="asleep", wake_fails=True)

    car.wake(START)
    car.advance(later(minutes=5))

    assert car.state == "asleep"


def test_an_unreachable_car_is_offline_whatever_one_does() -> None:
    car = an_awake_car(offline=True)
    car.wake(START)
    car.advance(later(minutes=1))
    assert car.state == car.entry()["state"] == "offline"

    car.force(offline=False)

    assert car.state == "online"


def test_forced_asleep_ends_what_would_keep_it_awake() -> None:
    car = an_awake_car(charging=True, sentry_mode=True, climate_on=True, drive_to="work")

    car.force(state="asleep")
    car.advance(later(minutes=3))

    assert car.state == "asleep"


def test_an_asleep_car_loses_only_a_little() -> None:
    car = a_car(state="asleep")
    before = car.data(None, location=False)
    car.force(state="asleep")

    car.advance(later(minutes=19))

    after = car.data(None, location=False)
    assert 0 < before["charge_state"]["battery_range"] - after["charge_state"]["battery_range"] < 0.2
    assert after["vehicle_state"]["odometer"] == before["vehicle_state"]["odometer"]
    assert after["vehicle_state"]["locked"] is True


def test_it_is_awake_before_its_own_drive() -> None:
    morning = a_car("commuter", start=local(7, 20))
    morning.advance(local(7, 33))
    assert morning.state == "asleep"

    morning.advance(local(7, 42))
    assert morning.state == "online"


def test_an_idle_day_is_mostly_slept_through_with_some_idle_wake_ups() -> None:
    car = a_car("resting", start=local(0, 30, day=15))
    states = []
    for minute in range(24 * 60):
        car.advance(later(local(0, 30, day=15), minutes=minute))
        states.append(car.state)

    wakes = sum(1 for a, b in pairwise(states) if (a, b) == ("asleep", "online"))
    assert states.count("asleep") > 0.9 * len(states)
    assert 1 <= wakes <= 4


def test_a_scheduled_charge_wakes_it() -> None:
    car = an_awake_car(plugged=False)
    car.command("set_scheduled_charging", {"enable": True, "time": 22 * 60}, START)
    car.force(plugged=True, state="asleep")

    car.advance(local(21, 59))
    assert car.state == "asleep"
    car.advance(local(22, 1))

    assert car.state == "online"
    assert read(car, "charge_state")["charging_state"] == "Charging"
