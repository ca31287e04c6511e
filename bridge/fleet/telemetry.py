"""Telling cars what to stream and where to (fleet-api.md 8.3)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from bridge.errors import SigningRequired
from bridge.fleet import answers
from bridge.fleet.answers import mapping
from bridge.fleet.calls import Call, vehicle_path
from bridge.fleet.client import FleetClient

CONFIG = "fleet_telemetry_config"

SCOPES = ("vehicle_device_data",)


async def configure(client: FleetClient, vins: Collection[str], config: Mapping[str, Any]) -> dict[str, Any]:
    """How many cars took it, and which were skipped and why. Raises SigningRequired where nobody can sign it."""
    if not client.signer:
        raise SigningRequired("cars take a telemetry configuration only signed: make a key with `fleet2mqtt keys`")
    return mapping(answers.member(await client.signer.configure_telemetry(client, vins, config)))


async def configured(client: FleetClient, vin: str) -> dict[str, Any]:
    """What a car was told to stream, and whether it has it yet."""
    return mapping(await client.send(Call("GET", vehicle_path(vin, CONFIG), device=vin, scopes=SCOPES)))


async def stop(client: FleetClient, vin: str) -> None:
    """The car streams nothing to us any more."""
    await client.send(Call("DELETE", vehicle_path(vin, CONFIG), device=vin, write=True, scopes=SCOPES))
