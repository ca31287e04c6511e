"""The Tesla accounts: the tokens, the calls and the polling of each, and which of them serves a device."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Self

import structlog

from bridge.catalog.offer import Offer
from bridge.catalog.places import Place
from bridge.clock import Clock
from bridge.errors import AccountLimited, BridgeError, SignInRequired
from bridge.fleet.auth.inbox import Inbox
from bridge.fleet.auth.sources import TokenSource
from bridge.fleet.client import FleetClient
from bridge.fleet.notes import Notes
from bridge.health import Health
from bridge.model import Device, DeviceId, Kind, Roster, Update, Value
from bridge.pace import Pace
from bridge.sources.poll import Poller

LOOK = 5.0
"""Seconds between two looks at how an account is doing. A look costs no call."""

SERVED = "accounts of devices"
"""Name of the note that says which account serves what: a command after a restart does not wait for Tesla's lists."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Access:
    """How an account is reached. `wanted`: the scopes that a sign-in asks for; `advice`: how to grant more."""

    name: str
    tokens: TokenSource
    api: FleetClient
    wanted: frozenset[str] = frozenset()
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of an account's sign-in. None: nobody said."""

    name: str
    region: str
    scopes: frozenset[str] | None
    wanted: frozenset[str]
    token_expires: datetime | None
    token_renewed: datetime | None
    sign_in_ends: datetime | None
    is_troubled: bool | None = None
    """Do Tesla's servers fail?"""


@dataclass(frozen=True, slots=True)
class Means:
    """What all accounts have in common. `listening` is set while somebody can hear us.

    `known`: the values of a device.
    """

    clock: Clock
    pace: Callable[[DeviceId], Pace]
    """Read at every decision: it may change at run time."""
    listening: asyncio.Event
    health: Health
    data_dir: Path
    notes: Notes
    is_polled: Callable[[DeviceId], bool] = lambda _: True
    """Has the owner left its polling on?"""
    pressure: Callable[[], float] = lambda: 0.0
    """How much less to read than one would like, 0 to 1: money."""
    known: Callable[[DeviceId], Mapping[str, Value]] = lambda _: {}
    places: Collection[Place] = frozenset(Place)
    """In which ways it is let out where cars are. What would tell it in other ways alone is not asked for."""


class Account:
    """One account at work."""

    def __init__(self, access: Access, means: Means, *, is_first: bool, is_ours: Callable[[DeviceId], bool]) -> None:
        self.name = access.name
        self.at = DeviceId(Kind.ACCOUNT, access.name)
        self.api = access.api
        self.access = access
        self._tokens = access.tokens
        self._clock = means.clock
        self._health = means.health
        self._is_first = is_first
        self._is_resumed = False
        """Since `watch` looked last."""
        self._inbox = Inbox(means.data_dir, access.name, access.tokens)
        self.poller = Poller(
            account=self.at,
            api=access.api,
            clock=means.clock,
            pace=means.pace,
            scopes=lambda: self.scopes,
            listening=means.listening,
            report=self.report,
            is_ours=is_ours,
            is_polled=means.is_polled,
            pressure=means.pressure,
            known=means.known,
            places=means.places,
        )

    @property
    def scopes(self) -> frozenset[str] | None:
        """What the token holds; None while it is not known."""
        return self._tokens.scopes or None

    def offer(self, enabled_commands: Collection[str]) -> Offer:
        signs = self.api.signs
        return Offer(enabled_commands=enabled_commands, scopes=self.scopes, advice=self.access.advice, signs=signs)

    @property
    def device(self) -> Device:
        name = "Tesla account" if self._is_first else f"Tesla account {self.name}"
        return Device(self.at, name, model="Fleet API account")

    @property
    def standing(self) -> Standing:
        return Standing(
            name=self.name,
            region=self.api.region.name,
            scopes=self.scopes,
            wanted=self.access.wanted,
            token_expires=self._tokens.expires_at,
            token_renewed=self._tokens.renewed_at,
            sign_in_ends=self._tokens.ends_at,
            is_troubled=self.api.is_troubled,
        )

    def can_serve(self, kind: Kind) -> bool:
        """Does nothing keep devices of this kind from being served? At Tesla's limit cars are not: sites are free."""
        blocks = (SignInRequired, AccountLimited) if kind is Kind.VEHICLE else SignInRequired
        return not self._health.has(blocks, self.name)

    def report(self, part: str, error: BridgeError | None) -> None:
        """To health, under the account's name."""
        if error and not self._is_first:
            error.account = self.name
        self._health.report(f"{self.at} tokens" if part == "tokens" else part, error, self.name)

    async def mind_tokens(self) -> None:
        """Never ends: takes up sign-ins that are handed over."""
        await self._inbox.mind(self._clock, self.report, self._resume)

    async def watch(self, changed: Callable[[], None], news: Callable[[], None]) -> None:
        """Never ends: calls `changed` when the token covers more than before, or less; `news` then and otherwise."""
        scopes, told = self.scopes, None
        while True:
            await self._clock.sleep(LOOK)
            before, scopes = scopes, self.scopes
            if scopes != before:
                log.info("what the sign-in covers", account=self.name, scopes=sorted(scopes or ()))
                # With the first token, or a sign-in that was taken up, all has just been asked for, and paid.
                if before is not None and not self._is_resumed:
                    self._resume()
                changed()
            self._is_resumed = False
            if (now := (self.standing, self._health.problem_of(self.name))) != told:
                told = now
                news()

    def _resume(self) -> None:
        self._is_resumed = True
        self.api.ask_anew()
        self.poller.look_again()


