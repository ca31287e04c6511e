"""A look at a device: is it as a command wanted it?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bridge import catalog
from bridge.catalog.tariff import shows
from bridge.clock import Clock
from bridge.commands.api import Api
from bridge.errors import BridgeError
from bridge.model import DeviceId, Kind, Update, Value

READ_BACK = (1.0, 3.0, 5.0, 10.0)
"""Seconds between the read-backs of an energy setting: site_info lags a write by seconds (fleet-api.md 4.3)."""

VERIFY_GROUPS = ("charge_state", "climate_state", "vehicle_state")


class Reader:
    """What it reads, everybody learns."""

    def __init__(self, api: Callable[[DeviceId], Api], clock: Clock, learn: Callable[[Update], None]) -> None:
        self._api = api
        self._clock = clock
        self._learn = learn

    async def read(self, at: DeviceId) -> Mapping[str, Value]:
        """What a car does and how it is set, or a site's settings. Raises BridgeError."""
        asked = self._clock.monotonic()
        if at.kind is Kind.VEHICLE:
            body: Mapping[str, Any] = await self._api(at).vehicle_data(at.id, VERIFY_GROUPS)
        else:
            body = {"site_info": await self._api(at).site_info(at.id)}
        return self._learnt(at, body, asked)

    async def level(self, site: DeviceId) -> Value:
        """How full the battery of a site is, in percent; None where it is not told. Raises BridgeError."""
        asked = self._clock.monotonic()
        return self._learnt(site, {"live_status": await self._api(site).live_status(site.id)}, asked)["charge_level"]

    async def holds(self, at: DeviceId, expected: Mapping[str, Value]) -> bool:
        """Does the device show the expected values? Nothing expected, or unreadable, counts as no."""
        if not expected:
            return False
        try:
            return is_shown(expected, await self.read(at))
        except BridgeError:
            return False

    async def settles(self, at: DeviceId, expected: Mapping[str, Value]) -> bool:
        """Does it come to show the expected values? Raises BridgeError when the last look, which counts, has failed."""
        trouble: BridgeError | None = None
        for wait in READ_BACK:
            await self._clock.sleep(wait)
            try:
                trouble, shown = None, await self.read(at)
            except BridgeError as error:
                trouble = error
            else:
                if is_shown(expected, shown):
                    return True
        if trouble:
            raise trouble
        return False

    def _learnt(self, at: DeviceId, body: Mapping[str, Any], asked: float) -> Mapping[str, Value]:
        values = catalog.read(at.kind, body)
        self._learn(Update(at, values, asked, "poll"))
        return values


def is_own(kind: Kind, expected: Mapping[str, Value]) -> bool:
    """Does the bridge itself tell these values, and no look at the device?"""
    entities = catalog.CATALOGUE[kind].entities
    return all(entities[key].source.startswith("bridge.") for key in expected)


def is_shown(expected: Mapping[str, Value], values: Mapping[str, Value]) -> bool:
    """Of an object, what is zero or empty may be missing (a tariff's, bridge.catalog.tariff)."""
    pairs = [(value, values.get(key)) for key, value in expected.items()]
    return all(shows(value, shown) if isinstance(value, dict) else value == shown for value, shown in pairs)
