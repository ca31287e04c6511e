"""One car's truth: drives, charges and wake-ups of N days, whatever a policy does. All exact, no grid."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from benchmarks.policy.protocol import CHARGING, COMPLETE, DISCONNECTED, STOPPED

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
FULL_RANGE = 272.4
"""Miles at 100 %."""


@dataclass(frozen=True, slots=True)
class World:
    """How the car and Tesla behave. Seconds."""

    days: int = 14
    sleep_after: float = 15 * MINUTE
    is_strict: bool = True
    """A data call starts the quiet minutes anew; False: a modern car falls asleep all the same."""
    has_fraction: bool = True
    """battery_range tells fractions of a percent; False: it is made of the whole percent."""
    latency: float = 0.7
    boot: float = 20.0


class Piece(NamedTuple):
    """A stretch of steady driving or charging."""

    seconds: float
    metres: float
    percent: float


class Phase(NamedTuple):
    """Something that keeps the car awake."""

    start: float
    end: float
    kind: str
    """drive, charge or wake."""
    is_occupied: bool = False
    pieces: tuple[Piece, ...] = ()
    limit: int = 100


class Line:
    """A continuous, piecewise straight function of time."""

    def __init__(self, value: float) -> None:
        self.times, self.values = [0.0], [value]

    def add(self, start: float, seconds: float, change: float) -> None:
        """From `start`, `change` in so many seconds; level until then."""
        if start > self.times[-1]:
            self.times.append(start)
            self.values.append(self.values[-1])
        self.times.append(start + seconds)
        self.values.append(self.values[-1] + change)

    def at(self, time: float) -> float:
        i = bisect_right(self.times, time)
        if i >= len(self.times):
            return self.values[-1]
        before, after = self.times[i - 1], self.times[i]
        share = (time - before) / (after - before)
        return self.values[i - 1] + share * (self.values[i] - self.values[i - 1])

    def crossings(self) -> Iterator[tuple[float, int]]:
        """When its whole part becomes another, and which."""
        for (t0, v0), (t1, v1) in pairwise(zip(self.times, self.values, strict=True)):
            if v1 > v0:
                for whole in range(math.floor(v0) + 1, math.floor(v1) + 1):
                    yield t0 + (whole - v0) / (v1 - v0) * (t1 - t0), whole
            elif v1 < v0:
                for whole in range(math.floor(v0), math.floor(v1), -1):
                    yield t0 + (whole - v0) / (v1 - v0) * (t1 - t0), whole - 1


class Steps:
    """A function of time that jumps."""

    def __init__(self, changes: Iterable[tuple[float, object]]) -> None:
        ordered = sorted(changes, key=lambda change: change[0])
        self.times = [at for at, _ in ordered]
        self.values = [value for _, value in ordered]

    def at(self, time: float) -> object:
        return self.values[max(0, bisect_right(self.times, time) - 1)]


@dataclass
class Truth:
    """What really happens; made from phases and the times of the cable."""

    world: World
    phases: Sequence[Phase]
    cable: Sequence[tuple[float, float]]
    first_soc: float = 70.0
    active: list[tuple[float, float]] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.end = self.world.days * DAY
        self.phases = sorted(phase for phase in self.phases if phase.start < self.end)
        self.active = union((phase.start, phase.end) for phase in self.phases)
        self._starts = [start for start, _ in self.active]
        self.drives = [phase for phase in self.phases if phase.kind == "drive"]
        self.charges = [phase for phase in self.phases if phase.kind == "charge"]
        self._occupied = [phase for phase in self.phases if phase.is_occupied or phase.kind == "drive"]
        self._occupied_starts = [phase.start for phase in self._occupied]
        self._charge_starts = [phase.start for phase in self.charges]
        self._make_lines()
        self.charging = Steps(self._charging())
        self.driving = Steps(
            [(0.0, False), *((p.start, True) for p in self.drives), *((p.end, False) for p in self.drives)]
        )
        self.battery = Steps([(0.0, math.floor(self.first_soc)), *self.soc.crossings()])

    def _make_lines(self) -> None:
        self.soc, self.place = Line(self.first_soc), Line(0.0)
        for phase in self.phases:
            at = phase.start
            for piece in phase.pieces:
                if piece.percent:
                    self.soc.add(at, piece.seconds, piece.percent)
                if piece.metres:
                    self.place.add(at, piece.seconds, piece.metres)
                at += piece.seconds

    def _charging(self) -> Iterator[tuple[float, object]]:
        yield 0.0, DISCONNECTED
        for plugged, unplugged in self.cable:
            yield plugged, STOPPED
            yield unplugged, DISCONNECTED
            for phase in self.charges:
                if plugged <= phase.start < unplugged:
                    yield phase.start, CHARGING
                    if phase.end < unplugged:
                        yield phase.end, COMPLETE

    def is_active(self, time: float) -> bool:
        i = bisect_right(self._starts, time) - 1
        return i >= 0 and time < self.active[i][1]

    def last_active(self, time: float) -> float:
        i = bisect_right(self._starts, time) - 1
        return min(time, self.active[i][1]) if i >= 0 else -NIGHT

    def is_occupied(self, time: float) -> bool:
        i = bisect_right(self._occupied_starts, time) - 1
        return i >= 0 and time < self._occupied[i].end

    def charge(self, time: float) -> Phase | None:
        i = bisect_right(self._charge_starts, time + 1) - 1
        return self.charges[i] if i >= 0 and time <= self.charges[i].end + 1 else None

    def changes(self) -> list[float]:
        """When the gear or the charging state changes: what a stream pushes."""
        return sorted(time for time in {*self.charging.times, *self.driving.times} if 0 < time < self.end)


NIGHT = 1e9


def union(spans: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Spans that touch become one."""
    found: list[tuple[float, float]] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return found
