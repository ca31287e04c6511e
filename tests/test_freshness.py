"""How old a device's data is, and whether that is a problem."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from fakes import NOON

from bridge.catalog import CATALOGUE
from bridge.freshness import MINUTES_OF_GROUP, by_group, freshness
from bridge.model import Kind, Value
from bridge.state import Known


@pytest.mark.parametrize(
    ("kind", "connectivity", "minutes", "is_stale"),
    [
        (Kind.VEHICLE, "online", 22, False),  # the silence of a parked car
        (Kind.VEHICLE, "online", 60, False),
        (Kind.VEHICLE, "online", 61, True),
        (Kind.VEHICLE, "asleep", 3000, False),  # what it said stays true while it sleeps
        (Kind.VEHICLE, "offline", 3000, False),
        (Kind.VEHICLE, None, 3000, False),
        (Kind.ENERGY_SITE, None, 10, False),
        (Kind.ENERGY_SITE, None, 11, True),
        (Kind.WALL_CONNECTOR, None, 11, True),
    ],
)
def test_what_counts_as_stale(kind: Kind, connectivity: Value, minutes: int, *, is_stale: bool) -> None:
    values = {"last_seen": NOON - timedelta(minutes=minutes), "connectivity": connectivity}
    assert freshness(kind, values, NOON) == {"data_age": minutes, "data_stale": is_stale}


@pytest.mark.parametrize("seen", [None, "2026-07-01T12:00:00Z", 0])
def test_what_was_never_seen_has_no_age(seen: Any) -> None:
    assert freshness(Kind.VEHICLE, {"last_seen": seen, "connectivity": "online"}, NOON) == {}
    assert freshness(Kind.VEHICLE, {}, NOON) == {}


@pytest.mark.parametrize("kind", [Kind.ACCOUNT, Kind.BRIDGE])
def test_the_account_and_the_bridge_have_no_data_that_ages(kind: Kind) -> None:
    assert freshness(kind, {"last_seen": NOON}, NOON + timedelta(days=1)) == {}


def test_data_from_the_future_is_new() -> None:
    """Tesla's clock is not ours, and ours may jump back (fault case F6)."""
    values = {"last_seen": NOON + timedelta(hours=1), "connectivity": "online"}
    assert freshness(Kind.VEHICLE, values, NOON) == {"data_age": 0, "data_stale": False}


# --- each group by itself ---------------------------------------------------------------------------------


def _groups(kind: Kind, learned: Mapping[str, tuple[float, str]], connectivity: Value = None) -> dict[str, Any]:
    known = {key: Known(None, at, source) for key, (at, source) in learned.items()}
    known.setdefault("connectivity", Known(connectivity, 9999.0, "poll"))
    told: dict[str, Any] = by_group(kind, known, 10_000.0, NOON)["freshness"]
    return told


def test_a_group_is_as_fresh_as_what_was_read_last_of_it() -> None:
    learned = {"battery_level": (9400.0, "poll"), "charging": (9700.0, "poll"), "locked": (0.0, "recorded")}
    assert _groups(Kind.VEHICLE, learned, connectivity="online") == {
        "charge": {"last_seen": "2026-07-01T11:55:00+00:00", "age": 5, "stale": False, "source": "poll"},
        "closures": {"last_seen": "2026-07-01T09:13:20+00:00", "age": 166, "stale": True, "source": "recorded"},
    }


def test_while_a_car_sleeps_no_group_is_stale() -> None:
    assert not _groups(Kind.VEHICLE, {"locked": (0.0, "poll")}, connectivity="asleep")["closures"]["stale"]


def test_what_a_command_sets_or_the_list_tells_makes_no_group_fresh() -> None:
    assert _groups(Kind.VEHICLE, {"locked": (9999.0, "command"), "connectivity": (9999.0, "poll")}) == {}


def test_what_a_restart_brought_back_has_no_time() -> None:
    told = _groups(Kind.VEHICLE, {"locked": (-math.inf, "restart")}, connectivity="online")
    assert told == {"closures": {"last_seen": None, "age": None, "stale": True, "source": "restart"}}


def test_what_is_read_more_rarely_is_stale_later() -> None:
    learned = {"solar_power": (10_000 - 20 * 60, "poll"), "backup_reserve": (10_000 - 20 * 60, "poll")}
    told: dict[str, Any] = by_group(
        Kind.ENERGY_SITE, {key: Known(1, *origin) for key, origin in learned.items()}, 10_000.0, NOON
    )["freshness"]
    assert {group: facts["stale"] for group, facts in told.items()} == {"power": True, "settings": False}


@pytest.mark.parametrize(("kind", "group"), MINUTES_OF_GROUP)
def test_every_group_that_has_its_own_time_exists(kind: Kind, group: str) -> None:
    assert group in {row.group for row in CATALOGUE[kind].entities.values()}
