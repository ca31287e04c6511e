"""What the doctor is told of one account."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.clock import Clock
from bridge.fleet.auth.grants import ClientCredentials
from bridge.fleet.auth.sources import TokenSource
from bridge.fleet.client import FleetClient
from bridge.fleet.transport import Transport


@dataclass(frozen=True, slots=True)
class Case:
    """`name` is empty for the only account. `app`: as what the app itself signs in; None where it has no secret.

    `has_key`: the way to sign in is one whose app has a key pair of its own.
    """

    name: str
    tokens: TokenSource
    api: FleetClient
    clock: Clock
    wanted: frozenset[str] = frozenset()
    advice: str = ""
    has_key: bool = False
    key_file: Path = Path()
    domain: str | None = None
    app: ClientCredentials | None = None
    products: list[dict[str, Any]] = field(default_factory=list)
    """Filled by the check `account`, for those after it."""

    @property
    def http(self) -> Transport:
        """For questions without a token."""
        return self.api.http
