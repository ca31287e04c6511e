"""A token endpoint on real HTTP, a clock and a disk for a TokenSource to live with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import pytest
from account import Shelf, plain_transport, token_source
from fakes import FakeClock
from loopback import Tesla, TokenDesk, serve
from starlette.responses import Response

from bridge.errors import SignInRequired, TryLater
from bridge.fleet.auth.grants import Grant, RefreshToken
from bridge.fleet.auth.sources import TokenSource
from bridge.fleet.auth.store import TokenStore
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

    def process(self, store: TokenStore | None = None) -> TokenSource:
        return token_source(self.url, self.http, self.clock, grant=self.grant, store=store or self.shelf)

    def reboot(self, wall: datetime | None = None) -> TokenSource:
        """The machine starts again: elapsed time begins anew, and the wall clock says what it says."""
        self.clock = FakeClock(wall or self.clock.now())
        return self.process()


async def sign_out(here: World, source: TokenSource) -> None:
    """Asks until the refusal of a dead refresh token is believed."""
    for _ in range(2):
        with pytest.raises(TryLater):
            await source.access()
        here.clock.advance(900)
    with pytest.raises(SignInRequired):
        await source.access()


@asynccontextmanager
async def world(shelf: Shelf, *replies: Response, grant: Grant = GRANT) -> AsyncIterator[World]:
    """`replies` are the token endpoint's first; then it works."""
    tesla, clock = Tesla(), FakeClock()
    tesla.desk.replies.extend(replies)
    async with serve(tesla) as url, plain_transport(clock) as http:
        yield World(url, tesla.desk, http, clock, shelf, grant)
