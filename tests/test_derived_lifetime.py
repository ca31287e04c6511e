"""Counters of a site's energy that never start again: exact over midnights, clock changes and days without us."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings, strategies as st
from lifetimes import SITE, Owner, Tesla, utc

from bridge.derived.frame import Scene
from bridge.derived.lifetime import COUNTERS, LIFETIME
from bridge.model import Value

MINUTES = timedelta(minutes=1)
HOURS = timedelta(hours=1)
DAYS = timedelta(days=1)

# Both clock changes, a zone east and one west of Greenwich, one with half an hour, one whose midnight comes twice.
CHANGES = [
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("America/Los_Angeles", date(2026, 3, 8)),
    ("America/Los_Angeles", date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("America/Havana", date(2026, 11, 1)),
    ("Asia/Kolkata", date(2026, 12, 31)),
]


def _noon(zone: str, day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, 3, tzinfo=ZoneInfo(zone)).astimezone(utc(2026, 1, 1).tzinfo)


def never_falls(shown: list[float]) -> bool:
    return all(before <= after for before, after in pairwise(shown))


@pytest.mark.parametrize(("zone", "day"), CHANGES)
async def test_the_counter_is_the_meter_whatever_the_night_does(zone: str, day: date) -> None:
    noon = _noon(zone, day)
    tesla = Tesla(zone, noon - 20 * DAYS)
    tesla.now = noon - 2 * DAYS
    owner = Owner(tesla)
    await owner.live(noon + 2 * DAYS, 17 * MINUTES)
    assert owner.shown[-1] == tesla.truth(tesla.installed)
    assert never_falls(owner.shown)


@settings(max_examples=25, deadline=None)
@given(
    change=st.sampled_from(CHANGES),
    pauses=st.lists(
        st.tuples(st.integers(1, 12 * 60), st.integers(1, 5 * 24 * 60), st.booleans()), min_size=1, max_size=3
    ),
    late=st.lists(st.tuples(st.integers(0, 6 * 24), st.integers(1, 20), st.integers(1, 28)), max_size=3),
    every=st.integers(20, 190),
)
async def test_it_never_falls_and_ends_exact_with_the_bridge_off_and_the_gateway_late(
    change: tuple[str, date], pauses: list[tuple[int, int, bool]], late: list[tuple[int, int, int]], every: int
) -> None:
    """`pauses`: minutes on, minutes off, are the last values kept. `late`: hour, hours long, hours until it is told."""
    zone, day = change
    begin = _noon(zone, day) - 3 * DAYS
    tesla = Tesla(zone, begin - 5 * DAYS)
    tesla.now = begin
    tesla.late = [
        (begin + at * HOURS, begin + (at + long) * HOURS, begin + (at + long + wait) * HOURS) for at, long, wait in late
    ]
    owner = Owner(tesla)
    await owner.look()
    for on, off, with_values in pauses:
        await owner.live(tesla.now + on * MINUTES, every * MINUTES)
        tesla.now += off * MINUTES
        owner.start(with_values=with_values)
    await owner.live(max(tesla.now, begin + 8 * DAYS) + 6 * HOURS, 60 * MINUTES)  # all is told, and asked for again
    assert never_falls(owner.shown)
    assert owner.shown[-1] == tesla.truth(tesla.installed)


async def test_a_month_without_the_bridge_is_made_up_for() -> None:
    tesla = Tesla("Europe/Berlin", utc(2026, 6, 1))
    tesla.now = utc(2026, 6, 10, 12)
    owner = Owner(tesla)
    await owner.look()
    tesla.now += 40 * DAYS
    owner.start()
    await owner.live(tesla.now + 1 * HOURS, 10 * MINUTES)
    assert owner.shown[-1] == tesla.truth(tesla.installed)
    assert never_falls(owner.shown)


async def test_nothing_is_shown_before_it_is_known_what_to_begin_with() -> None:
    """A counter that began with today and got the years later would look like a day of ten megawatt hours."""
    tesla = Tesla("Europe/Berlin", utc(2026, 1, 1))
    tesla.now = utc(2026, 7, 1, 12)
    owner = Owner(tesla)
    await owner.look()
    assert owner.shown == [tesla.truth(tesla.installed)]
    assert owner.values["lifetime_since"] == "2026-01-01"


async def test_without_the_sums_of_all_years_it_begins_with_the_day_the_bridge_came() -> None:
    tesla = Tesla("Europe/Berlin", utc(2026, 1, 1))
    tesla.now, tesla.knows_lifetime = utc(2026, 7, 1, 12), False
    owner = Owner(tesla)
    await owner.live(utc(2026, 7, 4, 12), 30 * MINUTES)
    assert owner.shown[-1] == tesla.truth(utc(2026, 6, 30, 22))
    assert owner.values["lifetime_since"] == "2026-07-01"


async def test_tesla_is_asked_for_past_days_only_now_and_then() -> None:
    tesla = Tesla("Europe/Berlin", utc(2026, 6, 1))
    tesla.now = utc(2026, 6, 10, 12)
    owner = Owner(tesla)
    await owner.live(utc(2026, 6, 14, 12), 5 * MINUTES)
    tesla.asked.clear()
    await owner.live(utc(2026, 6, 15, 12), 5 * MINUTES)
    local = [day for day, _ in tesla.asked]
    assert len([day for day in local if day < date(2026, 6, 14)]) <= 3 * 9
    assert local.count(date(2026, 6, 13)) <= 9


async def test_a_clock_that_is_wrong_settles_no_day() -> None:
    tesla = Tesla("Europe/Berlin", utc(2026, 6, 1))
    tesla.now = utc(2026, 6, 10, 12)
    owner = Owner(tesla)
    await owner.live(utc(2026, 6, 12, 12), 60 * MINUTES)
    settled = owner.values["lifetime_settled_until"]
    right, tesla.now = tesla.now, utc(2027, 6, 10)
    await ask_wrongly(owner, right)
    assert owner.values["lifetime_settled_until"] == settled
    tesla.now = right
    await owner.live(utc(2026, 6, 15, 12), 60 * MINUTES)
    assert owner.shown[-1] == tesla.truth(tesla.installed)


async def ask_wrongly(owner: Owner, right: datetime) -> None:
    """Our clock says next year, Tesla's does not."""
    tesla = owner.tesla
    wrong, ask = tesla.now, tesla.energy_history

    async def energy_history(*about: Any, **given: Any) -> Any:
        tesla.now = right
        try:
            return await ask(*about, **given)
        finally:
            tesla.now = wrong

    tesla.energy_history = energy_history  # type: ignore[method-assign]
    await owner.look()
    tesla.energy_history = ask  # type: ignore[method-assign]


