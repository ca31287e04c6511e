"""What follows from a site's values: the battery's times, today's shares, pending settings, outages, storms."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from discovery_cases import WORKED_OUT

from bridge.catalog import CATALOGUE
from bridge.catalog.rows import DERIVED
from bridge.derived import DERIVATIONS
from bridge.derived.frame import Derived, Scene
from bridge.model import DeviceId, Kind, Value

SITE = DeviceId(Kind.ENERGY_SITE, "1")
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
ROWS = {row.name: row for row in DERIVATIONS}


def derive(
    name: str, values: Mapping[str, Value], memory: Any = None, changed: str = "", now: datetime = NOON
) -> Derived:
    keys = frozenset(changed.split() or values)
    return ROWS[name].derive(Scene(SITE, values, memory or {}, now, keys, {}))


@pytest.mark.parametrize("kind", [Kind.ENERGY_SITE, Kind.WALL_CONNECTOR])
def test_what_is_derived_are_rows_and_what_they_stand_on_are_rows(kind: Kind) -> None:
    entities = CATALOGUE[kind].entities
    assert {key for key, row in entities.items() if row.source == DERIVED} == set(WORKED_OUT[kind])
    for row in DERIVATIONS:
        if row.kind is kind:
            assert row.inputs <= entities.keys(), row.name


# --- the battery ------------------------------------------------------------------------------------------

BATTERY = {"energy_left": 6750, "total_pack_energy": 13500, "backup_reserve": 20, "load_power": 1350}


def test_a_battery_that_charges_tells_when_it_is_full() -> None:
    values = derive("battery times", {**BATTERY, "battery_power": -2700}).values
    assert values == {"backup_time_estimate": 5.0, "time_to_full": 150, "time_to_reserve": None}


def test_a_battery_that_discharges_tells_when_it_is_down_to_the_reserve() -> None:
    values = derive("battery times", {**BATTERY, "battery_power": 4050}).values
    assert values == {"backup_time_estimate": 5.0, "time_to_full": None, "time_to_reserve": 60}


@pytest.mark.parametrize("power", [0, 99, -99, None])
def test_a_battery_that_is_idle_is_on_its_way_to_nowhere(power: Value) -> None:
    values = derive("battery times", {**BATTERY, "battery_power": power}).values
    assert (values["time_to_full"], values["time_to_reserve"]) == (None, None)


def test_a_battery_below_its_reserve_has_nothing_to_spare() -> None:
    assert derive("battery times", {**BATTERY, "energy_left": 100, "battery_power": 500}).values["time_to_reserve"] == 0


def test_where_the_energy_is_not_told_the_level_tells_it() -> None:
    values = {"charge_level": 50, "nameplate_energy": 13500, "load_power": 1350, "battery_power": -2700}
    assert derive("battery times", values).values["time_to_full"] == 150


@pytest.mark.parametrize("missing", ["energy_left", "load_power"])
def test_what_is_not_known_makes_no_backup_time(missing: str) -> None:
    values = {**BATTERY, "battery_power": 1000, missing: None}
    assert derive("battery times", values).values["backup_time_estimate"] is None


# --- shares -----------------------------------------------------------------------------------------------


def _used(grid: Value, solar: Value, battery: Value, generator: Value = 0) -> Mapping[str, Value]:
    words = {"grid": grid, "solar": solar, "battery": battery, "generator": generator}
    return derive("shares of today", {f"consumer_energy_imported_from_{key}": wh for key, wh in words.items()}).values


def test_shares_are_of_what_the_house_used() -> None:
    assert _used(2500, 5000, 2500) == {
        "grid_independence": 75.0,
        "self_consumption_solar": 50.0,
        "self_consumption_battery": 25.0,
    }


@pytest.mark.parametrize("used", [(0, 0, 0), (None, 1, 1), (5, None, None)])
def test_where_nothing_was_used_or_told_there_are_no_shares(used: tuple[Value, ...]) -> None:
    assert set(_used(*used).values()) == {None}


def test_a_site_without_a_battery_has_no_share_of_one() -> None:
    assert _used(500, 500, None)["self_consumption_battery"] is None


# --- settings ---------------------------------------------------------------------------------------------


def test_a_setting_that_could_not_be_read_back_is_pending_until_the_site_shows_it() -> None:
    sent = {"last_command": "backup_reserve", "last_command_outcome": "unconfirmed", "backup_reserve": 20}
    assert derive("control pending", sent, changed="last_command_outcome").values == {"control_pending": True}
    assert derive("control pending", sent, changed="operation_mode").values == {}
    assert derive("control pending", sent, changed="backup_reserve").values == {"control_pending": False}


@pytest.mark.parametrize("outcome", ["ok", "refused", "invalid", "expired", "unavailable"])
def test_a_setting_that_has_ended_is_not_pending(outcome: str) -> None:
    sent = {"last_command": "backup_reserve", "last_command_outcome": outcome}
    assert derive("control pending", sent).values == {"control_pending": False}


# --- outages ----------------------------------------------------------------------------------------------


def test_an_outage_begins_and_ends() -> None:
    began = derive("grid outage", {"island_status": "off_grid"})
    assert [event.type for event in began.events] == ["grid_outage_started"]
    ended = derive("grid outage", {"island_status": "on_grid"}, began.memory, now=NOON + timedelta(minutes=5))
    assert [(event.type, event.facts) for event in ended.events] == [
        ("grid_outage_ended", {"start": NOON.isoformat(), "duration": 300})
    ]
    assert ended.memory == {}


@pytest.mark.parametrize("word", ["off_grid_intentional", "island_status_unknown", "a_new_word"])
def test_what_is_no_outage_begins_none_and_ends_none(word: str) -> None:
    assert derive("grid outage", {"island_status": word}) == Derived()
    assert derive("grid outage", {"island_status": word}, {"since": NOON.isoformat()}) == Derived()


def test_an_outage_is_told_once_and_of_a_clock_put_back_nothing_is_made_up() -> None:
    lasting = {"since": NOON.isoformat()}
    assert derive("grid outage", {"island_status": "off_grid"}, lasting) == Derived()
    ended = derive("grid outage", {"island_status": "on_grid"}, lasting, now=NOON - timedelta(hours=1))
    assert ended.events[0].facts["duration"] is None


def test_a_site_without_an_island_status_has_its_grid_status() -> None:
    assert derive("grid outage", {"grid_status": False}).events[0].type == "grid_outage_started"
    assert derive("grid outage", {"grid_status": None}) == Derived()


def _outage(day: int) -> dict[str, Value]:
    return {"start": f"2026-06-{day:02}T03:00:00+02:00", "end": f"2026-06-{day:02}T03:02:04+02:00", "duration": 124}


def test_what_the_site_has_written_down_is_told_once_and_old_entries_never() -> None:
    first = derive("recorded outages", {"outages": [_outage(1), _outage(2)]})
    assert first.events == ()
    more = derive("recorded outages", {"outages": [_outage(1), _outage(2), _outage(9)]}, first.memory)
    assert [event.facts for event in more.events] == [_outage(9)]
    assert derive("recorded outages", {"outages": [_outage(9)]}, more.memory).events == ()


def test_the_first_outage_of_a_site_is_news() -> None:
    none = derive("recorded outages", {"outages": []})
    assert [event.type for event in derive("recorded outages", {"outages": [_outage(1)]}, none.memory).events] == [
        "grid_outage_recorded"
    ]


# --- storms -----------------------------------------------------------------------------------------------


def test_a_storm_is_announced_once_and_over_once() -> None:
    storm = {"watch_event_id": "wind-1", "storm_type": "wind"}
    coming = derive("storms", {"storm_events": [storm]})
    assert [(event.type, event.facts) for event in coming.events] == [("storm_announced", storm)]
    later = derive("storms", {"storm_events": [{**storm, "opted_out": True}]}, coming.memory)
    assert later.events == ()
    assert derive("storms", {"storm_events": None}, later.memory) == Derived()
    over = derive("storms", {"storm_events": []}, later.memory)
    assert [event.type for event in over.events] == ["storm_over"]
    assert derive("storms", {"storm_events": []}, over.memory).events == ()
