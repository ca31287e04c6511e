"""The limit of polling: who knows when things change, and polls just then."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from benchmarks.policy.play import play
from benchmarks.policy.protocol import CHARGING, NEVER, Level, Reply, Request
from benchmarks.policy.score import Score, score
from benchmarks.policy.world import FULL_RANGE, Truth

DRIVING = (4, 10, 20, 30, 45, 60, 90, 120, 180, 300, 600, 2400)
CHARGING_SLOW = (1800, 3600, NEVER)
CHARGING_FAST = (60, 250, 500, 900, 1800, NEVER)


def charging_levels(reply: Reply, exact: float) -> Iterator[Level]:
    """The level read, and from then on as the car says it charges: a rate that is 3 % off, an end two minutes off."""
    yield Level(reply.at, reply.battery)
    if reply.charging == CHARGING and reply.rate > 0:
        end = max(reply.charge_end or 0.0, reply.at)
        for whole in range(math.floor(exact) + 1, 101):
            at = reply.at + (whole - exact) / reply.rate
            if at > end:
                return
            yield Level(at, whole)


class Clairvoyant:
    """Reads every so often while driving and charging, at each change, and else never."""

    is_pushed = False

    def __init__(self, truth: Truth, driving: float, charging: float, *, extrapolates: bool = True) -> None:
        self._times = iter(sorted(set(_moments(truth, driving, charging))))
        self._extrapolates = extrapolates

    def next(self, last: Reply | None, now: float) -> Request:  # noqa: ARG002 - it knows
        return Request(next(self._times, NEVER), "data")

    def levels(self, reply: Reply) -> Iterable[Level]:
        if not self._extrapolates:
            return (Level(reply.at, reply.battery),)
        return charging_levels(reply, reply.battery_range / FULL_RANGE * 100)


def _moments(truth: Truth, driving: float, charging: float) -> Iterator[float]:
    for phase in truth.drives:
        yield from _every(phase.start + 1, phase.end, driving)
        yield phase.end + 1
    for change in truth.changes():
        if not any(phase.start - 2 <= change <= phase.end + 2 for phase in truth.drives):
            yield change + 1
    for phase in truth.charges:
        yield from _every(phase.start + charging, phase.end, charging)


def _every(start: float, end: float, seconds: float) -> Iterator[float]:
    while start < end:
        yield start
        start += seconds


@dataclass(frozen=True)
class Front:
    """The least that a staleness costs: (S, dollars a month), S rising."""

    points: tuple[tuple[float, float], ...]

    def dollars(self, stale: float) -> float:
        """Between two points: straight in logarithms."""
        stale = max(stale, 1e-3)
        keys = [at for at, _ in self.points]
        i = bisect_left(keys, stale)
        if i == 0 or i == len(keys):
            return self.points[min(i, len(keys) - 1)][1]
        (s0, d0), (s1, d1) = self.points[i - 1], self.points[i]
        share = math.log(stale / s0) / math.log(s1 / s0)
        return d0 * math.exp(share * math.log(d1 / d0))


@dataclass(frozen=True)
class Limits:
    """Clairvoyant polling: with the battery extrapolated while charging; observed only; the battery always known."""

    charging: Front
    observed: Front
    all: Front

    def of(self, result: Score) -> tuple[float, float, float]:
        """The bill as a multiple of each limit's at the same staleness."""
        return tuple(result.dollars / front.dollars(result.stale) for front in (self.charging, self.observed, self.all))  # type: ignore[return-value]


def limits(truth: Truth) -> Limits:
    fine = replace(truth, world=replace(truth.world, has_fraction=True))
    return Limits(
        _front(_points(fine, CHARGING_SLOW, extrapolates=True)),
        _front(_points(fine, CHARGING_FAST, extrapolates=False)),
        _front(_points(fine, (NEVER,), extrapolates=True, knows_battery=True)),
    )


def _points(
    truth: Truth, charging: Iterable[float], *, extrapolates: bool, knows_battery: bool = False
) -> Iterator[tuple[float, float]]:
    for every in DRIVING:
        for slow in charging:
            game = play(Clairvoyant(truth, every, slow, extrapolates=extrapolates), truth)
            result = score("", game, knows_battery=knows_battery)
            yield max(result.stale, 1e-3), result.dollars


def _front(points: Iterable[tuple[float, float]]) -> Front:
    best, kept = math.inf, []
    for stale, dollars in sorted(points):
        if dollars < best:
            kept.append((stale, dollars))
            best = dollars
    return Front(tuple(kept))
