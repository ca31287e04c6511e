"""A simulated car as the server sees it; also the workbench of the other vehicle tests."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bridge.simulator.errors import BadParameter, UnknownCommand
from bridge.simulator.places import Place
from bridge.simulator.vehicle import Vehicle

ZONE = ZoneInfo("Europe/Berlin")
HOME = Place(52.4, 13.05)
DIN = "1457768-02-G--PGT12345678901"
EVERYTHING = frozenset({
    "charge_state", "climate_state", "closures_state", "drive_state", "gui_settings", "location_data",
    "charge_schedule_data", "preconditioning_schedule_data", "vehicle_config", "vehicle_state",
})  # fmt: skip


def local(hour: int, minute: int = 0, *, day: int = 18) -> datetime:
    """A time in November 2026; the 18th is a Wednesday. UTC."""
    return datetime(2026, 11, day, hour, minute, tzinfo=ZONE).astimezone(UTC)


START = local(16, 50)


@cache
def _born(story: str, start: datetime, seed: int) -> Vehicle:
    return Vehicle(
        vin="LRW3E7EK4RC000001", number=1, name="Blue", seed=seed, start=start, home=HOME, story=story,
        wall_connector=DIN,
    )  # fmt: skip


def a_car(story: str = "resting", start: datetime = START, seed: int = 7, **forced: Any) -> Vehicle:
    """A fresh car; `resting` is parked at home and has nothing planned for a while."""
    car = deepcopy(_born(story, start, seed))
    car.force(**forced)
    return car


def an_awake_car(**forced: Any) -> Vehicle:
    """Parked at home, plugged in at 56 %, its owner has stopped the charge."""
    return a_car(state="online", **forced)


def read(car: Vehicle, group: str) -> dict[str, Any]:
    """One group as the API answers it."""
    answer: dict[str, Any] = car.data(EVERYTHING, location=True)[group]
    return answer


def later(start: datetime = START, **span: float) -> datetime:
    """`later(minutes=5)` is five minutes after the start."""
    return start + timedelta(**span)


def test_the_same_seed_lives_the_same_life() -> None:
    lives = []
    for _ in range(2):
        car = Vehicle(vin="LRW3E7EK4RC000001", number=1, name="Blue", seed=3, start=START, home=HOME)
        car.advance(later(hours=30))
        lives.append(car.data(EVERYTHING, location=True))

    assert lives[0] == lives[1]


def test_another_seed_lives_another_life() -> None:
    ways = []
    for seed in (1, 2):
        car = a_car("commuter", seed=seed)
        car.advance(later(minutes=30))
        ways.append(read(car, "drive_state"))

    assert ways[0] != ways[1]


@pytest.mark.parametrize("seconds", [7, 61, 1000])
def test_a_jump_of_hours_equals_many_small_steps(seconds: int) -> None:
    jumping, walking = a_car("commuter"), a_car("commuter")
    end = later(hours=4)

    jumping.advance(end)
    now = START
    while now < end:
        now = min(end, now + timedelta(seconds=seconds))
        walking.advance(now)

    jumped, walked = (car.data(EVERYTHING, location=True) for car in (jumping, walking))
    for group, key, tolerance in (
        ("charge_state", "battery_range", 0.3),
        ("charge_state", "charge_energy_added", 0.05),
        ("vehicle_state", "odometer", 1e-6),
        ("vehicle_state", "tpms_pressure_fl", 0.026),
        ("climate_state", "inside_temp", 0.2),
        ("drive_state", "latitude", 1e-9),
    ):
        assert walked[group][key] == pytest.approx(jumped[group][key], abs=tolerance), key
    assert walking.state == jumping.state


def test_time_does_not_run_backwards() -> None:
    car = a_car("commuter")
    car.advance(later(hours=2))
    before = car.data(EVERYTHING, location=True)

    car.advance(later(hours=1))

    assert car.data(EVERYTHING, location=True) == before


def test_the_demo_begins_with_a_drive_home_that_ends_at_the_wall_connector() -> None:
    commuter = a_car("commuter")
    before = commuter.plugged_din
    commuter.advance(later(minutes=22))
    assert read(commuter, "drive_state")["shift_state"] == "D"
    assert read(commuter, "drive_state")["active_route_destination"] == "Home"

    commuter.advance(later(minutes=60))
    assert read(commuter, "charge_state")["charging_state"] == "Charging"
    assert (before, commuter.plugged_din) == (None, DIN)
    assert commuter.charger_watts == pytest.approx(11_000, rel=0.05)


def test_the_other_car_of_the_demo_sleeps_plugged_in_with_its_charge_stopped() -> None:
    resting = a_car("resting")

    assert resting.state == "asleep"
    assert resting.plugged_din == DIN
    assert resting.charger_watts == 0
    charge = read(resting, "charge_state")
    assert charge["charging_state"] == "Stopped"
    assert charge["battery_level"] in {55, 56}


def test_its_charge_can_be_started() -> None:
    car = an_awake_car()

    assert car.command("charge_start", {}, later(seconds=1)) == (True, "")
    car.advance(later(minutes=2))

    assert read(car, "charge_state")["charging_state"] == "Charging"


def test_fleet_status_tells_whether_commands_must_be_signed() -> None:
    car = a_car()
    assert car.fleet_status()["vehicle_command_protocol_required"] is False

    car.force(command_signing="required")

    assert car.fleet_status()["vehicle_command_protocol_required"] is True
    assert car.command_signing == "required"
    assert car.entry()["command_signing"] == "required"
    assert car.fleet_status()["firmware_version"] == "2026.26.3"


def test_an_unknown_command_is_no_command() -> None:
    with pytest.raises(UnknownCommand):
        an_awake_car().command("make_coffee", {}, START)


def test_a_command_may_be_made_to_fail_with_any_reason() -> None:
    car = an_awake_car(refuse=["could_not_wake_buses", "low_power_mode_enforced"])

    assert car.command("door_unlock", {}, START) == (False, "could_not_wake_buses")
    assert car.command("door_unlock", {}, START) == (False, "low_power_mode_enforced")
    assert car.command("door_unlock", {}, START) == (True, "")


def test_reads_may_lag_behind_commands() -> None:
    car = an_awake_car(read_delay=5)

    car.command("door_unlock", {}, later(seconds=1))
    car.advance(later(seconds=4))
    assert read(car, "vehicle_state")["locked"] is True

    car.advance(later(seconds=7))
    assert read(car, "vehicle_state")["locked"] is False


@pytest.mark.parametrize(
    "wrong",
    [{"colour": "red"}, {"battery_level": "full"}, {"battery_level": 101}, {"state": "happy"}, {"locked": 1}],
)
def test_force_refuses_what_it_does_not_know(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadParameter, match=next(iter(wrong))):
        a_car().force(**wrong)


@pytest.mark.parametrize(
    ("forced", "group", "shows"),
    [
        ({"battery_level": 42}, "charge_state", {"battery_level": 42}),
        ({"plugged": False}, "charge_state", {"charging_state": "Disconnected"}),
        ({"charging": True}, "charge_state", {"charging_state": "Starting"}),
        ({"no_power": True}, "charge_state", {"charging_state": "NoPower", "charger_pilot_current": 0}),
        ({"shift_state": "R"}, "drive_state", {"shift_state": "R", "speed": 0}),
        ({"speed": 31}, "drive_state", {"shift_state": "D", "speed": 31}),
        ({"shift_state": None}, "drive_state", {"shift_state": None, "speed": None}),
        ({"drive_to": "shop"}, "drive_state", {"active_route_destination": "Market Hall"}),
        ({"location": {"latitude": 48.1, "longitude": 11.5}}, "drive_state", {"latitude": 48.1, "longitude": 11.5}),
        ({"climate_on": True}, "climate_state", {"is_climate_on": True}),
        ({"inside_temp": 31}, "climate_state", {"inside_temp": 31.0}),
        ({"software_update": "available"}, "vehicle_state", {"software_update.version": "2026.32.5"}),
        ({"odometer": 999}, "vehicle_state", {"odometer": 999.0}),
        ({"locked": False}, "vehicle_state", {"locked": False}),
        ({"sentry_mode": True}, "vehicle_state", {"sentry_mode": True}),
        ({"user_present": True}, "vehicle_state", {"is_user_present": True}),
        ({"df": 1, "rt": 1, "fp_window": 2}, "vehicle_state", {"df": 1, "rt": 1, "fp_window": 2}),
        ({"tpms_pressure_rl": 2.3}, "vehicle_state", {"tpms_pressure_rl": 2.3, "tpms_soft_warning_rl": True}),
    ],
)  # fmt: skip
def test_forced_fields_show(forced: dict[str, Any], group: str, shows: dict[str, Any]) -> None:
    answer = read(an_awake_car(**forced), group)

    for path, value in shows.items():
        shown: Any = answer
        for key in path.split("."):
            shown = shown[key]
        assert shown == value, path


def test_forced_access_shows_in_the_entry() -> None:
    car = a_car(hide_private=True, in_service=True, mobile_access=False, key_paired=False, access_type="DRIVER")

    entry = car.entry()

    assert entry["granular_access"] == {"hide_private": True}
    assert entry["in_service"] is car.in_service is True
    assert entry["mobile_access_disabled"] is True
    assert entry["access_type"] == "DRIVER"
    assert car.mobile_access is car.key_paired is False


def test_at_home_moves_the_car_there_or_away() -> None:
    car = an_awake_car(at_home=False)
    assert read(car, "vehicle_state")["homelink_nearby"] is False
    assert read(car, "charge_state")["charging_state"] == "Disconnected"

    car.force(at_home=True, plugged=True)

    assert car.plugged_din == DIN
    position = read(car, "drive_state")
    assert (position["latitude"], position["longitude"]) == (HOME.latitude, HOME.longitude)


def test_away_from_home_the_cable_leads_to_no_wall_connector() -> None:
    car = an_awake_car(at_home=False, charging=True)
    car.advance(later(minutes=1))

    assert read(car, "charge_state")["charging_state"] == "Charging"
    assert car.plugged_din is None
    assert car.charger_watts == 0
