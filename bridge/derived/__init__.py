"""Values that Tesla does not send, worked out of those that it does: rows of pure functions."""

from __future__ import annotations

from bridge.derived.charging import CHARGING
from bridge.derived.frame import Derivation
from bridge.derived.moments import MOMENTS
from bridge.derived.trips import TRIPS
from bridge.derived.vehicle_state import VEHICLE_STATE
from bridge.derived.zones import Zones, zones_of

DERIVATIONS: tuple[Derivation, ...] = (
    *CHARGING,
    *MOMENTS,
    *TRIPS,
    *VEHICLE_STATE,
)
"""Those that need no settings."""


def derivations(zones: Zones) -> tuple[Derivation, ...]:
    """All, for a house with these zones. These come first: a price is one at home."""
    return (*zones_of(zones), *DERIVATIONS)
