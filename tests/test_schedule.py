"""When the next call is made: as a table of cases and as properties. Whole lives are in test_policy.py."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from fakes import NOON
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
from bridge.fleet.refusals import refusal
from bridge.fleet.transport import Answer
from bridge.model import Connectivity, Value
from bridge.pace import WISHED_FOR, Pace, Profile, paced
from bridge.schedule import (
    Activity,
    CallHistory,
    VehicleHistory,
    activity,
    answered,
    back_off,
    next_call,
    next_data,
    next_wish,
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


@pytest.mark.parametrize("meanwhile", [[], [OFFLINE], [None], [None, OFFLINE]])
def test_a_car_that_has_woken_is_read_at_once(meanwhile: list[Connectivity | None]) -> None:
    history = saw_state(SEEN, ASLEEP, NOW + 5)
    for state in (*meanwhile, ONLINE):
        history = saw_state(history, state, NOW + 9)
    assert next_data(history, PACE) == 0.0


@pytest.mark.parametrize("state", [OFFLINE, None])
def test_a_car_that_was_out_of_reach_is_read_when_it_is_due_and_not_because_it_is_back(
    state: Connectivity | None,
) -> None:
    """Where reception is poor it is back every few minutes, and each look is billed and costs it sleep."""
    before = replace(SEEN, quiet_looks=2, looks=4)
    back = saw_state(saw_state(before, state, NOW + 100), ONLINE, NOW + 160)
    assert back == replace(before, listed_at=NOW + 160)


@pytest.mark.parametrize("doing", Activity)
def test_a_car_that_was_out_of_reach_for_hours_is_due(doing: Activity) -> None:
    """It comes up from an underground garage."""
    away = saw_state(replace(SEEN, activity=doing, quiet_looks=9), OFFLINE, NOW + 1)
    hours = PACE.longest_silence + 60
    due = next_data(saw_state(away, ONLINE, NOW + hours), PACE)
    assert due is not None
    assert due <= NOW + hours


def _read(doing: Activity, *, after: Activity | None = None, ago: float = 0, **known: Any) -> VehicleHistory:
    """A car whose data came in right now; it began to rest, drive or charge so many seconds `ago`."""
    return VehicleHistory(ONLINE, NOW, doing, after, NOW - ago, **known)


@pytest.mark.parametrize(
    ("history", "seconds"),
    [
        (_read(Activity.DRIVING), 60),
        (_read(Activity.DRIVING, ago=5000, looks=99), 60),
        (_read(Activity.CHARGING), 900),  # two readings tell the rate
        (_read(Activity.CHARGING, ago=900, looks=2), 3600),
        (_read(Activity.CHARGING, ago=5000, expected_at=NOW + 700), 710),
        (_read(Activity.CHARGING, ago=5000, expected_at=NOW - 30), 60),  # it is late
        (_read(Activity.CHARGING, ago=5000, expected_at=NOW - 600), 600),  # it balances its battery
        (_read(Activity.OCCUPIED, looks=1), 30),
        (_read(Activity.OCCUPIED, ago=120, looks=5), 45),
        (_read(Activity.OCCUPIED, ago=400, looks=8), 1380),  # sat there for long enough: as if nobody were in it
        (_read(Activity.PARKED, looks=1), 1380),  # it woke for nothing
        (_read(Activity.PARKED, after=Activity.DRIVING), 60),
        (_read(Activity.OCCUPIED, after=Activity.DRIVING), 60),
        (_read(Activity.PARKED, after=Activity.DRIVING, ago=60), 90),
        (_read(Activity.PARKED, after=Activity.DRIVING, ago=150), 120),
        (_read(Activity.PARKED, after=Activity.DRIVING, ago=270), 1380),
        (_read(Activity.PARKED, after=Activity.DRIVING, ago=60, plugged_at=NOW), 60),  # does it charge?
        (_read(Activity.PARKED, after=Activity.DRIVING, ago=150, plugged_at=NOW - 60), 1380),  # later, then
        (_read(Activity.PARKED, after=Activity.CHARGING), 1380),
        (_read(Activity.PARKED, falls_asleep=900.0), 1110),  # asleep by then, or something has happened
        (_read(Activity.PARKED, falls_asleep=900.0, quiet_looks=1), 1380),
        (_read(Activity.PARKED, falls_asleep=900.0, quiet_looks=2), 2700),
        (_read(Activity.PARKED, is_careless=True, looks=1), 360),  # reading does not keep it awake
        (_read(Activity.PARKED, is_careless=True, looks=2), 1380),
        (_read(Activity.PARKED, after=Activity.CHARGING, is_careless=True, looks=1), 1380),
        (_read(Activity.PARKED, quiet_looks=99), 3660),  # it stays awake, for reasons of its own
    ],
)
def test_how_long_until_the_next_data_call(history: VehicleHistory, seconds: float) -> None:
    """A silence for sleep ends with the list: a minute later at the latest."""
    assert next_data(history, PACE) == NOW + seconds


def test_a_silence_ends_with_the_first_look_at_the_list_that_still_shows_the_car_online() -> None:
    """It would answer 408 if it has fallen asleep since, and a 408 is billed."""
    silent = _read(Activity.PARKED)
    assert next_data(saw_state(silent, ONLINE, NOW + 1319), PACE) == NOW + 1380
    assert next_data(saw_state(silent, ONLINE, NOW + 1321), PACE) == NOW + 1320


@pytest.mark.parametrize(("quiet", "learned"), [(910, 910), (300, 600), (2000, 950)])
def test_how_soon_a_car_falls_asleep_is_learned(quiet: float, learned: float) -> None:
    known = 950.0 if quiet > 950 else None
    asleep = saw_state(_read(Activity.PARKED, falls_asleep=known), ASLEEP, NOW + quiet)
    assert asleep.falls_asleep == learned


def test_a_driving_car_that_is_out_of_reach_tells_nothing_about_falling_asleep() -> None:
    assert saw_state(_read(Activity.DRIVING), ASLEEP, NOW + 700).falls_asleep is None
    assert saw_state(_read(Activity.PARKED), OFFLINE, NOW + 700).falls_asleep is None


def test_after_a_drive_nothing_is_learned_about_how_soon_it_falls_asleep() -> None:
    """It may have been busy longer than we looked."""
    assert saw_state(_read(Activity.PARKED, after=Activity.DRIVING), ASLEEP, NOW + 910).falls_asleep is None


@pytest.mark.parametrize(
    ("before", "state", "quiet", "is_careless"),
    [
        (_read(Activity.PARKED), ASLEEP, 700, True),
        (_read(Activity.PARKED), ASLEEP, 900, False),
        (_read(Activity.PARKED), OFFLINE, 700, False),
        (_read(Activity.DRIVING), ASLEEP, 700, False),
        (_read(Activity.PARKED, is_careless=True), ASLEEP, 2000, True),
    ],
)
def test_a_car_that_sleeps_soon_after_a_reading_is_not_kept_awake_by_readings(
    before: VehicleHistory, state: Connectivity, quiet: float, *, is_careless: bool
) -> None:
    assert saw_state(before, state, NOW + quiet).is_careless is is_careless


def test_looks_are_counted_from_where_the_activity_began() -> None:
    sat_in = saw_data(saw_state(saw_state(SEEN, ASLEEP, NOW), ONLINE, NOW), Activity.OCCUPIED, NOW, NOW + 1)
    assert (sat_in.looks, sat_in.same_since, sat_in.rested) == (1, NOW, None)
    driving = saw_data(sat_in, Activity.DRIVING, NOW + 30, NOW + 31)
    assert (driving.looks, driving.same_since) == (1, NOW + 31)
    arrived = saw_data(driving, Activity.OCCUPIED, NOW + 60, NOW + 61)
    left = saw_data(arrived, Activity.PARKED, NOW + 90, NOW + 91)
    assert (left.looks, left.same_since, left.rested) == (2, NOW + 61, Activity.DRIVING)


def test_when_it_drives_off_is_remembered_as_an_hour_of_the_day() -> None:
    driving = saw_data(SEEN, Activity.DRIVING, NOW, 3 * 86400 + 500)
    assert list(driving.departures) == [500]
    assert saw_data(driving, Activity.DRIVING, NOW, 3 * 86400 + 560).departures == (500,)
    for day in range(4, 40):
        driving = saw_data(replace(driving, activity=Activity.PARKED), Activity.DRIVING, NOW, day * 86400 + 700)
    assert list(driving.departures) == [700] * 20


@pytest.mark.parametrize(
    ("departures", "seconds"),
    [
        ((NOW - 600, NOW + 500, NOW - 100), 240),
        ((NOW - 600, NOW + 500), 1380),  # twice may be chance
        ((NOW - 1000, NOW + 1000, NOW), 1380),  # another hour
        ((NOW - 86400, NOW + 86400, NOW + 5 * 86400 + 800), 240),  # other days
    ],
)
def test_a_car_awake_at_an_hour_at_which_it_often_drives_off_is_looked_at(
    departures: tuple[float, ...], seconds: float
) -> None:
    assert next_data(_read(Activity.PARKED, departures=departures), PACE) == NOW + seconds


def test_after_a_drive_and_when_money_is_short_the_usual_hour_does_not_count() -> None:
    usual = (NOW, NOW, NOW)
    assert next_data(_read(Activity.PARKED, after=Activity.DRIVING, ago=270, departures=usual), PACE) == NOW + 1380
    assert next_data(_read(Activity.PARKED, departures=usual), PACE, 0.6) == NOW + 1380


def test_the_cable_is_noted_when_it_is_first_seen_in_a_car_at_rest() -> None:
    plugged = saw_data(SEEN, Activity.PARKED, NOW, NOW + 1, is_plugged=True)
    assert plugged.plugged_at == NOW + 1
    assert saw_data(plugged, Activity.PARKED, NOW, NOW + 60, is_plugged=True).plugged_at == NOW + 1
    assert saw_data(plugged, Activity.CHARGING, NOW, NOW + 60, is_plugged=True).plugged_at is None
    assert saw_data(plugged, Activity.PARKED, NOW, NOW + 60).plugged_at is None


def test_a_charge_that_is_only_starting_is_looked_at_once_more_within_a_minute() -> None:
    """It has its power by then, or it may be starting for ever: then a look each minute would cost too much."""
    starting = saw_data(SEEN, Activity.CHARGING, NOW, NOW, is_starting=True)
    assert next_data(starting, PACE) == NOW + PACE.late
    still = saw_data(starting, Activity.CHARGING, NOW + 60, NOW + 60, is_starting=True)
    assert next_data(still, PACE) == NOW + PACE.charge_probes[0]


# --- money ------------------------------------------------------------------------------------------------


def test_when_money_is_short_a_drive_and_a_charge_are_read_less_often_and_nobody_is_waited_for() -> None:
    assert next_data(_read(Activity.DRIVING), PACE, 0.5) == NOW + 120
    assert next_data(_read(Activity.DRIVING), PACE, 1) == NOW + 600
    assert next_data(_read(Activity.CHARGING), PACE, 0.9) == pytest.approx(NOW + 9000)
    assert next_data(_read(Activity.OCCUPIED, looks=1), PACE, 1) == NOW + 1380


@pytest.mark.parametrize(("profile", "seconds"), [(Profile.ECO, 240), (Profile.BALANCED, 60), (Profile.LIVE, 38)])
def test_a_profile_says_how_often_a_drive_is_read_unless_that_is_set(profile: Profile, seconds: float) -> None:
    assert paced(profile, {"driving": None}).driving == seconds
    assert paced(profile, {"driving": 17.0, "parked": 2000.0}) == replace(
        paced(profile, {}), driving=17.0, parked=2000.0
    )


# --- wishes -----------------------------------------------------------------------------------------------


def test_a_wish_makes_the_next_call_sooner_never_later() -> None:
    assert next_data(replace(SEEN, wanted_at=NOW + 30), PACE) == NOW + 30
    assert next_data(replace(SEEN, wanted_at=NOW + 9999), PACE) == NOW + 1380


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


@pytest.mark.parametrize("state", [ASLEEP, OFFLINE, None])
def test_a_wish_for_a_car_that_is_not_online_lasts_for_minutes(state: Connectivity | None) -> None:
    """A command wakes a car some seconds before the list shows it; a car that wakes days later is wanted no more."""
    wished = replace(SEEN, connectivity=state, wanted_at=NOW)
    assert saw_state(wished, ONLINE, NOW + WISHED_FOR - 1).wanted_at == NOW
    assert saw_state(wished, state, NOW + WISHED_FOR).wanted_at is None
    assert saw_state(wished, ONLINE, NOW + WISHED_FOR).wanted_at is None


def test_a_wish_for_a_car_that_is_online_stands_until_it_is_served() -> None:
    wished = replace(SEEN, wanted_at=NOW)
    assert saw_state(wished, ONLINE, NOW + 9 * WISHED_FOR).wanted_at == NOW
    assert saw_state(wished, OFFLINE, NOW + 1).wanted_at == NOW, "out of reach for a moment"


def test_a_state_that_is_no_news_is_noted_and_nothing_else() -> None:
    assert saw_state(SEEN, ONLINE, NOW + 30) == replace(SEEN, listed_at=NOW + 30)


def test_a_car_that_is_not_polled_is_read_when_somebody_wants_it_and_else_never() -> None:
    assert next_wish(SEEN, PACE) is None
    assert next_wish(replace(SEEN, data_at=None), PACE) is None
    assert next_wish(replace(SEEN, wanted_at=NOW + 30), PACE) == NOW + 30
    assert next_wish(replace(SEEN, wanted_at=NOW), PACE) == NOW + PACE.soonest
    assert next_wish(replace(SEEN, wanted_at=NOW, not_before=NOW + 99), PACE) == NOW + 99
    assert next_wish(replace(SEEN, connectivity=ASLEEP, wanted_at=NOW), PACE) is None


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
        (refusal(Answer(403, {}, b"Forbidden, see https://x"), NOON), [3600, 3600, 3600]),
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
    rested=st.none() | st.sampled_from(Activity),
    same_since=times,
    looks=st.integers(1, 1000),
    listed_at=times,
    expected_at=st.none() | times,
    quiet_looks=st.integers(0, 1000),
    plugged_at=st.none() | times,
    is_careless=st.booleans(),
    departures=st.lists(st.floats(0, 86400), max_size=20).map(tuple),
    falls_asleep=st.none() | st.floats(600, 1e5),
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
    known = replace(history, same_since=min(history.same_since, now), wanted_at=None)
    read = saw_data(known, doing, now, now + duration)
    due = next_data(read, PACE)
    assert due is not None
    longest = PACE.longest_silence + 2 * PACE.state
    assert now + duration + PACE.soonest <= due <= max(now + duration + longest, history.not_before)


@given(history=histories, now=times)
def test_a_car_that_may_fall_asleep_is_left_alone_for_long_enough(history: VehicleHistory, now: float) -> None:
    """Fifteen quiet minutes are what it needs, unless it was seen to need less, or the hour is a usual one."""
    at_rest = replace(history, connectivity=ONLINE, activity=Activity.PARKED, data_at=now, wanted_at=None)
    after_the_probes = replace(
        at_rest,
        same_since=min(history.same_since, now - PACE.probes[-1] - 1),
        plugged_at=None,
        departures=(),
        is_careless=False,
    )
    due = next_data(after_the_probes, PACE)
    assert due is not None
    assert due - now >= min(PACE.parked, (history.falls_asleep or 1e9) + PACE.drowsy) - 1e-6 * now
