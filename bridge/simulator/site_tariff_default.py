"""The tariff a simulated site starts with, in the shape of tariff_content_v2 (fleet-api.md 4.6)."""

from typing import Any


def _span(begin: int, end: int) -> dict[str, int]:
    days = {"fromDayOfWeek": 0, "toDayOfWeek": 6}
    return {**days, "fromHour": begin, "fromMinute": 0, "toHour": end, "toMinute": 0}


_PERIODS = {
    "ON_PEAK": {"periods": [_span(16, 21)]},
    "PARTIAL_PEAK": {"periods": [_span(6, 16), _span(21, 0)]},
    "SUPER_OFF_PEAK": {"periods": [_span(0, 6)]},
}
_SEASONS = {
    "Summer": {"fromMonth": 4, "fromDay": 1, "toMonth": 9, "toDay": 30, "tou_periods": _PERIODS},
    "Winter": {"fromMonth": 10, "fromDay": 1, "toMonth": 3, "toDay": 31, "tou_periods": _PERIODS},
}
_FLAT: dict[str, Any] = {"rates": {"ALL": 0}}


def _charges(peak: float, middle: float, night: float) -> dict[str, Any]:
    rates = {"ON_PEAK": peak, "PARTIAL_PEAK": middle, "SUPER_OFF_PEAK": night}
    return {"ALL": _FLAT, "Summer": {"rates": rates}, "Winter": {"rates": rates}}


def _tariff(energy_charges: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": "Time of use",
        "utility": "Simulated Utility",
        "monthly_minimum_bill": 0,
        "min_applicable_demand": 0,
        "max_applicable_demand": 0,
        "monthly_charges": 0,
        "daily_charges": [{"name": "Charge", "amount": 0.3}],
        "demand_charges": {"ALL": _FLAT, "Summer": {}, "Winter": {}},
        "energy_charges": energy_charges,
        "seasons": _SEASONS,
    }


TIME_OF_USE: dict[str, Any] = {
    "version": 1,
    "code": "SIM-TOU",
    "currency": "EUR",
    **_tariff(_charges(0.42, 0.30, 0.19)),
    "sell_tariff": _tariff(_charges(0.20, 0.08, 0.05)),
}
