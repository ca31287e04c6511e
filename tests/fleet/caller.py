"""One caller of one server, with a bare transport between them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from account import plain_transport
from fakes import FakeClock
from loopback import Handler, listen

from bridge.clock import SystemClock
from bridge.fleet.hosts import simulated
from bridge.fleet.transport import Answer, Message, Transport

TOKEN = "Bearer secret-token"

pause = SystemClock().sleep

# anyio 4.16 leaves the socket of a handshake that was cancelled to the garbage collector, which says so.
handshake_cut = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


class Caller:
    """Sends one request after the other to one server."""

    def __init__(self, http: Transport, url: str) -> None:
        self._http = http
        self._region = simulated(url)

    async def get(self, deadline: float = 5.0, path: str = "/api/1/products") -> Answer:
        message = Message("GET", f"{self._region.api}{path}", {"Authorization": TOKEN})
        return await self._http.exchange(self._region, message, asyncio.get_running_loop().time() + deadline)


@asynccontextmanager
async def calling(handler: Handler, clock: FakeClock | None = None) -> AsyncIterator[Caller]:
    async with listen(handler) as port, plain_transport(clock or FakeClock()) as http:
        yield Caller(http, f"http://127.0.0.1:{port}")


async def say_nothing(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    while await reader.read(65536):
        pass
