"""Energy counted in five-minute buckets and days, whole Wh as the real meters send them."""

from dataclasses import dataclass, field
from operator import add
from typing import NamedTuple

from bridge.simulator.site_flow import Paths

WIDTH = 300  # seconds
NOTHING = Paths(0, 0, 0, 0, 0, 0, 0)


class Bucket(NamedTuple):
    """Five minutes from `start` (epoch): the battery's level then (percent), and Wh by path."""

    start: int
    level: float
    energy: Paths


@dataclass(slots=True)
class Day:
    """A local day: its buckets, or only their sum once they were dropped."""

    buckets: list[Bucket] = field(default_factory=list)
    dropped: Paths = NOTHING

    @property
    def energy(self) -> Paths:
        """Wh of the whole day."""
        return total([self.dropped, *(bucket.energy for bucket in self.buckets)])

    @property
    def empty(self) -> bool:
        return not self.buckets and self.dropped == NOTHING

    def drop_buckets(self) -> None:
        self.dropped, self.buckets = self.energy, []


def total(energies: list[Paths]) -> Paths:
    """The sum, path by path."""
    return Paths(*map(sum, zip(*energies, strict=True))) if energies else NOTHING


class Meter:
    """Sums flows into buckets; fractions of a Wh go on to the next bucket, so that none are lost."""

    def __init__(self) -> None:
        self._start: int | None = None
        self._level = 0.0
        self._energy: list[float] = [0.0] * len(NOTHING)

    def count(self, epoch: float, level: float, watts: Paths, seconds: float) -> Bucket | None:
        """Count a span that lies within one bucket; answer the bucket that this one closes, if any."""
        start = int(epoch // WIDTH) * WIDTH
        closed = None
        if start != self._start:
            closed = self._close()
            self._start, self._level = start, level
        hours = seconds / 3600
        self._energy = list(map(add, self._energy, [path * hours for path in watts]))
        return closed

    def open_bucket(self) -> Bucket | None:
        """What the running bucket holds so far."""
        if self._start is None:
            return None
        return Bucket(self._start, self._level, Paths(*map(int, self._energy)))

    def _close(self) -> Bucket | None:
        bucket = self.open_bucket()
        if bucket:
            self._energy = [energy % 1 for energy in self._energy]
        return bucket
