"""The traps of a car (entities.md, appendix 5) and the rules for Home Assistant that concern one (appendix 4).

Those that another file has are named at the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from catalog_cases import GOLDEN_CAR, every
from discovery_cases import CAR, KNOWN, described
from tesla_protocol.telemetry import vehicle_data_pb2 as telemetry

from bridge.catalog import read, vehicle
from bridge.catalog.rows import ASSUMED, DERIVED, STREAMED, Entity
from bridge.model import Kind, Value

ROWS = {row.key: row for row in vehicle.ENTITIES}
POLLED = [(Kind.VEHICLE, row) for row in vehicle.ENTITIES if row.source not in {ASSUMED, DERIVED, STREAMED}]


def _car(head: str, **fields: Any) -> dict[str, Value]:
    return read(Kind.VEHICLE, {head: {**GOLDEN_CAR[head], **fields}})


# --- appendix 5 ---------------------------------------------------------------------------------------------


def test_a_car_that_shows_kilometres_still_sends_miles() -> None:
    """What the display shows changes nothing in the answers."""
    shown = {"gui_distance_units": "km/hr", "gui_temperature_units": "F", "gui_tirepressure_units": "Psi"}
    body = {"charge_state": {"battery_range": 100.0}, "vehicle_state": {"odometer": 10.0, "tpms_pressure_fl": 2.9}}
    values = read(Kind.VEHICLE, {**body, "climate_state": {"inside_temp": 20.5}, "gui_settings": shown})
    assert (values["battery_range"], values["odometer"]) == (160.93, 16.09)
    assert (values["inside_temperature"], values["tyre_pressure_front_left"]) == (20.5, 2.9)


def test_every_unit_is_metric() -> None:
    imperial = {"mi", "mph", "ft", "°F", "psi", "gal"}
    assert not imperial & {row.unit for row in vehicle.ENTITIES}


def test_accelerations_are_in_metres_per_second_squared() -> None:
    units = {ROWS[f"{way}_acceleration"].unit for way in ("lateral", "longitudinal")}
    assert units == {"m/s²"}


@pytest.mark.parametrize("answer", [{"vehicle": {"state": "asleep"}}, {"drive_state": None}])
def test_a_gear_of_null_is_park_only_from_a_car_that_answers(answer: Mapping[str, Any]) -> None:
    """A sleeping car says nothing of its gear, so what was known stays."""
    assert not {"shift_state", "parked", "driving", "speed"} & read(Kind.VEHICLE, answer).keys()
    assert _car("drive_state", shift_state=None)["shift_state"] == "p"


def test_the_rounding_of_the_charger_power_is_told() -> None:
    assert "whole kW" in ROWS["charger_power"].note


def test_the_energy_of_a_session_begins_again_at_nothing_and_home_assistant_knows() -> None:
    row = ROWS["charge_energy_added"]
    assert (row.device_class, row.state_class) == ("energy", "total_increasing")
    assert _car("charge_state", charge_energy_added=0)["charge_energy_added"] == 0


def test_a_moment_of_charging_is_a_moment_and_a_time_of_day_a_time_of_day() -> None:
    """One field is seconds since 1970, its neighbours are minutes after the car's midnight."""
    values = _car(
        "charge_state",
        scheduled_charging_start_time=1767222000,
        scheduled_charging_start_time_app=90,
        scheduled_departure_time_minutes=435,
        off_peak_hours_end_time=0,
    )
    assert values["scheduled_charging_start"] == datetime(2025, 12, 31, 23, tzinfo=UTC)
    assert values["scheduled_charging_time_of_day"] == "01:30:00"
    assert values["scheduled_departure_time_of_day"] == "07:15:00"
    assert values["off_peak_hours_end"] == "00:00:00"
    assert _car("charge_state", scheduled_charging_start_time_app=1440)["scheduled_charging_time_of_day"] is None


def test_seconds_and_milliseconds_are_told_apart() -> None:
    update = {"scheduled_time_ms": 1767222000000, "expected_duration_sec": 1500}
    media = {"now_playing_duration": 214000, "now_playing_elapsed": 1500}
    values = _car("vehicle_state", software_update=update, media_info=media, tpms_last_seen_pressure_time_fl=1767222000)
    moment = datetime(2025, 12, 31, 23, tzinfo=UTC)
    assert (values["update_scheduled_start"], values["tyre_pressure_time_front_left"]) == (moment, moment)
    assert (values["update_duration"], values["media_duration"], values["media_position"]) == (25, 214, 2)
    assert _car("drive_state", gps_as_of=1767222000)["gps_time"] == moment


# --- appendix 4 ---------------------------------------------------------------------------------------------


def test_no_platform_is_used_that_mqtt_has_not() -> None:
    platforms = {each["platform"] for each in described(CAR, KNOWN[Kind.VEHICLE])["components"].values()}
    assert not platforms & {"media_player", "calendar"}


