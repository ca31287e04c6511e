"""When the next call is made: as a table of cases and as properties. A whole week is in test_schedule_week.py."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from bridge.errors import (
    AccountLimited,
    BridgeError,
    BudgetSpent,
    NotSent,
    RateLimited,
    ServerFailed,
    SignInRequired,
    VehicleUnavailable,
)
from bridge.model import Connectivity, Value
from bridge.schedule import (
    Activity,
    CallHistory,
    Pace,
    VehicleHistory,
    activity,
    answered,
    back_off,
    next_call,
    next_data,
    put_off,
    saw_data,
    saw_state,
)

PACE = Pace()
NOW = 10_000.0
ONLINE, ASLEEP, OFFLINE = Connectivity.ONLINE, Connectivity.ASLEEP, Connectivity.OFFLINE
SEEN = VehicleHistory(ONLINE, data_at=NOW, same_since=NOW - 5000)


# --- what it is doing -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "doing"),
    [
        ({}, Activity.PARKED),
        ({"shift_state": "p", "charging": False, "user_present": False}, Activity.PARKED),
        ({"shift_state": None, "charging": None, "user_present": None}, Activity.PARKED),
        ({"shift_state": "d"}, Activity.DRIVING),
        ({"shift_state": "r"}, Activity.DRIVING),
        ({"shift_state": "n", "charging": True}, Activity.DRIVING),
        ({"shift_state": "p", "charging": True, "user_present": True}, Activity.CHARGING),
        ({"shift_state": "p", "user_present": True}, Activity.OCCUPIED),
    ],
)
def test_what_a_car_is_doing(values: dict[str, Value], doing: Activity) -> None:
    assert activity(values) is doing


# --- the next data call -----------------------------------------------------------------------------------


@pytest.mark.parametrize("connectivity", [ASLEEP, OFFLINE, None])
def test_a_car_that_is_not_online_is_never_read(connectivity: Connectivity | None) -> None:
    assert next_data(replace(SEEN, connectivity=connectivity, wanted_at=0.0), PACE) is None


def test_a_car_that_has_come_online_is_read_at_once() -> None:
    woken = saw_state(replace(SEEN, connectivity=ASLEEP), ONLINE, NOW + 9)
    assert next_data(woken, PACE) == 0.0


@pytest.mark.parametrize(
    ("doing", "looks", "since", "seconds"),
    [
        (Activity.DRIVING, 0, 0, 60),
        (Activity.DRIVING, 99, 5000, 60),
        (Activity.CHARGING, 99, 5000, 300),
        (Activity.OCCUPIED, 4, 120, 30),
        (Activity.OCCUPIED, 5, 150, 90),  # it has sat there for long enough: as if nobody were in it
        (Activity.OCCUPIED, 9, 5000, 1320),
        (Activity.PARKED, 0, 0, 60),
        (Activity.PARKED, 1, 60, 180),
        (Activity.PARKED, 2, 240, 1320),
        (Activity.PARKED, 9, 5000, 1320),
    ],
)
def test_how_long_until_the_next_data_call(doing: Activity, looks: int, since: float, seconds: float) -> None:
    history = VehicleHistory(ONLINE, data_at=NOW, activity=doing, same_since=NOW - since, looks=looks)
    assert next_data(history, PACE) == NOW + seconds


def test_looks_are_counted_from_where_the_activity_began() -> None:
    sat_in = saw_data(SEEN, Activity.OCCUPIED, NOW + 100, NOW + 101)
    assert (sat_in.looks, sat_in.same_since) == (0, NOW + 101)
    again = saw_data(sat_in, Activity.OCCUPIED, NOW + 130, NOW + 131)
    assert (again.looks, again.same_since) == (1, NOW + 101)


def test_a_wish_makes_the_next_call_sooner_never_later() -> None:
    assert next_data(replace(SEEN, wanted_at=NOW + 30), PACE) == NOW + 30
    assert next_data(replace(SEEN, wanted_at=NOW + 9999), PACE) == NOW + 1320


def test_a_hundred_wishes_are_one_call() -> None:
    assert next_data(replace(SEEN, wanted_at=NOW), PACE) == NOW + PACE.soonest


def test_a_wish_is_served_by_a_call_that_was_made_after_it() -> None:
    wished = replace(SEEN, wanted_at=NOW + 20)
    assert saw_data(wished, Activity.PARKED, NOW + 20, NOW + 22).wanted_at is None


def test_a_wish_that_comes_while_a_call_is_on_its_way_stands() -> None:
    """What Tesla answers then may be from before the command that caused the wish."""
    wished = replace(SEEN, wanted_at=NOW + 21)
    assert saw_data(wished, Activity.PARKED, NOW + 20, NOW + 22).wanted_at == NOW + 21


def test_falling_asleep_ends_a_wish() -> None:
    assert saw_state(replace(SEEN, wanted_at=NOW + 30), ASLEEP, NOW + 1).wanted_at is None


def test_a_state_that_is_no_news_changes_nothing() -> None:
    assert saw_state(SEEN, ONLINE, NOW + 30) is SEEN


# --- calls that cost nothing ------------------------------------------------------------------------------


def test_a_call_that_was_never_made_is_made_at_once() -> None:
    assert next_call(CallHistory(), 60, PACE) == 0.0


def test_a_call_is_repeated_after_its_interval_or_when_wanted() -> None:
    done = answered(CallHistory(), NOW - 1, NOW)
    assert next_call(done, 60, PACE) == NOW + 60
    assert next_call(replace(done, wanted_at=NOW + 15), 60, PACE) == NOW + 15
    assert next_call(replace(done, wanted_at=NOW), 60, PACE) == NOW + PACE.soonest


# --- failures ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "waits"),
    [
        (RateLimited("429", 777), [777, 777, 777]),
        (SignInRequired("gone"), [900, 900, 900]),
        (AccountLimited("402"), [900, 900, 900]),
        (ServerFailed("503"), [15, 30, 60, 120, 240, 480, 900, 900]),
        (NotSent("no route"), [15, 30, 60]),
        (BudgetSpent("none left"), [15, 30, 60]),
        (VehicleUnavailable("408"), [15, 30, 60]),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BridgeError) else "",
)
def test_how_long_a_failure_is_waited_for(error: BridgeError, waits: list[float]) -> None:
    history = replace(SEEN, data_at=None)
    for wait in waits:
        history = put_off(history, error, NOW, PACE)
        assert next_data(history, PACE) == NOW + wait


def test_a_failed_call_is_wanted_as_before() -> None:
    history = put_off(replace(SEEN, wanted_at=NOW), ServerFailed("503"), NOW + 1, PACE)
    assert next_data(history, PACE) == NOW + 16


def test_an_answer_ends_the_counting_of_failures() -> None:
    failing = put_off(put_off(SEEN, NotSent("?"), NOW, PACE), NotSent("?"), NOW, PACE)
    assert saw_data(failing, Activity.PARKED, NOW + 30, NOW + 31).failures == 0
    failing_call = put_off(CallHistory(), NotSent("?"), NOW, PACE)
    assert answered(failing_call, NOW + 30, NOW + 31).failures == 0


@given(failures=st.integers(0, 10**6))
def test_no_wait_is_endless(failures: int) -> None:
    assert 15 <= back_off(failures, PACE) <= PACE.longest_wait


# --- whatever has happened --------------------------------------------------------------------------------

times = st.floats(0, 1e9)
histories = st.builds(
    VehicleHistory,
    connectivity=st.sampled_from([ONLINE, ASLEEP, OFFLINE, None]),
    data_at=st.none() | times,
    activity=st.sampled_from(Activity),
    same_since=times,
    looks=st.integers(0, 1000),
    wanted_at=st.none() | times,
    failures=st.integers(0, 50),
    not_before=times,
)
errors = st.sampled_from([NotSent("?"), SignInRequired("?"), VehicleUnavailable("?"), RateLimited("?", 30)])


@given(history=histories)
def test_an_online_car_has_a_next_call_and_no_other_has(history: VehicleHistory) -> None:
    assert (next_data(history, PACE) is None) is (history.connectivity is not ONLINE)


@given(history=histories)
def test_no_call_is_made_before_its_time(history: VehicleHistory) -> None:
    due = next_data(history, PACE)
    assert due is None or due >= history.not_before


@given(history=histories, error=errors, now=times)
def test_no_failure_is_repeated_at_once(history: VehicleHistory, error: BridgeError, now: float) -> None:
    due = next_data(put_off(history, error, now, PACE), PACE)
    assert due is None or due >= now + 15


@given(history=histories, doing=st.sampled_from(Activity), now=times, duration=st.floats(0, 30))
def test_a_car_that_was_just_read_is_read_again_later_and_within_the_longest_silence(
    history: VehicleHistory, doing: Activity, now: float, duration: float
) -> None:
    read = saw_data(replace(history, same_since=min(history.same_since, now)), doing, now, now + duration)
    due = next_data(read, PACE)
    assert due is not None
    assert now + duration <= due <= max(now + duration + PACE.parked, history.not_before)
