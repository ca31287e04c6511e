"""The days before a simulated site's life begins: lived through once, quickly, when somebody asks."""

from datetime import date, datetime, time, timedelta
from functools import lru_cache

from bridge.simulator.site_buckets import WIDTH, Bucket, Day, Meter
from bridge.simulator.site_charger import Session, usual_session
from bridge.simulator.site_equipment import Equipment
from bridge.simulator.site_flow import paths
from bridge.simulator.site_plant import Plant
from bridge.simulator.site_settings import Settings
from bridge.simulator.site_window import Window

ONE_DAY = timedelta(days=1)
HOUR = 3600
WARM_UP = 3 * HOUR  # coarse, only to find where the battery stands at midnight


class Past:
    """Made by the same machines as the present, as they were set up, with the cars of a household of regular habits."""

    def __init__(self, equipment: Equipment, begin_of_life: date) -> None:
        self._equipment = equipment
        self._end = begin_of_life

    def day(self, day: date) -> Day:
        """A day with its buckets."""
        return Day(list(_buckets(self._equipment, day, WIDTH)))

    def sum_of_day(self, day: date) -> Day:
        """A day without buckets: coarser, and about ten times as fast."""
        lived = Day(list(_buckets(self._equipment, day, HOUR)))
        lived.drop_buckets()
        return lived

    def plant_at(self, day: date) -> Plant:
        """The machines at the day's first moment; the battery was half full a day earlier."""
        return _plant_at(self._equipment, day)

    def sessions(self, window: Window) -> list[Session]:
        """The charges of the days that the window touches."""
        day = max(window.first_day, self._equipment.installed)
        found: list[Session] = []
        while day <= min(window.last_day, self._end - ONE_DAY):
            found += self._sessions_of(day)
            day += ONE_DAY
        return sorted(found)

    def midnight(self, day: date) -> int:
        """The epoch at which the local day begins."""
        return _midnight(self._equipment, day)

    def _sessions_of(self, day: date) -> list[Session]:
        return _sessions(self._equipment, day)


def _plant_at(equipment: Equipment, day: date) -> Plant:
    plant = equipment.plant(Settings(), level=50)
    _live(equipment, plant, day - ONE_DAY, WARM_UP)
    return plant


@lru_cache(maxsize=2000)
def _buckets(equipment: Equipment, day: date, width: int) -> tuple[Bucket, ...]:
    """Tests make the same account again and again, and a year takes a second."""
    return tuple(_live(equipment, _plant_at(equipment, day), day, width))


def _live(equipment: Equipment, plant: Plant, day: date, width: int) -> list[Bucket]:
    sessions, meter, lived = _sessions(equipment, day), Meter(), list[Bucket]()
    for epoch in range(_midnight(equipment, day), _midnight(equipment, day + ONE_DAY), width):
        cars = sum(session.watts_at(epoch) for session in sessions)
        level = plant.battery.level
        flow = plant.step(epoch, cars, width)
        if closed := meter.count(epoch, level, paths(flow), width):
            lived.append(closed)
    if last := meter.open_bucket():
        lived.append(last)
    return lived


def _sessions(equipment: Equipment, day: date) -> list[Session]:
    midnight = _midnight(equipment, day)
    drawn = [usual_session(equipment.seed, din, day, midnight) for din in equipment.wall_connectors]
    return [session for session in drawn if session]


def _midnight(equipment: Equipment, day: date) -> int:
    return int(datetime.combine(day, time(), equipment.zone).timestamp())
