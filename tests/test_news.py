"""What the bridge tells of itself and of the account."""

from __future__ import annotations

import json

import pytest
from fakes import NOON, FakeClock

from bridge import catalog, news
from bridge.errors import AccountLimited, ServerFailed, SignInRequired
from bridge.health import Health
from bridge.ledger import Month
from bridge.model import Device, DeviceId, Kind, Roster
from bridge.topics import Topics, encode_json

CAR = Device(
    DeviceId(Kind.VEHICLE, "5YJ3E1EA7KF000316"),
    "Blitz",
    model="Model 3",
    serial="5YJ3E1EA7KF000316",
    software="2026.20",
)
MONTH = Month("2026-07", {"data": 100, "command": 20}, 0.22)


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
    assert news.account(health, MONTH, "eu", NOON) == {
        "signed_in": True,
        "region": "eu",
        "token_expires": NOON,
        "problem": "none",
        "cost_month": 0.22,
        "credit_left": 9.78,
        "calls_data": 100,
        "calls_command": 20,
        "calls_wake": 0,
        "calls_free": 0,
    }


@pytest.mark.parametrize(
    ("error", "is_signed_in"),
    [(SignInRequired("sign in again"), False), (AccountLimited("pay"), True), (ServerFailed("503"), True)],
)
def test_an_account_in_trouble_says_so(
    health: Health, error: SignInRequired | AccountLimited | ServerFailed, *, is_signed_in: bool
) -> None:
    health.report("account vehicles", error)
    told = news.account(health, MONTH, "na", None)
    assert (told["signed_in"], told["problem"]) == (is_signed_in, str(error))


def test_the_credit_is_never_below_nothing(health: Health) -> None:
    assert news.account(health, Month("2026-07", {}, 12.5), "na", None)["credit_left"] == 0.0


def test_everything_told_of_the_account_is_read_by_its_rows(health: Health) -> None:
    told = news.account(health, MONTH, "na", None)
    assert catalog.read(Kind.ACCOUNT, {"bridge": told}) == told


def test_the_month_joins_the_health_message() -> None:
    assert news.month(MONTH) == {
        "month": {"name": "2026-07", "calls": {"data": 100, "command": 20}, "dollars": 0.22},
    }
