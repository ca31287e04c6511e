"""A site whose meter can be read at any time, a bridge that is sometimes off, and what it shows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bridge import catalog
from bridge.derived.deriver import Deriver
from bridge.derived.lifetime import COUNTERS, LIFETIME
from bridge.errors import CallWrong
from bridge.model import DeviceId, Kind, Update
from bridge.sources import history
from bridge.sources.asking import Asking
from bridge.sources.extras_site import ask_past_days
from bridge.state import Store

SITE = DeviceId(Kind.ENERGY_SITE, "1")
WIDTH = 300

FIELD = "solar_energy_exported"


def wh(instant: float) -> int:
    """What one bucket of five minutes holds, of each field."""
    return int(instant // WIDTH * 7919) % 23


class Tesla:
    """Tells the history of a site that was installed at a moment; what is `late` it tells only later."""

    def __init__(self, zone: str, installed: datetime) -> None:
        self.zone = ZoneInfo(zone)
        self.installed = installed
        self.now = installed
        self.late: list[tuple[datetime, datetime, datetime]] = []
        """From, to: buckets that are not told before the third moment."""
        self.knows_lifetime = True
        self.is_dead = False
        self.asked: list[tuple[date, str]] = []

    def truth(self, since: datetime) -> int:
        """Wh until now."""
        return sum(wh(at) for at in self._buckets(since, self.now))

    async def energy_history(
        self, site: str, *, start: datetime, end: datetime, period: str, zone: str, kind: str = "energy"
    ) -> Mapping[str, Any] | None:
        assert (site, kind, zone) == (SITE.id, "energy", self.zone.key)
        self.asked.append((start.date(), period))
        if self.is_dead or (period == "lifetime" and not self.knows_lifetime):
            raise CallWrong("no")
        told = [at for at in self._buckets(max(start, self.installed), min(end, self.now)) if self._is_told(at)]
        sums: dict[float, int] = {}
        for at in told:
            bucket = self._year(at) if period == "lifetime" else at
            sums[bucket] = sums.get(bucket, 0) + wh(at)
        series = [{"timestamp": self._local(at).isoformat(), FIELD: total} for at, total in sums.items()]
        return {"period": period, "time_series": series} if series else None

    def _buckets(self, start: datetime, end: datetime) -> range:
        """Those that begin from `start` to `end`, as far as they are over."""
        first = -(-int(start.timestamp()) // WIDTH) * WIDTH
        last = min(int(end.timestamp()), int(self.now.timestamp()) - WIDTH)
        return range(first, last + 1, WIDTH)

    def _is_told(self, at: float) -> bool:
        return not any(a.timestamp() <= at < b.timestamp() and self.now < told for a, b, told in self.late)

    def _year(self, at: float) -> float:
        return self._local(at).replace(month=1, day=1, hour=0, minute=0).timestamp()

    def _local(self, at: float) -> datetime:
        return datetime.fromtimestamp(at, self.zone)


class Shelf:
    """Memories that outlive the bridge."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Any]] = {}
        self.writes = 0

    def memories(self) -> dict[str, dict[str, Any]]:
        return {device: dict(names) for device, names in self.kept.items()}

    def remember(self, device: str, name: str, memory: Any) -> None:
        self.writes += 1
        self.kept.setdefault(device, {})[name] = memory


class Owner:
    """Looks at one counter through all lives of the bridge."""

    def __init__(self, tesla: Tesla) -> None:
        self.tesla = tesla
        self.shelf = Shelf()
        self.shown: list[float] = []
        self.store = Store()
        self.start(with_values=False)

    def start(self, *, with_values: bool = True) -> None:
        """The bridge begins a new life; without its values where they had not been saved."""
        before = dict(self.store.values(SITE)) if with_values else {}
        self.store = Store()
        settings = {"installation_date": self.tesla.installed, "time_zone": self.tesla.zone.key}
        self.store.apply(Update(SITE, {**before, **settings}, -1.0, "restart"))
        self.deriver = Deriver(LIFETIME, self.shelf, self.store.all, lambda: self.tesla.now)

    async def look(self) -> None:
        """One round of polling."""
        zone = self.tesla.zone.key
        day = history.today(self.tesla.now, zone)
        assert day
        answer = await self.tesla.energy_history(SITE.id, start=day.start, end=day.end, period="day", zone=zone)
        if totals := history.totals(answer, day):
            self._learn(catalog.read(SITE.kind, {"energy_history": totals}))
        api: Any = self.tesla
        asking = Asking(api, SITE, self.tesla.now, zone, (), self.store.values(SITE))
        for answers in (await ask_past_days(asking)).values():
            self._learn(catalog.read(SITE.kind, answers))

    def _learn(self, values: Mapping[str, Any]) -> None:
        change = self.store.apply(Update(SITE, values, self.tesla.now.timestamp(), "poll"))
        for derived, _ in self.deriver.of(change) if change else ():
            self.store.apply(Update(SITE, derived, self.tesla.now.timestamp(), "derived"))
            if derived.get("solar_generated_lifetime") is not None:
                self.shown.append(derived["solar_generated_lifetime"])

    async def live(self, until: datetime, every: timedelta) -> None:
        while self.tesla.now < until:
            self.tesla.now = min(self.tesla.now + every, until)
            await self.look()

    @property
    def values(self) -> Mapping[str, Any]:
        return self.store.values(SITE)


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


assert FIELD in COUNTERS["solar_generated_lifetime"]
