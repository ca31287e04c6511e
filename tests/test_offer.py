"""Which rows are offered: what the device has, what the token may do, what the owner has enabled."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pytest

from bridge.catalog import CATALOGUE
from bridge.catalog.builders import sensor
from bridge.catalog.offer import Offer, has, limits, needed
from bridge.catalog.rows import (
    ASSUMED,
    DERIVED,
    STREAMED,
    Command,
    Composite,
    Entity,
    Limits,
)
from bridge.catalog.writes import either, sets
from bridge.model import Value

HONK = Command(name="honk", title="Honk", endpoint="command/honk")
UNLOCK = Command(name="unlock", title="Unlock", endpoint="command/unlock", dangerous=True)
CHARGE = Command(name="charge", title="Charge", endpoint="command/charge", scopes=("cmds", "charging_cmds"))

EVERYTHING = Offer(enabled_commands=["unlock"])


# --- commands ---------------------------------------------------------------------------------------------


def test_a_dangerous_command_is_off_until_it_is_enabled_by_name() -> None:
    assert Offer().allows(HONK)
    assert not Offer().allows(UNLOCK)
    assert not Offer(enabled_commands=["honk", "unloc", "all"]).allows(UNLOCK)
    assert EVERYTHING.allows(UNLOCK)


@pytest.mark.parametrize(
    ("scopes", "is_allowed"),
    [(None, True), ([], False), (["other"], False), (["cmds"], True), (["charging_cmds", "other"], True)],
)
def test_one_of_a_commands_scopes_is_enough(scopes: Collection[str] | None, *, is_allowed: bool) -> None:
    """While nobody knows what the token holds, nothing is hidden."""
    assert Offer(scopes=scopes).allows(CHARGE) is is_allowed


def test_what_is_enabled_still_needs_its_scope() -> None:
    assert not Offer(enabled_commands=["unlock"], scopes=["other"]).allows(UNLOCK)


# --- entities ---------------------------------------------------------------------------------------------


def _row(component: str | None, needs: str | None = None, scope: str | None = None, *, writes: bool = True) -> Entity:
    write = either("unlock", "unlock") if writes else None
    return Entity(key="x", name="x", source="a.x", component=component, needs=needs, scope=scope, write=write)


@pytest.mark.parametrize("value", [None, False, 0, 0.0, "", "none"])
def test_what_the_device_does_not_have_is_not_shown(value: Value) -> None:
    assert not has("sunroof", {"sunroof": value})
    assert not has("sunroof", {})
    assert not EVERYTHING.shows(_row("cover", needs="sunroof"), [UNLOCK], {"sunroof": value})


@pytest.mark.parametrize("value", [True, 1, 0.5, "panorama", [1], {"a": 1}])
def test_what_the_device_has_is_shown(value: Value) -> None:
    assert has("sunroof", {"sunroof": value})
    assert EVERYTHING.shows(_row("cover", needs="sunroof"), [UNLOCK], {"sunroof": value})


def test_what_needs_nothing_is_always_there() -> None:
    assert has(None, {})


def test_a_value_that_tesla_withholds_from_this_token_is_not_shown() -> None:
    place = _row("sensor", scope="vehicle_location", writes=False)
    assert Offer().shows(place, [], {})
    assert Offer(scopes=["vehicle_location"]).shows(place, [], {})
    assert not Offer(scopes=["vehicle_device_data"]).shows(place, [], {})


@pytest.mark.parametrize(
    ("component", "is_shown"),
    [("switch", False), ("number", False), ("select", False), ("lock", True), ("cover", True)],
)
def test_what_cannot_be_written_is_shown_only_where_it_tells_something(component: str, *, is_shown: bool) -> None:
    """A lock can always lock and a cover can always tell; any other without its command would be dead."""
    assert Offer().shows(_row(component), [UNLOCK], {}) is is_shown
    assert EVERYTHING.shows(_row(component), [UNLOCK], {})


def test_one_command_that_is_allowed_is_enough_for_a_switch() -> None:
    assert Offer().shows(_row("switch"), [UNLOCK, HONK], {})


def test_what_is_only_read_needs_no_command() -> None:
    assert Offer(scopes=[]).shows(sensor("x", "x", "a.x"), [], {})


@pytest.mark.parametrize(
    ("component", "scopes", "is_joined"),
    [
        ("climate", None, True),
        ("climate", ["vehicle_cmds"], True),
        ("climate", [], False),
        ("update", [], True),
        ("device_tracker", [], True),
    ],
)
def test_a_composite_is_offered_where_it_can_do_or_tell_something(
    component: str, scopes: Collection[str] | None, *, is_joined: bool
) -> None:
    composite = Composite(key="x", name="x", component=component, states={}, commands={}, settings={})
    assert Offer(scopes=scopes).joins(composite, [], [HONK], {}) is is_joined


def test_a_composite_needs_all_that_it_reads_and_what_the_device_must_have() -> None:
    composite = Composite(
        key="x", name="x", component="device_tracker", states={}, commands={}, settings={}, needs="gps"
    )
    place = _row("sensor", scope="vehicle_location", writes=False)
    assert Offer(scopes=["vehicle_location"]).joins(composite, [place], [], {"gps": True})
    assert not Offer(scopes=["vehicle_location"]).joins(composite, [place], [], {"gps": False})
    assert not Offer(scopes=["other"]).joins(composite, [place], [], {"gps": True})


# --- limits -----------------------------------------------------------------------------------------------

MOVING = Limits(minimum=50, maximum=100, minimum_from="low", maximum_from="high")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, (50, 100)),
        ({"low": 60, "high": 90}, (60, 90)),
        ({"low": 0, "high": 120}, (0, 120)),
        ({"low": 0}, (0, 100)),
        ({"low": None, "high": "90"}, (50, 100)),
        ({"low": 95, "high": 90}, (95, 95)),  # never upside down: Home Assistant would refuse the whole device
    ],
)
def test_the_range_of_a_number_is_the_devices_own_where_it_tells_it(
    values: Mapping[str, Value], expected: tuple[float, float]
) -> None:
    row = Entity(key="x", name="x", source="a.x", limits=MOVING, write=sets("x", "x"))
    assert limits(row, values) == expected


def test_a_row_without_a_range_has_none() -> None:
    assert limits(sensor("x", "x", "a.x"), {"low": 1}) is None


# --- scopes of what is read -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "scopes"),
    [
        ("charge_state.battery_level", {"vehicle_device_data"}),
        ("vehicle.state", {"vehicle_device_data"}),
        ("live_status.solar_power", {"energy_device_data"}),
        ("wall_connector.wall_connector_power", {"energy_device_data"}),
        ("bridge.last_seen", set()),
    ],
)
def test_a_value_is_shown_where_the_token_covers_the_call_that_tells_it(source: str, scopes: set[str]) -> None:
    row = sensor("x", "x", source)
    assert Offer(scopes=scopes).sees(row)
    assert Offer(scopes=["openid", *scopes, "something_new"]).sees(row)
    assert Offer(scopes=["openid"]).sees(row) is not bool(scopes)


def test_a_place_needs_the_scope_of_its_call_and_its_own() -> None:
    row = sensor("latitude", "Latitude", "drive_state.latitude", scope="vehicle_location")
    both = ["vehicle_device_data", "vehicle_location"]
    assert Offer(scopes=both).sees(row)
    assert not any(Offer(scopes=[one]).sees(row) for one in both)


def test_every_answer_of_tesla_has_its_scope() -> None:
    rows = [row for kind in CATALOGUE.values() for row in kind.entities.values()]
    heads = {row.source.partition(".")[0] for row in rows if not needed(row)}
    assert heads - {ASSUMED, DERIVED, STREAMED} <= {"bridge"}
