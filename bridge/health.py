"""Is every part doing its work? Last success and present error per part, logged once per change."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import structlog

from bridge.clock import Clock
from bridge.errors import BridgeError, OwnerMustAct

log = structlog.get_logger()

OFTEN, LONG = 3, 6 * 3600.0
"""A trouble that comes and goes is told so often within so many seconds."""


@dataclass(slots=True)
class _Part:
    succeeded_at: datetime | None = None
    worked: float = 0.0
    """The same in monotonic seconds."""
    error: BridgeError | None = None
    down_since: float | None = None
    account: str = ""
    told: set[type] = field(default_factory=set)
    """Kinds of errors that the log has told of since it last worked."""


class Standing(NamedTuple):
    """How a part does. `age`: seconds since its last success; None: it had none yet."""

    name: str
    account: str
    is_up: bool
    age: float | None


class Health:
    """`report` tells of one part: how a call, a source or the broker is doing. A part may be of one account."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._parts: dict[str, _Part] = {}
        self._began = clock.monotonic()
        self._last: dict[str, str] = {}
        self._times: defaultdict[tuple[str, type], deque[float]] = defaultdict(lambda: deque(maxlen=OFTEN))

    def report(self, part: str, error: BridgeError | None, account: str = "") -> None:
        """A success (None) or a failure. Only changes reach the log (reliability.md I10)."""
        known = self._parts.setdefault(part, _Part(account=account))
        self._log(part, known, error)
        if error is None:
            known.succeeded_at, known.worked = self._clock.now(), self._clock.monotonic()
            known.down_since = None
        elif known.down_since is None:
            known.down_since = self._clock.monotonic() if known.succeeded_at else self._began
        if error:
            self.note(part.rpartition(" ")[0], str(error))
        known.error = error

    def _log(self, part: str, known: _Part, error: BridgeError | None) -> None:
        """Each kind of trouble once while it lasts, and its end once; those that come and go all day, a few times."""
        if error is None:
            if known.told:
                log.info("works again", part=part)
            known.told.clear()
        elif type(error) not in known.told:
            times, now = self._times[part, type(error)], self._clock.monotonic()
            if len(times) < OFTEN or now - times[0] >= LONG:
                known.told.add(type(error))
                times.append(now)
                log.warning("trouble", part=part, reason=error.reason, error=str(error), exc_info=error.bug)

    def note(self, subject: str, text: str) -> None:
        """Something went wrong with this device, or with the bridge."""
        self._last[subject] = self._last[""] = text[:255]

    def last_error(self, subject: str = "") -> str | None:
        """What went wrong last with this device, or with anything; it may be long over."""
        return self._last.get(subject)

    def clear_error(self, subject: str) -> None:
        self._last.pop(subject, None)

    def forget(self, subject: str) -> None:
        """A device is gone, and its troubles with it."""
        self._parts = {name: part for name, part in self._parts.items() if not name.startswith(f"{subject} ")}
        self.clear_error(subject)

    def down(self, part: str) -> float:
        """Seconds for which it has not worked: 0 while it does; since the start, if it never did."""
        known = self._parts.get(part)
        since = known.down_since if known else self._began
        return 0.0 if since is None else self._clock.monotonic() - since

    def has(self, kind: type[BridgeError] | tuple[type[BridgeError], ...], account: str | None = None) -> bool:
        """Does any part fail for such a reason, or any of this account?"""
        return any(isinstance(error, kind) for error in self._errors(account))

    def parts(self) -> Iterator[Standing]:
        now = self._clock.monotonic()
        for name, part in self._parts.items():
            yield Standing(name, part.account, part.error is None, now - part.worked if part.succeeded_at else None)

    def works(self, subject: str) -> bool:
        """Has every part of this subject done its work the last time? False while none has been tried."""
        parts = [part for name, part in self._parts.items() if name.startswith(f"{subject} ")]
        return bool(parts) and all(part.error is None for part in parts)

    @property
    def problem(self) -> str | None:
        """The most important trouble, in words; None when all is well."""
        return _worst(self._errors())

    def problem_of(self, account: str) -> str | None:
        """The same of one account and of what all have in common."""
        return _worst([*self._errors(account), *self._errors("")])

    def _errors(self, account: str | None = None) -> list[BridgeError]:
        """Of all parts; or of those of one account; or, with "", of those of none."""
        parts = self._parts.values()
        return [part.error for part in parts if part.error and account in {None, part.account}]

    def body(self) -> dict[str, Any]:
        """For <base>/bridge/health."""
        return {
            "at": self._clock.now(),
            "uptime_seconds": int(self._clock.monotonic() - self._began),
            "ok": self.problem is None,
            "problem": self.problem,
            "parts": {name: _shown(part) for name, part in self._parts.items()},
        }


def _worst(errors: Sequence[BridgeError]) -> str | None:
    worst = next((error for error in errors if isinstance(error, OwnerMustAct)), next(iter(errors), None))
    return str(worst)[:255] if worst else None


def _shown(part: _Part) -> Mapping[str, Any]:
    return {
        "ok": part.error is None,
        "last_success": part.succeeded_at,
        "reason": part.error.reason if part.error else None,
    }
