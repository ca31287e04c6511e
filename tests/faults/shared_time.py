"""Time that a test drives, in a small file that the test, the bridge and the simulated account all look at.

Whoever drives writes it: the test, or on its order the bridge that jumps from sleeper to sleeper. All are seconds.
"""

from __future__ import annotations

import mmap
import struct
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

FIELDS = ("truth", "error", "boot", "elapsed", "speed", "since")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SharedTime:
    """Stands still unless it is moved or flows.

    `truth`: the real wall time (since 1970) at the elapsed second 0; `error`: by how much the bridge's machine is
    ahead of it; `boot`: when that machine was started, in elapsed seconds.
    """

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), 0)
        # One aligned double at a time: who reads in another process sees the old value or the new one.
        self._values = memoryview(self._map).cast("d")

    @classmethod
    def create(cls, path: Path, start: datetime) -> Self:
        """`start`: the true time, aware."""
        path.write_bytes(struct.pack(f"{len(FIELDS)}d", start.timestamp(), *[0.0] * (len(FIELDS) - 1)))
        return cls(path)

    # --- reading ----------------------------------------------------------------------------------------

    @property
    def elapsed(self) -> float:
        return self._get("elapsed") + (_real() - self._get("since")) * self.speed

    @property
    def speed(self) -> float:
        """Of time that flows by itself; 0: it stands still until it is moved."""
        return self._get("speed")

    @property
    def true_now(self) -> datetime:
        """What Tesla's clock shows."""
        return EPOCH + timedelta(seconds=self._get("truth") + self.elapsed)

    @property
    def now(self) -> datetime:
        """What the clock of the bridge's machine shows."""
        return self.true_now + timedelta(seconds=self._get("error"))

    @property
    def monotonic(self) -> float:
        """Seconds since that machine was started."""
        return self.elapsed - self._get("boot")

    # --- moving -----------------------------------------------------------------------------------------

    def move(self, seconds: float) -> None:
        """Time passes for everybody."""
        self._set("elapsed", self._get("elapsed") + seconds)

    def set_wrong(self, error: float) -> None:
        """The bridge's machine is now so many seconds ahead of the truth."""
        self._set("error", error)

    @property
    def error(self) -> float:
        return self._get("error")

    def boot(self) -> None:
        """The bridge's machine is started anew: its elapsed seconds begin at 0."""
        self._set("boot", self.elapsed)

    def flow(self, speed: float) -> None:
        """From now on time runs by itself, so many times as fast as ours; 0 stops it."""
        elapsed = self.elapsed
        self._set("speed", 0.0)
        self._set("elapsed", elapsed)
        self._set("since", _real())
        self._set("speed", speed)

    def _get(self, name: str) -> float:
        return float(self._values[FIELDS.index(name)])

    def _set(self, name: str, value: float) -> None:
        self._values[FIELDS.index(name)] = value


def _real() -> float:
    """Of the whole machine: all processes read the same."""
    return time.clock_gettime(time.CLOCK_MONOTONIC)
