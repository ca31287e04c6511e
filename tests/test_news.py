"""What the bridge tells of itself and of the account."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from fakes import NOON, FakeClock

from bridge import catalog, news
from bridge.accounts import Standing
from bridge.budget import State
from bridge.errors import AccountLimited, ServerFailed, SignInRequired
from bridge.health import Health
from bridge.ledger import Month, Share
from bridge.model import Device, DeviceId, Kind, Outcome, Request, Result, Roster
from bridge.topics import Topics, encode_json

CAR = Device(
    DeviceId(Kind.VEHICLE, "5YJ3E1EA7KF000316"),
    "Blitz",
    model="Model 3",
    serial="5YJ3E1EA7KF000316",
    software="2026.20",
)
MONTH = Month(
    name="2026-07",
    calls={"data": 100, "command": 20},
    dollars=0.22,
    forecast=6.9,
    credit_left=9.78,
    budget=5.0,
    budget_left=4.78,
    state=State.OK,
    pressure=0.25,
    unanswered=3,
    limited_until=NOON,
    last_day={"data": 40},
)
STANDING = Standing(
    name="tesla",
    region="eu",
    scopes=frozenset({"openid", "energy_device_data", "something_new"}),
    wanted=frozenset({"vehicle_cmds", "vehicle_location", "energy_device_data"}),
    token_expires=NOON + timedelta(hours=8),
    token_renewed=NOON,
    sign_in_ends=NOON + timedelta(days=90),
)


@pytest.fixture
def health() -> Health:
    return Health(FakeClock())


def test_info_tells_what_runs_and_where_each_device_is() -> None:
    body = news.info(Roster((CAR,)), Topics("home", {CAR.at.id: "blitz"}), "1.2.3", NOON)
    assert json.loads(encode_json(body).payload) == {
        "version": "1.2.3",
        "contract_version": 1,
        "started_at": "2026-07-01T12:00:00+00:00",
        "devices": [
            {
                "kind": "vehicle",
                "id": "5YJ3E1EA7KF000316",
                "name": "Blitz",
                "model": "Model 3",
                "topic": "home/vehicle/blitz",
            }
        ],
    }


def test_an_account_that_is_well(health: Health) -> None:
    health.report("account tesla products", None, "tesla")
    assert news.account(health, STANDING, MONTH) == {
        "signed_in": True,
        "login_required": False,
        "connected": True,
        "region": "eu",
        "token_expires": NOON + timedelta(hours=8),
        "token_renewed": NOON,
        "sign_in_ends": NOON + timedelta(days=90),
        "scopes_granted": "energy_device_data, openid, something_new",
        "scopes_missing": "vehicle_cmds, vehicle_location",
        "problem": "none",
        "budget_owner": True,
        "service_trouble": None,
        "cost_month": 0.22,
        "cost_forecast": 6.9,
        "credit_left": 9.78,
        "budget_left": 4.78,
        "budget_state": "ok",
        "rate_limited_until": NOON,
        "calls_unanswered": 3,
        "calls_data": 100,
        "calls_command": 20,
        "calls_wake": 0,
        "calls_energy": 0,
        "calls_free": 0,
        "requests_data": 40,
        "requests_command": 0,
        "requests_wake": 0,
        "requests_energy": 0,
        "requests_free": 0,
    }


@pytest.mark.parametrize(
    ("error", "is_signed_in"),
    [(SignInRequired("sign in again"), False), (AccountLimited("pay"), True), (ServerFailed("503"), True)],
)
def test_an_account_in_trouble_says_so(
    health: Health, error: SignInRequired | AccountLimited | ServerFailed, *, is_signed_in: bool
) -> None:
    health.report("account tesla vehicles", error, "tesla")
    told = news.account(health, STANDING, MONTH)
    assert (told["signed_in"], told["login_required"]) == (is_signed_in, not is_signed_in)
    assert (told["connected"], told["problem"]) == (False, str(error))


def test_an_account_does_not_bear_the_trouble_of_another(health: Health) -> None:
    health.report("account tesla products", None, "tesla")
    health.report("account parents products", SignInRequired("sign in again"), "parents")
    one, other = (news.account(health, replace(STANDING, name=name), MONTH) for name in ("tesla", "parents"))
    assert [(each["signed_in"], each["connected"], each["problem"]) for each in (one, other)] == [
        (True, True, "none"),
        (False, False, "sign in again"),
    ]


@pytest.mark.parametrize(
    ("scopes", "granted", "missing"),
    [
        (None, None, None),
        (frozenset(), "none", "energy_device_data, vehicle_cmds, vehicle_location"),
        (STANDING.wanted, "energy_device_data, vehicle_cmds, vehicle_location", "none"),
    ],
)
def test_scopes_are_told_in_words(
    health: Health, scopes: frozenset[str] | None, granted: str | None, missing: str | None
) -> None:
    told = news.account(health, replace(STANDING, scopes=scopes), MONTH)
    assert (told["scopes_granted"], told["scopes_missing"]) == (granted, missing)


def test_a_hundred_invented_scopes_fit_into_a_state_of_home_assistant(health: Health) -> None:
    scopes = frozenset(f"something_new_{number}" for number in range(100))
    assert len(news.account(health, replace(STANDING, scopes=scopes), MONTH)["scopes_granted"]) == 255


def test_every_state_of_the_budget_is_one_that_home_assistant_knows() -> None:
    assert catalog.CATALOGUE[Kind.ACCOUNT].entities["budget_state"].options == tuple(State)


def test_a_car_tells_what_it_costs() -> None:
    told = news.car(Share(today={"data": 7, "free": 90}, dollars=0.31, last_paid=NOON))
    assert told == {
        "calls_today_data": 7,
        "calls_today_command": 0,
        "calls_today_wake": 0,
        "cost_month": 0.31,
        "last_paid_call": NOON,
    }
    assert catalog.read(Kind.VEHICLE, {"bridge": told}) == told


def test_the_last_paid_call_of_an_earlier_run_is_not_forgotten() -> None:
    """It is among the last values, which a restart brings back."""
    assert "last_paid_call" not in news.car(Share({}, 0.31, None))


def test_everything_told_of_the_account_is_read_by_its_rows(health: Health) -> None:
    told = news.account(health, STANDING, MONTH)
    lacking = told["scopes_missing"] != "none"
    assert catalog.read(Kind.ACCOUNT, {"bridge": told}) == {**told, "scopes_lacking": lacking}


def test_the_month_joins_the_health_message() -> None:
    body = news.month(MONTH)
    assert json.loads(encode_json(body).payload) == {
        "month": {
            "name": "2026-07",
            "calls": {"data": 100, "command": 20},
            "unanswered": 3,
            "last_day": {"data": 40},
            "dollars": 0.22,
            "forecast": 6.9,
            "credit_left": 9.78,
            "budget": 5.0,
            "budget_left": 4.78,
            "budget_state": "ok",
            "pressure": 0.25,
            "rate_limited_until": "2026-07-01T12:00:00+00:00",
        },
    }


# --- the last command and the bridge ----------------------------------------------------------------------


def _result(seconds: float) -> Result:
    asked = Request(CAR.at, "charge_limit", b"80", received_at=NOON, deadline=0)
    return Result(asked, Outcome.OK, NOON + timedelta(seconds=seconds))


def test_a_command_tells_how_long_it_took() -> None:
    assert news.command(_result(1.2345)) == {
        "last_command": "charge_limit",
        "last_command_outcome": "ok",
        "last_command_latency": 1234,
    }


def test_a_clock_that_was_set_back_tells_no_latency() -> None:
    assert news.command(_result(-3600))["last_command_latency"] is None


def test_the_bridge_tells_how_it_is_doing(health: Health) -> None:
    assert news.bridge(health, 0, is_restartable=False) == {
        "has_problem": False,
        "last_error": "none",
        "command_queue": 0,
        "restartable": False,
    }
    health.report("vehicle X data", ServerFailed("503"))
    told = news.bridge(health, 3, is_restartable=True)
    assert told == {"has_problem": True, "last_error": "503", "command_queue": 3, "restartable": True}
    health.report("vehicle X data", None)
    told = news.bridge(health, 0, is_restartable=True)
    assert (told["has_problem"], told["last_error"]) == (False, "503")
