"""What keeps us from asking the token endpoint too often, and when a refusal is believed (reliability.md A3 and A5)."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from math import inf, isinf
from typing import Any

from bridge import errors
from bridge.clock import Clock
from bridge.errors import AccessDenied, BridgeError, OwnerMustAct, RateLimited, SignInRequired, TryLater

FAILED: Sequence[float] = (5, 15, 30, 60, 120, 300)
FINAL: Sequence[float] = (900, 3600, 6 * 3600)
"""Seconds after the first, the second, ... failure in a row; the last is for all further ones."""

SURE = 3
DOUBT = 900.0
"""So many refusals of the sign-in, so many seconds apart, are believed; fewer may be an outage (A3)."""

REFUSED_TOKENS = 5
REFUSED_WITHIN = 600.0
"""So many access tokens refused within so many seconds, and renewing them is not the cure."""


class Pause:
    """After a failure. While it lasts, the last error is the answer; a restart does not end it (`record`).

    It holds for what was asked with (`tried`: a mark of each form). Whoever comes with another sign-in need not wait.
    """

    def __init__(self, clock: Clock, record: Mapping[str, Any] | None = None) -> None:
        self._clock = clock
        self._kind: type[BridgeError] | None = None
        self._text = ""
        self._until = 0.0
        self._seconds = 0.0
        self._failures = 0
        self._refusals = 0
        self._tried: frozenset[str] = frozenset()
        self.refused: set[str] = set()
        """Marks of what was refused besides the newest sign-in: each is tried once."""
        if record:
            self._recall(record)

    @property
    def is_final(self) -> bool:
        """Only a person can end it."""
        return self._kind is not None and issubclass(self._kind, OwnerMustAct)

    def check(self, marks: Collection[str]) -> None:
        """Raises the last error if it is too early to ask with any of these."""
        if self._kind and self._left() > 0 and self._tried.issuperset(marks):
            raise self._error(self._kind)

    def begin(self, error: BridgeError, tried: Collection[str], *, is_sure: bool = False) -> BridgeError:
        """A try has failed. Gives what that means: a refusal is one only when it is sure, or was heard often enough."""
        self._tried = frozenset(tried)
        self._refusals += isinstance(error, SignInRequired)
        if isinstance(error, SignInRequired) and not is_sure and self._refusals < SURE:
            error = _Doubtful(f"{error}; asking again in {DOUBT / 60:.0f} minutes, to be sure")
        kind = TryLater if isinstance(error, _Doubtful) else type(error)
        # An outage does not bring back a sign-in that is dead.
        if self._kind is None or not self.is_final or issubclass(kind, OwnerMustAct):
            self._failures = self._failures if issubclass(kind, OwnerMustAct) == self.is_final else 0
            self._kind, self._text = kind, str(error)
        self._wait(self._how_long(error))
        self._failures += 1
        return self._error(self._kind)

    def sign_out(self, tried: Collection[str]) -> None:
        """For ever: until somebody signs in."""
        self.end()
        self._kind, self._text = SignInRequired, "signed out by `fleet2mqtt logout`: sign in with `fleet2mqtt login`"
        self._tried = frozenset(tried)
        self._wait(inf)

    def end(self) -> None:
        self._kind = None
        self._failures = self._refusals = 0
        self._tried, self.refused = frozenset(), set()

    def record(self) -> Mapping[str, Any] | None:
        """To be kept on disk; None while there is no pause."""
        if self._kind is None:
            return None
        wait = max(0.0, self._left())
        return {
            "kind": self._kind.__name__,
            "text": self._text,
            "until": None if isinf(wait) else (self._clock.now() + timedelta(seconds=wait)).isoformat(),
            "seconds": None if isinf(wait) else self._seconds,
            "failures": self._failures,
            "refusals": self._refusals,
            "tried": sorted(self._tried),
            "refused": sorted(self.refused),
        }

    def _recall(self, record: Mapping[str, Any]) -> None:
        kind = getattr(errors, record["kind"], None)
        self._kind = kind if isinstance(kind, type) and issubclass(kind, BridgeError) else TryLater
        self._text = record["text"]
        self._failures, self._refusals = record["failures"], record["refusals"]
        self._tried, self.refused = frozenset(record["tried"]), set(record["refused"])
        if record["until"] is None:
            self._wait(inf)
            return
        left = (datetime.fromisoformat(record["until"]) - self._clock.now()).total_seconds()
        # The wall clock may have been set meanwhile: never longer than it was to be.
        self._wait(min(left, record["seconds"]))

    def _error(self, kind: type[BridgeError]) -> BridgeError:
        """A new one each time: an error that is raised again and again keeps every frame it has come through."""
        return RateLimited(self._text, self._left()) if kind is RateLimited else kind(self._text)

    def _left(self) -> float:
        return self._until - self._clock.monotonic()

    def _wait(self, seconds: float) -> None:
        self._seconds = seconds
        self._until = self._clock.monotonic() + seconds

    def _how_long(self, error: BridgeError) -> float:
        if isinstance(error, _Doubtful):
            return DOUBT
        steps = FINAL if self.is_final else FAILED
        usual = steps[min(self._failures, len(steps) - 1)]
        return max(usual, error.wait) if isinstance(error, RateLimited) else usual


class _Doubtful(TryLater):
    """A refusal that is not believed yet."""


class Fuse:
    """Against renewing for ever what Tesla refuses for another reason than its age."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._refused: deque[float] = deque(maxlen=REFUSED_TOKENS)

    def check(self) -> None:
        """Another access token was refused. Raises AccessDenied when they are too many."""
        now = self._clock.monotonic()
        if len(self._refused) == REFUSED_TOKENS and now - self._refused[0] < REFUSED_WITHIN:
            raise AccessDenied("Tesla refuses one fresh access token after the other; trying again in ten minutes")
        self._refused.append(now)
