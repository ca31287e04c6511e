"""The lives that cars lead. `reference` is that of performance.md 6; in all others nothing is as even."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random

from benchmarks.policy.world import DAY, HOUR, MINUTE, Phase, Piece, Truth, World

LIMIT = 80
"""Percent at which the charges of uneven lives end, or nearly so."""


def reference(world: World, seed: int) -> Truth:
    """Drives of 40 even minutes at 07:45 and 17:10, a charge of 4 even hours (at plug-in, then at 00:30, in turn)."""
    chance = Random(seed)
    phases: list[Phase] = [Phase(0.0, 60.0, "wake")]
    cable: list[tuple[float, float]] = []
    plugged = None
    for day in range(world.days):
        midnight = day * DAY
        out = midnight + 7.75 * HOUR + chance.uniform(-20, 20) * MINUTE
        back = midnight + 17.2 * HOUR + chance.uniform(-30, 30) * MINUTE
        if plugged is not None:
            cable.append((plugged, out - 81))
        phases += [Phase(out - 90, out, "wake", is_occupied=True), _even_drive(out, 1), _even_drive(back, -1)]
        phases += [Phase(out + 2400, out + 2490, "wake", is_occupied=True)]
        phases += [
            Phase(back - 60, back, "wake", is_occupied=True),
            Phase(back + 2400, back + 2460, "wake", is_occupied=True),
        ]
        phases += [Phase(back + 2460, back + 2580, "wake")]
        plugged = back + 2580
        charge = plugged + 20 if day % 2 == 0 else midnight + DAY + 1800
        phases.append(Phase(charge, charge + 4 * HOUR, "charge", False, (Piece(4 * HOUR, 0, 58.0),), 70))
        for _ in range(3 + (chance.random() < 0)):
            start = midnight + chance.uniform(0, DAY)
            phases.append(Phase(start, start + chance.uniform(20, 180), "wake"))
    cable.append((plugged or 0.0, world.days * DAY + HOUR))
    return Truth(world, _without_overlaps(phases), cable)


def _even_drive(start: float, way: int) -> Phase:
    return Phase(start, start + 2400, "drive", True, (Piece(2400, way * 87_000, -29.0),))


def _without_overlaps(phases: list[Phase]) -> list[Phase]:
    """A wake-up during a drive or a charge is none."""
    busy = [phase for phase in phases if phase.kind != "wake"]
    return [p for p in phases if p.kind != "wake" or not any(q.start < p.end and p.start < q.end for q in busy)]


@dataclass
class Diary:
    """Writes an uneven life, in the order of time; knows how full the battery is."""

    world: World
    seed: int
    phases: list[Phase] = field(default_factory=lambda: [Phase(0.0, 60.0, "wake")])
    cable: list[tuple[float, float]] = field(default_factory=list)
    plugged: float | None = None
    soc: float = 70.0
    now: float = 0.0

    def __post_init__(self) -> None:
        self.chance = Random(self.seed)

    def drive(self, at: float, minutes: float, way: int = 1) -> None:
        """Somebody gets in, drives off, arrives, sits for a moment and goes."""
        lead = self.chance.uniform(25, 180)
        start = max(at, self.now + 200) + lead
        pieces = tuple(self._pieces(minutes * MINUTE * self.chance.uniform(0.8, 1.25), way))
        self.unplug(start - 0.8 * lead)
        end = start + sum(piece.seconds for piece in pieces)
        self.soc += sum(piece.percent for piece in pieces)
        leaves = end + self.chance.uniform(15, 120)
        self.phases += [Phase(start - lead, start, "wake", is_occupied=True), Phase(start, end, "drive", True, pieces)]
        self.phases += [
            Phase(end, leaves, "wake", is_occupied=True),
            Phase(leaves, leaves + self.chance.uniform(10, 60), "wake"),
        ]
        self.now = end

    def _pieces(self, seconds: float, way: int) -> list[Piece]:
        """Town, country and motorway; hills; red lights. 75 kWh, about 11 to 26 kWh for 100 km."""
        found, left = [], seconds
        while left > 1 and self.soc > 12:
            spell = min(left, self.chance.uniform(20, 240))
            low, high = self.chance.choices([(0, 1), (7, 15), (18, 28), (29, 38)], [0.8, 3, 4, 5])[0]
            speed = self.chance.uniform(low, high) if low else 0.0
            power = 700 + speed * (360 + 0.32 * speed * speed) * self.chance.uniform(0.7, 1.35)
            found.append(Piece(spell, way * speed * spell, -power * spell / 3.6e6 / 75 * 100))
            left -= spell
        return found or [Piece(60, way * 600.0, -0.1)]

    def plug(self, after: float = 75) -> None:
        """The cable is put in, so many seconds after the car came to rest: often sooner, now and then much later."""
        self.plugged = self.now = self.now + min(900, self.chance.lognormvariate(math.log(after), 0.7))
        self.phases.append(Phase(self.now, self.now + 60, "wake"))

    def unplug(self, at: float) -> None:
        if self.plugged is not None:
            self.cable.append((self.plugged, at))
            self.plugged = None

    def charge(self, at: float | None = None, watts: float = 11_000) -> None:
        """Until about the limit, with a power that wanders a little and falls at the end."""
        start = at or self.now + self.chance.uniform(5, 40)
        full = LIMIT + self.chance.uniform(-0.4, 0.4)
        pieces, soc = [], self.soc
        while soc < full:
            power = watts * self.chance.uniform(0.97, 1.0) * min(1.0, (103 - soc) / 60 if watts > 30_000 else 1.0)
            power *= 0.6 if full - soc < 0.7 else 1.0
            spell = self.chance.uniform(20, 60) * MINUTE * (11_000 / watts)
            gain = min(power * spell / 3.6e6 / 75 * 100, max(full - 0.7 - soc, min(full - soc, 0.7)))
            pieces.append(Piece(gain / 100 * 75 * 3.6e6 / power, 0, gain))
            soc += gain
        if pieces:
            end = start + sum(piece.seconds for piece in pieces)
            self.phases.append(Phase(start, end, "charge", False, tuple(pieces), LIMIT))
            self.soc, self.now = soc, end

    def idle(self, day: int, times: float) -> None:
        """It wakes by itself, or somebody opens the app or a door."""
        for _ in range(int(times) + (self.chance.random() < times % 1)):
            start = day * DAY + self.chance.uniform(0, DAY)
            self.phases.append(Phase(start, start + self.chance.uniform(20, 180), "wake"))

    def about(self, day: int, hour: float, minutes: float = 20) -> float:
        return day * DAY + hour * HOUR + self.chance.uniform(-minutes, minutes) * MINUTE

    def truth(self) -> Truth:
        self.unplug(self.world.days * DAY + HOUR)
        return Truth(self.world, _without_overlaps(self.phases), self.cable)


def commuter(world: World, seed: int) -> Truth:
    """The reference's day on real roads: no two minutes and no two evenings are alike."""
    diary = Diary(world, seed)
    for day in range(world.days):
        diary.drive(diary.about(day, 7.75), 40, 1)
        diary.drive(diary.about(day, 17.2, 30), 40, -1)
        diary.plug()
        diary.charge(None if day % 2 == 0 else (day + 1) * DAY + HOUR / 2)
        diary.idle(day, 3)
    return diary.truth()


