"""A pair of tokens and what an access token says of itself."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from account import STORED
from fakes import NOON

from bridge.fleet.auth.regions import from_claims
from bridge.fleet.auth.tokens import Claims, Tokens, claims
from bridge.fleet.hosts import REGIONS

NA, EU, CN = (REGIONS[name].api for name in ("na", "eu", "cn"))


def jwt(payload: Any) -> str:
    text = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return f"eyJhbGciOiJSUzI1NiJ9.{base64.urlsafe_b64encode(text).decode().rstrip('=')}.c2ln"


def test_scopes_audience_region_and_end_are_read() -> None:
    token = jwt({"scp": ["openid", "vehicle_cmds"], "aud": [NA, EU], "ou_code": "EU", "exp": 1782907200})
    assert claims(token) == Claims(
        frozenset({"openid", "vehicle_cmds"}), (NA, EU), "EU", datetime(2026, 7, 1, 12, tzinfo=UTC)
    )


def test_invented_scopes_and_claims_are_data() -> None:
    """A9: a new scope took others' whole integration down."""
    found = claims(jwt({"scp": ["email", "teleportation", 7], "warp": {"factor": [9]}}))
    assert found == Claims(frozenset({"email", "teleportation"}), (), None, None)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "opaque",
        "a.b",
        "a.!!!.c",
        "a.ü.c",
        jwt(b"not json"),
        jwt(b"\xff"),
        jwt(b"[" * 20000),
        jwt([1]),
        jwt({"scp": 7, "aud": {"a": 1}, "ou_code": ["EU"], "exp": "soon"}),
        jwt({"exp": 1e300}),
        jwt(b'{"exp": NaN}'),
    ],
)
def test_a_token_that_says_nothing_is_no_error(token: str) -> None:
    assert claims(token) == Claims(frozenset(), (), None, None)


def test_scopes_may_be_one_text() -> None:
    assert claims(jwt({"scp": "openid user_data", "aud": NA})) == Claims(
        frozenset({"openid", "user_data"}), (NA,), None, None
    )


# --- region -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("audience", "ou_code", "region"),
    [
        ((NA, EU, "https://auth.tesla.com/oauth2/v3/userinfo"), "EU", "eu"),
        ((NA, EU), "NA", "na"),
        ((EU, NA), None, "eu"),
        ((NA,), "EU", "na"),
        ((CN,), "CN", "cn"),
        (("https://fleet-api.prd.eu.vn.cloud.tesla.com.evil.example", "https://evil.example"), "EU", None),
        ((), "EU", None),
    ],
)
def test_the_region_is_the_audience_of_the_accounts_own(
    audience: tuple[str, ...], ou_code: str | None, region: str | None
) -> None:
    found = from_claims(Claims(frozenset(), audience, ou_code, None))
    assert found == (REGIONS[region] if region else None)


# --- age ----------------------------------------------------------------------------------------------------------


def _living(life: timedelta) -> Tokens:
    return replace(STORED, obtained_at=NOON, expires_at=NOON + life)


@pytest.mark.parametrize(
    ("life", "due"),
    [
        (timedelta(hours=8), timedelta(hours=6)),
        (timedelta(minutes=40), timedelta(minutes=30)),
        (timedelta(minutes=30), timedelta(minutes=20)),
        (timedelta(minutes=4), timedelta(minutes=2)),
    ],
)
def test_renewal_is_due_at_three_quarters_and_ten_minutes_before_the_end(life: timedelta, due: timedelta) -> None:
    tokens = _living(life)
    assert not tokens.is_due(NOON + due - timedelta(seconds=1))
    assert tokens.is_due(NOON + due)
    assert tokens.is_good(NOON + due)


def test_an_expired_token_is_not_good() -> None:
    tokens = _living(timedelta(hours=8))
    assert not tokens.is_good(NOON + timedelta(hours=8))
    assert tokens.is_due(NOON + timedelta(days=9))


def test_a_token_without_an_end_is_good_until_it_is_refused() -> None:
    tokens = replace(STORED, expires_at=None)
    assert tokens.is_good(NOON + timedelta(days=999))
    assert not tokens.is_due(NOON + timedelta(days=999))


def test_a_token_does_not_show_itself() -> None:
    assert "access-0" not in f"{STORED} {STORED!r}"
    assert "refresh-0" not in f"{STORED} {STORED!r}"
