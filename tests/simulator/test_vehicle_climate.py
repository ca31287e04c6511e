"""The cabin warms, cools, drains the battery, and looks after itself."""

from typing import Any

import pytest
from test_vehicle import HOME, START, a_car, an_awake_car, later, local, read

from bridge.simulator.vehicle import Vehicle
from bridge.simulator.vehicle_weather import outside_temperature, sunshine


def climate(car: Vehicle) -> dict[str, Any]:
    """The group all of this is about."""
    return read(car, "climate_state")


def test_the_cabin_warms_towards_the_set_temperature() -> None:
    car = an_awake_car(outside_temp=2, inside_temp=4)
    car.command("set_temps", {"driver_temp": 22.5, "passenger_temp": 20}, START)
    car.command("auto_conditioning_start", {}, START)
    assert climate(car)["fan_status"] > 3

    car.advance(later(minutes=5))
    assert 11 < climate(car)["inside_temp"] < 18
    car.advance(later(minutes=40))

    assert climate(car)["inside_temp"] == pytest.approx(22.5, abs=0.3)
    assert climate(car)["passenger_temp_setting"] == 20.0
    assert climate(car)["outside_temp"] == 2.0


def test_it_cools_a_hot_cabin() -> None:
    car = an_awake_car(outside_temp=33, inside_temp=45, climate_on=True)

    car.advance(later(minutes=30))

    assert climate(car)["inside_temp"] < 23


def test_left_alone_the_cabin_follows_the_weather() -> None:
    car = an_awake_car(outside_temp=0, inside_temp=21)

    car.advance(later(hours=4))

    assert climate(car)["inside_temp"] < 2


def test_heating_costs_range() -> None:
    heated, cold = an_awake_car(outside_temp=-10, climate_on=True), an_awake_car(outside_temp=-10)
    for car in (heated, cold):
        car.advance(later(minutes=60))

    assert read(cold, "charge_state")["battery_range"] - read(heated, "charge_state")["battery_range"] > 5
    assert read(heated, "drive_state")["power"] > 0


def test_a_remote_climate_ends_after_a_while_unless_it_is_to_be_kept() -> None:
    forgotten, camping = an_awake_car(climate_on=True), an_awake_car()
    camping.command("set_climate_keeper_mode", {"climate_keeper_mode": 3}, START)
    for car in (forgotten, camping):
        car.advance(later(hours=3))

    assert climate(forgotten)["is_climate_on"] is False
    assert climate(camping)["is_climate_on"] is True
    assert climate(camping)["climate_keeper_mode"] == "camp"


def test_it_is_warm_for_the_scheduled_departure() -> None:
    car = a_car("commuter", start=local(7, 20))

    car.advance(local(7, 40))
    assert climate(car)["is_preconditioning"] is True
    assert climate(car)["is_climate_on"] is True


def test_a_departure_that_does_not_happen_ends_the_warm_up() -> None:
    car = an_awake_car()
    schedule = {
        "days_of_week": "Wed", "enabled": True, "precondition_time": 18 * 60,
        "lat": HOME.latitude, "lon": HOME.longitude,
    }  # fmt: skip
    car.command("add_precondition_schedule", schedule, START)

    states = []
    for hour, minute in ((17, 49), (17, 51), (18, 4), (18, 6)):
        car.advance(local(hour, minute))
        states.append(climate(car)["is_preconditioning"])

    assert states == [False, True, True, False]
    assert climate(car)["is_climate_on"] is False


def test_seats_warm_by_themselves_when_they_are_told_to() -> None:
    car = an_awake_car(outside_temp=-5, inside_temp=-5, climate_on=True)
    car.advance(later(minutes=1))
    assert climate(car)["seat_heater_left"] == 3

    car.advance(later(minutes=45))
    assert climate(car)["seat_heater_left"] == 0


def test_everything_that_needs_the_climate_ends_with_it() -> None:
    car = an_awake_car(climate_on=True)
    car.command("remote_seat_heater_request", {"heater": 2, "level": 3}, START)
    car.command("remote_steering_wheel_heater_request", {"on": True}, START)
    car.command("set_preconditioning_max", {"on": True, "manual_override": False}, START)
    car.advance(later(minutes=1))
    assert climate(car)["seat_heater_rear_left"] == 3
    assert climate(car)["is_front_defroster_on"] is True

    car.command("auto_conditioning_stop", {}, later(minutes=1))

    after = climate(car)
    assert after["seat_heater_rear_left"] == after["steering_wheel_heat_level"] == after["defrost_mode"] == 0
    assert after["is_front_defroster_on"] is False


@pytest.mark.parametrize(
    ("command", "cools"),
    [({"on": True, "fan_only": False}, True), ({"on": False, "fan_only": False}, False)],
)
def test_cabin_overheat_protection_watches_a_parked_car(command: dict[str, bool], *, cools: bool) -> None:
    car = an_awake_car(place="shop", drive_to="home", outside_temp=38)
    car.command("set_cabin_overheat_protection", command, START)
    car.advance(later(minutes=14))
    car.force(inside_temp=50)
    car.advance(later(minutes=15))

    assert climate(car)["cabin_overheat_protection_actively_cooling"] is cools
    car.advance(later(minutes=24))
    assert (climate(car)["inside_temp"] < 42) is cools


def test_the_weather_knows_season_and_hour() -> None:
    assert outside_temperature(local(15), HOME) > outside_temperature(local(4), HOME)
    july, january = local(14).replace(month=7), local(14).replace(month=1)
    assert outside_temperature(july, HOME) > outside_temperature(january, HOME) + 8
    assert sunshine(local(1), HOME) == 0
    assert sunshine(july, HOME) > sunshine(january, HOME) > 0
