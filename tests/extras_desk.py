"""The smaller calls, made of a simulated account over HTTP, and read by the catalogue."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from account import Book, client_of
from fakes import FakeClock
from simulated_tesla import CAR as VIN, NOON

from bridge.catalog import read
from bridge.fleet.auth.grants import RefreshToken
from bridge.fleet.client import FleetClient
from bridge.model import DeviceId, Kind, Value
from bridge.simulator.server import serve
from bridge.simulator.simulation import Simulation
from bridge.simulator.tokens import CLIENT_ID, REFRESH_TOKEN
from bridge.sources.asking import Asking, Extra
from bridge.sources.extras import EXTRAS

__all__ = ["ACCOUNT", "CAR", "VIN", "row", "world"]

CAR = DeviceId(Kind.VEHICLE, VIN)
ACCOUNT = DeviceId(Kind.ACCOUNT, "tesla")


def row(name: str) -> Extra:
    return next(extra for extra in EXTRAS if extra.name == name)


class World:
    """A simulated Tesla, its client, and what was entered in the ledger."""

    def __init__(self, api: FleetClient, http: httpx2.AsyncClient, book: Book, clock: FakeClock) -> None:
        self.book = book
        self._api = api
        self._http = http
        self._clock = clock

    async def control(self, path: str, **body: Any) -> None:
        (await self._http.post(f"/control/{path}", json=body)).raise_for_status()

    async def answers(self, match: str, body: str, status: int = 200) -> None:
        """From now on, in place of the simulation and of what was said before."""
        (await self._http.delete("/control/faults")).raise_for_status()
        await self.control("faults", match=match, body=body, status=status)

    async def ask(self, name: str, devices: Collection[DeviceId] = (CAR,)) -> dict[DeviceId, dict[str, Value]]:
        """What the catalogue makes of the answer, of each device."""
        extra = row(name)
        at = CAR if extra.kind is Kind.VEHICLE else ACCOUNT
        answers = await extra.ask(Asking(self._api, at, self._clock.now(), None, devices))
        return {device: read(device.kind, answer) for device, answer in answers.items()}

    async def raw(self, name: str) -> str:
        """All that leaves the source, as text: what the catalogue could publish."""
        extra = row(name)
        at = CAR if extra.kind is Kind.VEHICLE else ACCOUNT
        return str(await extra.ask(Asking(self._api, at, self._clock.now(), None, (CAR,))))

    async def post(self, path: str) -> Any:
        """A call of somebody else, with the bridge's own token."""
        token = await self._api._tokens.access()
        answer = await self._http.post(path, json={}, headers={"Authorization": f"Bearer {token}"})
        return answer.raise_for_status().json()["response"]


@asynccontextmanager
async def world(**options: Any) -> AsyncIterator[World]:
    """One car, which is online, and no energy site; it is noon there."""
    clock, book = FakeClock(NOON, hurries=True), Book()
    simulation = Simulation(**{"start": NOON, "speed": 0, "tick": False, "cars": 1, "sites": 0, **options})
    async with (
        serve(simulation) as url,
        httpx2.AsyncClient(base_url=url) as http,
        client_of(url, book=book, clock=clock, grant=RefreshToken(CLIENT_ID, REFRESH_TOKEN)) as api,
    ):
        found = World(api, http, book, clock)
        await found.control(f"vehicles/{VIN}", state="online")
        yield found
