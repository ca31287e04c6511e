"""Who has asked us to wait, and for how long: 429 and an app that is switched off, kept across restarts.

And the limits a minute, kept to by ourselves (fleet-api.md 6.1). Waits are counted in monotonic seconds, because wall
clocks jump; only across a restart the wall clock has to tell how much of one is over.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol

from bridge.budget import time_left
from bridge.clock import Clock
from bridge.errors import AccountLimited, RateLimited
from bridge.trying import Trying

PAID = "paid"
"""Stands for every class that has a price: those that an app which is switched off is refused."""

FIRST_TRY, LONGEST = 900.0, 4 * 3600.0
"""Seconds until an app that Tesla has switched off is tried again; doubled each time, because a refusal is billed."""

MINUTE = 60.0


class Kept(NamedTuple):
    """A block as it is kept. `until` is in seconds since 1970, `wait` what was asked for."""

    cost: str
    about: str
    until: float
    wait: float
    said: str


class BlockStore(Protocol):
    """Where blocks are kept across restarts."""

    def keep_block(self, block: tuple[str, str, float, float, str]) -> None: ...
    def drop_block(self, cost: str, about: str) -> None: ...
    def blocks(self) -> Iterable[tuple[str, str, float, float, str]]: ...


class _Block(NamedTuple):
    ends: float
    """In monotonic seconds."""
    kept: Kept


class Blocks:
    """By price class and by what a call is about: a device, or an account."""

    def __init__(self, store: BlockStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._saving = Trying("a block of calls could not be saved")
        self._blocks = {(kept.cost, kept.about): self._recalled(kept) for kept in map(Kept._make, store.blocks())}

    def check(self, cost: str, about: str, account: str, *, is_paid: bool) -> None:
        """Raises RateLimited or AccountLimited while such a call must not be made."""
        if wait := self._left(cost, about):
            raise RateLimited(f"Tesla asked to wait {wait:.0f} s more with {cost} calls", wait)
        if is_paid and (wait := self._left(PAID, account)):
            raise AccountLimited(f"{self._blocks[PAID, account].kept.said}; tried again in {wait / 60:.0f} min")

    def limited(self, cost: str, about: str, wait: float) -> None:
        """A 429: no call of this class about this device for `wait` seconds."""
        self._put(cost, about, wait, "")

    def switched_off(self, account: str, said: str) -> None:
        """402, or 403 EXCEEDED_LIMIT: no call that has a price, until it is time to try, or the month is over."""
        if self._left(PAID, account):
            return  # calls that were under way together are refused together
        before = self._blocks.get((PAID, account))
        wait = min(before.kept.wait * 2, LONGEST) if before else FIRST_TRY
        self._put(PAID, account, min(wait, time_left(self._clock.now()).total_seconds()), said)

    def worked(self, account: str) -> None:
        """A call that has a price was answered well: the app is switched on."""
        if self._blocks.pop((PAID, account), None):
            with self._saving:
                self._store.drop_block(PAID, account)

    @property
    def until(self) -> datetime | None:
        """When the last of what is in force ends; None: nothing is."""
        ends = [block.kept.until for key, block in self._blocks.items() if self._left(*key)]
        return datetime.fromtimestamp(max(ends), UTC).replace(microsecond=0) if ends else None

    def _left(self, cost: str, about: str) -> float:
        block = self._blocks.get((cost, about))
        return max(0.0, block.ends - self._clock.monotonic()) if block else 0.0

    def _put(self, cost: str, about: str, wait: float, said: str) -> None:
        until = (self._clock.now() + timedelta(seconds=wait)).timestamp()
        kept = Kept(cost, about, until, wait, said)
        self._blocks[cost, about] = _Block(self._clock.monotonic() + wait, kept)
        with self._saving:  # a full disk must not undo what is known (F4)
            self._store.keep_block(kept)

    def _recalled(self, kept: Kept) -> _Block:
        """However wrong the wall clock was or is: never longer than was asked for."""
        left = min(kept.until - self._clock.now().timestamp(), kept.wait)
        return _Block(self._clock.monotonic() + left, kept)


class Minutes:
    """The calls of the last minute by class and device, so that it is not Tesla who has to say stop."""

    def __init__(self, per_minute: Mapping[str, int], clock: Clock) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._recent: defaultdict[tuple[str, str], deque[float]] = defaultdict(deque)

    def check(self, cost: str, device: str) -> None:
        """Raises RateLimited when the minute is full."""
        recent, now = self._recent[cost, device], self._clock.monotonic()
        while recent and now - recent[0] >= MINUTE:
            recent.popleft()
        limit = self._per_minute.get(cost)
        if limit is not None and len(recent) >= limit:
            wait = recent[0] + MINUTE - now if recent else MINUTE
            raise RateLimited(f"Tesla allows {limit} {cost} calls a minute to one device; {wait:.0f} s to wait", wait)

    def count(self, cost: str, device: str) -> None:
        if cost in self._per_minute:
            self._recent[cost, device].append(self._clock.monotonic())
