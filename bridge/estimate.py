"""What a battery's level is between two readings, for as long as the readings bear it out. Pure.

A car tells a whole percent, and a range in hundredths of a mile. Where the range proves to be a fine measure of the
same thing, it tells where within the percent the battery is (docs/decisions/0011). All times are monotonic seconds of
our clock, levels are percent, rates percent a second.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from bridge.schedule import Activity

MOVES = frozenset({Activity.DRIVING, Activity.CHARGING})
"""Only then does the level change fast enough to be worth an estimate."""

LASTS = {Activity.DRIVING: 600.0, Activity.CHARGING: 7200.0}
"""Seconds that a reading bears out an estimate. Then what was read is told again."""

RECENT = 600.0
"""Seconds of a drive that its next minutes are like."""

STEADY = 0.01
"""How much a charge wanders in any case: no rate is known better than so."""

KEPT = 40
"""Readings to learn the full range from. It drifts over weeks."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one answer told of the battery. None: it did not tell."""

    at: float
    level: int
    range: float | None
    doing: Activity
    limit: int | None = None
    full_at: float | None = None
    """When charging ends, as the car reckons."""
    rate: float | None = None
    """As the car reports it while charging."""


@dataclass(frozen=True, slots=True)
class Span:
    """Where the true level was, at some time."""

    at: float
    low: float
    high: float

    @property
    def middle(self) -> float:
        return (self.low + self.high) / 2

    @property
    def width(self) -> float:
        return self.high - self.low


@dataclass(frozen=True, slots=True)
class Gauge:
    """Readings of level and range, and whether they have one full range in common."""

    seen: tuple[tuple[int, float], ...] = ()
    full: tuple[float, float] | None = None
    """The range at 100 % lies between these; None: not known, or the range is no finer than the level."""


@dataclass(frozen=True, slots=True)
class Trust:
    """What the rate that a charging car reports must be multiplied by, and how wrong it still is: both shares."""

    factor: float = 1.0
    error: float = 0.05


@dataclass(frozen=True, slots=True)
class Battery:
    """All that estimates are made from."""

    gauge: Gauge = Gauge()
    session: tuple[Reading, ...] = ()
    """The newest reading and those before it, of the same drive or charge."""
    usual: float | None = None
    """The rate of drives so far."""
    trust: Trust = Trust()


@dataclass(frozen=True, slots=True)
class Outlook:
    """The level from a reading on: a straight line, until it ends."""

    start: Span
    rate: float
    until: float
    lowest: float
    highest: float

    def level(self, now: float) -> int | None:
        """The whole percent; None: nothing bears out an estimate any longer."""
        if now >= self.until:
            return None
        exact = self.start.middle + self.rate * max(0.0, now - self.start.at)
        return math.floor(min(max(exact, self.lowest), self.highest) + EPSILON)

    def next_change(self, now: float) -> float:
        """When `level` becomes another."""
        exact = self.start.middle + self.rate * max(0.0, now - self.start.at)
        whole = math.floor(exact + EPSILON)
        edge = whole + 1 if self.rate > 0 else whole - 2 * EPSILON
        due = self.start.at + (edge - self.start.middle) / self.rate if self.rate else self.until
        return min(max(due, now + 1), self.until)


EPSILON = 1e-6


def saw(battery: Battery, reading: Reading) -> Battery:
    """One reading more."""
    gauge = _saw_range(battery.gauge, reading)
    last = battery.session[-1] if battery.session else None
    if last and last.doing is reading.doing and reading.at - last.at < LASTS.get(reading.doing, 0.0):
        return replace(battery, gauge=gauge, session=(*battery.session, reading)[-KEPT:])
    ended = replace(battery, gauge=gauge)
    usual = _measured(ended)[0] if last and last.doing is Activity.DRIVING and len(battery.session) > 2 else None
    return Battery(gauge, (reading,), battery.usual if usual is None else usual, _trust(ended))


def outlook(battery: Battery) -> Outlook | None:
    """What to tell until the next reading; None: what was read, and nothing else."""
    last = battery.session[-1] if battery.session else None
    if last is None or last.doing not in MOVES or (line := _line(battery, last)) is None:
        return None
    start, rate = line
    until = last.at + LASTS[last.doing]
    if last.doing is Activity.DRIVING:
        return Outlook(start, min(rate, 0.0), until, 0.0, last.level + 0.99)
    return Outlook(start, max(rate, 0.0), until, last.level, max(last.level, last.limit or 100))


def next_event(battery: Battery) -> float | None:
    """When a reading tells most: the end of a charge, or where the next percent should begin, if only those tell it."""
    end, coming = full_at(battery), outlook(battery)
    last = battery.session[-1] if battery.session else None
    if coming is None or last is None or last.doing is not Activity.CHARGING or battery.gauge.full:
        return end
    edge = coming.next_change(last.at + WHOLE_LOOKS[min(len(battery.session), len(WHOLE_LOOKS)) - 1])
    return edge if end is None else min(edge, end)


WHOLE_LOOKS = (450.0, 900.0, 1800.0)
"""Seconds between readings of a charge, of which only whole percents tell."""


def full_at(battery: Battery) -> float | None:
    """When charging ends: by our own measurements where they are fine, else as the car reckons."""
    last = battery.session[-1] if battery.session else None
    if last is None or last.doing is not Activity.CHARGING:
        return None
    line = _line(battery, last)
    if last.limit is None or line is None or line[1] <= 0 or not _is_sure(battery, *line):
        return last.full_at
    start, rate = line
    return last.at + max(0.0, last.limit - start.middle) / rate


