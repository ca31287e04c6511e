"""The histories: counters that add up, the site's own calendar, and a past before the start."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.simulator.errors import BadParameter
from bridge.simulator.site import EnergySite

START = datetime(2026, 6, 15, 10, 0, tzinfo=UTC)
# The recorded fields that every bucket has.
ENERGY_FIELDS = {
    "timestamp",
    "raw_timestamp",
    "solar_energy_exported",
    "generator_energy_exported",
    "grid_energy_imported",
    "grid_services_energy_imported",
    "grid_services_energy_exported",
    "grid_energy_exported_from_solar",
    "grid_energy_exported_from_generator",
    "grid_energy_exported_from_battery",
    "battery_energy_exported",
    "battery_energy_imported_from_grid",
    "battery_energy_imported_from_solar",
    "battery_energy_imported_from_generator",
    "consumer_energy_imported_from_grid",
    "consumer_energy_imported_from_solar",
    "consumer_energy_imported_from_battery",
    "consumer_energy_imported_from_generator",
}
TOTALS = {
    "total_home_usage",
    "total_battery_charge",
    "total_battery_discharge",
    "total_solar_generation",
    "total_grid_energy_exported",
}
DIN = "1457768-02-H--B7S23088J08030"


def site(start: datetime = START, zone: str = "Europe/Berlin", **options: Any) -> EnergySite:
    defaults: dict[str, Any] = {
        "site_id": 5,
        "name": "Home",
        "seed": 11,
        "start": start,
        "zone": zone,
        "latitude": 48.0,
        "wall_connectors": (DIN,),
    }
    return EnergySite(**defaults | options)


def history(
    home: EnergySite,
    period: str = "day",
    kind: str = "energy",
    start: str | None = None,
    end: str | None = None,
) -> list[dict[str, Any]]:
    answer = home.calendar_history(kind=kind, start=start, end=end, period=period, zone=None)
    series: list[dict[str, Any]] = answer["time_series"] if answer else []
    return series


def total(series: list[dict[str, Any]], field: str) -> int:
    return sum(bucket.get(field, 0) for bucket in series)


class TestEnergy:
    def test_the_answer_has_the_recorded_header(self) -> None:
        answer = site().calendar_history(kind="energy", start=None, end=None, period="day", zone=None)
        assert answer is not None
        assert list(answer) == ["serial_number", "period", "installation_time_zone", "time_series"]
        assert answer["installation_time_zone"] == "Europe/Berlin"

    def test_every_bucket_has_every_recorded_field_in_whole_watt_hours(self) -> None:
        for bucket in history(site()):
            assert bucket.keys() >= ENERGY_FIELDS
            assert bucket.keys() <= ENERGY_FIELDS | TOTALS
            numbers = [value for name, value in bucket.items() if not name.endswith("timestamp")]
            assert all(type(number) is int and number >= 0 for number in numbers)

    def test_totals_of_zero_are_left_out(self) -> None:
        night = history(site())[0]
        assert night["solar_energy_exported"] == 0
        assert "total_solar_generation" not in night

    def test_what_is_consumed_is_what_the_sources_gave(self) -> None:
        for bucket in history(site(), period="month", start="2026-06-01T00:00:00+02:00"):
            sources = ("solar", "battery", "grid")
            consumed = sum(bucket[f"consumer_energy_imported_from_{source}"] for source in sources)
            assert bucket["total_home_usage"] == consumed
            assert bucket["solar_energy_exported"] == (
                bucket["consumer_energy_imported_from_solar"]
                + bucket["battery_energy_imported_from_solar"]
                + bucket["grid_energy_exported_from_solar"]
            )

    def test_constant_power_counts_exactly(self) -> None:
        home = site()
        home.force(percentage=20, solar_watts=0, house_watts=1003)
        home.advance(START + timedelta(hours=1), {})
        hour = history(home, start="2026-06-15T12:00:00+02:00")
        assert len(hour) == 12
        assert total(hour, "grid_energy_imported") == pytest.approx(1003, abs=1)

    def test_the_running_bucket_is_part_of_the_day(self) -> None:
        home = site()
        home.force(percentage=20, solar_watts=0, house_watts=6000)
        home.advance(START + timedelta(minutes=2), {})
        last = history(home)[-1]
        assert last["timestamp"] == "2026-06-15T12:00:00+02:00"
        assert last["grid_energy_imported"] == pytest.approx(200, abs=1)

    def test_the_buckets_of_a_lived_day_add_up_to_its_daily_sum(self) -> None:
        home = site()
        home.advance(START + timedelta(days=2), {DIN: ("VIN", 3000.0)})
        day = history(home, start="2026-06-16T00:00:00+02:00", end="2026-06-17T00:00:00+02:00")
        week = history(home, period="week", start="2026-06-16T00:00:00+02:00", end="2026-06-17T00:00:00+02:00")
        assert len(day) == 288
        assert len(week) == 1
        for field in ENERGY_FIELDS - {"timestamp", "raw_timestamp"} | TOTALS:
            assert total(day, field) == week[0].get(field, 0)


class TestPast:
    @pytest.mark.parametrize(
        ("period", "first", "count"),
        [
            ("week", "2026-06-15T00:00:00+02:00", 1),
            ("month", "2026-06-01T00:00:00+02:00", 15),
            ("year", "2026-01-01T00:00:00+01:00", 6),
            ("lifetime", "2025-01-01T00:00:00+01:00", 2),
        ],
    )
    def test_a_period_reaches_back_before_the_start(self, period: str, first: str, count: int) -> None:
        series = history(site(), period=period)
        assert series[0]["timestamp"] == first
        assert len(series) == count
        assert all(bucket["total_home_usage"] > 5000 for bucket in series[:-1])

    def test_a_past_day_has_its_five_minute_buckets(self) -> None:
        day = history(site(), start="2026-06-01T00:00:00+02:00", end="2026-06-02T00:00:00+02:00")
        assert len(day) == 288

    def test_summer_yields_more_sun_than_winter(self) -> None:
        year = history(site(), period="year", start="2025-07-01T00:00:00+02:00")
        by_month = {bucket["timestamp"][:7]: bucket["solar_energy_exported"] for bucket in year}
        assert by_month["2025-07"] > 2 * by_month["2025-12"] > 0

    def test_the_past_is_the_same_however_often_and_in_whatever_order_it_is_asked_for(self) -> None:
        one, other = site(), site()
        history(other, period="month")
        day = {"start": "2026-06-03T00:00:00+02:00", "end": "2026-06-04T00:00:00+02:00"}
        assert history(one, **day) == history(other, **day)

    @pytest.mark.parametrize(
        ("start", "end"),
        [
            ("2026-07-01T00:00:00Z", None),
            ("2020-01-01T00:00:00Z", "2020-02-01T00:00:00Z"),
            ("2026-06-10T00:00:00Z", "2026-06-09T00:00:00Z"),
        ],
    )
    @pytest.mark.parametrize("period", ["day", "month"])
    @pytest.mark.parametrize("kind", ["energy", "power", "soe", "self_consumption"])
    def test_a_window_without_data_is_null(self, start: str, end: str | None, period: str, kind: str) -> None:
        answer = site().calendar_history(kind=kind, start=start, end=end, period=period, zone="UTC")
        assert answer is None


class TestCalendar:
    def test_a_spring_day_has_23_hours(self) -> None:
        home = site(datetime(2026, 3, 28, 12, tzinfo=UTC))
        home.advance(datetime(2026, 3, 30, 12, tzinfo=UTC), {})
        day = history(home, start="2026-03-29T00:00:00+01:00", end="2026-03-30T00:00:00+02:00")
        assert len(day) == 23 * 12
        assert day[-1]["timestamp"] == "2026-03-29T23:55:00+02:00"

    def test_an_autumn_day_has_25_hours_and_tells_its_two_hours_apart(self) -> None:
        home = site(datetime(2026, 10, 24, 12, tzinfo=UTC))
        home.advance(datetime(2026, 10, 26, 12, tzinfo=UTC), {})
        day = history(home, start="2026-10-25T00:00:00+02:00", end="2026-10-26T00:00:00+01:00")
        assert len(day) == 25 * 12
        assert len({bucket["timestamp"] for bucket in day}) == 25 * 12

    def test_a_day_is_the_sites_day_whatever_zone_is_asked_in(self) -> None:
        home = site(zone="Australia/Brisbane")
        first = home.calendar_history(
            kind="energy", start="2026-06-13T14:00:00Z", end="2026-06-14T14:00:00Z", period="week", zone="UTC"
        )
        assert first is not None
        assert [bucket["timestamp"] for bucket in first["time_series"]] == ["2026-06-14T00:00:00+10:00"]

    @pytest.mark.parametrize(
        "change",
        [
            {"period": "decade"},
            {"kind": "savings"},
            {"start": "yesterday"},
            {"start": "2026-06-15T00:00:00"},
            {"end": "0001-01-01T00:00:00+14:00"},
            {"zone": "Mars/Olympus"},
        ],
    )
    def test_a_request_that_makes_no_sense_is_refused(self, change: dict[str, str]) -> None:
        request: dict[str, Any] = {"kind": "energy", "start": None, "end": None, "period": "day", "zone": None}
        with pytest.raises(BadParameter):
            site().calendar_history(**request | change)


class TestOtherKinds:
    def test_power_is_the_mean_of_full_five_minutes(self) -> None:
        home = site()
        home.force(percentage=50, solar_watts=4200, house_watts=1200)
        home.advance(START + timedelta(minutes=7), {})
        (entry,) = history(home, kind="power", start="2026-06-15T12:00:00+02:00")
        assert entry["solar_power"] == pytest.approx(4200, abs=24)
        assert entry["battery_power"] == pytest.approx(-3000, abs=24)
        assert entry["grid_power"] == 0

    def test_soe_follows_the_battery(self) -> None:
        home = site()
        home.force(percentage=80, solar_watts=0, house_watts=5000)
        home.advance(START + timedelta(hours=1), {})
        levels = [entry["soe"] for entry in history(home, kind="soe", start="2026-06-15T12:00:00+02:00")]
        assert levels[0] == 80
        assert levels == sorted(levels, reverse=True)
        assert levels[-1] < 65

    def test_self_consumption_shares_stay_within_a_hundred_percent(self) -> None:
        series = history(site(), kind="self_consumption", period="month")
        assert len(series) == 15
        for entry in series:
            assert 0 < entry["solar"] + entry["battery"] <= 101

    def test_an_outage_that_is_over_is_a_backup_event(self) -> None:
        home = site()
        home.force(grid_down=True)
        home.advance(START + timedelta(seconds=124), {})
        today: dict[str, Any] = {"start": "2026-06-15T00:00:00+02:00", "end": None, "period": "day", "zone": None}
        assert home.calendar_history(kind="backup", **today) == {"events": [], "total_events": 0}
        home.force(grid_down=False)
        assert home.calendar_history(kind="backup", **today) == {
            "events": [{"timestamp": "2026-06-15T12:00:00+02:00", "duration": 124}],
            "total_events": 1,
        }

    def test_older_outages_are_remembered(self) -> None:
        answer = site().calendar_history(kind="backup", start=None, end=None, period="lifetime", zone=None)
        assert answer is not None
        assert answer["total_events"] == len(answer["events"]) > 0


class TestCost:
    def test_buckets_are_dropped_after_forty_days_and_daily_sums_stay(self) -> None:
        home = site()
        old = {"start": "2026-06-16T00:00:00+02:00", "end": "2026-06-17T00:00:00+02:00"}
        home.advance(START + timedelta(days=2), {})
        before = history(home, period="week", **old)
        home.advance(START + timedelta(days=45), {})
        assert history(home, **old) == []
        assert history(home, period="week", **old) == before
        kept = sum(len(day.buckets) for day in home._history._days.values())
        assert kept <= 41 * 288

    def test_a_day_is_lived_in_a_moment(self) -> None:
        home = site()
        home.advance(START + timedelta(days=1), {})
        began = time.process_time()
        home.advance(START + timedelta(days=3), {})
        assert time.process_time() - began < 0.5, "two days, with room for a slow and busy machine"