# --- one answer -------------------------------------------------------------------------------------------

(ROW,) = LIFETIME
NOON = utc(2026, 7, 1, 12)
MEMORY = {"since": "2026-01-01", "until": "2026-07-01", "base": {"grid_imported_lifetime": 1000}, "days": {}}


def _derive(memory: dict[str, Any], **values: Value) -> Any:
    told = {"history_period_start": utc(2026, 7, 1), **values}
    return ROW.derive(Scene(SITE, told, memory, NOON, frozenset(told), {}))


def test_what_no_answer_has_told_is_unknown() -> None:
    values = _derive(MEMORY, grid_energy_imported=5).values
    assert values["grid_imported_lifetime"] == 1005
    assert "solar_generated_lifetime" not in values


def test_each_counter_is_the_sum_of_its_fields() -> None:
    fields = {field: 10 for fields in COUNTERS.values() for field in fields}
    values = _derive({**MEMORY, "base": {}}, **fields).values
    assert {name: values[name] for name in COUNTERS} == {name: 10 * len(fields) for name, fields in COUNTERS.items()}


def test_a_day_that_tesla_counts_again_and_lower_takes_nothing_back() -> None:
    before = _derive(MEMORY, grid_energy_imported=500)
    after = _derive(before.memory, grid_energy_imported=20)
    assert after.values["grid_imported_lifetime"] == 1500


def test_memory_changes_only_when_energy_was_counted() -> None:
    before = _derive(MEMORY, grid_energy_imported=500)
    assert _derive(before.memory, grid_energy_imported=500).memory == before.memory


def test_a_day_that_is_settled_counts_no_more() -> None:
    late = {"history_period_start": utc(2026, 6, 30), "grid_energy_imported": 9000}
    assert _derive(MEMORY, **late).values["grid_imported_lifetime"] == 1000
