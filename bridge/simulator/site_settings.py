"""What an owner can set on a site, and the bodies that set it (fleet-api.md 4.4)."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from bridge.simulator.errors import BadParameter
from bridge.simulator.site_tariff import Tariff
from bridge.simulator.site_tariff_default import TIME_OF_USE

Json = dict[str, Any]
MODES = ("self_consumption", "autonomous", "backup")
EXPORT_RULES = ("battery_ok", "pv_only", "never")
STRATEGIES = ("economics", "balanced")
LAG = 3.0  # simulated seconds until site_info shows a write (fleet-api.md 4.3: "by seconds")


@dataclass(frozen=True, slots=True)
class Settings:
    """A site as its owner left it; a rule of None was never set and means battery_ok."""

    backup_reserve_percent: int = 20
    default_real_mode: str = "self_consumption"
    storm_mode_enabled: bool = True
    off_grid_vehicle_charging_reserve_percent: int = 30
    grid_charging_disallowed: bool = False
    export_rule: str | None = None
    optimization_strategy: str = "economics"
    tariff: Tariff = field(default_factory=lambda: Tariff(TIME_OF_USE))


class LaggingSettings:
    """The settings in force, and the older ones that site_info still shows."""

    def __init__(self, settings: Settings) -> None:
        self.current = settings
        self._shown = settings
        self._late: list[tuple[float, Settings]] = []

    def change(self, settings: Settings, epoch: float) -> None:
        self.current = settings
        self._late.append((epoch + LAG, settings))

    def shown(self, epoch: float) -> Settings:
        """What site_info and the products list tell at that time."""
        while self._late and self._late[0][0] <= epoch:
            self._shown = self._late.pop(0)[1]
        return self._shown


def changed(settings: Settings, path: str, body: Json) -> Settings:
    """The settings after a write; BadParameter for a body the path does not take."""
    if path not in WRITES:
        raise BadParameter(f"no such setting: {path}")
    return WRITES[path](settings, body)


def _backup(settings: Settings, body: Json) -> Settings:
    return replace(settings, backup_reserve_percent=_percent(body, "backup_reserve_percent"))


def _car_reserve(settings: Settings, body: Json) -> Settings:
    key = "off_grid_vehicle_charging_reserve_percent"
    return replace(settings, off_grid_vehicle_charging_reserve_percent=_percent(body, key))


def _operation(settings: Settings, body: Json) -> Settings:
    return replace(settings, default_real_mode=_choice(body, "default_real_mode", MODES))


def _storm_mode(settings: Settings, body: Json) -> Settings:
    return replace(settings, storm_mode_enabled=_switch(body, "enabled"))


def _import_export(settings: Settings, body: Json) -> Settings:
    disallow, rule = "disallow_charge_from_grid_with_solar_installed", "customer_preferred_export_rule"
    if disallow not in body and rule not in body:
        raise BadParameter(f"{disallow} or {rule} is needed")
    if disallow in body:
        settings = replace(settings, grid_charging_disallowed=_switch(body, disallow))
    if rule in body:
        settings = replace(settings, export_rule=_choice(body, rule, EXPORT_RULES))
    return settings


def _time_of_use(settings: Settings, body: Json) -> Settings:
    tou, content, strategy = body.get("tou_settings"), "tariff_content_v2", "optimization_strategy"
    if not isinstance(tou, dict) or not (content in tou or strategy in tou):
        raise BadParameter(f"tou_settings with {content} is needed")
    if content in tou:
        settings = replace(settings, tariff=Tariff(tou[content]))
    if strategy in tou:
        settings = replace(settings, optimization_strategy=_choice(tou, strategy, STRATEGIES))
    return settings


WRITES: dict[str, Callable[[Settings, Json], Settings]] = {
    "backup": _backup,
    "off_grid_vehicle_charging_reserve": _car_reserve,
    "operation": _operation,
    "storm_mode": _storm_mode,
    "grid_import_export": _import_export,
    "time_of_use_settings": _time_of_use,
}


def _percent(body: Json, key: str) -> int:
    value = body.get(key)
    if type(value) is not int or not 0 <= value <= 100:
        raise BadParameter(f"{key} must be a whole number from 0 to 100, not {value!r}")
    return value


def _choice(body: Json, key: str, choices: tuple[str, ...]) -> str:
    value = body.get(key)
    if value not in choices:
        raise BadParameter(f"{key} must be one of {', '.join(choices)}, not {value!r}")
    return str(value)


def _switch(body: Json, key: str) -> bool:
    value = body.get(key)
    if not isinstance(value, bool):
        raise BadParameter(f"{key} must be true or false, not {value!r}")
    return value
