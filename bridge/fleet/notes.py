"""What outlives the process, by name: as much of bridge.database as this package and the accounts need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Notes(Protocol):
    """`keep_secrets` keeps all or none, and has flushed when it returns; None removes."""

    def secret(self, name: str) -> Mapping[str, Any] | None: ...
    def keep_secrets(self, secrets: Mapping[str, Mapping[str, Any] | None]) -> None: ...
