"""One drive, worked out beforehand second by second: the same whatever the steps of time it is looked at."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import pi, sin, sqrt
from random import Random

from bridge.simulator.places import Place, between, heading_from, miles_between, moved

METRES_PER_MILE = 1609.344
MPH = 0.44704  # m/s
ACCELERATION, BRAKING = 1.8, 1.5  # m/s2
CREEP = 1.0  # m/s: nobody stops a metre before the line

MASS = 1850.0  # kg
ROLLING = 165.0  # N
AIR = 0.31  # N per (m/s)2
DRIVE_EFFICIENCY, REGEN_EFFICIENCY = 0.88, 0.7
STRONGEST_REGEN = -65.0  # kW
HILL_GRADE, HILL_METRES = 0.008, 2600.0

# Share of the way and speed in mph, with a stop of so many seconds at its end.
TOWN = ((0.25, 27, 20), (0.3, 36, 0), (0.25, 31, 12), (0.2, 22, 0))
COUNTRY = ((0.05, 26, 15), (0.1, 42, 0), (0.35, 66, 0), (0.15, 58, 0), (0.22, 68, 0), (0.08, 40, 18), (0.05, 24, 0))
TOWN_MILES = 6.0
WINDING = 0.05  # how far the way swings from the straight line, as a share of it


@dataclass(frozen=True)
class Moment:
    """Where a drive is: miles and kWh since its start, mph, kW (negative: regeneration), compass degrees."""

    miles: float
    kwh: float
    speed: float
    power: float
    place: Place
    heading: float


@dataclass(frozen=True)
class _Stretch:
    metres: float
    speed: float
    exit_speed: float
    wait: int


class Journey:
    """A drive from one place to another; the seed decides the way and the traffic."""

    def __init__(self, origin: Place, destination: Place, seed: str) -> None:
        random = Random(seed)
        self._path = _path(origin, destination, random)
        self._path_miles = [0.0, *accumulate(miles_between(a, b) for a, b in pairwise(self._path))]
        self.miles = self._path_miles[-1]
        metres = self.miles * METRES_PER_MILE
        self._speeds = [0.0, *_speeds(_stretches(metres, random), random), 0.0]
        self._miles = _scaled(list(accumulate(self._speeds)), self.miles)
        self._power = [
            _kilowatts(*pair, metre)
            for pair, metre in zip(pairwise([*self._speeds, 0.0]), accumulate(self._speeds), strict=True)
        ]
        self._kwh = [0.0, *accumulate(power / 3600 for power in self._power)]
        self.seconds = len(self._speeds) - 1
        self.kwh = self._kwh[self.seconds]

    def at(self, elapsed: float) -> Moment:
        """The moment so many seconds after the start."""
        second = min(int(elapsed), self.seconds)
        following = min(second + 1, self.seconds)
        part = min(1.0, elapsed - second)
        miles = _mix(self._miles, second, following, part)
        place, heading = self._whereabouts(miles)
        speed = self._speeds[second] / MPH
        return Moment(miles, _mix(self._kwh, second, following, part), speed, self._power[second], place, heading)

    def _whereabouts(self, miles: float) -> tuple[Place, float]:
        leg = min(bisect_right(self._path_miles, miles), len(self._path) - 1)
        begin, end = self._path[leg - 1], self._path[leg]
        length = self._path_miles[leg] - self._path_miles[leg - 1]
        done = (miles - self._path_miles[leg - 1]) / length if length else 1.0
        return between(begin, end, min(1.0, done)), heading_from(begin, end)


def _path(origin: Place, destination: Place, random: Random) -> list[Place]:
    straight = miles_between(origin, destination)
    across = heading_from(origin, destination) + 90
    bends = [
        moved(between(origin, destination, share), straight * random.uniform(-WINDING, WINDING), across)
        for share in (0.04, 0.12, 0.2, 0.32, 0.45, 0.58, 0.7, 0.82, 0.9, 0.96)
    ]
    return [origin, *bends, destination]


def _stretches(metres: float, random: Random) -> Iterator[_Stretch]:
    shares = TOWN if metres < TOWN_MILES * METRES_PER_MILE else COUNTRY
    pace = random.uniform(0.95, 1.05)
    speeds = [mph * MPH * pace for _, mph, _ in shares]
    for (share, _, red), speed, following in zip(shares, speeds, [*speeds[1:], 0.0], strict=True):
        wait = round(red * random.random())
        yield _Stretch(metres * share, speed, 0.0 if wait else min(speed, following), wait)


def _speeds(stretches: Iterator[_Stretch], random: Random) -> Iterator[float]:
    """Metres per second, one value each second."""
    speed, driven, end = 0.0, 0.0, 0.0
    rhythm = random.uniform(40, 70)
    for stretch in stretches:
        end += stretch.metres
        while driven < end:
            wish = stretch.speed * (1 + 0.05 * sin(driven / rhythm / 10))
            safe = sqrt(stretch.exit_speed**2 + 2 * BRAKING * (end - driven))
            speed = max(CREEP, min(wish, safe, speed + ACCELERATION), speed - 2 * BRAKING)
            driven += speed
            yield speed
        yield from [0.0] * stretch.wait
        speed = 0.0 if stretch.wait else speed


def _kilowatts(speed: float, following: float, metre: float) -> float:
    """What the battery gives in this second."""
    grade = HILL_GRADE * sin(metre / HILL_METRES * 2 * pi)
    mean = (speed + following) / 2
    force = MASS * (following - speed) + ROLLING + AIR * mean**2 + MASS * 9.81 * grade
    watts = force * mean
    kilowatts = watts / DRIVE_EFFICIENCY if watts > 0 else watts * REGEN_EFFICIENCY
    return max(STRONGEST_REGEN, kilowatts / 1000)


def _scaled(values: list[float], total: float) -> list[float]:
    return [value * total / values[-1] for value in values]


def _mix(values: list[float], a: int, b: int, part: float) -> float:
    return values[a] + (values[b] - values[a]) * part
