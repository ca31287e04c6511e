"""What follows from an energy site's values at once (entities.md M19, M20, O19, P28 to P30)."""

from __future__ import annotations

from bridge.derived.frame import Derived, Scene, at_once, derivation
from bridge.model import Kind, Value

IDLE_WATTS = 100
"""A battery that moves less than this goes nowhere (entities.md M17)."""


# --- the battery --------------------------------------------------------------------------------------------


def _battery_times(scene: Scene) -> tuple[Value, ...]:
    """Hours of backup, minutes to full, minutes to the reserve."""
    power, load, reserve = (scene.number(key) for key in ("battery_power", "load_power", "backup_reserve"))
    full = scene.number("total_pack_energy") or scene.number("nameplate_energy")
    left = _energy_left(scene, full)
    if left is None:
        return None, None, None
    spare = None if full is None or reserve is None else max(left - full * reserve / 100, 0)
    missing = None if full is None else max(full - left, 0)
    return (
        round(left / load, 1) if load and load > 0 else None,
        _minutes(missing, -power) if power is not None else None,
        _minutes(spare, power) if power is not None else None,
    )


def _energy_left(scene: Scene, full: float | None) -> float | None:
    """Wh. Some sites tell only the level (fleet-api.md 4.2)."""
    left, level = scene.number("energy_left"), scene.number("charge_level")
    if left is not None or full is None or level is None:
        return left
    return full * level / 100


def _minutes(energy: float | None, watts: float) -> int | None:
    return None if energy is None or watts < IDLE_WATTS else round(energy / watts * 60)


# --- today's shares -----------------------------------------------------------------------------------------


def _shares(scene: Scene) -> tuple[Value, ...]:
    """Percent of what the house used: not from the grid, from the sun, from the battery."""
    words = ("grid", "solar", "battery", "generator")
    grid, solar, battery, generator = (scene.number(f"consumer_energy_imported_from_{word}") for word in words)
    if grid is None or (solar is None and battery is None):
        return None, None, None
    used = grid + (solar or 0) + (battery or 0) + (generator or 0)
    if used <= 0:
        return None, None, None
    return _percent(used - grid, used), _percent(solar, used), _percent(battery, used)


def _percent(part: float | None, whole: float) -> float | None:
    return None if part is None else round(part / whole * 100, 1)


# --- settings -----------------------------------------------------------------------------------------------

_SETTINGS = "backup_reserve operation_mode export_rule grid_charging storm_watch off_grid_charging_reserve"


def _pending(scene: Scene) -> Derived:
    """A setting that was sent and could not be read back, until the site shows another value of it."""
    command = scene.values.get("last_command")
    if not scene.changed.isdisjoint({"last_command", "last_command_outcome"}):
        is_open = scene.values.get("last_command_outcome") == "unconfirmed" and command in _SETTINGS.split()
        return Derived({"control_pending": is_open})
    return Derived({"control_pending": False}) if command in scene.changed else Derived()


SITE = (
    derivation(
        "battery times",
        Kind.ENERGY_SITE,
        "battery_power load_power backup_reserve total_pack_energy nameplate_energy energy_left charge_level",
        at_once("backup_time_estimate time_to_full time_to_reserve", _battery_times),
    ),
    derivation(
        "shares of today",
        Kind.ENERGY_SITE,
        "consumer_energy_imported_from_grid consumer_energy_imported_from_solar consumer_energy_imported_from_battery "
        "consumer_energy_imported_from_generator",
        at_once("grid_independence self_consumption_solar self_consumption_battery", _shares),
    ),
    derivation(
        "control pending",
        Kind.ENERGY_SITE,
        "last_command last_command_outcome " + _SETTINGS,
        _pending,
    ),
)
