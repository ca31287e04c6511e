"""Charging at the wall connector, on schedule, and at a fast charger."""

from itertools import pairwise
from typing import Any

import pytest
from test_vehicle import HOME, START, a_car, an_awake_car, later, local, read

from bridge.simulator.vehicle import Vehicle

NIGHT = {"days_of_week": "All", "enabled": True, "lat": HOME.latitude, "lon": HOME.longitude}


def charge(car: Vehicle) -> dict[str, Any]:
    """The group all of this is about."""
    return read(car, "charge_state")


def test_a_charge_starts_ramps_up_and_runs_at_the_requested_current() -> None:
    car = an_awake_car()

    car.command("charge_start", {}, START)
    assert charge(car)["charging_state"] == "Starting"

    car.advance(later(seconds=11))
    assert 0 < charge(car)["charger_actual_current"] < 16

    car.advance(later(minutes=1))
    running = charge(car)
    assert running["charging_state"] == "Charging"
    assert running["charger_actual_current"] == 16
    assert running["charger_phases"] == 3
    assert 222 <= running["charger_voltage"] <= 235
    assert running["charger_power"] == 11
    assert read(car, "drive_state")["power"] == -11


def test_energy_range_and_level_rise_together() -> None:
    car = an_awake_car(charging=True)
    before = charge(car)

    car.advance(later(minutes=60))

    after = charge(car)
    assert after["charge_energy_added"] == pytest.approx(10.1, abs=0.3)
    miles = after["battery_range"] - before["battery_range"]
    assert miles == pytest.approx(after["charge_miles_added_rated"], abs=1.5)
    assert after["battery_level"] - before["battery_level"] == pytest.approx(13, abs=1)
    assert after["charge_rate"] == pytest.approx(50, abs=3)


def test_it_is_complete_at_the_limit_when_it_said_it_would_be() -> None:
    car = an_awake_car(charging=True)
    car.advance(later(minutes=2))
    promised = charge(car)["minutes_to_full_charge"]
    assert charge(car)["time_to_full_charge"] == pytest.approx(promised / 60, abs=0.01)

    car.advance(later(minutes=promised - 10))
    assert charge(car)["charging_state"] == "Charging"
    car.advance(later(minutes=promised + 10))

    done = charge(car)
    assert done["charging_state"] == "Complete"
    assert done["battery_level"] == done["charge_limit_soc"] == 80
    assert done["charger_power"] == done["charger_actual_current"] == done["minutes_to_full_charge"] == 0
    assert car.charger_watts == 0


def test_fewer_amps_charge_slower() -> None:
    car = an_awake_car(charging=True)
    car.advance(later(minutes=1))

    car.command("set_charging_amps", {"charging_amps": 6}, later(minutes=1))
    assert charge(car)["charge_current_request"] == 6

    car.advance(later(minutes=2))
    assert charge(car)["charger_actual_current"] == 6
    assert car.charger_watts == pytest.approx(4140, rel=0.03)


def test_a_lower_limit_ends_the_charge_and_a_higher_one_resumes_it() -> None:
    car = an_awake_car(charging=True)
    car.advance(later(minutes=1))

    car.command("set_charge_limit", {"percent": 50}, later(minutes=1))
    assert charge(car)["charging_state"] == "Complete"

    car.command("set_charge_limit", {"percent": 90}, later(minutes=2))
    car.advance(later(minutes=3))
    assert charge(car)["charging_state"] == "Charging"


def test_no_charge_without_power_and_it_resumes_by_itself() -> None:
    car = an_awake_car(charging=True, no_power=True)
    car.advance(later(minutes=1))
    assert charge(car)["charging_state"] == "NoPower"
    assert car.command("charge_start", {}, later(minutes=1)) == (False, "no_power")

    car.force(no_power=False)
    car.advance(later(minutes=2))

    assert charge(car)["charging_state"] == "Charging"


def test_a_new_cable_begins_a_new_session() -> None:
    car = an_awake_car(charging=True)
    car.advance(later(minutes=30))

    car.force(plugged=False)
    assert charge(car)["charging_state"] == "Disconnected"
    assert charge(car)["charge_energy_added"] > 4

    car.force(plugged=True)
    assert charge(car)["charge_energy_added"] == 0


def test_scheduled_charging_waits_for_its_time() -> None:
    car = an_awake_car(plugged=False)
    car.command("set_scheduled_charging", {"enable": True, "time": 23 * 60 + 30}, START)
    car.force(plugged=True)

    waiting = charge(car)
    assert waiting["charging_state"] == "Stopped"
    assert waiting["scheduled_charging_mode"] == "StartAt"
    assert waiting["scheduled_charging_pending"] is True
    assert waiting["scheduled_charging_start_time"] == local(23, 30).timestamp()
    assert waiting["scheduled_charging_start_time_app"] == 1410

    car.advance(local(23, 29))
    assert charge(car)["charging_state"] == "Stopped"
    car.advance(local(23, 31))
    assert charge(car)["charging_state"] == "Charging"
    assert charge(car)["scheduled_charging_pending"] is False


