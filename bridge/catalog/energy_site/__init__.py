"""An energy site: live status, settings and the day's energy (fleet-api.md 4)."""

from __future__ import annotations

from bridge.catalog.energy_site import intents
from bridge.catalog.energy_site.battery import BATTERY
from bridge.catalog.energy_site.commands import WRITES
from bridge.catalog.energy_site.composites import COMPOSITES
from bridge.catalog.energy_site.events import EVENTS
from bridge.catalog.energy_site.grid import GRID, STORM
from bridge.catalog.energy_site.history import HISTORY
from bridge.catalog.energy_site.info import INFO
from bridge.catalog.energy_site.lifetime import CHARGES, LIFETIME, SHARES
from bridge.catalog.energy_site.outages import OUTAGES
from bridge.catalog.energy_site.power import POWER
from bridge.catalog.energy_site.settings import SETTINGS
from bridge.catalog.energy_site.status import STATUS
from bridge.catalog.energy_site.tariff import TARIFF

__all__ = ["COMMANDS", "COMPOSITES", "ENTITIES", "EVENTS"]

ENTITIES = (
    *POWER,
    *BATTERY,
    *GRID,
    *STORM,
    *OUTAGES,
    *SETTINGS,
    *intents.INTENTS,
    *intents.OPTIONS,
    *TARIFF,
    *INFO,
    *HISTORY,
    *SHARES,
    *LIFETIME,
    *CHARGES,
    *STATUS,
)
COMMANDS = (*WRITES, *intents.COMMANDS)