def _is_sure(battery: Battery, start: Span, rate: float) -> bool:
    """Do we know the end of a charge better than the car does?"""
    return start.width <= NARROW and min(_measured(battery)[1], battery.trust.error * rate) <= FINE * rate


FINE, NARROW = 0.02, 0.25
"""How wrong the rate may be for that, as a share, and the level, in percent."""


# --- the fraction of a percent --------------------------------------------------------------------------------------


def _saw_range(gauge: Gauge, reading: Reading) -> Gauge:
    if not reading.range or reading.level < 5:
        return gauge
    seen = (*gauge.seen, (reading.level, reading.range))
    while len(seen) > KEPT:
        seen = seen[1:]
    return Gauge(seen, _full_range(seen))


def _full_range(seen: Sequence[tuple[int, float]]) -> tuple[float, float] | None:
    """The full ranges that fit all readings, if there are any, and if ranges made of whole percents do not fit."""
    low = max(100 * (miles - 0.005) / (level + 1) for level, miles in seen)
    high = min(100 * (miles + 0.005) / level for level, miles in seen)
    least = max((miles - 0.01) / level for level, miles in seen)
    most = min((miles + 0.01) / level for level, miles in seen)
    is_of_whole_percents = least <= most
    return None if is_of_whole_percents or low > high or high - low > COARSE * low else (low, high)


COARSE = 0.006
"""A full range that is known worse than so says nothing about a fraction of a percent."""


def _span(gauge: Gauge, reading: Reading) -> Span:
    """Where the level was: within the fraction that the range tells, or anywhere in the whole percent."""
    whole = Span(reading.at, float(reading.level), reading.level + 1.0)
    if not gauge.full or not reading.range:
        return whole
    low, high = (100 * reading.range / full for full in reversed(gauge.full))
    fits = max(low, whole.low) <= min(high, whole.high)
    return Span(reading.at, max(low, whole.low), min(high, whole.high)) if fits else whole


# --- the rate -------------------------------------------------------------------------------------------------------


def _line(battery: Battery, last: Reading) -> tuple[Span, float] | None:
    """Where the level is at the last reading, and its rate."""
    rate, error = _measured(battery)
    if last.doing is Activity.DRIVING:
        rate = battery.usual if rate is None or error > UNCLEAR * abs(rate) else rate
        return None if rate is None else (_span(battery.gauge, last), rate)
    trust = battery.trust
    if last.rate is not None and (rate is None or error > trust.error * last.rate):
        rate, error = trust.factor * last.rate, trust.error * last.rate
    return None if rate is None else _fitted(battery, rate, error)


def _trust(battery: Battery) -> Trust:
    """What a charge that has ended tells about the rates that the car reported in it."""
    reported = [reading.rate for reading in battery.session if reading.rate and reading.rate > 0]
    if not reported or len(reported) < len(battery.session):
        return battery.trust
    rate, error = _measured(battery)
    mostly = median(reported)  # the last minutes of a charge are slow
    trust = Trust((rate or mostly) / mostly, max(error / mostly, STEADY))
    return trust if trust.error <= battery.trust.error and abs(trust.factor - 1) <= MISTRUST else battery.trust


MISTRUST = 0.1
"""A car that seems to report its rates so wrongly has charged unevenly."""

UNCLEAR = 0.3
"""A rate of this drive that is known worse than so is worse than that of drives before."""


def _fitted(battery: Battery, rate: float, error: float) -> tuple[Span, float]:
    """The line in the middle of those that pass through all readings of an even charge; each leaves fewer."""
    spans = [_span(battery.gauge, reading) for reading in battery.session[-FITTED:]]
    while len(spans) > 1:
        rates = [rate + error * step / STEPS for step in range(-STEPS, STEPS + 1)]
        through = [(found, each) for each in rates if (found := _through(spans, each))]
        if through:
            return through[len(through) // 2]
        spans.pop(0)
    return spans[0], rate


STEPS = 20

FITTED = 12
"""Readings that a line is laid through: half a day of a slow charge."""


def _through(spans: Sequence[Span], rate: float) -> Span | None:
    """Where lines of this rate that pass through all spans are at the last one."""
    at = spans[-1].at
    low = max(span.low + rate * (at - span.at) for span in spans)
    high = min(span.high + rate * (at - span.at) for span in spans)
    return Span(at, low, high) if low <= high else None


def _measured(battery: Battery) -> tuple[float | None, float]:
    """The rate between the first and last of the readings that count, and by how much it may be wrong."""
    *earlier, last = battery.session
    best: tuple[float | None, float] = None, math.inf
    for first in reversed(earlier):
        seconds = last.at - first.at
        if seconds < SHORTEST:
            continue
        one, other = _span(battery.gauge, first), _span(battery.gauge, last)
        rate, error = (other.middle - one.middle) / seconds, (other.width + one.width) / 2 / seconds
        best = rate, error
        if last.doing is Activity.DRIVING and seconds >= RECENT and error <= CLEAR * abs(rate):
            break
    return best


CLEAR = 0.1
"""A rate that is known so well is better than one of a longer time."""

SHORTEST = 25.0
"""Seconds between two readings that tell a rate."""
