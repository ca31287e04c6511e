"""Which error every refusal of Tesla's is, and how long a 429 asks to wait."""

from __future__ import annotations

import json

import pytest
from fakes import NOON

from bridge.errors import (
    AccessDenied,
    AccountLimited,
    AnswerInvalid,
    BridgeError,
    CallWrong,
    NotRegistered,
    RateLimited,
    ScopeMissing,
    ServerFailed,
    SigningRequired,
    SignInRequired,
    VehicleUnavailable,
)
from bridge.fleet.refusals import refusal
from bridge.fleet.transport import Answer

PROTOCOL = (
    "Tesla Vehicle Command Protocol required, please refer to the documentation here: https://developer.tesla.com"
)

# (status, text of `error`, the error, its reason); texts from fleet-api.md 0.3
SPOKEN = [
    (400, "invalid_command", CallWrong, "call_wrong"),
    (401, "mobile_access_disabled", AccessDenied, "mobile_access_off"),
    (401, "login_required", SignInRequired, "signed_out"),
    (401, "User revoked consent", SignInRequired, "signed_out"),
    (401, "", AccessDenied, "denied"),
    (402, "", AccountLimited, "billing"),
    (403, "Unauthorized missing scopes vehicle_cmds", ScopeMissing, "scope"),
    (403, PROTOCOL, SigningRequired, "signing_required"),
    (403, "account disabled: EXCEEDED_LIMIT", AccountLimited, "billing"),
    (403, "forbidden, see https://developer.tesla.com/docs/fleet-api", AccessDenied, "client_blocked"),
    (403, "unsupported vehicle", AccessDenied, "unsupported"),
    (403, "something new", AccessDenied, "denied"),
    (404, "not_found", CallWrong, "not_found"),
    (405, "vehicle is currently in service", CallWrong, "in_service"),
    (405, "invalid_method", CallWrong, "call_wrong"),
    (406, "not_a_JSON_request", CallWrong, "call_wrong"),
    (408, "vehicle unavailable: vehicle is offline or asleep", VehicleUnavailable, "asleep"),
    (412, "Account abc must be registered in the current region", NotRegistered, "not_registered"),
    (412, "Not Supported", SigningRequired, "signing_required"),
    (418, "", CallWrong, "call_wrong"),
    (421, "user out of region, use base URL: https://evil.example, see", AccessDenied, "region"),
    (422, "invalid_resource", CallWrong, "call_wrong"),
    (423, "", AccessDenied, "account_locked"),
    (424, "", ServerFailed, "no_answer"),
    (429, "Too many requests", RateLimited, "rate_limited"),
    (451, "", AccessDenied, "region"),
    (499, "", ServerFailed, "no_answer"),
    (500, "upstream internal error", ServerFailed, "no_answer"),
    (502, "", ServerFailed, "no_answer"),
    (503, "vehicle is not available", ServerFailed, "no_answer"),
    (540, "", ServerFailed, "no_answer"),
    (307, "", AnswerInvalid, "bad_answer"),
]


def _answer(status: int, said: str, **headers: str) -> Answer:
    body = json.dumps({"response": None, "error": said, "error_description": ""}).encode() if said else b""
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


@pytest.mark.case("F9")
@pytest.mark.parametrize(("status", "said", "error", "reason"), SPOKEN)
def test_status_and_words_decide(status: int, said: str, error: type[BridgeError], reason: str) -> None:
    found = refusal(_answer(status, said), NOON)
    assert type(found) is error
    assert found.reason == reason
    assert f"HTTP {status}" in str(found)


def test_the_reason_of_one_error_does_not_stick_to_its_kind() -> None:
    refusal(_answer(423, ""), NOON)
    assert AccessDenied.reason == "denied"
    assert refusal(_answer(403, ""), NOON).reason == "denied"


def test_the_text_names_words_details_and_txid() -> None:
    body = json.dumps({"error": "invalid_resource", "error_description": "d", "messages": {"vin": ["bad"]}}).encode()
    found = str(refusal(Answer(422, {"x-txid": "0a1b"}, body), NOON))
    assert "invalid_resource: d: {'vin': ['bad']}" in found
    assert found.endswith("txid 0a1b)")


@pytest.mark.case("S15")
@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<!DOCTYPE html><html><title>Access Denied</title>", "a web page"),
        (b"Retry in 37829 seconds", "Retry in 37829 seconds"),
        (b'{"response":"authorization_required_for_txid_1"}', "authorization_required_for_txid_1"),
        (b"line\nbreak \x1b[31mred\x00", "line break [31mred"),
        (b"\xff\xfe" + b"x" * 5000, "x" * 100),
        (b"[" * 5000, "[" * 100),
    ],
)
def test_any_body_makes_one_short_printable_line(body: bytes, said: str) -> None:
    found = str(refusal(Answer(500, {}, body), NOON))
    assert said in found
    assert found.isprintable()
    assert len(found) < 300


@pytest.mark.parametrize(
    "secret",
    [
        "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwcyJ9.c2lnbmF0dXJl",
        "EU_0123456789abcdef0123456789abcdef",
        "0123456789abcdef" * 4,
    ],
)
def test_a_token_that_an_answer_repeats_does_not_reach_the_text(secret: str) -> None:
    found = str(refusal(Answer(400, {"x-txid": secret}, f"bad token {secret}".encode()), NOON))
    assert secret not in found
    assert "bad token ***" in found


# --- 429 ----------------------------------------------------------------------------------------------------------


@pytest.mark.case("F13")
@pytest.mark.parametrize(
    ("headers", "said", "wait"),
    [
        ({"retry_after": "900"}, "", 900),
        ({"retry_after": "1.5"}, "", 1.5),
        ({"retry_after": "Wed, 01 Jul 2026 12:10:00 GMT"}, "", 600),
        ({"retry_after": "Wed, 01 Jul 2026 11:00:00 GMT"}, "", 1),
        ({"retry_after": "0"}, "", 1),
        ({"retry_after": "999999999"}, "", 86400),
        ({"retry_after": "-5", "ratelimit_reset": "14692"}, "", 14692),
        ({"retry_after": "soon"}, "Retry in 37 seconds", 37),
        ({"retry_after": "nan"}, "", 60),
        ({"retry_after": "Wed, 99 Jul 2026 12:10:00 GMT"}, "", 60),
        ({"ratelimit_vehicle_commands_reset": "45983"}, "", 45983),
        ({"x_ratelimit_reset": str(int(NOON.timestamp()) + 120)}, "", 120),
        ({"retry_after": "30", "ratelimit_reset": "14692"}, "Retry in 9 seconds", 30),
        ({}, "Retry in 37829 seconds", 37829),
        ({}, "Too many requests", 60),
        ({}, "", 60),
    ],
)
def test_a_429_waits_as_long_as_it_says(headers: dict[str, str], said: str, wait: float) -> None:
    found = refusal(_answer(429, said, **headers), NOON)
    assert isinstance(found, RateLimited)
    assert found.wait == wait
