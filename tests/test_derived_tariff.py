"""A tariff at a moment, by the site's own clock (fleet-api.md 4.6; entities.md N17 to N20)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings, strategies as st
from odd_answers import ODD, anything

from bridge.derived.frame import Scene
from bridge.derived.tariff import KEYS, TARIFF, tariff
from bridge.model import DeviceId, Kind, Value

SITE = DeviceId(Kind.ENERGY_SITE, "1")

(ROW,) = TARIFF


def span(begin: str, end: str, days: tuple[int, int] = (0, 6)) -> dict[str, int]:
    (from_hour, from_minute), (to_hour, to_minute) = (map(int, text.split(":")) for text in (begin, end))
    return {
        "fromDayOfWeek": days[0],
        "toDayOfWeek": days[1],
        "fromHour": from_hour,
        "fromMinute": from_minute,
        "toHour": to_hour,
        "toMinute": to_minute,
    }


def season(first: tuple[int, int], last: tuple[int, int], **periods: list[dict[str, int]]) -> dict[str, Any]:
    dates = dict(zip(("fromMonth", "fromDay", "toMonth", "toDay"), (*first, *last), strict=True))
    return {**dates, "tou_periods": {name: {"periods": spans} for name, spans in periods.items()}}


WORKDAY, WEEKEND = (0, 4), (5, 6)
PEAK = {
    "ON_PEAK": [span("16:00", "21:00", WORKDAY)],
    "OFF_PEAK": [span("21:00", "16:00", WORKDAY), span("0:00", "0:00", WEEKEND), span("0:00", "16:00", (0, 0))],
}
CONTENT: dict[str, Any] = {
    "currency": "EUR",
    "energy_charges": {
        "ALL": {"rates": {"ALL": 0}},
        "Summer": {"rates": {"ON_PEAK": 0.42, "OFF_PEAK": 0.19}},
        "Winter": {"rates": {"ON_PEAK": 0.35, "OFF_PEAK": 0.25}},
    },
    "seasons": {"Summer": season((4, 1), (9, 30), **PEAK), "Winter": season((10, 1), (3, 31), **PEAK)},
    "sell_tariff": {
        "energy_charges": {"ALL": {"rates": {"ALL": 0.08}}},
        "seasons": {"ALL": season((1, 1), (12, 31), ALL=[span("0:00", "0:00")])},
    },
}


NAMELESS = {**CONTENT, "seasons": {"ALL": season((1, 1), (12, 31), **{"": [span("0:00", "0:00")]})}}


def at(local: str, content: Any = CONTENT, zone: Value = "Europe/Berlin") -> dict[str, Value]:
    """What is derived when the site's clock shows this."""
    moment = datetime.fromisoformat(local)
    now = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(str(zone)))
    values = {"tariff": content, "time_zone": zone}
    return dict(ROW.derive(Scene(SITE, values, {}, now.astimezone(UTC), frozenset(values), {})).values)


@pytest.mark.parametrize(
    ("local", "period", "price"),
    [
        ("2026-07-01T15:59:59", "off_peak", 0.19),
        ("2026-07-01T16:00:00", "on_peak", 0.42),
        ("2026-07-01T20:59:59", "on_peak", 0.42),
        ("2026-07-01T21:00:00", "off_peak", 0.19),
        ("2026-07-02T03:00:00", "off_peak", 0.19),  # began on Wednesday evening
        ("2026-07-04T17:00:00", "off_peak", 0.19),  # Saturday
        ("2026-07-04T03:00:00", "off_peak", 0.19),  # the night to Saturday
        ("2026-09-30T23:59:59", "off_peak", 0.19),
        ("2026-10-01T17:00:00", "on_peak", 0.35),  # winter, which crosses the year's end
        ("2026-01-01T17:00:00", "on_peak", 0.35),
        ("2027-03-31T17:00:00", "on_peak", 0.35),
        ("2027-04-01T17:00:00", "on_peak", 0.42),
    ],
)
def test_season_weekday_and_hour_decide(local: str, period: str, price: float) -> None:
    found = at(local)
    assert (found["tariff_period"], found["buy_price"], found["sell_price"]) == (period, price, 0.08)


@pytest.mark.parametrize(
    ("local", "change"),
    [
        ("2026-07-01T12:00:00", "2026-07-01T16:00:00+02:00"),
        ("2026-07-01T16:00:00", "2026-07-01T21:00:00+02:00"),
        ("2026-07-03T22:00:00", "2026-07-06T16:00:00+02:00"),  # over the weekend
        ("2026-09-30T22:00:00", "2026-10-01T00:00:00+02:00"),  # another season, another price
        ("2026-10-23T22:00:00", "2026-10-26T16:00:00+01:00"),  # the clock was put back meanwhile
    ],
)
def test_the_next_change_is_told_and_what_holds_then(local: str, change: str) -> None:
    found, moment = at(local), datetime.fromisoformat(change)
    assert found["tariff_next_change"] == moment
    following = at(change)
    assert [found[f"next_{key}"] for key in ("tariff_period", "buy_price", "sell_price")] == [
        following[key] for key in ("tariff_period", "buy_price", "sell_price")
    ]


