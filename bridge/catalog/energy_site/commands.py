"""What a site can be asked to do (fleet-api.md 4.4)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bridge.catalog.energy_site.settings import NO_GRID_CHARGING
from bridge.catalog.rows import Body, Command, Excuse, Parameter
from bridge.model import Value


def _write(
    name: str,
    title: str,
    *parameters: Parameter,
    body: Body | None = None,
    excuse: Excuse | None = None,
    repeatable: bool = True,
) -> Command:
    """A setting of the site. Tesla's answer proves nothing, so it is read back (reliability.md C2)."""
    return Command(
        name=name,
        title=title,
        endpoint=name,
        parameters=parameters,
        scopes=("energy_cmds",),
        cost="energy",
        wakes=False,
        direct=False,
        confirmed=True,
        repeatable=repeatable,
        body=body,
        excuse=excuse,
    )


def _reserve_rule(parameters: Mapping[str, Value], shown: Mapping[str, Value]) -> tuple[str, str] | None:
    """Firmware since 2025 keeps no reserve from 81 to 99; some sites take not even 100 (pypowerwall #200, PR #304)."""
    wanted, kept = parameters["backup_reserve_percent"], shown.get("backup_reserve")
    if wanted == 100 and kept == 80:
        return "reserve_100", "the site made 80 % of a reserve of 100 %. Use the operation mode backup instead"
    if 80 < wanted < 100:
        shows = "" if kept is None else f"; the site shows {kept:g} %"
        return (
            "reserve_81_to_99",
            f"this firmware keeps no reserve from 81 to 99 %{shows}. Use 80, or 100 (full backup)",
        )
    return None


def _tou_settings(parameters: Mapping[str, Value], _now: datetime) -> Mapping[str, Value]:
    return {"tou_settings": dict(parameters)}


WRITES = (
    _write(
        "backup",
        "Set backup reserve",
        Parameter(name="backup_reserve_percent", type=int, minimum=0, maximum=100),
        excuse=_reserve_rule,
    ),
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
    _write(
        "time_of_use_settings",
        "Set tariff",
        Parameter(name="tariff_content_v2", type=dict),
        body=_tou_settings,
        repeatable=False,
    ),
)