def test_times_of_charging_and_departure_are_times() -> None:
    times = {row.key for row in vehicle.ENTITIES if row.component == "time"}
    assert times == {"scheduled_charging_time_of_day", "scheduled_departure_time_of_day", "off_peak_hours_end"}


def test_a_tracker_has_a_place_and_no_state() -> None:
    """So Home Assistant's own zones decide what is home."""
    trackers = [row for row in vehicle.COMPOSITES if row.component == "device_tracker"]
    assert {row.key for row in trackers} == {"location", "route", "route_origin"}
    assert all(row.states.keys() == {"json_attributes_topic"} for row in trackers)


@every([(Kind.VEHICLE, row) for row in vehicle.ENTITIES if row.device_class == "energy"])
def test_an_energy_only_grows(kind: Kind, row: Entity) -> None:
    assert (row.component, row.unit) == ("sensor", "kWh")
    assert row.state_class in {"total", "total_increasing"}


@every([(kind, row) for kind, row in POLLED if row.component in {"binary_sensor", "switch", "lock", "cover"}])
def test_what_is_not_told_is_neither_on_nor_off(kind: Kind, row: Entity) -> None:
    """Only a car without a gear is known to be parked."""
    head = row.source.partition(".")[0]
    if head not in {"vehicle", "bridge"}:
        value = read(kind, {head: {}})[row.key]
        assert value is None or row.source == "drive_state.shift_state"


def test_what_a_car_may_lack_has_its_gate() -> None:
    gates = {
        "rear_seat_heaters": {"seat_heater_rear_left", "seat_heater_rear_center", "seat_heater_rear_right"},
        "third_row_seats": {"seat_heater_third_row_left", "seat_heater_third_row_right"},
        "has_seat_cooling": {"seat_cooler_left", "seat_cooler_right"},
        "sunroof_installed": {"sunroof", "sunroof_state", "sunroof_percent_open"},
        "has_tonneau": {"tonneau", "tonneau_percent_open", "tonneau_moving", "tonneau_tent_mode"},
        "cybertruck": {
            "powershare",
            "powershare_discharge_limit",
            "lightbar_brightness",
            "truck_bed_light_brightness",
            "outlets",
            "power_feed",
        },
        "has_air_suspension": {"suspension_level"},
        "cabin_overheat_temperature_supported": {"cabin_overheat_temperature"},
    }
    for gate, keys in gates.items():
        assert {row.key for row in vehicle.ENTITIES if row.needs == gate} == keys


# --- the stream ---------------------------------------------------------------------------------------------

UNUSED = ("Unknown", "Deprecated", "Experimental")

NEWER = {
    "GpsAccuracyMeters",
    "LifetimeEnergyChargedKwh",
    "BrickSocMinPercent",
    "NominalFullPackEnergyKwh",
    "GradeEstimatePercent",
    "MaxSpeedToReachDestinationMph",
    "SoftwareUpdateAvailable",
    "SoftwareUpdateInProgress",
    "RemoteStartActive",
    "SemiCruiseSpeedLimitMph",
    "Cabin12vPortKeepOn",
    "Cabin48vPortKeepOn",
    "AccessoryRail",
    "PowerTransferStatus",
    "AutomaticEmergencyBrakingState",
    "RollingResistanceCoefficient",
    "LifetimeDcChargeEnergyKwh",
    "SemiVehicleMassKg",
}
"""Fields that Tesla's own server does not know yet (fleet-api.md 8.6)."""


def test_every_field_of_the_stream_has_its_row() -> None:
    fields = {name for name in telemetry.Field.keys() if not name.startswith(UNUSED)}  # noqa: SIM118 - no mapping
    used = {word for row in vehicle.ENTITIES for word in row.stream.split()}
    assert used - {"connectivity"} <= fields  # that is a message of its own
    assert fields - used == NEWER | {"ChargeState"}  # DetailedChargeState says more


def test_a_row_that_only_the_stream_tells_names_its_field() -> None:
    assert [row.key for row in vehicle.ENTITIES if row.source == STREAMED and not row.stream] == []


# --- what other files have ----------------------------------------------------------------------------------

ELSEWHERE = {
    "a null gear is park": "test_catalog_traps.py::test_a_car_without_a_gear_stands_still",
    "half a position": "test_catalog_traps.py::test_half_a_position_is_none",
    "config only where it can be set": "test_catalog_rows.py::test_options_for_home_assistant_are_legal",
    "an enum's new word": "test_homeassistant.py::test_a_word_that_tesla_adds_is_told_to_home_assistant",
    "what a car lacks is taken away": "test_homeassistant_offer.py::test_what_a_device_lacks_is_not_offered",
    "prices and money": "test_ha_contract.py::test_what_costs_a_component",
    "ids that stay": "test_homeassistant.py::test_ids_are_frozen",
}


@pytest.mark.parametrize("what", ELSEWHERE)
def test_the_tests_named_here_exist(what: str) -> None:
    file, _, name = ELSEWHERE[what].partition("::")
    assert f"def {name}(" in (Path(__file__).parent / file).read_text()
