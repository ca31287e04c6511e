"""The one place an account's access token comes from."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bridge.clock import Clock
from bridge.errors import BridgeError, OwnerMustAct, SignInRequired, TryLater
from bridge.fleet.auth.endpoint import TokenEndpoint
from bridge.fleet.auth.grants import Grant
from bridge.fleet.auth.pause import Fuse, Pause
from bridge.fleet.auth.store import GRACE, Custody, Keeper, TokenStore
from bridge.fleet.auth.tokens import AHEAD, TOLERANCE, Life, Tokens, claims, is_skewed
from bridge.fleet.auth.ways import Way, received, ways
from bridge.fleet.hosts import Region
from bridge.fleet.transport import Transport
from bridge.redaction import hide

REFRESH_LIFE, OWNER_REFRESH_LIFE = timedelta(days=90), timedelta(days=45)

LAST_WAIT = 1.0
"""Seconds that the end of the bridge waits for a renewal on its way. One that is lost is made again after a restart."""

log = structlog.get_logger()


class TokenSource:
    """Hands out the access token and renews it, one renewal for all who ask.

    `tend` is to be called every few seconds.
    """

    def __init__(
        self, *, account: str, grant: Grant, store: TokenStore, region: Region, http: Transport, clock: Clock
    ) -> None:
        # Kept apart by name, so that no simulator is ever handed what a real account has stored.
        self._account = f"simulated {account}" if region.simulated else account
        self._grant = grant
        self._http = http
        self._endpoint = TokenEndpoint(http, clock)
        self._clock = clock
        self._kept = Keeper(store, self._account, clock)
        self._pause = Pause(clock, self._kept.custody.pause)
        self._fuse = Fuse(clock)
        self._refused = ""
        self._renewal: asyncio.Task[Tokens] | None = None
        self.region = region
        self._recall()

    @property
    def scopes(self) -> frozenset[str]:
        """What the newest access token covers; empty before the first, or if it does not say."""
        return claims(self._tokens.access).scopes if self._tokens else frozenset()

    @property
    def expires_at(self) -> datetime | None:
        """When the newest access token ends; None before the first, or if nobody said."""
        return self._tokens.expires_at if self._tokens and self._tokens.access else None

    @property
    def renewed_at(self) -> datetime | None:
        """When the newest tokens came; None before the first, and for those of the settings, which may be old."""
        return self._tokens.obtained_at if self._tokens and self._tokens.generation else None

    @property
    def ends_at(self) -> datetime | None:
        """When the refresh token ends if it is not used (fleet-api.md 1.6 and 1.13); None where there is none."""
        life = OWNER_REFRESH_LIFE if self.region.is_owner_api else REFRESH_LIFE
        return self.renewed_at + life if self.renewed_at and self._tokens and self._tokens.refresh else None

    @property
    def trouble(self) -> BridgeError | None:
        """What the owner should hear of while calls still work; None is: nothing."""
        if self._kept.unsaved:
            return TryLater(f"new tokens cannot be saved ({self._kept.unsaved}): see to the data directory")
        if self._pause.is_final and self._is_good():
            return TryLater("the access token is good for some hours, but Tesla renews it no longer: sign in again")
        return None

    # --- for calls ------------------------------------------------------------------------------------------

    async def access(self) -> str:
        """A token that should be good now. Raises SignInRequired, SettingWrong or TryLater."""
        if self._tokens and not self._is_due():
            return self._tokens.access
        try:
            return (await self._renewed()).access
        except BridgeError:
            # Whatever is wrong with the sign-in: a token that is good is used to its end (A3).
            if self._tokens and self._is_good():
                return self._tokens.access
            raise

    async def refresh(self, used: str) -> str:
        """Another token than `used`, which Tesla has just refused. Raises as `access` does."""
        if self._tokens and self._tokens.access and self._tokens.access != used:
            return self._tokens.access
        if self._refused != used:
            self._fuse.check()
            self._refused = used
        return (await self._renewed()).access

    def worked(self, access: str) -> None:
        """Tesla has taken this token. Costs next to nothing: `tend` writes it down."""
        if self._tokens and access == self._tokens.access:
            self._has_worked = True

    # --- for whoever runs it ----------------------------------------------------------------------------------

    def tend(self) -> None:
        """Writes what could not be written; lets go of the pair before the newest once the newest has worked."""
        custody = self._kept.custody
        if self._has_worked and custody.newest is self._tokens and not custody.used_at:
            self._kept.keep(replace(custody, used_at=self._clock.now(), previous=None))
        self._kept.catch_up()

    async def settle(self) -> None:
        """Before the end: lets a renewal on its way arrive, and tries once more to save it."""
        if self._renewal:
            await asyncio.wait([self._renewal], timeout=LAST_WAIT)
        self.tend()

    def adopt(self, tokens: Tokens, mark: str) -> None:
        """A sign-in from outside takes the place of whatever there was. What the disk raises is raised; then it waits.

        `mark` tells it from any other, for `has_taken`.
        """
        before = self._kept.custody.newest
        newest = replace(tokens, generation=_generation(before) + 1)
        self._take(Custody(newest, before, stored_at=self._clock.now(), adopted=mark))
        log.info("a new sign-in is taken up", account=self._account, generation=newest.generation)

    def forget(self, mark: str) -> None:
        """The owner signed out: no tokens, and nobody is asked for any until a new sign-in. Raises as `adopt` does."""
        pause = Pause(self._clock)
        pause.sign_out([way.mark for way in ways(self._grant, self.region, [self._grant.first(self._clock.now())])])
        self._take(Custody(pause=pause.record(), adopted=mark))
        log.info("signed out; the tokens are forgotten", account=self._account)

    def has_taken(self, mark: str) -> bool:
        """Was this the last sign-in or sign-out that was taken up?"""
        return self._kept.custody.adopted == mark

    def _take(self, custody: Custody) -> None:
        self._kept.replace(custody)
        self._pause, self._fuse = Pause(self._clock, custody.pause), Fuse(self._clock)
        self._recall()

    # --- what there is ----------------------------------------------------------------------------------------

    def _recall(self) -> None:
        """From the disk, else from the settings."""
        now, custody = self._clock.now(), self._kept.custody
        tokens = custody.newest or self._grant.first(now)
        for each in (tokens, custody.previous):
            hide(*(each.access, each.refresh) if each else ())
        life = Life.recalled(tokens, now, self._clock.monotonic()) if tokens else Life.over()
        self._hold(tokens, life, is_recalled=True)
        self._refused = tokens.access if tokens and custody.is_refused else ""

    def _hold(self, tokens: Tokens | None, life: Life, *, is_recalled: bool = False) -> None:
        self._tokens = tokens
        self._life = life
        self._is_recalled = is_recalled
        self._has_worked = False

    def _is_due(self) -> bool:
        is_old = self._clock.monotonic() >= self._life.due
        return is_old or self._is_refused() or (self._is_recalled and self._is_doubtful())

    def _is_doubtful(self) -> bool:
        """A renewal was cut off, so they may be used up (A1); or the clock that told their age is wrong (A6)."""
        return self._kept.custody.is_open or abs(self._http.skew) > TOLERANCE

    def _is_good(self) -> bool:
        return self._clock.monotonic() < self._life.ends and not self._is_refused()

    def _is_refused(self) -> bool:
        return self._tokens is not None and self._tokens.access == self._refused

    # --- renewal ----------------------------------------------------------------------------------------------

    async def _renewed(self) -> Tokens:
        """Joins the renewal on its way, or begins one. No await may stand between the check and the start."""
        if self._renewal is None or self._renewal.done():
            safe = [self._kept.safe] if self._kept.safe else []
            candidates = [*safe, self._tokens, self._kept.custody.previous, self._grant.first(self._clock.now())]
            found = ways(self._grant, self.region, candidates)
            self._pause.check([way.mark for way in found])
            if not found:
                self._grant.fields(self._tokens, self.region)  # raises: it knows what is missing
            self._renewal = asyncio.create_task(self._renew(found), name="token renewal")
            self._renewal.add_done_callback(_look_at_error)
        # Whoever asks may be cancelled; the renewal must not be: Tesla may have spent the refresh token already.
        return await asyncio.shield(self._renewal)

    async def _renew(self, found: Sequence[Way]) -> Tokens:
        pause = self._pause
        try:
            return await self._ask_in_turn(found)
        except BridgeError as error:
            if pause is not self._pause:
                raise TryLater("somebody has signed in or out meanwhile") from error
            verdict = pause.begin(self._explained(error), [way.mark for way in found], is_sure=self._is_sure(found))
            self._kept.keep(replace(self._kept.custody, pause=pause.record(), is_refused=self._is_refused()))
            raise verdict from error

    async def _ask_in_turn(self, found: Sequence[Way]) -> Tokens:
        """With the first; if that is refused, with the others, each of them only once."""
        try:
            return await self._ask(found[0])
        except SignInRequired as refusal:
            for way in found[1:]:
                if self._is_worth_a_try(way):
                    log.warning("Tesla refuses the newest sign-in; trying another", generation=_generation(way.tokens))
                    with suppress(OwnerMustAct):
                        return await self._ask(way)
                    self._pause.refused.add(way.mark)
            raise refusal from None

    def _is_worth_a_try(self, way: Way) -> bool:
        if way.mark in self._pause.refused:
            return False
        newest = self._kept.custody.newest
        if newest is None or way.tokens is not self._kept.custody.previous:
            return True
        # By Tesla's clock, which its refusal has just told.
        return self._clock.now() + timedelta(seconds=self._http.skew) - newest.obtained_at < GRACE

    def _is_sure(self, found: Sequence[Way]) -> bool:
        """A refusal counts at once for what never gave an access token, or when the pair before is refused too (A3)."""
        never_worked = self._tokens is None or not self._tokens.access
        before = (way.mark for way in found if way.tokens and way.tokens is self._kept.custody.previous)
        return never_worked or any(mark in self._pause.refused for mark in before)

    def _explained(self, error: BridgeError) -> BridgeError:
        newest = self._kept.custody.newest
        if not isinstance(error, SignInRequired) or not newest or self._clock.now() - newest.obtained_at < GRACE:
            return error
        return SignInRequired(
            f"{error}. The tokens here are of {newest.obtained_at:%Y-%m-%d}: if the data directory was restored from a "
            "backup, that is why, for newer ones have been used since"
        )

    async def _ask(self, way: Way) -> Tokens:
        """Begin -> POST -> save, and only then use."""
        pause, asked = self._pause, self._clock.monotonic()
        self._begin()
        granted = await self._endpoint.ask(self.region, way.form)
        if pause is not self._pause:
            raise TryLater("somebody has signed in or out meanwhile")
        custody, before = self._kept.custody, way.tokens if way.tokens and way.tokens.refresh else None
        tokens = received(granted, before, _generation(custody.newest) + 1, self._clock.now())
        hide(tokens.access, tokens.refresh, granted.identity)
        self._pause.end()
        self._kept.keep(Custody(tokens, before, begun_at=custody.begun_at, adopted=custody.adopted))
        self._hold(tokens, Life.fresh(tokens, asked))
        _tell(tokens, before)
        return tokens

    def _begin(self) -> None:
        """Raises TryLater while nothing can be written and there is time to wait for that (reliability.md E1)."""
        is_written = self._kept.keep(replace(self._kept.custody, begun_at=self._clock.now(), is_open=True))
        if not is_written and self._is_good() and self._life.ends - self._clock.monotonic() > AHEAD:
            raise TryLater("the access token is not renewed yet, because a new one could not be saved")


def _generation(tokens: Tokens | None) -> int:
    return tokens.generation if tokens else 0


def _tell(tokens: Tokens, before: Tokens | None) -> None:
    log.info("the access token was renewed", generation=tokens.generation, until=str(tokens.expires_at))
    if is_skewed(tokens) and not (before and is_skewed(before)):
        log.warning("the clock of this machine is not Tesla's; is it set by the network?", now=str(tokens.obtained_at))


def _look_at_error(renewal: asyncio.Task[Tokens]) -> None:
    """So that asyncio does not complain when everyone who asked was cancelled."""
    if not renewal.cancelled():
        renewal.exception()
