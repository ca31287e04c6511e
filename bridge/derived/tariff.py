"""Tesla's tariff object, evaluated at a moment (fleet-api.md 4.6; entities.md N17 to N20)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bridge.catalog import convert
from bridge.derived.frame import Derived, Scene, derivation
from bridge.model import Kind, Value

DAY = 24 * 60
"""Minutes."""

HORIZON = 8
"""Days in which every hour that a tariff names comes once at least."""


class Span(NamedTuple):
    """Weekdays (Monday is 0, both ends included) and minutes of the day; `end` up to `begin` is on the next day."""

    first_day: int
    last_day: int
    begin: int
    end: int

    def holds(self, weekday: int, minute: int) -> bool:
        if self.begin < self.end:
            return self._is_on(weekday) and self.begin <= minute < self.end
        is_morning = minute < self.end and self._is_on((weekday - 1) % 7)  # it has begun the day before
        return is_morning or (minute >= self.begin and self._is_on(weekday))

    def _is_on(self, weekday: int) -> bool:
        return (weekday - self.first_day) % 7 <= (self.last_day - self.first_day) % 7


class Season(NamedTuple):
    """Part of the year, (month, day) to (month, day), both included."""

    name: str
    first: tuple[int, int]
    last: tuple[int, int]
    periods: Mapping[str, tuple[Span, ...]]

    def holds(self, day: date) -> bool:
        at = (day.month, day.day)
        if self.first <= self.last:
            return self.first <= at <= self.last
        return at >= self.first or at <= self.last


class Prices(NamedTuple):
    """One side of a tariff: what is bought, or what is sold. `rates`: season, or ALL -> period, or ALL -> price."""

    seasons: tuple[Season, ...]
    rates: Mapping[str, Mapping[str, float]]

    def period(self, local: datetime) -> tuple[str, str] | None:
        """Names of the season and the period; None where the tariff has none."""
        minute = local.hour * 60 + local.minute
        season = next((season for season in self.seasons if season.holds(local.date())), None)
        if season is None:
            return None
        for name, spans in season.periods.items():
            if any(span.holds(local.weekday(), minute) for span in spans):
                return season.name, name
        return None

    def price(self, local: datetime) -> float | None:
        """Of a kWh. A season without rates of its own has those of ALL."""
        season, period = self.period(local) or ("", "")
        if self.seasons and not period:
            return None
        rates = self.rates.get(season) or self.rates.get(ALL) or {}
        return rates.get(period, rates.get(ALL))


ALL = "ALL"


class Moment(NamedTuple):
    """What holds at a moment."""

    period: str | None
    buy: float | None
    sell: float | None


class Tariff(NamedTuple):
    buy: Prices
    sell: Prices | None

    def at(self, local: datetime) -> Moment:
        found = self.buy.period(local)
        period = convert.word(found[1]) if found else None
        return Moment(period, self.buy.price(local), self.sell.price(local) if self.sell else None)

    def next_change(self, now: datetime, zone: ZoneInfo) -> datetime | None:
        """UTC: when something else holds than now."""
        present = self.at(now.astimezone(zone))
        for instant in sorted(set(self._candidates(now.astimezone(zone), zone))):
            if instant > now and self.at(instant.astimezone(zone)) != present:
                return instant
        return None

    def _candidates(self, now: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        seasons = [*self.buy.seasons, *(self.sell.seasons if self.sell else ())]
        minutes = {0} | {
            minute % DAY
            for season in seasons
            for spans in season.periods.values()
            for span in spans
            for minute in (span.begin, span.end)
        }
        for number in range(-1, HORIZON):
            yield from _instants(now.date() + timedelta(days=number), minutes, zone)
        for day in _season_edges(seasons, now.date()):
            yield from _instants(day, minutes, zone)


def _instants(day: date, minutes: set[int], zone: ZoneInfo) -> Iterator[datetime]:
    """These minutes of a day as UTC, each of them twice where the clock is put back; and when the clock changes."""
    for minute in minutes:
        local = datetime.combine(day, time(*divmod(minute, 60)), zone)
        for fold in (0, 1):
            yield local.replace(fold=fold).astimezone(UTC)
    midnight = datetime.combine(day, time(), zone)
    if midnight.utcoffset() != (midnight + timedelta(days=1)).utcoffset():
        start = midnight.astimezone(UTC)
        yield from (start + timedelta(minutes=30 * step) for step in range(52))


def _season_edges(seasons: list[Season], today: date) -> Iterator[date]:
    """The first days of seasons, and the days after their last ones, within a year."""
    for year in (today.year, today.year + 1):
        for season in seasons:
            yield _day(year, *season.first)
            yield _day(year, *season.last) + timedelta(days=1)


def _day(year: int, month: int, day: int) -> date:
    """29 February is 28 in other years."""
    try:
        return date(year, month, day)
    except ValueError:
        return date(year, month, min(day, 28))


# --- reading ------------------------------------------------------------------------------------------------


def tariff(content: Any) -> Tariff | None:
    """None for what has not the shape of a tariff."""
    try:
        buy = _prices(content)
        selling = content.get("sell_tariff")
        return Tariff(buy, _prices(selling) if selling else None)
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
        return None


def _prices(content: Mapping[str, Any]) -> Prices:
    rates = {name: _rates(charges) for name, charges in content["energy_charges"].items()}
    seasons = tuple(_season(name, body) for name, body in (content.get("seasons") or {}).items() if body)
    return Prices(seasons, rates)


def _rates(charges: Mapping[str, Any]) -> dict[str, float]:
    return {name: convert.number(rate) for name, rate in (charges.get("rates") or {}).items()}


def _season(name: str, body: Mapping[str, Any]) -> Season:
    first = int(body.get("fromMonth") or 1), int(body.get("fromDay") or 1)
    last = int(body.get("toMonth") or 12), int(body.get("toDay") or 31)
    for month, day in (first, last):
        date(2024, month, 1).replace(day=min(day, 28))  # raises for what is no month
    for period in body["tou_periods"]:
        convert.word(period)  # raises for what has no letter
    periods = {period: tuple(map(_span, entry["periods"])) for period, entry in body["tou_periods"].items()}
    return Season(name, first, last, periods)


def _span(raw: Mapping[str, Any]) -> Span:
    """Left out numbers are 0, and a left out last weekday is Sunday (seen in Home Assistant's fixtures)."""
    begin = int(raw.get("fromHour") or 0) * 60 + int(raw.get("fromMinute") or 0)
    end = int(raw.get("toHour") or 0) * 60 + int(raw.get("toMinute") or 0)
    if not (0 <= begin < DAY and 0 <= end <= DAY):
        raise ValueError(raw)
    last = raw.get("toDayOfWeek")
    return Span(int(raw.get("fromDayOfWeek") or 0) % 7, 6 if last is None else int(last) % 7, begin, end)


# --- the derivation -----------------------------------------------------------------------------------------

KEYS = (
    "tariff_period",
    "buy_price",
    "sell_price",
    "tariff_next_change",
    "next_tariff_period",
    "next_buy_price",
    "next_sell_price",
)


def _derive(scene: Scene) -> Derived:
    known, zone = tariff(scene.values.get("tariff")), _zone(scene.values.get("time_zone"))
    if known is None or zone is None:
        return Derived(dict.fromkeys(KEYS))
    change = known.next_change(scene.now, zone)
    now = known.at(scene.now.astimezone(zone))
    following = known.at(change.astimezone(zone)) if change else Moment(None, None, None)
    return Derived(dict(zip(KEYS, (*now, change, *following), strict=True)))


def _zone(name: Value) -> ZoneInfo | None:
    try:
        return ZoneInfo(str(name or ""))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


TARIFF = (derivation("tariff", Kind.ENERGY_SITE, "tariff time_zone", _derive, passes=True),)
