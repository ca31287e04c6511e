"""What a site can be asked to do (fleet-api.md 4.4)."""

from __future__ import annotations

from bridge.catalog.energy_site.settings import NO_GRID_CHARGING
from bridge.catalog.rows import Command, Parameter


def _write(name: str, title: str, *parameters: Parameter) -> Command:
    """A setting of the site. Tesla's answer proves nothing, so it is read back (reliability.md C2)."""
    return Command(
        name=name,
        title=title,
        endpoint=name,
        parameters=parameters,
        scopes=("energy_cmds",),
        cost="free",
        wakes=False,
        direct=False,
        confirmed=True,
    )


COMMANDS = (
    _write("backup", "Set backup reserve", Parameter(name="backup_reserve_percent", type=int, minimum=0, maximum=100)),
    _write(
        "operation",
        "Set operation mode",
        Parameter(name="default_real_mode", type=str, choices=("self_consumption", "autonomous", "backup")),
    ),
    _write("storm_mode", "Set storm watch", Parameter(name="enabled", type=bool)),
    _write(
        "grid_import_export",
        "Set grid charging and export",
        Parameter(name=NO_GRID_CHARGING, type=bool, required=False),
        Parameter(
            name="customer_preferred_export_rule", type=str, choices=("battery_ok", "pv_only", "never"), required=False
        ),
    ),
    _write(
        "off_grid_vehicle_charging_reserve",
        "Set off-grid vehicle charging reserve",
        Parameter(name="off_grid_vehicle_charging_reserve_percent", type=int, minimum=0, maximum=100),
    ),
    Command(
        name="refresh",
        title="Refresh",
        endpoint="",
        scopes=(),
        cost="free",
        wakes=False,
        is_local=True,
        button=True,
        category="diagnostic",
        icon="mdi:refresh",
        note="Asks Tesla at once for everything about the site that costs nothing.",
    ),
)
