"""Is it a tariff as Tesla takes it (fleet-api.md 4.6)? Each mistake has its sentence. Pure.

Tesla leaves out what is zero, so every number may be missing (seen in site_info).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

ALL = "ALL"
"""The season, or the period, of a rate that is always the same."""


EXAMPLE: Mapping[str, Any] = {
    "name": "Flat",
    "currency": "EUR",
    "energy_charges": {"Year": {"rates": {"ON_PEAK": 0.3}}},
    "seasons": {
        "Year": {
            "fromMonth": 1,
            "fromDay": 1,
            "toMonth": 12,
            "toDay": 31,
            "tou_periods": {"ON_PEAK": {"periods": [{"fromDayOfWeek": 0, "toDayOfWeek": 6}]}},
        }
    },
}


def checked(raw: Any) -> dict[str, Any]:
    """The tariff as it is. Raises ValueError with the first mistake and its place."""
    mistake = next(_mistakes(raw, ""), None)
    if mistake:
        raise ValueError(f"tariff: {mistake[:250]}")
    found: dict[str, Any] = raw
    return found


def _mistakes(raw: Any, at: str) -> Iterator[str]:
    if not isinstance(raw, dict):
        yield f"{at.rstrip('.') or 'it'} must be a JSON object, the whole tariff_content_v2"
        return
    missing = [name for name in ("energy_charges", "seasons") if not isinstance(raw.get(name), dict) or not raw[name]]
    if missing:
        yield f"{at}{missing[0]} is missing or no object with something in it"
        return
    yield from _texts(raw, at)
    yield from _seasons(raw["seasons"], f"{at}seasons")
    yield from _charges(raw["energy_charges"], raw["seasons"], f"{at}energy_charges")
    yield from _unpriced(raw["energy_charges"], raw["seasons"], f"{at}energy_charges")
    if "demand_charges" in raw:
        yield from _charges(raw["demand_charges"], raw["seasons"], f"{at}demand_charges")
    if raw.get("sell_tariff"):
        yield from _mistakes(raw["sell_tariff"], f"{at}sell_tariff.")


def _texts(raw: Mapping[str, Any], at: str) -> Iterator[str]:
    for name in ("name", "utility", "code", "currency"):
        if name in raw and not isinstance(raw[name], str):
            yield f"{at}{name} must be a text"


# --- seasons and their periods --------------------------------------------------------------------------------------

_DATES = {"fromMonth": (1, 12), "fromDay": (1, 31), "toMonth": (1, 12), "toDay": (1, 31)}
_HOURS = {
    "fromDayOfWeek": (0, 6),
    "toDayOfWeek": (0, 6),
    "fromHour": (0, 23),
    "fromMinute": (0, 59),
    "toHour": (0, 24),
    "toMinute": (0, 59),
}


def _seasons(seasons: Mapping[str, Any], at: str) -> Iterator[str]:
    for name, season in seasons.items():
        if not isinstance(season, dict):
            yield f"{at}.{name} must be an object"
        elif season:  # Tesla lists seasons that are not used as empty ones
            yield from _numbers(season, _DATES, f"{at}.{name}", needed=True)
            yield from _periods(season.get("tou_periods"), f"{at}.{name}.tou_periods")


def _periods(periods: Any, at: str) -> Iterator[str]:
    if not isinstance(periods, dict) or not periods:
        yield f"{at} is missing or no object with something in it"
        return
    for name, period in periods.items():
        spans = period.get("periods") if isinstance(period, dict) else None
        if not isinstance(spans, list) or not spans:
            yield f'{at}.{name} must be like {{"periods": [{{"fromHour": 16, "toHour": 21}}]}}'
            continue
        for number, span in enumerate(spans, 1):
            yield from _span(span, f"{at}.{name}, period {number}")


def _span(span: Any, at: str) -> Iterator[str]:
    if not isinstance(span, dict):
        yield f"{at} must be an object"
        return
    if unknown := sorted(span.keys() - _HOURS.keys()):
        yield f"{at}: there is no {unknown[0][:40]}; it takes {', '.join(_HOURS)}"
    yield from _numbers(span, _HOURS, at, needed=False)


def _numbers(raw: Mapping[str, Any], ranges: Mapping[str, tuple[int, int]], at: str, *, needed: bool) -> Iterator[str]:
    for name, (low, high) in ranges.items():
        value = raw.get(name)
        if value is None and not needed:
            continue
        if type(value) is not int or not low <= value <= high:
            yield f"{at}: {name} must be a whole number from {low} to {high}"


# --- prices ---------------------------------------------------------------------------------------------------------


def _charges(charges: Any, seasons: Mapping[str, Any], at: str) -> Iterator[str]:
    if not isinstance(charges, dict):
        yield f"{at} must be an object"
        return
    for name, charge in charges.items():
        if name != ALL and name not in seasons:
            yield f"{at}.{name}: there is no season of this name"
        elif not isinstance(charge, dict):
            yield f"{at}.{name} must be an object"
        else:
            yield from _rates(charge.get("rates", {}), _names(seasons.get(name)), f"{at}.{name}.rates")


def _rates(rates: Any, periods: set[str], at: str) -> Iterator[str]:
    if not isinstance(rates, dict):
        yield f'{at} must be like {{"ON_PEAK": 0.42}}'
        return
    for name, rate in rates.items():
        if name != ALL and name not in periods:
            yield f"{at}.{name}: the season has no period of this name"
        elif isinstance(rate, bool) or not isinstance(rate, int | float) or not -_MOST <= rate <= _MOST:
            yield f"{at}.{name} must be a number, the price of a kWh"


_MOST = 1_000_000
"""In any currency."""


def _unpriced(charges: Mapping[str, Any], seasons: Mapping[str, Any], at: str) -> Iterator[str]:
    """A period without a price. A season without any takes those of ALL."""
    for season, content in seasons.items():
        rates = charges.get(season, {}).get("rates") or charges.get(ALL, {}).get("rates", {})
        if ALL not in rates:
            for name in sorted(_names(content) - rates.keys()):
                yield f"{at}.{season}.rates has no price for the period {name}"


def _names(season: Any) -> set[str]:
    periods = season.get("tou_periods") if isinstance(season, dict) else None
    return set(periods) if isinstance(periods, dict) else set()


def shows(wanted: Any, shown: Any) -> bool:
    """Does the site show what was sent? It may tell more, and leaves out what is zero or empty."""
    if isinstance(wanted, dict) and wanted:
        told = shown if isinstance(shown, dict) else {}
        return all(shows(value, told.get(name)) for name, value in wanted.items())
    if isinstance(wanted, list) and wanted:
        same = isinstance(shown, list) and len(shown) == len(wanted)
        return same and all(map(shows, wanted, shown))
    return bool(wanted == shown or (not wanted and not shown))
