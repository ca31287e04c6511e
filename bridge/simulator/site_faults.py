"""What tests and the control endpoint can make a site's cloud do wrong."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(slots=True)
class Faults:
    """`missing` and `null` name live_status fields."""

    dead_gateway: bool = False
    ignore_writes: int = 0
    missing: Collection[str] = ()
    null: Collection[str] = ()

    def spoil(self, status: Json) -> Json:
        """The live_status as it comes through."""
        return {key: None if key in self.null else value for key, value in status.items() if key not in self.missing}

    def swallow_write(self) -> bool:
        """True if this write is to be acknowledged without effect."""
        if self.ignore_writes <= 0:
            return False
        self.ignore_writes -= 1
        return True
