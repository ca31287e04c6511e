"""A token endpoint on real HTTP, a clock and a disk for a TokenSource to live with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from account import Shelf, plain_transport, token_source
from fakes import FakeClock
from loopback import Tesla, TokenDesk, serve
from starlette.responses import Response

from bridge.fleet.auth.grants import Grant, RefreshToken
from bridge.fleet.auth.sources import TokenSource
from bridge.fleet.transport import Transport

GRANT = RefreshToken("client-id")


@dataclass
class World:
    """Sources come and go as processes do; the rest stays."""

    url: str
    desk: TokenDesk
    http: Transport
    clock: FakeClock
    shelf: Shelf
    grant: Grant

    def process(self) -> TokenSource:
        return token_source(self.url, self.http, self.clock, grant=self.grant, store=self.shelf)


@asynccontextmanager
async def world(shelf: Shelf, *replies: Response, grant: Grant = GRANT) -> AsyncIterator[World]:
    """`replies` are the token endpoint's first; then it works."""
    tesla, clock = Tesla(), FakeClock()
    tesla.desk.replies.extend(replies)
    async with serve(tesla) as url, plain_transport(clock) as http:
        yield World(url, tesla.desk, http, clock, shelf, grant)
