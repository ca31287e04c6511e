"""A site's own day, 23 to 25 hours long, and its sums (reliability.md E5, fault case F44)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from catalog_cases import RECORDED, load, needs_recorded
from hypothesis import given, settings, strategies as st
from odd_answers import ODD, anything

from bridge.sources.history import Day, days, today, totals

pytestmark = pytest.mark.case("F44")

FIVE_MINUTES = timedelta(minutes=5)
ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Havana", "Africa/Cairo"]

# (zone, day, hours): both clock changes of 2026, a usual day, the leap day and the year's end
DAYS = [
    ("Europe/Berlin", date(2026, 3, 29), 23.0),
    ("Europe/Berlin", date(2026, 10, 25), 25.0),
    ("Europe/Berlin", date(2028, 2, 29), 24.0),
    ("America/New_York", date(2026, 3, 8), 23.0),
    ("America/New_York", date(2026, 11, 1), 25.0),
    ("America/New_York", date(2026, 12, 31), 24.0),
    ("Australia/Lord_Howe", date(2026, 10, 4), 23.5),
    ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
    ("Asia/Kolkata", date(2026, 3, 29), 24.0),
    ("America/Havana", date(2026, 3, 8), 23.0),  # midnight does not exist
    ("America/Havana", date(2026, 11, 1), 25.0),  # midnight comes twice
    ("Africa/Cairo", date(2026, 10, 29), 25.0),  # 23:59:59 comes twice
]


def _instants(zone: str, day: date) -> list[datetime]:
    """Every five minutes that are this day where the site stands, as UTC."""
    local, start = ZoneInfo(zone), datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=16)
    every = (start + number * FIVE_MINUTES for number in range(12 * 56))
    return [instant for instant in every if instant.astimezone(local).date() == day]


def _buckets(zone: str, day: date) -> Iterator[dict[str, Any]]:
    """The answer's buckets from the day before to the day after, 1 Wh and 7 Wh each."""
    for each in (day - timedelta(days=1), day, day + timedelta(days=1)):
        for instant in _instants(zone, each):
            stamp = instant.astimezone(ZoneInfo(zone)).isoformat()
            yield {"timestamp": stamp, "solar_energy_exported": 1, "grid_energy_imported": 7}


# --- the day ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("zone", "day", "hours"), DAYS)
def test_a_day_is_as_long_as_it_is_where_the_site_stands(zone: str, day: date, hours: float) -> None:
    instants = _instants(zone, day)
    assert len(instants) == hours * 12
    for instant in instants:
        found = today(instant, zone)
        assert found
        # As UTC: Python calls two zones' times unequal where the clock is ambiguous.
        assert found.start.astimezone(UTC) == instants[0]
        assert found.end.astimezone(UTC) == instants[-1] + FIVE_MINUTES - timedelta(seconds=1)


@pytest.mark.parametrize(("zone", "day", "hours"), DAYS)
def test_the_sums_are_exact_whatever_the_night_did(zone: str, day: date, hours: float) -> None:
    found = today(_instants(zone, day)[100], zone)
    assert found
    sums = totals({"time_series": list(_buckets(zone, day))}, found)
    assert sums == {
        "solar_energy_exported": hours * 12,
        "grid_energy_imported": hours * 12 * 7,
        "period_start": found.start.isoformat(),
    }


@pytest.mark.parametrize("zone", ZONES)
def test_one_day_follows_the_other_without_a_gap_for_four_hundred_days(zone: str) -> None:
    noon = datetime(2026, 1, 1, 12, tzinfo=ZoneInfo(zone))
    days = [today(noon + timedelta(days=number), zone) for number in range(401)]
    for day, following in pairwise(days):
        assert day
        assert following
        assert day.end.astimezone(UTC) + timedelta(seconds=1) == following.start.astimezone(UTC)
        assert day.start.isoformat()[11:19] in {"00:00:00", "01:00:00"}


@pytest.mark.parametrize(("zone", "day", "hours"), DAYS)
def test_past_days_are_the_same_days_as_they_were(zone: str, day: date, hours: float) -> None:
    found = days(day - timedelta(days=1), day, zone)
    assert found[1] == today(_instants(zone, day)[-1], zone)
    assert found[0].end.astimezone(UTC) + timedelta(seconds=1) == found[1].start.astimezone(UTC)
    assert days(day, day - timedelta(days=1), zone) == days(day, day, None) == []


