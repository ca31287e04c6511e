"""What a site remembers: recent five-minute buckets, and every day's sum since it was installed."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bridge.simulator.site_buckets import Bucket, Day, Meter
from bridge.simulator.site_flow import Flow, paths

KEEP_BUCKETS = timedelta(days=40)
ONE_DAY = timedelta(days=1)
Past = Callable[[date], Day]


class History:
    """Days by the site's own calendar; those before `first_lived` are made up when first asked for."""

    def __init__(self, *, zone: ZoneInfo, installed: date, first_lived: date, past: Past, past_sum: Past) -> None:
        self._zone = zone
        self._installed = installed
        self._past = past
        self._past_sum = past_sum
        self._days: dict[date, Day] = {first_lived: Day()}
        self._first_lived = first_lived
        self._meter = Meter()

    def count(self, epoch: float, level: float, flow: Flow, seconds: float) -> None:
        """Count a flow over a span that lies within one five-minute bucket."""
        closed = self._meter.count(epoch, level, paths(flow), seconds)
        if closed:
            self._keep(closed)

    def days(self, begin: date, end: date) -> Iterator[tuple[date, Day]]:
        """The days from `begin` to `end`, both included, that hold data."""
        day, end = max(begin, self._installed), min(end, self._live_day())
        while day <= end:
            content = self._day(day)
            if not content.empty:
                yield day, content
            day += ONE_DAY

    def buckets(self, begin: float, end: float) -> list[Bucket]:
        """The kept buckets that start in [begin, end), the running one included."""
        first, last = self._date(begin), self._date(end)
        oldest = self._live_day() - KEEP_BUCKETS
        days = self.days(max(first, oldest), last)
        return [bucket for _, day in days for bucket in day.buckets if begin <= bucket.start < end]

    def closed_buckets(self, begin: float, end: float) -> list[Bucket]:
        """The same without the running bucket."""
        running = self._meter.open_bucket()
        return [bucket for bucket in self.buckets(begin, end) if running is None or bucket != running]

    def _keep(self, bucket: Bucket) -> None:
        today = self._date(bucket.start)
        if today not in self._days:
            self._days[today] = Day()
            self._forget(today - KEEP_BUCKETS)
        self._days[today].buckets.append(bucket)

    def _forget(self, oldest: date) -> None:
        for day, content in self._days.items():
            if day < oldest and content.buckets:
                content.drop_buckets()

    def _day(self, day: date) -> Day:
        if day not in self._days and day < self._first_lived:
            make = self._past if day >= self._live_day() - KEEP_BUCKETS else self._past_sum
            self._days[day] = make(day)
        lived = self._days.get(day, Day())
        running = self._meter.open_bucket()
        if running is None or self._date(running.start) != day:
            return lived
        return Day([*lived.buckets, running], lived.dropped)

    def _live_day(self) -> date:
        running = self._meter.open_bucket()
        return self._first_lived if running is None else self._date(running.start)

    def _date(self, epoch: float) -> date:
        return datetime.fromtimestamp(epoch, self._zone).date()
