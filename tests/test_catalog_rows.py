"""Every row of the catalogue is sound by itself, and everything it leans on exists."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from catalog_cases import COMPOSITES, ENTITIES, ROWS, every, keys_of

from bridge.catalog.rows import DERIVED, STREAMED, Composite, Entity
from bridge.model import Kind

NUMBERS = [(kind, row) for kind, row in ENTITIES if row.limits]

HEADS = {
    Kind.VEHICLE: "vehicle charge_state climate_state drive_state gui_settings vehicle_config vehicle_state "
    "charge_schedule_data preconditioning_schedule_data bridge options warranty release_notes service_data "
    "recent_alerts nearby_charging_sites drivers invitations mobile_enabled fleet_status fleet_telemetry_config "
    "fleet_telemetry_errors stream assumed derived",
    Kind.ENERGY_SITE: "live_status site_info energy_history past_days backup_time_remaining backup_history "
    "charge_level_history charge_history bridge",
    Kind.WALL_CONNECTOR: "wall_connector wall_connector_info charge_history bridge",
}

GROUPS = {
    Kind.VEHICLE: "charge climate closures drive location tyres security media software config powertrain special "
    "status options cost sleep",
    Kind.ENERGY_SITE: "power battery grid storm outages settings intent tariff info history lifetime charges status "
    "options",
    Kind.WALL_CONNECTOR: "charge sessions info status",
}


@pytest.mark.parametrize("kind", ROWS)
def test_set_topics_are_unambiguous(kind: Kind) -> None:
    """No key is shared by the entities, commands and composites of a kind."""
    entities, commands, composites = ROWS[kind]
    keys = [row.key for row in entities] + [row.key for row in composites] + [row.name for row in commands]
    assert sorted(keys) == sorted(set(keys))


@pytest.mark.parametrize("kind", ROWS)
def test_no_two_components_look_the_same_in_home_assistant(kind: Kind) -> None:
    entities, commands, composites = ROWS[kind]
    names = [row.name for row in entities if row.component] + [str(row.name) for row in composites]
    names += [row.title for row in commands if row.button]
    assert sorted(names) == sorted(set(names))


@every(ENTITIES)
def test_key_group_and_source_are_well_formed(kind: Kind, row: Entity) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", row.key)
    assert row.group in GROUPS[kind].split()
    assert row.source.split(".")[0] in {*HEADS[kind].split(), DERIVED, STREAMED}


@every([(kind, row) for kind, row in ENTITIES if row.key == "last_seen"])
def test_what_the_bridge_tells_of_itself_is_read_as_it_is(kind: Kind, row: Entity) -> None:
    moment = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    assert row.read(moment) is moment


@every([*ENTITIES, *COMPOSITES])
def test_name_is_written_like_a_sentence(kind: Kind, row: Entity | Composite) -> None:
    first, *rest = str(row.name).split()
    assert first[0].isupper()
    assert all(word.islower() or word.isupper() or word == "24" for word in rest)
    assert "tesla" not in str(row.name).lower()


@every(ENTITIES)
def test_options_for_home_assistant_are_legal(kind: Kind, row: Entity) -> None:
    """The rules of mqtt-and-home-assistant.md 1.8 and 1.10 that one row can break alone."""
    assert row.category != "config" or row.component not in {"sensor", "binary_sensor"}
    assert row.icon is None or row.icon.startswith("mdi:")
    assert row.component in {None, "sensor", "binary_sensor"} or row.write
    assert row.state_class is None or row.component == "sensor"
    assert row.precision is None or row.component == "sensor"
    assert "None" not in row.options
    if row.device_class in {"enum", "timestamp"}:
        assert row.unit is None
        assert row.state_class is None
    assert (row.device_class == "enum") == (row.component == "sensor" and bool(row.options))
    assert row.component != "select" or "none" not in row.options


PLACES = {"position", "route_position", "origin_position", "route_line", "zone", "at_home", "charge_zone"}


@every(ENTITIES)
def test_whatever_gives_the_place_away_is_in_the_group_location(kind: Kind, row: Entity) -> None:
    tells = re.search(r"latitude|longitude|heading|gps_as_of|active_route_destination", row.source)
    assert (row.scope == "vehicle_location") == bool(tells or row.key in PLACES)
    assert row.scope is None or row.group == "location"


@every(ENTITIES)
def test_what_a_row_leans_on_exists(kind: Kind, row: Entity) -> None:
    leans = {row.needs, row.unit_from} | ({row.limits.minimum_from, row.limits.maximum_from} if row.limits else set())
    assert leans - {None} <= set(keys_of(kind))


@every(NUMBERS)
def test_limits_are_a_range(kind: Kind, row: Entity) -> None:
    assert row.limits
    assert row.limits.minimum < row.limits.maximum
    assert row.limits.step >= 0.001
