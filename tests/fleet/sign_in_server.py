"""A sign-in server that says what a test tells it to, and the simulated account's own, both on real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from fakes import NOON
from loopback import serve
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from bridge.fleet.hosts import Region, simulated
from bridge.simulator import server as simulator
from bridge.simulator.simulation import Simulation

METADATA = "/oauth2/v3/thirdparty/.well-known/openid-configuration"
TOKEN = "/oauth2/v3/token"
KEYS = "/oauth2/v3/discovery/thirdparty/keys"

PAIR = {"access_token": "access-1", "refresh_token": "refresh-1", "expires_in": 28800}


@dataclass
class SignInServer:
    """`replies` by path; a path without one is not found."""

    replies: dict[str, Response] = field(default_factory=lambda: {TOKEN: JSONResponse(PAIR)})
    seen: list[str] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    @property
    def region(self) -> Region:
        return simulated(self.url)

    def count(self, path: str) -> int:
        return self.seen.count(path)

    def says(self, **document: Any) -> None:
        """Its metadata; addresses may be paths of its own."""
        own = {name: f"{self.url}{value}" if value.startswith("/") else value for name, value in document.items()}
        self.replies[METADATA] = JSONResponse(own)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        self.seen.append(request.url.path)
        self.forms.append(dict(parse_qsl((await request.body()).decode())))
        reply = self.replies.get(request.url.path, Response("<html>", 404, media_type="text/html"))
        await reply(scope, receive, send)


@asynccontextmanager
async def sign_in_server() -> AsyncIterator[SignInServer]:
    server = SignInServer()
    async with serve(server) as server.url:
        yield server


@asynccontextmanager
async def simulated_tesla(**options: Any) -> AsyncIterator[Region]:
    """The simulator, standing still at NOON, without cars and sites unless a test wants them."""
    simulation = Simulation(**{"start": NOON, "speed": 0, "cars": 0, "sites": 0, "tick": False, **options})
    async with simulator.serve(simulation) as url:
        yield simulated(url)
