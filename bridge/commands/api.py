"""What commands ask of Tesla (bridge.fleet.client), and what an answer means."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Protocol

from bridge.catalog.rows import Command
from bridge.commands import waking


class CommandAnswer(Protocol):
    """What the car or site said: a yes, or a no with its reason."""

    @property
    def result(self) -> bool: ...
    @property
    def reason(self) -> str: ...
    @property
    def told(self) -> Mapping[str, Any] | None: ...


class Api(waking.Api, Protocol):
    """The calls that commands make."""

    async def vehicle_data(self, vin: str, groups: Collection[str]) -> Mapping[str, Any]: ...
    async def command(self, vin: str, endpoint: str, body: Mapping[str, Any], *, not_after: float) -> CommandAnswer: ...
    async def energy_write(
        self, site: str, endpoint: str, body: Mapping[str, Any], *, not_after: float
    ) -> CommandAnswer: ...
    async def site_info(self, site: str) -> Mapping[str, Any]: ...
    async def live_status(self, site: str) -> Mapping[str, Any]: ...


SETTLED = frozenset({"already_set", "already on", "already off", "requested"})
"""Refusals of any command that mean it is so already, or was accepted (fleet-api.md 3.1)."""


def is_settled(command: Command, reason: str) -> bool:
    """tesla-http-proxy puts its own words before the car's, so suffixes count too (fleet-api.md 3.5)."""
    settled = SETTLED | command.settled
    return reason.strip().lower() in settled or any(reason.endswith(f": {word}") for word in settled)
