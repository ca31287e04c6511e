"""Drives: position, speed, power and range agree; drivers get in and out."""

from itertools import pairwise
from typing import Any

import pytest
from test_vehicle import HOME, a_car, an_awake_car, later, local, read

from bridge.simulator.places import Place, between, heading_from, miles_between, moved
from bridge.simulator.vehicle import Vehicle
from bridge.simulator.vehicle_journey import Journey


def _watch(car: Vehicle, *, minutes: int, step: int) -> list[dict[str, Any]]:
    """A drive's answers every `step` seconds."""
    answers = []
    for second in range(0, minutes * 60, step):
        car.advance(later(seconds=second))
        answers.append(read(car, "drive_state") | {"odometer": read(car, "vehicle_state")["odometer"]})
    return answers


def test_speed_odometer_and_position_tell_the_same_story() -> None:
    car = an_awake_car(drive_to="work")
    moments = _watch(car, minutes=20, step=5)

    by_speed = sum(moment["speed"] for moment in moments) * 5 / 3600
    by_odometer = moments[-1]["odometer"] - moments[0]["odometer"]
    places = [Place(moment["latitude"], moment["longitude"]) for moment in moments]
    by_place = sum(miles_between(a, b) for a, b in pairwise(places))
    assert by_speed == pytest.approx(by_odometer, rel=0.05)
    assert by_place == pytest.approx(by_odometer, rel=0.05)
    assert moments[0]["active_route_miles_to_arrival"] - moments[-1]["active_route_miles_to_arrival"] == (
        pytest.approx(by_odometer, rel=0.01)
    )


def test_a_drive_uses_energy_like_a_car_of_its_kind() -> None:
    car = an_awake_car(drive_to="work")
    before = read(car, "charge_state")["battery_range"]
    start = read(car, "vehicle_state")["odometer"]

    car.advance(later(minutes=45))

    miles = read(car, "vehicle_state")["odometer"] - start
    used = before - read(car, "charge_state")["battery_range"]
    assert 20 < miles < 25
    assert 0.8 < used / miles < 1.6


def test_it_accelerates_brakes_and_recuperates() -> None:
    moments = _watch(an_awake_car(drive_to="work"), minutes=20, step=3)

    speeds = [moment["speed"] for moment in moments]
    powers = [moment["power"] for moment in moments]
    assert max(speeds) > 60
    assert max(powers) > 25
    assert min(powers) < -5
    assert all(moment["shift_state"] == "D" for moment in moments)


def test_the_navigation_counts_down_to_the_arrival() -> None:
    car = an_awake_car(drive_to="work")
    car.advance(later(minutes=10))
    route = read(car, "drive_state")
    assert route["active_route_destination"] == "Work"
    assert route["active_route_energy_at_arrival"] < read(car, "charge_state")["battery_level"]

    car.advance(later(minutes=10 + route["active_route_minutes_to_arrival"], seconds=2))

    arrived = read(car, "drive_state")
    assert arrived["shift_state"] is None
    assert "active_route_destination" not in arrived
    place = Place(arrived["latitude"], arrived["longitude"])
    assert place == Place(round(route["active_route_latitude"], 6), round(route["active_route_longitude"], 6))


def test_the_driver_gets_in_opens_the_door_and_drives_off_with_it_closed() -> None:
    car = a_car("commuter")
    seen: list[tuple[bool, bool, bool, str | None]] = []
    for second in range(15 * 60, 25 * 60, 5):
        car.advance(later(seconds=second))
        state, drive = read(car, "vehicle_state"), read(car, "drive_state")
        moment = (state["locked"], bool(state["df"]), state["is_user_present"], drive["shift_state"])
        if not seen or seen[-1] != moment:
            seen.append(moment)

    assert seen == [
        (True, False, False, None),
        (False, True, True, None),
        (False, False, True, None),
        (True, False, True, "D"),
    ]


def test_after_the_drive_the_car_is_left_locked_and_plugged_in() -> None:
    car = an_awake_car(place="shop")
    car.force(drive_to="home")
    car.advance(later(minutes=1))
    minutes = read(car, "drive_state")["active_route_minutes_to_arrival"] + 1
    arrival = later(minutes=minutes)

    seen = []
    for seconds in (5, 20, 40, 60, 80):
        car.advance(later(arrival, seconds=seconds))
        state = read(car, "vehicle_state")
        seen.append((state["locked"], bool(state["df"]), state["is_user_present"], car.plugged_din is not None))

    assert seen == [
        (True, False, True, False),
        (False, True, True, False),
        (False, False, False, False),
        (True, False, False, False),
        (True, False, False, True),
    ]
    assert read(car, "climate_state")["is_climate_on"] is False


def test_sentry_watches_over_the_car_where_it_is_a_stranger() -> None:
    car = an_awake_car(drive_to="shop")

    car.advance(later(minutes=25))

    assert read(car, "vehicle_state")["sentry_mode"] is True
    assert car.state == "online"


def test_workdays_have_two_drives_and_the_night_is_spent_at_home() -> None:
    car = a_car("commuter", start=local(3, 0, day=18))
    places = {}
    for hour in (6, 12, 23):
        car.advance(local(hour, 0, day=18))
        position = read(car, "drive_state")
        places[hour] = miles_between(HOME, Place(position["latitude"], position["longitude"]))

    assert places[6] < 0.1
    assert places[12] > 15
    assert places[23] < 0.1


def test_tyres_warm_up_while_driving() -> None:
    car = an_awake_car(drive_to="work")
    before = read(car, "vehicle_state")

    car.advance(later(minutes=25))

    after = read(car, "vehicle_state")
    assert after["tpms_pressure_fl"] > before["tpms_pressure_fl"]
    assert after["tpms_last_seen_pressure_time_fl"] == later(minutes=25).timestamp()


def test_with_an_empty_battery_the_driver_charges_first() -> None:
    car = a_car("commuter", battery_level=9)

    car.advance(later(minutes=30))
    assert read(car, "drive_state")["active_route_destination"] == "Fast charger, Bypass Road"
    car.advance(later(hours=3))

    assert car.plugged_din is not None
    assert read(car, "charge_state")["battery_level"] > 20


def test_a_forced_stop_ends_the_drive() -> None:
    car = an_awake_car(drive_to="work")
    car.advance(later(minutes=10))

    car.force(shift_state=None)
    car.advance(later(minutes=60))

    assert read(car, "drive_state")["shift_state"] is None
    assert read(car, "drive_state")["latitude"] != round(HOME.latitude, 6)


def test_a_journey_starts_and_ends_where_it_should() -> None:
    there = moved(HOME, 12, 100)
    journey = Journey(HOME, there, "seed")

    assert journey.at(0).place == HOME
    assert miles_between(journey.at(journey.seconds).place, there) < 0.01
    assert journey.at(journey.seconds).speed == 0
    assert journey.at(journey.seconds + 60).miles == pytest.approx(journey.miles)
    assert 12 <= journey.miles < 14


def test_places_know_distance_and_direction() -> None:
    east = moved(HOME, 10, 90)

    assert miles_between(HOME, east) == pytest.approx(10, rel=0.01)
    assert heading_from(HOME, east) == pytest.approx(90, abs=0.5)
    assert heading_from(east, HOME) == pytest.approx(270, abs=0.5)
    assert miles_between(HOME, between(HOME, east, 0.5)) == pytest.approx(5, rel=0.01)
