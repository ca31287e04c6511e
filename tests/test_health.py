"""Is every part doing its work? What is told of it, and when it is said."""

from __future__ import annotations

import json

import pytest
from fakes import NOON, FakeClock
from structlog.testing import capture_logs

from bridge.errors import BrokerLost, NotSent, ScopeMissing, ServerFailed, SignInRequired
from bridge.health import Health
from bridge.topics import encode_json


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def health(clock: FakeClock) -> Health:
    return Health(clock)


def test_at_the_beginning_all_is_well(health: Health) -> None:
    assert health.problem is None
    assert health.body() == {"at": NOON, "uptime_seconds": 0, "ok": True, "problem": None, "parts": {}}


def test_each_part_tells_its_last_success_and_its_present_trouble(health: Health, clock: FakeClock) -> None:
    health.report("broker", None)
    health.report("vehicle X data", None)
    clock.advance(90)
    health.report("vehicle X data", NotSent("no route to host"))
    health.report("account vehicles", ServerFailed("503"))
    body = json.loads(encode_json(health.body()).payload)
    seen = "2026-07-01T12:00:00+00:00"
    assert body == {
        "at": "2026-07-01T12:01:30+00:00",
        "uptime_seconds": 90,
        "ok": False,
        "problem": "no route to host",
        "parts": {
            "broker": {"ok": True, "last_success": seen, "reason": None},
            "vehicle X data": {"ok": False, "last_success": seen, "reason": "not_sent"},
            "account vehicles": {"ok": False, "last_success": None, "reason": "no_answer"},
        },
    }


def test_what_a_person_must_do_comes_first(health: Health) -> None:
    health.report("a", ServerFailed("503"))
    health.report("b", SignInRequired("sign in again"))
    health.report("c", BrokerLost("gone"))
    assert health.problem == "sign in again"
    health.report("b", None)
    assert health.body()["problem"] == "503"


def test_a_problem_fits_into_a_state_of_home_assistant(health: Health) -> None:
    health.report("a", ServerFailed("x" * 1000))
    assert health.problem == "x" * 255


def test_only_changes_reach_the_log(health: Health) -> None:
    """Invariant I10: no storms."""
    with capture_logs() as logged:
        for _ in range(100):
            health.report("a", None)
        for attempt in range(100):
            health.report("a", ServerFailed(f"attempt {attempt}"))
        for _ in range(100):
            health.report("a", ScopeMissing("no vehicle_cmds"))
        for _ in range(100):
            health.report("a", None)
    assert [(each["log_level"], each.get("reason")) for each in logged] == [
        ("warning", "no_answer"),
        ("warning", "scope"),
        ("info", None),
    ]


def test_uptime_runs_on_when_the_wall_clock_jumps(health: Health, clock: FakeClock) -> None:
    clock.advance(100)
    clock.set_wall(NOON.replace(year=1970))
    assert health.body()["uptime_seconds"] == 100


def test_how_long_a_part_has_not_worked(health: Health, clock: FakeClock) -> None:
    """Since the first failure after a success; since the start, if there never was one."""
    clock.advance(10)
    assert health.down("broker") == 10
    health.report("broker", BrokerLost("refused"))
    clock.advance(10)
    assert health.down("broker") == 20
    health.report("broker", None)
    clock.advance(10)
    assert health.down("broker") == 0
    health.report("broker", BrokerLost("gone"))
    clock.advance(10)
    health.report("broker", BrokerLost("refused"))
    clock.advance(10)
    assert health.down("broker") == 20


def test_a_jump_of_the_wall_clock_makes_nothing_older(health: Health, clock: FakeClock) -> None:
    health.report("broker", None)
    health.report("broker", BrokerLost("gone"))
    clock.set_wall(NOON.replace(year=2030))
    clock.advance(5)
    assert health.down("broker") == 5


# --- several accounts -------------------------------------------------------------------------------------


def test_the_trouble_of_one_account_is_not_the_others(health: Health) -> None:
    health.report("account tesla products", None, "tesla")
    health.report("account parents products", SignInRequired("sign in again"), "parents")
    assert health.has(SignInRequired)
    assert [health.has(SignInRequired, account) for account in ("tesla", "parents")] == [False, True]
    assert [health.problem_of(account) for account in ("tesla", "parents")] == [None, "sign in again"]
    assert [health.works(f"account {account}") for account in ("tesla", "parents", "work")] == [True, False, False]


def test_what_all_have_in_common_is_a_problem_of_each_but_its_own_comes_first(health: Health) -> None:
    health.report("broker", BrokerLost("gone"))
    health.report("account parents products", ServerFailed("503"), "parents")
    assert [health.problem_of(account) for account in ("tesla", "parents")] == ["gone", "503"]


def test_another_account_is_called_by_its_own_settings_and_verbs(health: Health) -> None:
    error = SignInRequired("set FLEET2MQTT_TESLA_REFRESH_TOKEN or run `fleet2mqtt login`; FLEET2MQTT_TESLA_BUDGET")
    error.account = "parents"
    health.report("tokens", error, "parents")
    assert health.problem == (
        "set FLEET2MQTT_ACCOUNT_PARENTS_REFRESH_TOKEN or run `fleet2mqtt login --account parents`; "
        "FLEET2MQTT_TESLA_BUDGET"
    )


# --- the last error ---------------------------------------------------------------------------------------


def test_the_last_error_of_a_device_stays_until_it_is_cleared(health: Health) -> None:
    health.report("vehicle X data", NotSent("no route to host"))
    health.report("vehicle Y data", ServerFailed("503"))
    health.report("vehicle X data", None)
    assert health.last_error("vehicle X") == "no route to host"
    assert health.last_error() == "503"
    health.clear_error("vehicle X")
    assert health.last_error("vehicle X") is None
    assert health.last_error("vehicle Y") == "503"


def test_what_has_no_trouble_has_no_last_error(health: Health) -> None:
    health.report("broker", None)
    assert health.last_error() is None


def test_a_device_that_is_gone_takes_its_error_along(health: Health) -> None:
    health.note("vehicle X", "charge_limit: refused")
    health.forget("vehicle X")
    assert health.last_error("vehicle X") is None


def test_an_error_is_no_longer_than_a_state_of_home_assistant(health: Health) -> None:
    health.note("vehicle X", "x" * 300)
    assert len(health.last_error("vehicle X") or "") == 255
