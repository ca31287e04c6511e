"""What the battery's level is between readings, and for how long that may be said."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from bridge import estimate
from bridge.estimate import Battery, Reading
from bridge.schedule import Activity

FULL = 272.4
"""Miles at 100 %."""

HOUR = 3600.0
RATE = 14.5 / HOUR
"""Percent a second of an 11 kW charge."""


def _reading(at: float, soc: float, doing: Activity = Activity.CHARGING, *, is_fine: bool = True) -> Reading:
    miles = round((soc if is_fine else int(soc)) * FULL / 100, 2)
    limit = 80 if doing is Activity.CHARGING else None
    return Reading(at, int(soc), miles, doing, limit=limit)


def _after(*readings: Reading, battery: Battery | None = None) -> Battery:
    battery = battery or Battery()
    for reading in readings:
        battery = estimate.saw(battery, reading)
    return battery


def _weeks(*, is_fine: bool) -> Battery:
    """A car that has been read many times."""
    return _after(*(_reading(-1e6 + 1e4 * i, 20 + 1.37 * i, Activity.PARKED, is_fine=is_fine) for i in range(40)))


FINE, COARSE = _weeks(is_fine=True), _weeks(is_fine=False)


# --- the fraction of a percent ----------------------------------------------------------------------------


def test_a_range_that_fits_one_full_range_tells_fractions() -> None:
    assert FINE.gauge.full
    low, high = FINE.gauge.full
    assert low <= FULL <= high
    assert high - low < 1


def test_a_range_that_is_made_of_whole_percents_tells_none() -> None:
    assert COARSE.gauge.full is None


def test_one_reading_proves_nothing() -> None:
    assert _after(_reading(0, 50.5)).gauge.full is None


def test_a_range_that_contradicts_its_level_takes_the_proof_away() -> None:
    assert _after(Reading(0, 50, 200.0, Activity.PARKED), battery=FINE).gauge.full is None


@pytest.mark.parametrize("miles", [None, 0.0])
def test_a_reading_without_a_range_changes_nothing(miles: float | None) -> None:
    assert _after(Reading(0, 50, miles, Activity.PARKED), battery=FINE).gauge == FINE.gauge


# --- charging ---------------------------------------------------------------------------------------------


def test_two_fine_readings_tell_every_percent_of_the_next_hours() -> None:
    battery = _after(_reading(0, 30.2), _reading(900, 30.2 + 900 * RATE), battery=FINE)
    coming = estimate.outlook(battery)
    assert coming
    for later in range(900, 7000, 10):
        exact = 30.2 + later * RATE
        if 0.1 < exact % 1 < 0.9:
            assert coming.level(later) == int(exact)


def test_the_next_change_is_where_the_level_becomes_another() -> None:
    battery = _after(_reading(0, 30.2), _reading(900, 30.2 + 900 * RATE), battery=FINE)
    coming = estimate.outlook(battery)
    assert coming
    change = coming.next_change(900)
    assert (coming.level(change - 0.01), coming.level(change)) == (33, 34)


def test_an_estimate_ends_when_no_reading_bears_it_out_any_longer() -> None:
    coming = estimate.outlook(_after(_reading(0, 30.2), _reading(900, 33.8), battery=FINE))
    assert coming
    assert coming.level(900 + 7199) is not None
    assert coming.level(900 + 7200) is None


def test_an_estimate_never_passes_the_limit() -> None:
    coming = estimate.outlook(_after(_reading(0, 76.2), _reading(900, 79.8), battery=FINE))
    assert coming
    assert coming.level(6000) == 80


def test_without_any_rate_nothing_is_estimated() -> None:
    assert estimate.outlook(Battery()) is None
    assert estimate.outlook(_after(_reading(0, 50.0), battery=FINE)) is None


def test_the_rate_that_the_car_tells_serves_until_a_better_one_is_measured() -> None:
    first = replace(_reading(0, 30.5), rate=RATE * 1.03)
    coming = estimate.outlook(_after(first, battery=FINE))
    assert coming
    assert coming.rate == pytest.approx(RATE * 1.03)
    measured = estimate.outlook(
        _after(first, replace(_reading(900, 30.5 + 900 * RATE), rate=RATE * 1.03), battery=FINE)
    )
    assert measured
    assert measured.rate == pytest.approx(RATE, rel=0.02)


def _charged(told: float, *at: float, battery: Battery) -> Battery:
    """A whole charge of which the car told such a rate, and then the next morning."""
    charge = [replace(_reading(each, 30.2 + each * RATE), rate=told) for each in at]
    return _after(*charge, _reading(9e4, 80.0, Activity.PARKED), battery=battery)


def test_how_wrong_the_told_rates_are_is_learned_from_the_charges_before() -> None:
    battery = _charged(RATE * 1.03, 0, 900, 4500, 8100, battery=FINE)
    coming = estimate.outlook(_after(replace(_reading(1e5, 40.5), rate=RATE * 0.8 * 1.03), battery=battery))
    assert coming
    assert coming.rate == pytest.approx(RATE * 0.8, rel=0.005)


def test_a_charge_whose_power_changed_tells_nothing_about_the_told_rates() -> None:
    assert _charged(RATE * 1.5, 0, 900, 4500, battery=FINE).trust == FINE.trust
    assert _charged(RATE * 1.03, 0, battery=FINE).trust == FINE.trust


def test_whole_percents_are_pinned_down_by_several_readings() -> None:
    readings = [replace(_reading(at, 30.9 + at * RATE, is_fine=False), rate=RATE * 1.03) for at in (0, 600, 1860, 3800)]
    alone, together = estimate.outlook(_after(readings[-1])), estimate.outlook(_after(*readings))
    assert alone
    assert together
    truth = 30.9 + 3800 * RATE
    assert abs(together.start.middle - truth) < 0.4
    assert together.start.high - together.start.low < alone.start.high - alone.start.low


def test_a_power_that_changes_ends_what_was_known_of_the_old_one() -> None:
    before = [_reading(at, 30.2 + at * RATE) for at in (0, 900, 4500)]
    at_half = [_reading(4500 + at, 30.2 + 4500 * RATE + at * RATE / 2) for at in (900, 4500)]
    coming = estimate.outlook(_after(*before, *at_half, battery=FINE))
    assert coming
    assert coming.start.middle == pytest.approx(30.2 + 4500 * RATE + 4500 * RATE / 2, abs=0.3)


# --- the end of a charge ----------------------------------------------------------------------------------


def test_the_end_of_a_charge_is_reckoned_from_fine_readings() -> None:
    battery = _after(_reading(0, 30.2), _reading(900, 30.2 + 900 * RATE), battery=FINE)
    end = estimate.full_at(battery)
    assert end == pytest.approx((80 - 30.2) / RATE, abs=120)


def test_else_the_car_reckons_it() -> None:
    assert estimate.full_at(_after(replace(_reading(0, 30.2), full_at=5000.0))) == 5000.0
    assert estimate.full_at(_after(_reading(0, 30.2, Activity.PARKED))) is None
    assert estimate.full_at(Battery()) is None


def test_of_whole_percents_the_end_is_reckoned_once_they_are_pinned_down() -> None:
    told = [replace(_reading(at, 30.9 + at * RATE, is_fine=False), rate=RATE, full_at=1e6) for at in (0, 26, 1860)]
    assert estimate.full_at(_after(*told[:1], battery=COARSE)) == 1e6
    sure = replace(COARSE, trust=replace(COARSE.trust, error=0.01))
    assert estimate.full_at(_after(*told, battery=sure)) == pytest.approx((80 - 30.9) / RATE, abs=120)


def test_where_only_changes_of_the_percent_tell_a_reading_is_due_at_one() -> None:
    coarse = _after(replace(_reading(0, 30.5, is_fine=False), rate=RATE), battery=COARSE)
    due = estimate.next_event(coarse)
    assert due
    assert 450 <= due <= 450 + 1 / RATE
    assert estimate.next_event(_after(replace(_reading(0, 30.5), rate=RATE), battery=FINE)) is None


# --- driving ----------------------------------------------------------------------------------------------


def _drive(start: float, soc: float, rate: float, battery: Battery) -> Battery:
    readings = (_reading(start + at, soc - at * rate, Activity.DRIVING) for at in range(0, 601, 60))
    return _after(*readings, battery=battery)


def test_the_next_minutes_of_a_drive_are_as_the_last() -> None:
    coming = estimate.outlook(_drive(0, 70.0, 0.012, FINE))
    assert coming
    assert coming.level(700) == int(70 - 700 * 0.012)
    assert coming.level(600 + 600) is None


def test_a_drive_begins_like_those_before() -> None:
    parked = _after(_reading(1000, 62.8, Activity.PARKED), battery=_drive(0, 70.0, 0.012, FINE))
    coming = estimate.outlook(_after(_reading(9000, 62.8, Activity.DRIVING), battery=parked))
    assert coming
    assert coming.rate == pytest.approx(-0.012, rel=0.05)


def test_a_falling_level_is_told_once_for_every_percent() -> None:
    battery = _drive(0, 70.0, 0.012, FINE)
    coming = estimate.outlook(battery)
    assert coming
    now, told = 600.0, []
    while (now := coming.next_change(now)) < coming.until:
        told.append(coming.level(now))
    assert told == [61, 60, 59, 58, 57, 56, 55]


def test_a_level_does_not_rise_while_driving() -> None:
    downhill = _drive(0, 50.0, -0.005, FINE)
    coming = estimate.outlook(downhill)
    assert coming
    assert coming.level(700) == downhill.session[-1].level


def test_nothing_is_estimated_of_a_car_at_rest() -> None:
    assert estimate.outlook(_after(_reading(0, 50.5, Activity.PARKED), battery=FINE)) is None


# --- whatever is read -------------------------------------------------------------------------------------

readings = st.lists(
    st.builds(
        Reading,
        at=st.floats(0, 1e5),
        level=st.integers(0, 100),
        range=st.none() | st.floats(0, 400),
        doing=st.sampled_from(Activity),
        limit=st.none() | st.integers(0, 100),
        full_at=st.none() | st.floats(0, 1e5),
        rate=st.none() | st.floats(-1, 1),
    ),
    min_size=1,
    max_size=50,
)


@given(found=readings, later=st.floats(0, 1e5))
def test_a_level_is_a_percent_and_time_goes_on(found: list[Reading], later: float) -> None:
    in_order = sorted(found, key=lambda reading: reading.at)
    battery = _after(*in_order)
    coming, now = estimate.outlook(battery), in_order[-1].at + later
    if coming:
        level = coming.level(now)
        assert level is None or 0 <= level <= 100
        assert coming.next_change(now) > now or now >= coming.until
    assert len(battery.session) <= estimate.KEPT
