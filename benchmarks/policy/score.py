"""What a game was worth: staleness, delays, sleep, dollars.

The staleness of a value is its age of incorrect information: 0 while what is published is true (the same whole
percent, the same charging state, within 100 m), else the seconds since it last was. Exact: over every span of
being wrong it grows from 0 to the span's length.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from benchmarks.policy.play import Game
from benchmarks.policy.protocol import CHARGING, CREDIT, NEVER, PRICES, Reply
from benchmarks.policy.world import DAY, HOUR, Line, Truth, union

Span = tuple[float, float]
NEAR = 100.0
"""Metres."""


@dataclass(frozen=True)
class Score:
    """Seconds, dollars a month of 30 days, calls a day."""

    name: str
    dollars: float
    calls: dict[str, float]
    refused: float
    asleep: float
    """Share of the hours that the car sleeps when nobody polls."""
    hours: float
    """Asleep, a day."""
    mean: dict[str, float]
    delay: dict[str, float]
    """Mean seconds until drive start, drive end, charge start, charge end were known."""

    @property
    def stale(self) -> float:
        """S: the mean of the three keys' mean staleness."""
        return sum(self.mean.values()) / len(self.mean)

    @property
    def billed(self) -> float:
        return max(0.0, self.dollars - CREDIT)


def score(name: str, game: Game, *, knows_battery: bool = False) -> Score:
    """`knows_battery`: as if the battery's level were always known, for the sharpest limit."""
    truth = game.truth
    days = truth.end / DAY
    wrong = {
        "battery": [] if knows_battery else _battery(game),
        "charging": _steps_apart(
            [(0.0, truth.charging.values[0]), *((reply.at, reply.charging) for reply in game.read)],
            list(zip(truth.charging.times, truth.charging.values, strict=True)),
            truth.end,
        ),
        "place": list(_misplaced(truth.place, game.read, truth.end)),
    }
    hours = _hours_asleep(truth, game.touches)
    return Score(
        name,
        dollars=sum(PRICES[kind] * number for kind, number in game.calls.items()) / days * 30,
        calls={kind: number / days for kind, number in game.calls.items()},
        refused=game.refused / days,
        asleep=hours / _hours_asleep(truth, ()),
        hours=hours,
        mean={key: sum((b - a) ** 2 / 2 for a, b in spans) / truth.end for key, spans in wrong.items()},
        delay=_delays(game),
    )


def _battery(game: Game) -> list[Span]:
    truth = game.truth
    published = [(0.0, truth.battery.values[0]), *((level.at, level.percent) for level in game.levels)]
    return _steps_apart(published, list(zip(truth.battery.times, truth.battery.values, strict=True)), truth.end)


def _steps_apart(one: Sequence[tuple[float, object]], other: Sequence[tuple[float, object]], end: float) -> list[Span]:
    """Where two functions that jump differ; spans that touch are one."""
    merged = sorted(
        [(at, 0, value) for at, value in one] + [(at, 1, value) for at, value in other], key=lambda c: c[:2]
    )
    now: list[object] = [one[0][1], other[0][1]]
    since: float | None = None
    spans: list[Span] = []
    for at, which, value in merged:
        now[which] = value
        if now[0] == now[1] and since is not None:
            if at > since:
                spans.append((since, min(at, end)))
            since = None
        elif now[0] != now[1] and since is None:
            since = at
    if since is not None and since < end:
        spans.append((since, end))
    return spans


def _misplaced(place: Line, read: Sequence[Reply], end: float) -> Iterator[Span]:
    """Where the car is further than 100 m from where it was last seen."""
    moments = [(0.0, place.at(0.0)), *((reply.at, reply.place) for reply in read), (end, 0.0)]
    i = 0
    for (start, seen), (stop, _) in pairwise(moments):
        while i + 1 < len(place.times) and place.times[i + 1] <= start:
            i += 1
        since: float | None = None
        for a, b, is_far in _far(place, i, start, stop, seen):
            if is_far:
                since = a if since is None else since
            elif since is not None:
                yield since, a
                since = None
            if b >= stop:
                break
        if since is not None:
            yield since, min(stop, end)


def _far(place: Line, i: int, start: float, stop: float, seen: float) -> Iterator[tuple[float, float, bool]]:
    """Pieces of [start, stop], each near or far as a whole."""
    at = start
    while at < stop:
        until = min(stop, place.times[i + 1]) if i + 1 < len(place.times) else stop
        here, there = place.at(at), place.at(until)
        cuts = [at, until]
        if here != there:
            cuts += [at + (edge - here) / (there - here) * (until - at) for edge in (seen - NEAR, seen + NEAR)]
        cuts = sorted(cut for cut in cuts if at <= cut <= until)
        for a, b in pairwise(cuts):
            if b > a:
                yield a, b, abs(place.at((a + b) / 2) - seen) > NEAR
        at, i = until, i + 1


def _hours_asleep(truth: Truth, touches: Iterable[float]) -> float:
    quiet = truth.world.sleep_after
    awake = [*((a, b + quiet) for a, b in truth.active), *((at, at + quiet) for at in touches)]
    return (truth.end - sum(min(b, truth.end) - a for a, b in union(awake) if a < truth.end)) / HOUR / (truth.end / DAY)


def _delays(game: Game) -> dict[str, float]:
    truth = game.truth
    return {
        "drive start": _delay(game, ((p.start, p.end) for p in truth.drives), lambda reply: reply.is_driving),
        "drive end": _delay(game, ((p.end, NEVER) for p in truth.drives), lambda reply: not reply.is_driving),
        "charge start": _delay(game, ((p.start, p.end) for p in truth.charges), lambda r: r.charging == CHARGING),
        "charge end": _delay(game, ((p.end, NEVER) for p in truth.charges), lambda r: r.charging != CHARGING),
    }


def _delay(game: Game, events: Iterable[Span], shows: Callable[[Reply], bool]) -> float:
    """Mean seconds from each event to the first reply that shows it, or that comes when it is over."""
    read, found, i = game.read, [], 0
    for event, over in events:
        if event > game.truth.end - 6 * HOUR:
            break
        while i < len(read) and read[i].at < event:
            i += 1
        found.append(next((r.at for r in read[i:] if shows(r) or r.at > over), game.truth.end) - event)
    return sum(found) / len(found) if found else 0.0
