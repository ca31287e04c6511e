"""The grid and storms (fleet-api.md 4.2; entities.md M)."""

from __future__ import annotations

from bridge.catalog import convert
from bridge.catalog.builders import (
    binary_sensor,
    diagnostics,
    enum,
    group,
    switch,
    topic,
)
from bridge.catalog.writes import sets

GRID = group(
    "grid",
    (
        binary_sensor(
            "grid_status",
            "Grid status",
            "live_status.grid_status",
            read=convert.known({"Active": True, "Inactive": False}),
            device_class="power",
        ),
        enum(
            "island_status",
            "Island status",
            "live_status.island_status",
            "on_grid off_grid off_grid_intentional off_grid_unintentional island_status_unknown",
            icon="mdi:transmission-tower",
        ),
        binary_sensor(
            "grid_services_active",
            "Grid services active",
            "live_status.grid_services_active",
            icon="mdi:transmission-tower",
        ),
        binary_sensor(
            "grid_services_enabled",
            "Grid services enabled",
            "site_info.components.grid_services_enabled",
            icon="mdi:transmission-tower",
        ),
    ),
)

STORM = group(
    "storm",
    (
        switch(
            "storm_watch",
            "Storm watch",
            "site_info.user_settings.storm_mode_enabled",
            sets("storm_mode", "enabled"),
            icon="mdi:weather-lightning",
            needs="storm_mode_capable",
        ),
        binary_sensor(
            "storm_watch_active",
            "Storm watch active",
            "live_status.storm_mode_active",
            icon="mdi:weather-lightning",
        ),
        topic(
            "storm_events",
            "Storm events",
            "live_status.storm_mode_states",
            read=convert.objects(),
            note="List of {watch_event_id, start_time, end_time, storm_type, opted_out}.",
        ),
        *diagnostics(
            binary_sensor("storm_mode_capable", "Storm watch capable", "site_info.components.storm_mode_capable"),
        ),
    ),
)
