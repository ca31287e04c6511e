"""A tariff as tariff_content_v2 tells it (fleet-api.md 4.6), read for the battery's plans."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple

from bridge.simulator.errors import BadParameter

Json = dict[str, Any]
Price = Literal["cheap", "middle", "peak"]
DAY = 24 * 60  # minutes


class Hours(NamedTuple):
    """Weekdays (Monday 0) and minutes of the day; `end` before `begin` runs past midnight."""

    first_weekday: int
    last_weekday: int
    begin: int
    end: int

    def hold(self, weekday: int, minute: int) -> bool:
        if not self.first_weekday <= weekday <= self.last_weekday:
            return False
        if self.begin < self.end:
            return self.begin <= minute < self.end
        return minute >= self.begin or minute < self.end


class Season(NamedTuple):
    """Part of the year, both ends (month, day) included, with its periods and their rates per kWh."""

    first: tuple[int, int]
    last: tuple[int, int]
    periods: dict[str, list[Hours]]
    rates: dict[str, float]

    def holds(self, day: tuple[int, int]) -> bool:
        if self.first <= self.last:
            return self.first <= day <= self.last
        return day >= self.first or day <= self.last


class Tariff:
    """Which hours are cheap and which are dear."""

    def __init__(self, content: Json) -> None:
        """Raise BadParameter unless `content` has the shape of tariff_content_v2."""
        self.content = content
        try:
            self._seasons = _read(content)
            self.first_version = _first_version(content)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise BadParameter(f"tariff_content_v2 is not a tariff: {error!r}") from error

    def period(self, local: datetime) -> str | None:
        """The name of the period at that local time, such as ON_PEAK; None where the tariff has none."""
        season = self._season(local)
        return None if season is None else _period(season, local)

    def price(self, local: datetime) -> Price:
        """How the present rate compares with the season's others."""
        season = self._season(local)
        rate = season and season.rates.get(_period(season, local) or "")
        if season is None or rate is None:
            return "middle"
        least, most = min(season.rates.values()), max(season.rates.values())
        if least == most:
            return "middle"
        return "cheap" if rate == least else "peak" if rate == most else "middle"

    def _season(self, local: datetime) -> Season | None:
        day = (local.month, local.day)
        return next((season for season in self._seasons if season.holds(day)), None)


def _period(season: Season, local: datetime) -> str | None:
    minute = local.hour * 60 + local.minute
    for name, spans in season.periods.items():
        if any(hours.hold(local.weekday(), minute) for hours in spans):
            return name
    return None


def _first_version(content: Json) -> Json:
    """The same as the older `tariff_content` tells it: no `rates` and no `periods` level."""
    older = content.copy()
    for kind in {"demand_charges", "energy_charges"} & content.keys():
        older[kind] = {name: charges.get("rates", {}) for name, charges in content[kind].items()}
    if "seasons" in content:
        older["seasons"] = {name: _older_season(season) for name, season in content["seasons"].items()}
    if content.get("sell_tariff"):
        older["sell_tariff"] = _first_version(content["sell_tariff"])
    return older


def _older_season(season: Json) -> Json:
    periods = season.get("tou_periods", {}).items()
    return {**season, "tou_periods": {name: period["periods"] for name, period in periods}} if season else {}


def _read(content: Json) -> list[Season]:
    charges = content["energy_charges"]
    everyday = charges.get("ALL", {}).get("rates", {})
    return [
        _season(season, charges.get(name, {}).get("rates") or everyday)
        for name, season in content["seasons"].items()
        if season
    ]


def _season(season: Json, rates: Mapping[str, Any]) -> Season:
    return Season(
        first=(int(season["fromMonth"]), int(season["fromDay"])),
        last=(int(season["toMonth"]), int(season["toDay"])),
        periods={name: [_hours(span) for span in period["periods"]] for name, period in season["tou_periods"].items()},
        rates={name: float(rate) for name, rate in rates.items()},
    )


def _hours(span: Json) -> Hours:
    """Left out numbers are 0, a left out last weekday is Sunday (seen in Home Assistant's fixtures)."""
    begin = int(span.get("fromHour", 0)) * 60 + int(span.get("fromMinute", 0))
    end = int(span.get("toHour", 0)) * 60 + int(span.get("toMinute", 0))
    hours = Hours(int(span.get("fromDayOfWeek", 0)), int(span.get("toDayOfWeek", 6)), begin, end)
    if not (0 <= begin < DAY and 0 <= end <= DAY):
        raise ValueError(span)
    return hours
