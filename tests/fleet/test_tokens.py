"""A pair of tokens and what an access token says of itself."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import inf
from typing import Any

import pytest
from account import STORED
from fakes import NOON

from bridge.fleet.auth.regions import from_claims
from bridge.fleet.auth.tokens import Claims, Life, Tokens, claims, is_skewed
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


@pytest.mark.case("F8")
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

HOUR = 3600.0


def _living(life: float) -> Tokens:
    return replace(STORED, obtained_at=NOON, expires_at=NOON + timedelta(seconds=life))


@pytest.mark.parametrize(("life", "due"), [(8 * HOUR, 6 * HOUR), (2400, 1800), (1800, 1200), (240, 120)])
def test_renewal_is_due_at_three_quarters_and_ten_minutes_before_the_end(life: float, due: float) -> None:
    assert Life.fresh(_living(life), received=1000) == Life(1000 + due, 1000 + life)


def test_a_token_without_an_end_is_good_until_it_is_refused() -> None:
    assert Life.fresh(replace(STORED, expires_at=None), received=1000) == Life(inf, inf)


def test_a_refresh_token_alone_is_due_at_once() -> None:
    alone = replace(STORED, access="")
    assert Life.fresh(alone, received=1000) == Life.recalled(alone, NOON, 1000) == Life.over()


@pytest.mark.parametrize("age", [0, 3 * HOUR, 9 * HOUR, 900 * HOUR])
def test_one_from_the_disk_is_as_old_as_the_wall_clock_says(age: float) -> None:
    now = NOON + timedelta(seconds=age)
    assert Life.recalled(_living(8 * HOUR), now, 1000) == Life(1000 - age + 6 * HOUR, 1000 - age + 8 * HOUR)


def test_one_that_would_come_from_the_future_is_renewed_at_once_and_good_until_it_is_refused() -> None:
    """A6: a board without a clock starts in 1970."""
    assert Life.recalled(_living(8 * HOUR), datetime(1970, 1, 1, tzinfo=UTC), 1000) == Life(-inf, inf)


@pytest.mark.parametrize("offset", [-61, 61, 2 * 365 * 86400])
def test_nobody_knows_the_age_of_what_came_while_the_clock_was_wrong(offset: float) -> None:
    """A6: its `iat` is of Tesla's clock, and tells how wrong ours was."""
    issued = NOON + timedelta(seconds=offset)
    tokens = replace(_living(8 * HOUR), access=jwt({"iat": issued.timestamp()}))
    assert is_skewed(tokens)
    assert Life.recalled(tokens, NOON + timedelta(hours=1), 1000) == Life(-inf, inf)


@pytest.mark.parametrize("offset", [-60, 0, 60])
def test_a_minute_is_no_difference(offset: float) -> None:
    issued = NOON + timedelta(seconds=offset)
    assert not is_skewed(replace(_living(8 * HOUR), access=jwt({"iat": issued.timestamp()})))


def test_a_token_does_not_show_itself() -> None:
    assert "access-0" not in f"{STORED} {STORED!r}"
    assert "refresh-0" not in f"{STORED} {STORED!r}"
