"""How a tariff's seasons, weekdays and hours are read."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bridge.simulator.site_tariff import Tariff

ZONE = ZoneInfo("Europe/Berlin")
EVERY_DAY = {"fromDayOfWeek": 0, "toDayOfWeek": 6}


def tariff(peak: dict[str, int], *, winter: tuple[int, int] = (10, 3)) -> Tariff:
    rest = {"periods": [{**EVERY_DAY, "fromHour": 0, "toHour": 0}]}
    periods = {"ON_PEAK": {"periods": [peak]}, "OFF_PEAK": rest}
    season: dict[str, Any] = {"fromDay": 1, "toDay": 31, "tou_periods": periods}
    rates = {"rates": {"ON_PEAK": 0.4, "OFF_PEAK": 0.1}}
    return Tariff(
        {
            "energy_charges": {"ALL": {"rates": {"ALL": 0}}, "Winter": rates},
            "seasons": {"Winter": {**season, "fromMonth": winter[0], "toMonth": winter[1]}, "Summer": {}},
        }
    )


@pytest.mark.parametrize(
    ("peak", "moment", "period"),
    [
        ({**EVERY_DAY, "fromHour": 16, "toHour": 21}, "2026-01-05T16:00", "ON_PEAK"),
        ({**EVERY_DAY, "fromHour": 16, "toHour": 21}, "2026-01-05T21:00", "OFF_PEAK"),
        ({**EVERY_DAY, "fromHour": 16, "fromMinute": 30, "toHour": 21}, "2026-01-05T16:29", "OFF_PEAK"),
        ({**EVERY_DAY, "fromHour": 22, "toHour": 6}, "2026-01-05T23:00", "ON_PEAK"),
        ({**EVERY_DAY, "fromHour": 22, "toHour": 6}, "2026-01-05T05:59", "ON_PEAK"),
        ({"fromDayOfWeek": 0, "toDayOfWeek": 4, "fromHour": 8, "toHour": 9}, "2026-01-09T08:00", "ON_PEAK"),
        ({"fromDayOfWeek": 0, "toDayOfWeek": 4, "fromHour": 8, "toHour": 9}, "2026-01-10T08:00", "OFF_PEAK"),
        ({"toHour": 3}, "2026-01-11T02:00", "ON_PEAK"),
    ],
)
def test_the_period_of_a_local_time(peak: dict[str, int], moment: str, period: str) -> None:
    local = datetime.fromisoformat(moment).replace(tzinfo=ZONE)
    assert tariff(peak).period(local) == period


def test_a_season_may_run_over_new_year() -> None:
    winter = tariff({"toHour": 3})
    assert winter.period(datetime(2026, 12, 31, 1, tzinfo=ZONE)) == "ON_PEAK"
    assert winter.period(datetime(2026, 7, 1, 1, tzinfo=ZONE)) is None


def test_the_dearest_period_is_the_peak_and_the_cheapest_is_cheap() -> None:
    prices = tariff({"toHour": 3})
    assert prices.price(datetime(2026, 1, 5, 1, tzinfo=ZONE)) == "peak"
    assert prices.price(datetime(2026, 1, 5, 4, tzinfo=ZONE)) == "cheap"
    assert prices.price(datetime(2026, 7, 5, 4, tzinfo=ZONE)) == "middle"
