"""Who drives when: stories of cars, and the plan of a day as a pure function of seed and date."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from bridge.simulator.places import Place
from bridge.simulator.vehicle_charging import Supply

IDLE_WAKES_A_DAY = 3


@dataclass(frozen=True)
class Stop:
    """A place the car goes to; `supply` is what the driver plugs in there."""

    name: str
    place: Place
    supply: Supply | None = None
    sentry: bool = False

    @property
    def driver_stays(self) -> bool:
        """At a fast charger the driver waits in the car."""
        return self.supply is not None and self.supply.is_dc


@dataclass(frozen=True)
class Leg:
    """A drive of the plan; `to` names a stop, `departs` is in UTC."""

    departs: datetime
    to: str


@dataclass(frozen=True)
class Outing:
    """Legs that happen together or not at all: (local time, stop)."""

    legs: tuple[tuple[time, str], ...]
    chance: float = 1.0


@dataclass(frozen=True)
class Story:
    """How a car lives: the battery it begins with, and its week (Monday is 0).

    `warms_up` is (stop, minutes after midnight) of workdays.
    """

    level: float
    limit: int = 80
    charging_stopped: bool = False
    warms_up: tuple[tuple[str, int], ...] = ()
    update_after: timedelta = timedelta(hours=4)
    rests_first: bool = False
    week: Mapping[int, tuple[Outing, ...]] = field(default_factory=dict)


COMMUTE = Outing(((time(7, 45), "work"), (time(17, 10), "home")))
EVENING_SHOPPING = Outing(((time(19, 40), "shop"), (time(20, 30), "home")), chance=0.5)
SATURDAY_SHOPPING = Outing(((time(10, 30), "shop"), (time(11, 40), "home")), chance=0.9)
TRIP_TO_THE_LAKE = Outing(((time(9, 20), "supercharger"), (time(11, 15), "lake"), (time(16, 0), "home")), chance=0.6)
AFTERNOON_VISIT = Outing(((time(14, 10), "shop"), (time(15, 20), "home")), chance=0.7)

STORIES: dict[str, Story] = {
    "commuter": Story(
        level=66.0,
        warms_up=(("home", 7 * 60 + 45), ("work", 17 * 60 + 10)),
        week={
            **dict.fromkeys((0, 2), (COMMUTE,)),
            **dict.fromkeys((1, 3, 4), (COMMUTE, EVENING_SHOPPING)),
            5: (SATURDAY_SHOPPING,),
            6: (TRIP_TO_THE_LAKE,),
        },
    ),
    "resting": Story(
        level=56.2,
        charging_stopped=True,
        update_after=timedelta(days=3),
        rests_first=True,
        week=dict.fromkeys((2, 5), (AFTERNOON_VISIT,)),
    ),
}


def legs_of(story: Story, seed: int, day: date, zone: ZoneInfo) -> Iterator[Leg]:
    """The drives planned for a local day, in order."""
    random = Random(f"{seed}:legs:{day}")
    for outing in story.week.get(day.weekday(), ()):
        happens = random.random() < outing.chance
        for at, stop in outing.legs:
            late = timedelta(seconds=random.randint(-120, 150))
            if happens:
                yield Leg(_utc(datetime.combine(day, at, zone)) + late, stop)


def idle_wakes(seed: int, day: date, zone: ZoneInfo) -> Iterator[datetime]:
    """When the car wakes by itself that day and finds nothing to do, UTC."""
    random = Random(f"{seed}:wakes:{day}")
    midnight = _utc(datetime.combine(day, time(0), zone))
    for _ in range(IDLE_WAKES_A_DAY):
        yield midnight + timedelta(minutes=random.randint(0, 24 * 60 - 1))


def next_midnight(now: datetime, zone: ZoneInfo) -> datetime:
    """The coming local midnight, UTC."""
    day = now.astimezone(zone).date() + timedelta(days=1)
    return _utc(datetime.combine(day, time(0), zone))


def _utc(local: datetime) -> datetime:
    return local.astimezone(UTC)
