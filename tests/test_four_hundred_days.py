"""400 days, leap day and clock changes among them: nothing is counted twice, and no price begins twice (F44)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from test_derived_tariff import at, season, span

from bridge.sources.history import days, totals

FIRST, LAST = date(2027, 12, 1), date(2029, 1, 3)
"""400 days, with 29 February 2028 among them."""

pytestmark = [
    pytest.mark.case("F44"),
    pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]),
]


def test_each_half_hour_is_in_one_day_and_the_days_add_up(zone: str) -> None:
    counted, begin = days(FIRST, LAST, zone), datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=ZoneInfo(zone))
    assert len(counted) == 400
    seconds = counted[-1].end.astimezone(UTC) - begin.astimezone(UTC) + timedelta(seconds=1)
    count = int(seconds / timedelta(minutes=30))
    instants = [begin.astimezone(UTC) + number * timedelta(minutes=30) for number in range(count)]
    buckets = [{"timestamp": each.astimezone(ZoneInfo(zone)).isoformat(), "energy": 1} for each in instants]
    sums = []
    for number, day in enumerate(counted):
        near = buckets[max(0, 48 * number - 60) : 48 * number + 110]  # an answer holds the days around it, too
        found = totals({"time_series": near}, day)
        assert found
        sums.append(found["energy"])
    assert sum(sums) == count
    assert set(sums) <= {46, 47, 48, 49, 50}


def test_a_price_of_each_day_begins_and_ends_once(zone: str) -> None:
    night: dict[str, Any] = {"NIGHT": [span("0:30", "5:00")], "DAY": [span("5:00", "0:30")]}
    rates = {"ALL": {"rates": {"NIGHT": 0.1, "DAY": 0.3}}}
    content = {"energy_charges": rates, "seasons": {"ALL": season((1, 1), (12, 31), **night)}}
    local, now = ZoneInfo(zone), datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=ZoneInfo(zone))
    changes: list[tuple[date, float]] = []
    while True:
        after: Any = at(now.isoformat(), content, zone)["tariff_next_change"]
        assert after.astimezone(UTC) > now.astimezone(UTC)
        if after.astimezone(local).date() > LAST:
            break
        now = after
        changes.append((now.astimezone(local).date(), at(now.isoformat(), content, zone)["buy_price"]))
    every = [FIRST + timedelta(days=number) for number in range(400)]
    assert changes == [(day, price) for day in every for price in (0.1, 0.3)]
