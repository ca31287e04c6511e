"""Tesla's traps (entities.md, appendix 5): what an odd answer means, and that one bad field costs one value."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from typing import Any

import pytest
from catalog_cases import (
    ANSWERS,
    GOLDEN_CAR,
    GOLDEN_EXTRAS,
    GOLDEN_SITE,
    MISSING,
    Where,
    nodes,
    replaced,
    touches,
    vehicle_answer,
)
from hypothesis import given, settings, strategies as st

from bridge.catalog import energy_site, read, vehicle
from bridge.model import Kind, Value


def _car(head: str, **fields: Any) -> dict[str, Value]:
    return read(Kind.VEHICLE, {head: {**GOLDEN_CAR[head], **fields}})


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"conn_charge_cable": "<invalid>"}, False),
        ({"conn_charge_cable": None}, None),
        ({"conn_charge_cable": "SAE"}, True),
    ],
)
def test_only_an_invalid_cable_means_unplugged(fields: Mapping[str, Any], expected: Value) -> None:
    assert _car("charge_state", **fields)["plugged_in"] is expected


def test_a_car_without_a_gear_stands_still() -> None:
    values = _car("drive_state", shift_state=None, speed=None)
    assert (values["shift_state"], values["parked"], values["driving"]) == ("p", True, False)
    assert values["speed"] == 0


def test_half_a_position_is_none() -> None:
    assert _car("drive_state", longitude=None)["position"] == {}
    assert _car("drive_state", latitude="<invalid>")["position"] == {}


def test_one_open_door_is_enough_but_all_must_be_known_to_be_closed() -> None:
    assert _car("vehicle_state", df=1, pr=None)["any_door_open"] is True
    assert _car("vehicle_state", df=0, pr=None)["any_door_open"] is None
    assert _car("vehicle_state", fd_window=2)["windows"] is True
    assert _car("vehicle_state", fd_window=2, rp_window=1)["open_windows"] == 2


def test_software_that_is_only_offered_is_not_in_progress() -> None:
    update = {"status": "available", "version": "2026.2 abc", "install_perc": 1}
    assert _car("vehicle_state", software_update=update)["firmware_update"] == {
        "installed_version": "2025.44.3",
        "latest_version": "2026.2",
        "title": "Vehicle software",
        "in_progress": False,
        "update_percentage": None,
    }


@pytest.mark.parametrize("update", [None, "<invalid>", [], {"status": ["installing"], "version": {}}])
def test_broken_update_information_leaves_the_installed_version(update: Any) -> None:
    values = _car("vehicle_state", software_update=update)
    assert values["firmware_update"]["latest_version"] == "2025.44.3"


def test_without_an_installed_version_there_is_no_update() -> None:
    assert _car("vehicle_state", car_version=None)["firmware_update"] == {}


def test_words_that_are_not_known_pass_through_sensors_but_not_through_controls() -> None:
    values = _car("climate_state", climate_keeper_mode="party2", cabin_overheat_protection="Turbo")
    assert values["climate_preset"] is None
    assert values["cabin_overheat_mode"] is None
    assert _car("charge_state", charging_state="ChargingSlowly")["charging_state"] == "charging_slowly"
    assert _car("vehicle_state", center_display_state=42)["centre_display"] == "42"


def _site(**components: Any) -> dict[str, Value]:
    return read(Kind.ENERGY_SITE, {"site_info": {"components": components}})


def test_a_site_that_says_nothing_may_charge_and_export() -> None:
    assert _site(battery=True)["grid_charging"] is True
    assert _site(battery=True)["export_rule"] == "battery_ok"


def test_an_installers_lock_forbids_exporting() -> None:
    rules = {"non_export_configured": True, "customer_preferred_export_rule": "battery_ok"}
    assert _site(**rules)["export_rule"] == "never"


def test_without_components_nothing_is_known_of_a_site() -> None:
    values = read(Kind.ENERGY_SITE, {"site_info": {"components": None}})
    assert (values["grid_charging"], values["export_rule"], values["has_battery"]) == (None, None, None)


def test_a_site_without_a_meter_limit_has_none() -> None:
    values = read(Kind.ENERGY_SITE, {"site_info": {"max_site_meter_power_ac": 1_000_000_000}})
    assert values["max_site_meter_power"] is None


def test_an_empty_battery_is_told_from_no_battery() -> None:
    """Tesla leaves percentage_charged out for both."""
    assert read(Kind.ENERGY_SITE, {"live_status": {"battery_power": 0}})["charge_level"] == 0
    assert read(Kind.ENERGY_SITE, {"live_status": {"solar_power": 0}})["charge_level"] is None
    null = {"battery_power": 0, "percentage_charged": None}
    assert read(Kind.ENERGY_SITE, {"live_status": null})["charge_level"] is None


def test_the_app_never_shows_less_than_nothing() -> None:
    body = {"battery_power": 0, "percentage_charged": 3.1}
    assert read(Kind.ENERGY_SITE, {"live_status": body})["app_charge_level"] == 0


def test_wall_connectors_may_be_null() -> None:
    values = read(Kind.ENERGY_SITE, {"live_status": {"load_power": 500, "wall_connectors": None}})
    assert (values["vehicle_charging_power"], values["house_power"]) == (None, None)


def test_a_booting_wall_connector_cannot_tell_whether_a_car_is_there() -> None:
    values = read(Kind.WALL_CONNECTOR, {"wall_connector": {"wall_connector_state": 0}})
    assert (values["state"], values["vehicle_connected"]) == ("booting", None)
    assert read(Kind.WALL_CONNECTOR, {"wall_connector": {"wall_connector_state": 77}})["state"] == "77"


JUNK = st.one_of(
    st.sampled_from([MISSING, None, "<invalid>", "", "None", [], {}, [None], {"a": 1}, True, False]),
    st.integers() | st.sampled_from([10**30, -(10**30), 10**400]),
    st.floats(),
    st.text(max_size=20),
    st.lists(st.dictionaries(st.text(max_size=3), st.none() | st.integers(), max_size=2), max_size=3),
)

WHOLE_CAR = GOLDEN_CAR | GOLDEN_EXTRAS
"""What is asked besides, too."""

CAR_VALUES = read(Kind.VEHICLE, ANSWERS[Kind.VEHICLE])


@settings(max_examples=400, deadline=None)
@given(path=st.sampled_from([path for path, _ in nodes(WHOLE_CAR)]), junk=JUNK)
def test_any_bad_field_of_a_car_leaves_all_other_values_as_they_were(path: Where, junk: Any) -> None:
    values = read(Kind.VEHICLE, vehicle_answer(replaced(WHOLE_CAR, path, junk)))
    for row in vehicle.ENTITIES:
        if not touches(row, path):
            assert values.get(row.key) == CAR_VALUES.get(row.key), row.key


@settings(max_examples=200, deadline=None)
@given(path=st.sampled_from([path for path, _ in nodes(GOLDEN_SITE)]), junk=JUNK)
def test_any_bad_field_of_a_site_leaves_all_other_values_as_they_were(path: Where, junk: Any) -> None:
    values = read(Kind.ENERGY_SITE, replaced(GOLDEN_SITE, path, junk))
    whole = read(Kind.ENERGY_SITE, GOLDEN_SITE)
    for row in energy_site.ENTITIES:
        if not touches(row, path):
            assert values.get(row.key) == whole.get(row.key), row.key


@settings(max_examples=200, deadline=None)
@given(path=st.sampled_from([path for path, _ in nodes(GOLDEN_CAR)]), junk=JUNK)
def test_trackers_and_updates_never_become_null(path: Where, junk: Any) -> None:
    """Home Assistant takes an object there, and logs a warning for anything else."""
    values = read(Kind.VEHICLE, vehicle_answer(replaced(GOLDEN_CAR, path, junk)))
    for key in ("position", "route_position", "firmware_update"):
        assert key not in values or isinstance(values[key], dict)


def test_an_answer_that_tells_a_part_leaves_the_rest_as_it_was() -> None:
    """After a 408 only `state` is known, and our own news come one by one."""
    assert set(read(Kind.VEHICLE, {"vehicle": {"state": "asleep"}})) == {"connectivity", "online"}
    assert read(Kind.VEHICLE, {"bridge": {"data_age": 3}}) == {"data_age": 3}


def test_what_cannot_be_read_does_not_keep_the_answer_in_memory() -> None:
    gc.collect()
    gc.disable()
    try:
        read(Kind.VEHICLE, {"vehicle_state": {"car_version": " ", "software_update": {"version": " "}}})
        assert gc.collect() == 0
    finally:
        gc.enable()