def test_the_owner_can_charge_before_the_scheduled_time() -> None:
    car = an_awake_car(plugged=False)
    car.command("set_scheduled_charging", {"enable": True, "time": 1410}, START)
    car.force(plugged=True)

    car.command("charge_start", {}, later(minutes=1))
    car.advance(later(minutes=2))

    assert charge(car)["charging_state"] == "Charging"


def test_scheduling_while_it_charges_by_itself_makes_it_wait() -> None:
    car = an_awake_car(plugged=False)
    car.force(plugged=True)
    car.advance(later(minutes=1))
    assert charge(car)["charging_state"] == "Charging"

    car.command("set_scheduled_charging", {"enable": True, "time": 1410}, later(minutes=1))

    assert charge(car)["charging_state"] == "Stopped"


def test_a_charge_schedule_has_a_start_and_an_end() -> None:
    car = an_awake_car(plugged=False, battery_level=20)
    night = NIGHT | {"start_enabled": True, "start_time": 1320, "end_enabled": True, "end_time": 60, "id": 5}
    car.command("add_charge_schedule", night, START)
    car.force(plugged=True)

    states = []
    for hour, minute, day in ((21, 59, 18), (22, 1, 18), (0, 59, 19), (1, 1, 19)):
        car.advance(local(hour, minute, day=day))
        states.append(charge(car)["charging_state"])

    assert states == ["Stopped", "Charging", "Charging", "Stopped"]


def test_a_charge_schedule_of_another_place_does_not_matter() -> None:
    car = an_awake_car(plugged=False)
    car.command("add_charge_schedule", NIGHT | {"lat": 40.0, "start_enabled": True, "start_time": 1320}, START)

    car.force(plugged=True)

    assert charge(car)["charging_state"] == "Starting"


def test_a_charge_schedule_with_only_an_end_is_done_by_it() -> None:
    car = an_awake_car(plugged=False)
    car.command("add_charge_schedule", NIGHT | {"end_enabled": True, "end_time": 6 * 60}, START)
    car.force(plugged=True)
    assert charge(car)["charging_state"] == "Stopped"

    car.advance(local(6, 5, day=19))

    assert charge(car)["battery_level"] == pytest.approx(80, abs=1)


def test_a_one_time_schedule_is_used_once() -> None:
    car = an_awake_car()
    once = NIGHT | {"start_enabled": True, "start_time": 1320, "one_time": True, "id": 9}
    car.command("add_charge_schedule", once, START)

    car.advance(local(5, 0, day=19))

    (schedule,) = read(car, "charge_schedule_data")["charge_schedules"]
    assert schedule["enabled"] is False


def test_departing_by_a_time_charges_cheaply_before_the_end_of_the_cheap_hours() -> None:
    car = an_awake_car(plugged=False)
    departure = {
        "enable": True, "departure_time": 450, "off_peak_charging_enabled": True, "end_off_peak_time": 300,
        "preconditioning_enabled": True, "preconditioning_weekdays_only": True,
    }  # fmt: skip
    car.command("set_scheduled_departure", departure, START)
    car.force(plugged=True)

    shown = charge(car)
    assert shown["scheduled_charging_mode"] == "DepartBy"
    assert shown["scheduled_departure_time_minutes"] == 450
    assert shown["scheduled_departure_time"] == local(7, 30, day=19).timestamp()
    assert shown["preconditioning_times"] == "weekdays"
    assert shown["off_peak_hours_end_time"] == 300
    assert shown["charging_state"] == "Stopped"

    car.advance(local(5, 5, day=19))
    assert charge(car)["battery_level"] == pytest.approx(80, abs=1)
    car.advance(local(7, 25, day=19))
    assert read(car, "climate_state")["is_preconditioning"] is True


def test_a_fast_charger_gives_less_the_fuller_the_battery() -> None:
    car = an_awake_car(place="supercharger", battery_level=15, plugged=True)
    powers, levels = [], []
    for minutes in range(1, 26):
        car.advance(later(minutes=minutes))
        powers.append(charge(car)["charger_power"])
        levels.append(charge(car)["battery_level"])

    assert all(b <= a for a, b in pairwise(powers))
    assert powers[0] > 120
    assert powers[-1] < 70
    assert levels[-1] > 65
    fast = charge(car)
    assert fast["fast_charger_present"] is True
    assert fast["fast_charger_type"] == "Combo"
    assert fast["charger_phases"] is None
    assert car.charger_watts == 0


def test_a_supercharger_stop_is_part_of_some_sundays() -> None:
    sunday = local(8, 0, day=22)
    for seed in range(1, 12):
        car = a_car("commuter", start=sunday, seed=seed)
        for minutes in range(60, 240, 5):
            car.advance(later(sunday, minutes=minutes))
            if charge(car)["fast_charger_present"]:
                assert read(car, "vehicle_state")["is_user_present"] is True
                return
    pytest.fail("nobody went to the supercharger in eleven Sundays")
