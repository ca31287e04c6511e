"""A crash loop must not cost money: after many starts nothing is read from Tesla for a while (reliability.md E4)."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from bridge.clock import Clock
from bridge.disk import write_private
from bridge.errors import BridgeError, StartedOften

FILE = "starts"
"""In the data directory: when the lives began that ended without a goodbye. No tokens, nothing to keep: no database."""

WINDOW = 600.0
"""Seconds for which a start counts."""

FREE = 5
"""Starts within them that are no crash loop."""

FIRST_WAIT, LONGEST_WAIT = 30.0, 300.0
"""Seconds without a call at the next start; twice as many at each that follows."""

Part = Callable[[], Coroutine[Any, Any, None]]


def wait_at(starts: int) -> float:
    """Seconds before anything is read from Tesla, at so many starts within the window, this one included."""
    over = starts - FREE
    return min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** (over - 1)) if over > 0 else 0.0


class Restarts:
    """Counts a life while it is entered; leaving it in good order makes all well again. What is `quiet` waits."""

    def __init__(self, directory: Path, clock: Clock, report: Callable[[BridgeError | None], None]) -> None:
        """`report` is told of the wait, and of its end."""
        self._path = directory / FILE
        self._clock = clock
        self._report = report
        self._until = 0.0

    def __enter__(self) -> Self:
        """What cannot be written is not counted: the database complains about a full disk."""
        now = self._clock.now().timestamp()
        starts = [*(at for at in self._noted() if 0 <= now - at < WINDOW), now]
        with suppress(OSError):
            write_private(self._path, json.dumps(starts).encode())
        if wait := wait_at(len(starts)):
            self._until = self._clock.monotonic() + wait
            often = f"started {len(starts)} times within {WINDOW / 60:.0f} minutes without having been stopped"
            quiet = f"nothing is read from Tesla for {wait:.0f} s; commands are carried out"
            self._report(StartedOften(f"{often}: {quiet}. The log shows how the lives before ended"))
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)

    def quiet(self, part: Part) -> Part:
        """The part, begun when the wait is over."""

        async def later() -> None:
            await self.rest()
            await part()

        return later

    async def rest(self) -> None:
        """Returns when the wait is over."""
        if (wait := self._until - self._clock.monotonic()) > 0:
            await self._clock.sleep(wait)
            self._report(None)

    def _noted(self) -> list[float]:
        """None, where the file is not there or not ours to read."""
        try:
            return [float(at) for at in json.loads(self._path.read_bytes())]
        except (OSError, ValueError, TypeError):
            return []
