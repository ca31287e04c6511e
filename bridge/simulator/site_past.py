"""The days before a simulated site's life begins: lived through once, quickly, when somebody asks."""

from datetime import date, datetime, time, timedelta

from bridge.simulator.site_buckets import WIDTH, Day, Meter
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
    """Made by the same machines as the present, with the cars of a household of regular habits."""

    def __init__(self, equipment: Equipment, settings: Settings, begin_of_life: date) -> None:
        self._equipment = equipment
        self._settings = settings
        self._end = begin_of_life

    def day(self, day: date) -> Day:
        """A day with its buckets."""
        return self._live(self.plant_at(day), day, WIDTH)

    def sum_of_day(self, day: date) -> Day:
        """A day without buckets: coarser, and about ten times as fast."""
        lived = self._live(self.plant_at(day), day, HOUR)
        lived.drop_buckets()
        return lived

    def plant_at(self, day: date) -> Plant:
        """The machines at the day's first moment; the battery was half full a day earlier."""
        plant = self._equipment.plant(self._settings, level=50)
        self._live(plant, day - ONE_DAY, WARM_UP)
        return plant

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
        return int(datetime.combine(day, time(), self._equipment.zone).timestamp())

    def _sessions_of(self, day: date) -> list[Session]:
        seed, midnight = self._equipment.seed, self.midnight(day)
        drawn = [usual_session(seed, din, day, midnight) for din in self._equipment.wall_connectors]
        return [session for session in drawn if session]

    def _live(self, plant: Plant, day: date, width: int) -> Day:
        sessions, meter, lived = self._sessions_of(day), Meter(), Day()
        for epoch in range(self.midnight(day), self.midnight(day + ONE_DAY), width):
            cars = sum(session.watts_at(epoch) for session in sessions)
            level = plant.battery.level
            flow = plant.step(epoch, cars, width)
            if closed := meter.count(epoch, level, paths(flow), width):
                lived.buckets.append(closed)
        if last := meter.open_bucket():
            lived.buckets.append(last)
        return lived
