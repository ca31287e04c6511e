"""The one place an account's access token comes from."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bridge.clock import Clock
from bridge.errors import BridgeError, SignInRequired, TryLater
from bridge.fleet.auth.endpoint import Granted, request_tokens
from bridge.fleet.auth.grants import Grant
from bridge.fleet.auth.pause import Fuse, Pause
from bridge.fleet.auth.tokens import Tokens, claims
from bridge.fleet.hosts import Region
from bridge.fleet.transport import Transport

GRACE = timedelta(hours=24)
"""Tesla keeps the refresh token used last good for so long, for clients that lost the answer (fleet-api.md 1.6)."""

LAST_WAIT = 5.0
"""Seconds that the end of the bridge waits for a renewal on its way."""

log = structlog.get_logger()


class TokenStore(Protocol):
    """Where tokens outlive the process. `save` and `begin` are on disk when they return."""

    def load(self, account: str) -> Tokens | None:
        """The newest generation."""
        ...

    def previous(self, account: str) -> Tokens | None:
        """The generation before it, which must not be lost before the newest has proved good."""
        ...

    def begin(self, account: str, generation: int) -> None:
        """This generation is about to be asked for."""
        ...

    def save(self, account: str, tokens: Tokens) -> None:
        """This is the newest now; what was the newest becomes the previous one."""
        ...


class TokenSource:
    """Hands out the access token and renews it, one renewal for all who ask.

    `unsaved` is True while the disk refuses the newest tokens: they would be lost with the process.
    """

    def __init__(
        self, *, account: str, grant: Grant, store: TokenStore, region: Region, http: Transport, clock: Clock
    ) -> None:
        # Kept apart by name, so that no simulator is ever handed what a real account has stored.
        self._account = f"simulated {account}" if region.simulated else account
        self._grant = grant
        self._store = store
        self._http = http
        self._clock = clock
        self._pause = Pause(clock)
        self._fuse = Fuse(clock)
        self._tokens: Tokens | None = None
        self._refused = ""
        self._hopeless: set[str | None] = {None}
        self._renewal: asyncio.Task[Tokens] | None = None
        self.region = region
        self.unsaved = False

    @property
    def scopes(self) -> frozenset[str]:
        """What the newest access token covers; empty before the first, or if it does not say."""
        tokens = self._newest()
        return claims(tokens.access).scopes if tokens else frozenset()

    @property
    def expires_at(self) -> datetime | None:
        """When the newest access token ends; None before the first, or if nobody said."""
        tokens = self._newest()
        return tokens.expires_at if tokens and tokens.access else None

    async def access(self) -> str:
        """A token that should be good now. Raises SignInRequired, SettingWrong or TryLater."""
        tokens = self._newest()
        self._save_what_is_unsaved()
        now = self._clock.now()
        if tokens and not self._is_refused(tokens) and not tokens.is_due(now):
            return tokens.access
        try:
            return (await self._renewed(tokens)).access
        except TryLater:
            if tokens and not self._is_refused(tokens) and tokens.is_good(now):
                return tokens.access
            raise

    async def refresh(self, used: str) -> str:
        """Another token than `used`, which Tesla has just refused. Raises as `access` does."""
        tokens = self._newest()
        if tokens and tokens.access and tokens.access != used:
            return tokens.access
        if self._refused != used:
            self._fuse.check()
            self._refused = used
        return (await self._renewed(tokens)).access

    async def settle(self) -> None:
        """Before the end: lets a renewal on its way arrive, and tries once more to save it."""
        if self._renewal:
            await asyncio.wait([self._renewal], timeout=LAST_WAIT)
        self._save_what_is_unsaved()

    def _newest(self) -> Tokens | None:
        """From memory; from the store at first, and when signed out, because a person may have signed in since."""
        if self._tokens is None or self._pause.is_final:
            stored = self._store.load(self._account)
            if stored and (self._tokens is None or stored.generation > self._tokens.generation):
                self._tokens = stored
                self._pause.end()
        return self._tokens or self._grant.first(self._clock.now())

    def _is_refused(self, tokens: Tokens) -> bool:
        return tokens.access == self._refused

    async def _renewed(self, tokens: Tokens | None) -> Tokens:
        """Joins the renewal on its way, or begins one. No await may stand between the check and the start."""
        if self._renewal is None or self._renewal.done():
            self._pause.check()
            self._renewal = asyncio.create_task(self._renew(tokens), name="token renewal")
            self._renewal.add_done_callback(_look_at_error)
        # Whoever asks may be cancelled; the renewal must not be: Tesla may have spent the refresh token already.
        return await asyncio.shield(self._renewal)

    async def _renew(self, tokens: Tokens | None) -> Tokens:
        try:
            renewed = await self._ask_with_any(tokens)
        except BridgeError as error:
            self._pause.begin(error)
            raise
        self._pause.end()
        log.info("the access token was renewed", generation=renewed.generation, until=str(renewed.expires_at))
        return renewed

    async def _ask_with_any(self, tokens: Tokens | None) -> Tokens:
        try:
            return await self._ask(tokens, _generation(tokens))
        except SignInRequired:
            spare = self._spare(tokens)
            if spare is None:
                raise
            log.warning("Tesla refuses the newest refresh token; trying another", generation=spare.generation)
            self._hopeless.add(spare.refresh)
            return await self._ask(spare, _generation(tokens))

    def _spare(self, newest: Tokens | None) -> Tokens | None:
        """The pair before the newest, within Tesla's day of grace, else the setting; each is tried only once."""
        if newest is None:
            return None
        self._hopeless.add(newest.refresh)
        now = self._clock.now()
        in_grace = now - newest.obtained_at < GRACE
        spares = (self._store.previous(self._account) if in_grace else None, self._grant.first(now))
        return next((spare for spare in spares if spare and spare.refresh not in self._hopeless), None)

    async def _ask(self, tokens: Tokens | None, generation: int) -> Tokens:
        """Begin -> POST -> save, and only then use."""
        fields = self._grant.fields(tokens, self.region)
        self._begin(generation + 1)
        granted = await request_tokens(self._http, self.region, fields, self._clock.now())
        self._tokens = _tokens(granted, tokens, generation + 1, self._clock.now())
        self._save(self._tokens)
        return self._tokens

    def _begin(self, generation: int) -> None:
        try:
            self._store.begin(self._account, generation)
        except Exception as error:  # noqa: BLE001 - a full disk must not cost the access token as well (F4)
            log.warning("the renewal could not be noted on disk", error=str(error))

    def _save_what_is_unsaved(self) -> None:
        if self.unsaved and self._tokens:
            self._save(self._tokens)

    def _save(self, tokens: Tokens) -> None:
        try:
            self._store.save(self._account, tokens)
        except Exception as error:  # noqa: BLE001 - whatever the store raises, the pair in memory must live on (F4)
            if not self.unsaved:
                log.error("new tokens cannot be saved; a restart now may need a sign-in", error=str(error))  # noqa: TRY400 - the trace says nothing more
            self.unsaved = True
            return
        if self.unsaved:
            log.info("the tokens are saved")
        self.unsaved = False


def _generation(tokens: Tokens | None) -> int:
    return tokens.generation if tokens else 0


def _tokens(granted: Granted, old: Tokens | None, generation: int, now: datetime) -> Tokens:
    """Without a new refresh token the old one stays good (RFC 6749, 6)."""
    lifetime = timedelta(seconds=granted.lifetime) if granted.lifetime else None
    return Tokens(
        access=granted.access,
        refresh=granted.refresh or (old.refresh if old else None),
        expires_at=now + lifetime if lifetime else claims(granted.access).expires_at,
        generation=generation,
        obtained_at=now,
    )


def _look_at_error(renewal: asyncio.Task[Tokens]) -> None:
    """So that asyncio does not complain when everyone who asked was cancelled."""
    if not renewal.cancelled():
        renewal.exception()