@pytest.mark.case("F44")
def test_hours_of_the_night_when_the_clock_changes() -> None:
    night = {"SUPER": [span("2:30", "5:00")], "REST": [span("5:00", "2:30")]}
    rates = {"ALL": {"rates": {"SUPER": 0.1, "REST": 0.3}}}
    content = {"energy_charges": rates, "seasons": {"ALL": season((1, 1), (12, 31), **night)}}
    # 25 October 2026: 02:30 comes twice in Berlin, and in between the clock shows 02:00 again.
    assert at("2026-10-25T00:00", content)["tariff_next_change"] == datetime.fromisoformat("2026-10-25T02:30+02:00")
    assert at("2026-10-25T02:45+02:00", content)["buy_price"] == 0.1
    assert at("2026-10-25T02:45+02:00", content)["tariff_next_change"] == datetime.fromisoformat(
        "2026-10-25T02:00+01:00"
    )
    assert at("2026-10-25T02:15+01:00", content)["buy_price"] == 0.3
    # 29 March 2026: there is no 02:30; it begins when the clock jumps to 03:00.
    assert at("2026-03-29T01:00", content)["tariff_next_change"] == datetime.fromisoformat("2026-03-29T03:00+02:00")


def test_one_price_for_all_times_never_changes() -> None:
    flat = {"energy_charges": {"ALL": {"rates": {"ALL": 0.3}}}, "seasons": {}}
    found = at("2026-07-01T12:00", flat)
    assert (found["buy_price"], found["tariff_period"], found["tariff_next_change"]) == (0.3, None, None)
    assert found["sell_price"] is None


def test_a_period_without_a_price_has_none() -> None:
    lost = {**CONTENT, "energy_charges": {"Summer": {"rates": {"OFF_PEAK": 0.19}}}}
    assert at("2026-07-01T17:00", lost)["buy_price"] is None
    assert at("2026-07-01T17:00", lost)["tariff_period"] == "on_peak"


def test_hours_that_no_period_names_have_no_price() -> None:
    gap = {**CONTENT, "seasons": {"Summer": season((4, 1), (9, 30), ON_PEAK=[span("16:00", "21:00")])}}
    assert at("2026-07-01T12:00", gap)["buy_price"] is None
    assert at("2026-12-01T12:00", gap)["tariff_period"] is None


@pytest.mark.parametrize("zone", [None, "", "Mars/Olympus", "Europe", 5])
def test_without_a_time_zone_nothing_is_known(zone: Value) -> None:
    values = {"tariff": CONTENT, "time_zone": zone}
    found = ROW.derive(Scene(SITE, values, {}, datetime(2026, 7, 1, tzinfo=UTC), frozenset(values), {})).values
    assert found == dict.fromkeys(KEYS)


@pytest.mark.parametrize(
    "content", [*ODD, {}, {"energy_charges": None}, {"energy_charges": {"ALL": {"rates": {"ALL": "x"}}}}, NAMELESS]
)
def test_what_is_no_tariff_tells_nothing(content: Any) -> None:
    assert at("2026-07-01T12:00", content) == dict.fromkeys(KEYS)


@settings(max_examples=100)
@given(odd=anything, where=st.sampled_from(["energy_charges", "seasons", "sell_tariff", "Summer", "tou_periods"]))
def test_no_tariff_raises(odd: Any, where: str) -> None:
    summer = {**CONTENT["seasons"]["Summer"], "tou_periods": odd} if where == "tou_periods" else odd
    seasons = {"seasons": {"Summer": summer}}
    content = {**CONTENT, **(seasons if where in {"Summer", "tou_periods"} else {where: odd})}
    assert at("2026-07-01T12:00", content).keys() == set(KEYS)


MINUTES_OF_HOURS = st.integers(0, 47).map(lambda half: f"{half // 2}:{half % 2 * 30:02}")
SPANS = st.builds(span, MINUTES_OF_HOURS, MINUTES_OF_HOURS, st.tuples(st.integers(0, 6), st.integers(0, 6)))


@settings(max_examples=60, deadline=None)
@given(
    periods=st.dictionaries(st.sampled_from(["A", "B", "C"]), st.lists(SPANS, min_size=1, max_size=3), min_size=1),
    start=st.sampled_from(["2026-03-27T12:00", "2026-10-23T12:00", "2026-06-30T12:00", "2026-12-31T12:00"]),
    zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]),
    offset=st.integers(0, 3 * 48),
)
def test_between_now_and_the_next_change_nothing_changes(
    periods: dict[str, Any], start: str, zone: str, offset: int
) -> None:
    """Looked at every half hour of the way."""
    rates = {"ALL": {"rates": {"A": 1, "B": 2, "C": 3}}}
    known = tariff({"energy_charges": rates, "seasons": {"ALL": season((1, 1), (12, 31), **periods)}})
    assert known
    local = ZoneInfo(zone)
    now = datetime.fromisoformat(start).replace(tzinfo=UTC) + offset * timedelta(minutes=30)
    change, present = known.next_change(now, local), known.at(now.astimezone(local))
    steps = (now + number * timedelta(minutes=30) for number in range(1, 8 * 48))
    first = next((step for step in steps if known.at(step.astimezone(local)) != present), None)
    assert change == first
