"""When the car may charge and when it warms up: the old scheduled modes and the new lists (fleet-api.md 3.4)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bridge.simulator.places import Place, miles_between

Schedule = dict[str, Any]  # one entry of `charge_schedules` or `precondition_schedules`, as it is answered

EVERY_DAY, WORKDAYS = 127, 62
DAY_BITS = {"sun": 1, "mon": 2, "tues": 4, "wed": 8, "thurs": 16, "fri": 32, "sat": 64}
DAY_WORDS = {
    **DAY_BITS,
    **{
        f"{day}day": bit
        for day, bit in zip(("sun", "mon", "tues", "wednes", "thurs", "fri", "satur"), DAY_BITS.values(), strict=True)
    },
    "all": EVERY_DAY,
    "weekdays": WORKDAYS,
}
START_WINDOW = timedelta(hours=6)  # a car plugged in so much later than its start time still charges at once
WARM_UP = timedelta(minutes=10)
WARM_AFTER = timedelta(minutes=5)
NEAR_MILES = 0.2


@dataclass(frozen=True)
class Window:
    """A time in which charging may start."""

    start: datetime
    end: datetime

    def holds(self, now: datetime) -> bool:
        """Whether `now` is within."""
        return self.start <= now < self.end


@dataclass
class Timetable:
    """Everything scheduled; times of day are minutes after local midnight."""

    mode: str = "Off"
    start_minutes: int = 0
    departure_minutes: int = 0
    preconditioning: bool = False
    preconditioning_days: int = EVERY_DAY
    off_peak: bool = False
    off_peak_days: int = EVERY_DAY
    off_peak_end: int = 360
    charge: list[Schedule] = field(default_factory=list)
    precondition: list[Schedule] = field(default_factory=list)

    @property
    def plans_charging(self) -> bool:
        """Whether anything is scheduled for charging at all."""
        return self.mode != "Off" or bool(self.charge)

    def charging_allowed(self, local: datetime, place: Place, hours_needed: float, *, running: bool) -> bool:
        """Whether charging may start now, or go on when it runs."""
        windows = list(self._charge_windows(local, place, hours_needed))
        if not windows or any(window.holds(local) for window in windows):
            return True
        return running and not self._ends_here(place)

    def next_start(self, local: datetime, place: Place, hours_needed: float) -> datetime | None:
        """The coming start of charging; None when nothing is scheduled."""
        starts = [w.start for w in self._charge_windows(local, place, hours_needed) if w.start > local]
        return min(starts, default=None)

    def warming(self, local: datetime, place: Place) -> bool:
        """Whether the cabin shall be made ready for a departure."""
        return any(
            departure - WARM_UP <= local < departure + WARM_AFTER for departure in self._departures(local, place)
        )

    def expire(self, local: datetime) -> None:
        """Drops one-time schedules whose time has passed."""
        for schedule in (*self.charge, *self.precondition):
            if schedule["one_time"] and schedule["enabled"] and _just_over(schedule, local):
                schedule["enabled"] = False

    def _ends_here(self, place: Place) -> bool:
        return any(schedule["end_enabled"] for schedule in active(self.charge, place))

    def _charge_windows(self, local: datetime, place: Place, hours_needed: float) -> Iterator[Window]:
        needed = timedelta(hours=hours_needed)
        for day in _days(local):
            if self.mode == "StartAt":
                yield _after(_at(day, self.start_minutes))
            if self.mode == "DepartBy" and self.off_peak and on_day(self.off_peak_days, day):
                end = _at(day, self.off_peak_end)
                yield Window(end - needed, end)
        for schedule in active(self.charge, place):
            for day in _days_of(schedule, local, ahead=8):
                yield _schedule_window(schedule, day, needed)

    def _departures(self, local: datetime, place: Place) -> Iterator[datetime]:
        if self.mode == "DepartBy" and self.preconditioning:
            for day in _days(local, ahead=1):
                if on_day(self.preconditioning_days, day):
                    yield _at(day, self.departure_minutes)
        for schedule in active(self.precondition, place):
            for day in _days_of(schedule, local, ahead=1):
                yield _at(day, schedule["precondition_time"])


def active(schedules: list[Schedule], place: Place) -> Iterator[Schedule]:
    """The enabled schedules that are meant for this place."""
    for schedule in schedules:
        there = Place(schedule["latitude"], schedule["longitude"])
        if schedule["enabled"] and miles_between(there, place) < NEAR_MILES:
            yield schedule


def days_mask(text: str) -> int:
    """`Mon,Wed` or `Weekdays` as the bit mask of fleet-api.md 3.4; ValueError for another word."""
    mask = 0
    for word in text.lower().split(","):
        bit = DAY_WORDS.get(word.strip())
        if bit is None:
            raise ValueError(f"not a day: {word.strip()}")
        mask |= bit
    return mask


def on_day(mask: int, day: datetime) -> bool:
    """Whether the mask holds the day's weekday; Sunday is bit 0."""
    return bool(mask & 1 << day.isoweekday() % 7)


def put(schedules: list[Schedule], schedule: Schedule) -> None:
    """Adds, or replaces the one with the same id."""
    schedules[:] = [other for other in schedules if other["id"] != schedule["id"]] + [schedule]


def _days_of(schedule: Schedule, local: datetime, *, ahead: int) -> list[datetime]:
    return [day for day in _days(local, ahead=ahead) if on_day(schedule["days_of_week"], day)]


def _days(local: datetime, *, ahead: int = 8) -> list[datetime]:
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return [midnight + timedelta(days=offset) for offset in range(-1, ahead + 1)]


def _at(day: datetime, minutes: int) -> datetime:
    return day + timedelta(minutes=minutes)


def _after(start: datetime) -> Window:
    return Window(start, start + START_WINDOW)


def _schedule_window(schedule: Schedule, day: datetime, needed: timedelta) -> Window:
    """Start and end, only a start, or only an end: then it starts in time to be done by it."""
    end = _at(day, schedule["end_time"])
    if not schedule["start_enabled"]:
        return Window(end - needed, end)
    start = _at(day, schedule["start_time"])
    if not schedule["end_enabled"]:
        return _after(start)
    return Window(start, end if end > start else end + timedelta(days=1))


def _just_over(schedule: Schedule, local: datetime) -> bool:
    """Whether this minute is the one after which the schedule means nothing any more."""
    over = {_last(schedule, day) for day in _days_of(schedule, local, ahead=0)}
    return local.replace(second=0, microsecond=0) in over


def _last(schedule: Schedule, day: datetime) -> datetime:
    if "precondition_time" in schedule:
        return _at(day, schedule["precondition_time"]) + WARM_AFTER
    return _schedule_window(schedule, day, timedelta(0)).end
