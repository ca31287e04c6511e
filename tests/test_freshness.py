"""How old a device's data is, and whether that is a problem."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from fakes import NOON

from bridge.freshness import freshness
from bridge.model import Kind, Value


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
