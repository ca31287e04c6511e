"""What a house uses: a daily rhythm, a fridge, and the things people switch on."""

from datetime import datetime
from functools import lru_cache
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

# Watts by local hour: asleep, breakfast, a quiet day, cooking and lights in the evening.
RHYTHM = (
    *(230, 210, 200, 200, 210, 260, 480, 720, 620, 450, 420, 460),
    *(560, 520, 440, 430, 520, 820, 1250, 1350, 1150, 900, 600, 340),
)
FRIDGE_WATTS = 110
FRIDGE_CYCLE = 2700  # seconds, a third of them running
# name, watts, minutes it runs, chance on a day, first and last local hour it starts
APPLIANCES = (
    ("kettle", 2000, 4, 0.9, 6, 9),
    ("oven", 2300, 45, 0.6, 17, 19),
    ("washing", 900, 90, 0.5, 9, 15),
    ("dishwasher", 1100, 70, 0.7, 19, 22),
)


class Run(NamedTuple):
    """An appliance that runs from one local minute of the day to another."""

    begin: int
    end: int
    watts: int


class Habits(NamedTuple):
    """One day of a household: a factor for each hour (and the next midnight), and its appliances."""

    factors: tuple[float, ...]
    runs: tuple[Run, ...]


@lru_cache(maxsize=128)
def habits(seed: int, day: int) -> Habits:
    """The habits of a day (proleptic ordinal), the same for the same seed."""
    dice = Random(f"house {seed} {day}")
    factors = tuple(dice.uniform(0.75, 1.25) for _ in range(25))
    return Habits(factors, tuple(_runs(dice)))


class House:
    """A household without its cars."""

    def __init__(self, *, seed: int, zone: ZoneInfo) -> None:
        self._seed = seed
        self._zone = zone

    def watts(self, epoch: float) -> float:
        """What the house uses at that time."""
        local = datetime.fromtimestamp(epoch, self._zone)
        today = habits(self._seed, local.toordinal())
        minute = local.hour * 60 + local.minute
        running = sum(run.watts for run in today.runs if run.begin <= minute < run.end)
        return _rhythm(today.factors, minute) + running + self._fridge(epoch)

    def _fridge(self, epoch: float) -> int:
        running = (epoch + self._seed * 977) % FRIDGE_CYCLE < FRIDGE_CYCLE / 3
        return FRIDGE_WATTS if running else 0


def _runs(dice: Random) -> list[Run]:
    drawn = ((dice.random(), dice.randint(first * 60, last * 60)) for *_, first, last in APPLIANCES)
    return [
        Run(begin, begin + minutes, watts)
        for (_, watts, minutes, chance, _, _), (luck, begin) in zip(APPLIANCES, drawn, strict=True)
        if luck < chance
    ]


def _rhythm(factors: tuple[float, ...], minute: int) -> float:
    hour, past = divmod(minute, 60)
    now, then = RHYTHM[hour] * factors[hour], RHYTHM[(hour + 1) % 24] * factors[hour + 1]
    return now + (then - now) * past / 60