@pytest.mark.parametrize(("zone", "day"), [(zone, day) for zone, day, hours in DAYS if hours != 24])
def test_totals_never_fall_before_the_day_is_over(zone: str, day: date) -> None:
    """Home Assistant's statistics would take a fall for a new meter."""
    buckets = list(_buckets(zone, day))
    stamps = [datetime.fromisoformat(bucket["timestamp"]).astimezone(UTC) for bucket in buckets]
    before = 0
    for instant in _instants(zone, day)[::6]:
        found = today(instant, zone)
        past = buckets[: bisect_right(stamps, instant)]
        sums = totals({"time_series": past}, found) if found else None
        assert sums
        assert sums["solar_energy_exported"] > before
        before = sums["solar_energy_exported"]


def test_the_window_is_written_with_the_offsets_of_its_ends() -> None:
    day = today(datetime(2026, 3, 29, 12, tzinfo=UTC), "Europe/Berlin")
    assert day
    assert day.start.isoformat() == "2026-03-29T00:00:00+01:00"
    assert day.end.isoformat() == "2026-03-29T23:59:59+02:00"


@pytest.mark.parametrize("zone", [None, "", "Mars/Olympus", "../etc/passwd", "/etc/passwd", "Europe", "\0", "x" * 300])
def test_without_a_time_zone_there_is_no_day(zone: str | None) -> None:
    assert today(datetime(2026, 3, 29, 12, tzinfo=UTC), zone) is None


# --- the sums ---------------------------------------------------------------------------------------------

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
DAY = Day(NOON.replace(hour=0), NOON.replace(hour=23, minute=59, second=59), "UTC")


def _bucket(**fields: Any) -> dict[str, Any]:
    return {"timestamp": NOON.isoformat(), **fields}


def test_zero_is_a_value_and_a_missing_counter_is_none() -> None:
    sums = totals({"time_series": [_bucket(a=0, b=2), _bucket(a=0, c=0.5)]}, DAY)
    assert sums == {"a": 0, "b": 2, "c": 0.5, "period_start": "2026-07-01T00:00:00+00:00"}


@pytest.mark.parametrize("history", [*ODD, {"time_series": None}, {"time_series": {}}, {"time_series": [None, 5, {}]}])
def test_without_a_bucket_nothing_is_known(history: Any) -> None:
    assert totals(history, DAY) is None


@pytest.mark.parametrize("stamp", [*ODD, "2026-07-01T12:00:00", "2026-06-30T23:59:59+00:00", "2026-07-02T00:00:00Z"])
def test_a_bucket_of_another_day_or_of_no_day_is_left_out(stamp: Any) -> None:
    sums = totals({"time_series": [{"timestamp": stamp, "a": 100}, _bucket(a=1)]}, DAY)
    assert sums
    assert sums["a"] == 1


@pytest.mark.parametrize("odd", [None, True, "5", "", [], {}, float("nan"), float("inf"), 10**400, 1e300])
def test_an_odd_counter_costs_only_itself(odd: Any) -> None:
    sums = totals({"time_series": [_bucket(a=1.5, b=2), _bucket(a=odd, b=odd), _bucket(a=1, b=2)]}, DAY)
    assert sums == {"a": 2.5, "b": 4, "period_start": "2026-07-01T00:00:00+00:00"}


@settings(max_examples=40)
@given(series=st.lists(anything | st.dictionaries(st.sampled_from(["timestamp", "a"]), anything), max_size=5))
def test_no_history_raises(series: list[Any]) -> None:
    sums = totals({"time_series": [*series, _bucket(solar_energy_exported=3)]}, DAY)
    assert sums
    assert sums["solar_energy_exported"] == 3


@needs_recorded
def test_a_recorded_day() -> None:
    history = load(RECORDED / "energy_history_day.json")["response"]
    day = today(datetime(2024, 9, 18, 3, tzinfo=UTC), history["installation_time_zone"])
    assert day
    sums = totals(history, day)
    assert sums
    assert (sums["total_home_usage"], sums["total_solar_generation"], sums["total_battery_discharge"]) == (74, 724, 36)
