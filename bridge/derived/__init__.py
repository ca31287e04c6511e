"""Values that Tesla does not send, worked out of those that it does: rows of pure functions."""

from __future__ import annotations

from bridge.derived.account import ACCOUNT
from bridge.derived.alerts import ALERTS
from bridge.derived.charging import CHARGING
from bridge.derived.frame import Derivation
from bridge.derived.grid import GRID
from bridge.derived.lifetime import LIFETIME
from bridge.derived.moments import MOMENTS
from bridge.derived.site import SITE
from bridge.derived.tariff import TARIFF
from bridge.derived.trips import TRIPS
from bridge.derived.vehicle_state import VEHICLE_STATE
from bridge.derived.wall_connector import WALL_CONNECTOR
from bridge.derived.zones import Zones, zones_of

_VEHICLE = (*CHARGING, *MOMENTS, *TRIPS, *VEHICLE_STATE, *ALERTS)
_SITE = (*SITE, *TARIFF, *GRID, *LIFETIME)

DERIVATIONS: tuple[Derivation, ...] = (*_VEHICLE, *_SITE, *WALL_CONNECTOR, *ACCOUNT)
"""Those that need no settings."""


def derivations(zones: Zones) -> tuple[Derivation, ...]:
    """All, for a house with these zones. These come first: a price is one at home."""
    return (*zones_of(zones), *DERIVATIONS)
