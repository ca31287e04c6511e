"""An account to make calls for: a client of a simulated region, with a ledger and a store that remember."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from ssl import PROTOCOL_TLS_CLIENT, SSLContext
from typing import Any

from fakes import NOON, FakeClock

from bridge.fleet.auth.grants import Fixed, Grant
from bridge.fleet.auth.sources import TokenSource
from bridge.fleet.auth.store import Custody, TokenStore
from bridge.fleet.auth.tokens import Tokens
from bridge.fleet.calls import Ledger
from bridge.fleet.client import FleetClient
from bridge.fleet.home import Home
from bridge.fleet.hosts import Region, simulated
from bridge.fleet.notes import Notes
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

ADVICE = "grant it at https://auth.tesla.com/consent"


class Book:
    """A ledger that allows everything but what it is told to refuse."""

    def __init__(self) -> None:
        self.refuses: Exception | None = None
        self.recorded: list[tuple[str, str, int]] = []
        self.blocked: list[tuple[str, str, float]] = []
        self.is_switched_off = False

    def begin(self, cost: str, about: str, _account: str) -> tuple[str, str]:
        if self.refuses:
            raise self.refuses
        return cost, about

    def end(self, line: tuple[str, str], status: int | None) -> None:
        if status is not None:
            self.recorded.append((*line, status))

    def limited(self, line: tuple[str, str], wait: float) -> None:
        self.blocked.append((*line, wait))

    def switched_off(self, _line: tuple[str, str], _said: str) -> None:
        self.is_switched_off = True


class Shelf:
    """A token store in memory. `fails` is raised by the next writings, or those in `fails_at`, as by a full disk."""

    def __init__(self, newest: Tokens | None = None, before: Tokens | None = None) -> None:
        self.custody = Custody(newest, before)
        self.fails: BaseException | None = None
        self.fails_at = {"begin", "save", "note"}
        self.notes: list[str] = []

    @property
    def newest(self) -> Tokens | None:
        return self.custody.newest

    def load(self, account: str) -> Custody:
        return self.custody

    def keep(self, account: str, custody: Custody) -> None:
        note = _note(self.custody, custody)
        if self.fails and note.split()[0] in self.fails_at:
            raise self.fails
        self.notes.append(note)
        self.custody = custody


class MemoryNotes:
    """What is kept by name, in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}

    def secret(self, name: str) -> Mapping[str, Any] | None:
        return self.kept.get(name)

    def keep_secrets(self, secrets: Mapping[str, Mapping[str, Any] | None]) -> None:
        self.kept |= secrets


def _note(before: Custody, after: Custody) -> str:
    """What a writing is for: a renewal that begins, new tokens, or anything else."""
    if after.is_open and after.pause == before.pause:
        return f"begin {after.newest.generation + 1 if after.newest else 1}"
    if after.newest and after.newest is not before.newest:
        return f"save {after.newest.generation}"
    return "note"


def plain_transport(clock: FakeClock) -> Transport:
    """For http: trusts nobody, which spares every test the reading of all the world's certificates."""
    return Transport(clock, trust=lambda: SSLContext(PROTOCOL_TLS_CLIENT))


def token_source(
    url: str | Region, http: Transport, clock: FakeClock, *, grant: Grant, store: TokenStore | None = None
) -> TokenSource:
    region = simulated(url) if isinstance(url, str) else url
    return TokenSource(account="home", grant=grant, store=store or Shelf(), region=region, http=http, clock=clock)


@asynccontextmanager
async def client_of(
    url: str,
    *,
    book: Ledger | None = None,
    clock: FakeClock | None = None,
    grant: Grant | None = None,
    store: TokenStore | None = None,
    deadline: float = 10.0,
    http: Transport | None = None,
    notes: Notes | None = None,
) -> AsyncIterator[FleetClient]:
    """Signed in with a fixed token unless a grant and a store say otherwise."""
    clock = clock or FakeClock(hurries=True)
    http = http or plain_transport(clock)
    tokens = token_source(url, http, clock, grant=grant or Fixed("access-0"), store=store)
    client = FleetClient(
        tokens=tokens,
        home=Home(simulated(url), clock, notes=notes, account="home"),
        clock=clock,
        ledger=book or Book(),
        http=http,
        deadline=deadline,
        advice=ADVICE,
        seed=1,
    )
    async with client:
        yield client
