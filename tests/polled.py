"""A Tesla account that polling can ask: what it answers can be changed at any time; what was asked is written down."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Any, NamedTuple

from fakes import FakeClock

from bridge.catalog.places import Place
from bridge.errors import BridgeError
from bridge.fleet.calls import Call
from bridge.health import Health
from bridge.model import DeviceId, Kind, Roster, Value
from bridge.pace import Pace
from bridge.sources.asking import Extra
from bridge.sources.poll import Poller
from bridge.state import Store

VIN = "5YJ3E1EA7KF000316"
OTHER_VIN = "LRW3E7FS2PC000001"
DIN = "1457768-02-F--PGT21000000001"
CAR, OTHER_CAR = DeviceId(Kind.VEHICLE, VIN), DeviceId(Kind.VEHICLE, OTHER_VIN)
SITE = DeviceId(Kind.ENERGY_SITE, "1234567")
ACCOUNT = DeviceId(Kind.ACCOUNT, "tesla")
CONNECTOR = DeviceId(Kind.WALL_CONNECTOR, DIN)

PARKED, DRIVING = {"shift_state": None}, {"shift_state": "D"}
"""A car's `drive_state`."""

START = 1000.0
"""Where a FakeClock's elapsed time begins."""


class Asked(NamedTuple):
    """One call: when (elapsed seconds), which, about whom, and with what else."""

    at: float
    name: str
    about: str
    given: Mapping[str, Any]


class Account:
    """Answers what stands in `answers`: a value, an error to raise, or a function of nothing that gives one of them."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.asked: list[Asked] = []
        self.states: dict[str, Any] = {}
        self.sites: list[Any] = []
        self.answers: dict[tuple[str, str], Any] = {}

    def car(self, vin: str, state: Any = "online", drive_state: Any = None) -> None:
        self.states[vin] = state
        groups = {"charge_state": {"battery_level": 80}, "drive_state": drive_state}
        self.answers["vehicle_data", vin] = {"vin": vin, **groups}

    def site(self, site: str, zone: Any = "Europe/Berlin", wall_connectors: Any = None) -> None:
        self.sites.append({"energy_site_id": int(site), "resource_type": "battery", "components": {"battery": True}})
        self.answers["live_status", site] = {"battery_power": 1000, "wall_connectors": wall_connectors}
        self.answers["site_info", site] = {"installation_time_zone": zone, "backup_reserve_percent": 20}
        self.answers["energy_history", site] = None

    async def products(self) -> list[Any]:
        listed: list[Any] = await self._answer("products", "", [*self._cars(), *self.sites])
        return listed

    async def vehicles(self) -> list[Any]:
        listed: list[Any] = await self._answer("vehicles", "", self._cars())
        return listed

    async def vehicle_data(self, vin: str, groups: Collection[str]) -> Mapping[str, Any]:
        body: Mapping[str, Any] = await self._answer("vehicle_data", vin, groups=tuple(groups))
        return body

    async def live_status(self, site: str) -> Mapping[str, Any]:
        body: Mapping[str, Any] = await self._answer("live_status", site)
        return body

    async def site_info(self, site: str) -> Mapping[str, Any]:
        body: Mapping[str, Any] = await self._answer("site_info", site)
        return body

    async def energy_history(
        self, site: str, *, start: datetime, end: datetime, period: str, zone: str, kind: str = "energy"
    ) -> Mapping[str, Any] | None:
        name = "energy_history" if kind == "energy" else f"{kind}_history"
        body: Mapping[str, Any] | None = await self._answer(
            name, site, start=start.isoformat(), end=end.isoformat(), period=period, zone=zone
        )
        return body

    async def send(self, call: Call) -> Any:
        """Any other call, by the last word of its path."""
        return await self._answer(call.path.rsplit("/", 1)[-1], call.device or "", cost=call.cost, params=call.params)

    async def backup_time_remaining(self, site: str) -> Mapping[str, Any]:
        body: Mapping[str, Any] = await self._answer("backup_time_remaining", site, {})
        return body

    async def charge_history(self, site: str, *, start: datetime, end: datetime, zone: str) -> Any:
        return await self._answer("charge_history", site, start=start.isoformat(), end=end.isoformat(), zone=zone)

    def times(self, name: str, about: str = "") -> list[float]:
        """When this was asked, in elapsed seconds."""
        return [asked.at for asked in self.asked if (asked.name, asked.about) == (name, about)]

    def _cars(self) -> list[Any]:
        return [{"vin": vin, "display_name": "", "state": state} for vin, state in self.states.items()]

    async def _answer(self, name: str, about: str, usual: Any = None, **given: Any) -> Any:
        self.asked.append(Asked(self.clock.monotonic(), name, about, given))
        answer = self.answers.get((name, about), usual)
        answer = answer() if callable(answer) else answer
        if isinstance(answer, asyncio.Future):
            answer = await answer
        if isinstance(answer, Exception):
            raise answer
        return answer


class House:
    """The poller at work, and what came out of it."""

    def __init__(
        self,
        account: Account,
        pace: Callable[[DeviceId], Pace],
        scopes: Callable[[], Collection[str] | None],
        pressure: Callable[[], float],
        besides: Iterable[Extra] = (),
        *,
        places: Collection[Place] = frozenset(Place),
    ) -> None:
        self.clock = account.clock
        self.listening = asyncio.Event()
        self.store = Store()
        self.rosters: list[Roster] = []
        self.trouble: dict[str, BridgeError] = {}
        self.health = Health(self.clock)
        self.is_polled = True
        self.poller = Poller(
            account=ACCOUNT,
            api=account,
            clock=self.clock,
            pace=pace,
            scopes=scopes,
            listening=self.listening,
            report=self.report,
            pressure=pressure,
            is_polled=lambda _: self.is_polled,
            places=places,
            besides=besides,
        )

    async def passes(self, seconds: float) -> None:
        """So much time goes by, and everybody does their work in it."""
        await self.clock.run(seconds)

    @property
    def devices(self) -> set[DeviceId]:
        return {device.at for device in self.rosters[-1].devices} if self.rosters else set()

    def value(self, device: DeviceId, key: str) -> Value:
        return self.store.values(device).get(key)

    def report(self, part: str, error: BridgeError | None) -> None:
        self.health.report(part, error)
        if error:
            self.trouble[part] = error
        else:
            self.trouble.pop(part, None)

    async def hear(self) -> None:
        async for heard in self.poller.updates():
            if isinstance(heard, Roster):
                self.rosters.append(heard)
            else:
                self.store.apply(heard)


@asynccontextmanager
async def polling(
    account: Account,
    pace: Pace | Callable[[DeviceId], Pace] | None = None,
    scopes: Callable[[], Collection[str] | None] = lambda: None,
    *,
    listening: bool = True,
    pressure: Callable[[], float] = lambda: 0.0,
    places: Collection[Place] = frozenset(Place),
    besides: Iterable[Extra] = (),
) -> AsyncIterator[House]:
    """The poller runs; nothing has been asked before time passes."""
    paced = pace if callable(pace) else lambda _: pace or Pace()
    house = House(account, paced, scopes, pressure, besides, places=places)
    if listening:
        house.listening.set()
    tasks = [asyncio.create_task(house.poller.run()), asyncio.create_task(house.hear())]
    try:
        yield house
    finally:
        for task in tasks:
            is_failed = task.done()
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            assert not is_failed, "polling ends only when it is told to"
