"""A car: every value of vehicle_data and of its entry in the list (fleet-api.md 2.1, 2.2; entities.md A to H, L)."""

from __future__ import annotations

from bridge.catalog.vehicle.besides import BESIDES
from bridge.catalog.vehicle.charge import CHARGE
from bridge.catalog.vehicle.climate import CLIMATE
from bridge.catalog.vehicle.closures import CLOSURES
from bridge.catalog.vehicle.commands import COMMANDS as TESLAS
from bridge.catalog.vehicle.composites import COMPOSITES
from bridge.catalog.vehicle.config import CONFIG
from bridge.catalog.vehicle.derived_charge import DERIVED_CHARGE
from bridge.catalog.vehicle.derived_drive import DERIVED_DRIVE
from bridge.catalog.vehicle.derived_location import DERIVED_LOCATION
from bridge.catalog.vehicle.derived_status import DERIVED_STATUS
from bridge.catalog.vehicle.drive import DRIVE
from bridge.catalog.vehicle.events import EVENTS
from bridge.catalog.vehicle.location import LOCATION
from bridge.catalog.vehicle.media import MEDIA
from bridge.catalog.vehicle.options import COMMANDS as OWN, OPTIONS
from bridge.catalog.vehicle.security import SECURITY
from bridge.catalog.vehicle.software import SOFTWARE
from bridge.catalog.vehicle.status import STATUS
from bridge.catalog.vehicle.tyres import TYRES

__all__ = ["COMMANDS", "COMPOSITES", "ENTITIES", "EVENTS"]

ENTITIES = (
    *CHARGE,
    *CLIMATE,
    *CLOSURES,
    *DRIVE,
    *LOCATION,
    *TYRES,
    *SECURITY,
    *MEDIA,
    *SOFTWARE,
    *CONFIG,
    *STATUS,
    *OPTIONS,
    *BESIDES,
    *DERIVED_CHARGE,
    *DERIVED_DRIVE,
    *DERIVED_LOCATION,
    *DERIVED_STATUS,
)

COMMANDS = (*TESLAS, *OWN)
