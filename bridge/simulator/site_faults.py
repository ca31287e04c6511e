"""What tests and the control endpoint can make a site's cloud do wrong."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from bridge.simulator.site_settings import Settings

Json = dict[str, Any]
HIGH_RESERVES = range(81, 100)  # entities.md appendix 5


@dataclass(slots=True)
class Faults:
    """`missing` and `null` name live_status fields.

    `high_reserve`: what becomes of a reserve from 81 to 99: kept (older firmware), snapped (to 80), or refused; with
    `capped` 100 becomes 80 too (pypowerwall PR #304). `no_grid_charging`: the installer has not enabled the setting,
    and writes to it change nothing (fleet-api.md 4.4). `refuse_writes` names the paths that answer 400 inside a 200.
    """

    dead_gateway: bool = False
    ignore_writes: int = 0
    refuse_writes: Collection[str] = ()
    high_reserve: str = "kept"
    no_grid_charging: bool = False
    missing: Collection[str] = ()
    null: Collection[str] = ()

    def spoil(self, status: Json) -> Json:
        """The live_status as it comes through."""
        return {key: None if key in self.null else value for key, value in status.items() if key not in self.missing}

    def refuses(self, path: str, body: Json) -> str | None:
        """What is wrong with a write, in Tesla's words; None: nothing."""
        if path in self.refuse_writes:
            return f"{path} is not allowed"
        if path == "backup" and self.high_reserve == "refused" and body["backup_reserve_percent"] in HIGH_RESERVES:
            return "backup_reserve_percent must be 0 to 80, or 100"
        return None

    def bend(self, settings: Settings, before: Settings) -> Settings:
        """What the site makes of the settings that it was sent."""
        reserve = settings.backup_reserve_percent
        if self.high_reserve == "capped" or (self.high_reserve == "snapped" and reserve in HIGH_RESERVES):
            settings = replace(settings, backup_reserve_percent=min(reserve, HIGH_RESERVES[0] - 1))
        if self.no_grid_charging:
            settings = replace(settings, grid_charging_disallowed=before.grid_charging_disallowed)
        return settings

    def swallow_write(self) -> bool:
        """True if this write is to be acknowledged without effect."""
        if self.ignore_writes <= 0:
            return False
        self.ignore_writes -= 1
        return True