class Accounts:
    """All of them, in their order: where two have a device, the first of them serves it."""

    def __init__(self, accesses: Sequence[Access], means: Means) -> None:
        self._notes = means.notes
        self._stack = AsyncExitStack()
        self._rosters: dict[str, dict[DeviceId, Device]] = {}
        self._told: set[tuple[DeviceId, str]] = set()
        self.all = [
            Account(access, means, is_first=not number, is_ours=self._is_ours(access.name))
            for number, access in enumerate(accesses)
        ]
        self._by_name = {account.name: account for account in self.all}  # in their order
        self._served = self._recalled()

    async def __aenter__(self) -> Self:
        """Opens the connections; leaving closes them."""
        for account in self.all:
            await self._stack.enter_async_context(account.api)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def of(self, at: DeviceId) -> Account:
        """Which one serves this device; the first, where that is not known."""
        return self._served.get(at, self.all[0])

    def want(self, at: DeviceId, after: float = 0.0, group: str = "") -> None:
        """Fresh data of a device, so many seconds from now."""
        self.of(at).poller.want(at, after, group)

    @property
    def have_listed(self) -> bool:
        """Has each told what it has?"""
        return self._rosters.keys() == self._by_name.keys()

    async def heard(self, account: Account) -> AsyncIterator[Update | Roster]:
        """What its polling hears; a roster is that of all accounts together."""
        async for heard in account.poller.updates():
            yield self._together(account, heard) if isinstance(heard, Roster) else heard

    # --- who serves what --------------------------------------------------------------------------------------

    def _is_ours(self, name: str) -> Callable[[DeviceId], bool]:
        """Tells whether a device is this account's to serve: no account before it has the device."""

        def is_ours(at: DeviceId) -> bool:
            earlier = itertools.takewhile(lambda other: other != name, self._by_name)
            server = next((other for other in earlier if at in self._by_name[other].poller.devices), None)
            if server:
                self._tell(at, server, name)
            return server is None

        return is_ours

    def _together(self, account: Account, heard: Roster) -> Roster:
        self._rosters[account.name] = {device.at: device for device in heard.devices}
        self._settle()
        self._note_down()
        rosters = [self._rosters.get(name, {}) for name in self._by_name]
        return Roster(tuple(self._shown(device) for roster in rosters for device in roster.values()))

    def _settle(self) -> None:
        """Both were asked at the same time, or the later one has answered first."""
        server: dict[DeviceId, str] = {}
        for name in filter(self._rosters.__contains__, self._by_name):
            roster = self._rosters[name]
            if both := roster.keys() & server.keys():
                self._rosters[name] = {at: device for at, device in roster.items() if at not in both}
                self._by_name[name].poller.leave(both)
            for at in both:
                self._tell(at, server[at], name)
            server |= dict.fromkeys(self._rosters[name], name)

    def _tell(self, at: DeviceId, server: str, other: str) -> None:
        if (at, other) not in self._told:
            self._told.add((at, other))
            log.info("two accounts have the same device", device=str(at), served_by=server, and_not_by=other)

    def _shown(self, device: Device) -> Device:
        """With several accounts each device says whose it is."""
        is_alone = len(self.all) == 1
        return device if is_alone or device.via else replace(device, via=self.of(device.at).at)

    # --- across a restart -------------------------------------------------------------------------------------

    def _note_down(self) -> None:
        served = {at: self._by_name[name] for name, roster in self._rosters.items() for at in roster}
        if served.items() <= self._served.items():
            return
        self._served |= served
        if len(self.all) == 1:
            return
        note = {f"{at.kind}/{at.id}": account.name for at, account in self._served.items()}
        try:
            self._notes.keep_secrets({SERVED: note})
        except Exception as error:  # noqa: BLE001 - it is made again from Tesla's lists
            log.warning("which account serves which device could not be saved", error=str(error))

    def _recalled(self) -> dict[DeviceId, Account]:
        found = {account.at: account for account in self.all}
        for name, account in (self._notes.secret(SERVED) or {}).items():
            kind, _, id_ = name.partition("/")
            if kind in set(Kind) and account in self._by_name:
                found[DeviceId(Kind(kind), id_)] = self._by_name[account]
        return found
