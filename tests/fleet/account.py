"""An account to make calls for: a client of a simulated region, with a ledger and a store that remember."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from ssl import PROTOCOL_TLS_CLIENT, SSLContext

from fakes import NOON, FakeClock

from bridge.fleet.auth.grants import Fixed, Grant
from bridge.fleet.auth.sources import TokenSource
from bridge.fleet.auth.tokens import Tokens
from bridge.fleet.client import FleetClient
from bridge.fleet.hosts import Region, simulated
from bridge.fleet.transport import Transport

VIN = "5YJ3E1EA7KF000316"
SITE = 1234567

STORED = Tokens(
    access="access-0",
    refresh="refresh-0",
    expires_at=NOON + timedelta(hours=8),
    generation=7,
    obtained_at=NOON,
)
EXPIRED = replace(STORED, expires_at=NOON - timedelta(seconds=1), obtained_at=NOON - timedelta(hours=8))


class Book:
    """A ledger that allows everything but what it is told to refuse."""

    def __init__(self) -> None:
        self.refuses: Exception | None = None
        self.recorded: list[tuple[str, str, int]] = []
        self.blocked: list[tuple[str, str, float]] = []

    def check(self, cost: str, device: str) -> None:
        if self.refuses:
            raise self.refuses

    def record(self, cost: str, device: str, status: int) -> None:
        self.recorded.append((cost, device, status))

    def limited(self, cost: str, device: str, wait: float) -> None:
        self.blocked.append((cost, device, wait))


class Shelf:
    """A token store in memory. `fails` is raised by the next savings, as a full disk or a power cut would."""

    def __init__(self, newest: Tokens | None = None, before: Tokens | None = None) -> None:
        self.newest = newest
        self.before = before
        self.fails: BaseException | None = None
        self.notes: list[str] = []

    def load(self, account: str) -> Tokens | None:
        return self.newest

    def previous(self, account: str) -> Tokens | None:
        return self.before

    def begin(self, account: str, generation: int) -> None:
        self.notes.append(f"begin {generation}")

    def save(self, account: str, tokens: Tokens) -> None:
        if self.fails:
            raise self.fails
        self.notes.append(f"save {tokens.generation}")
        self.newest, self.before = tokens, self.newest


def plain_transport(clock: FakeClock) -> Transport:
    """For http: trusts nobody, which spares every test the reading of all the world's certificates."""
    return Transport(clock, trust=lambda: SSLContext(PROTOCOL_TLS_CLIENT))


def token_source(
    url: str | Region, http: Transport, clock: FakeClock, *, grant: Grant, store: Shelf | None = None
) -> TokenSource:
    region = simulated(url) if isinstance(url, str) else url
    return TokenSource(account="home", grant=grant, store=store or Shelf(), region=region, http=http, clock=clock)


@asynccontextmanager
async def client_of(
    url: str,
    *,
    book: Book | None = None,
    clock: FakeClock | None = None,
    grant: Grant | None = None,
    store: Shelf | None = None,
    deadline: float = 10.0,
    http: Transport | None = None,
    moves: list[Region] | None = None,
) -> AsyncIterator[FleetClient]:
    """Signed in with a fixed token unless a grant and a store say otherwise."""
    clock = clock or FakeClock(hurries=True)
    http = http or plain_transport(clock)
    tokens = token_source(url, http, clock, grant=grant or Fixed("access-0"), store=store)
    moves = [] if moves is None else moves
    client = FleetClient(
        tokens=tokens,
        region=simulated(url),
        clock=clock,
        ledger=book or Book(),
        http=http,
        deadline=deadline,
        on_region=moves.append,
        seed=1,
    )
    async with client:
        yield client