def stay_at_home(world: World, seed: int) -> Truth:
    """Every second week the car is not moved."""
    diary = Diary(world, seed)
    for day in range(world.days):
        if (day // 7) % 2 == 0:
            diary.drive(diary.about(day, 10, 90), 15, 1)
            diary.drive(diary.about(day, 15, 90), 15, -1)
            diary.plug()
            diary.charge()
        diary.idle(day, 3)
    return diary.truth()


def errands(world: World, seed: int) -> Truth:
    """Eight short trips a day, minutes apart; charged at night."""
    diary = Diary(world, seed)
    for day in range(world.days):
        for number in range(8):
            diary.drive(max(diary.about(day, 8.5 + 1.2 * number, 30), diary.now + 240), 9, (-1) ** number)
        diary.plug()
        diary.charge((day + 1) * DAY + HOUR / 2)
        diary.idle(day, 2)
    return diary.truth()


def traveller(world: World, seed: int) -> Truth:
    """Long drives, charged on the way at 120 kW, never twice at the same place."""
    diary = Diary(world, seed)
    for day in range(world.days):
        if day % 3 < 2:
            diary.drive(diary.about(day, 9, 60), 75, 1)
            diary.plug(60)
            diary.charge(watts=120_000)
            diary.drive(diary.now + 300, 60, 1)
        if diary.soc < 50:
            diary.plug()
            diary.charge(watts=11_000)
        diary.idle(day, 3)
    return diary.truth()


def never_plugged(world: World, seed: int) -> Truth:
    """Short drives; every fourth day a fast charger."""
    diary = Diary(world, seed)
    for day in range(world.days):
        diary.drive(diary.about(day, 8), 18, 1)
        if day % 4 == 3 or diary.soc < 35:
            diary.plug(60)
            diary.charge(watts=120_000)
        diary.drive(max(diary.about(day, 18, 40), diary.now + 300), 18, -1)
        diary.idle(day, 3)
    return diary.truth()


def two_drivers(world: World, seed: int) -> Truth:
    """Hardly ever at rest: four drives at any hour, plugged in between now and then."""
    diary = Diary(world, seed)
    for day in range(world.days):
        for hour, way in ((6.5, 1), (8.7, -1), (13, 1), (19.5, -1)):
            diary.drive(max(diary.about(day, hour, 40), diary.now + 300), 25, way)
        diary.plug()
        diary.charge(None if diary.chance.random() < 0.5 else (day + 1) * DAY + HOUR)
        diary.idle(day, 5)
    return diary.truth()


def woken(world: World, seed: int) -> Truth:
    """Another app wakes the car every hour."""
    diary = Diary(world, seed)
    for day in range(world.days):
        diary.drive(diary.about(day, 7.75), 30, 1)
        diary.drive(diary.about(day, 17.2, 30), 30, -1)
        diary.plug()
        diary.charge()
        for hour in range(24):
            start = day * DAY + (hour + 0.3) * HOUR
            diary.phases.append(Phase(start, start + 60, "wake"))
    return diary.truth()


LIVES: Mapping[str, Callable[[World, int], Truth]] = {
    "reference": reference,
    "commuter": commuter,
    "stay at home": stay_at_home,
    "errands": errands,
    "traveller": traveller,
    "never plugged in": never_plugged,
    "two drivers": two_drivers,
    "woken by another app": woken,
}
