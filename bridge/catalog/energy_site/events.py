"""What happens to an energy site: messages on its event topic."""

from __future__ import annotations

from bridge.catalog.builders import event
from bridge.catalog.status import COMMAND_EVENT

GRID_OUTAGE = event(
    "grid_outage",
    "Grid outage",
    "grid_outage_started grid_outage_ended grid_outage_recorded",
    icon="mdi:transmission-tower-off",
    needs="has_battery",
    note="started and ended: as the bridge saw it, with `start` and, at the end, `duration` in seconds. recorded: an "
    "outage that is over, as the site tells it, with `start`, `end`, `duration`. Leaving the grid on purpose is none.",
)

STORM = event(
    "storm",
    "Storm",
    "storm_announced storm_over",
    icon="mdi:weather-lightning",
    needs="storm_mode_capable",
    note="With Tesla's facts of the storm.",
)

EVENTS = (COMMAND_EVENT, GRID_OUTAGE, STORM)
