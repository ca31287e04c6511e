"""Payloads, contract version 1: one form for each value out, one clear no for what is no command in."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from fakes import NOON
from hypothesis import example, given, strategies as st

from bridge.catalog import CATALOGUE
from bridge.catalog.rows import Entity
from bridge.model import DeviceId, Kind, Outcome, Request, Result, Value
from bridge.topics import (
    MAXIMUM_PAYLOAD,
    MAXIMUM_TRANSACTION,
    Payload,
    PayloadInvalid,
    decode,
    encode,
    encode_json,
    result_body,
)

CAR = DeviceId(Kind.VEHICLE, "5YJ3E1EA7KF000316")

# --- encode -----------------------------------------------------------------------------------------------

PLUS_TWO = timezone(timedelta(hours=2))


@pytest.mark.parametrize(
    ("value", "payload", "content_type"),
    [
        (None, b"None", None),
        (True, b"true", None),
        (False, b"false", None),
        (0, b"0", None),
        (-7, b"-7", None),
        (2**63, b"9223372036854775808", None),
        (20.0, b"20", None),
        (-0.0, b"0", None),
        (20.5, b"20.5", None),
        (0.1, b"0.1", None),
        (1e22, b"1e+22", None),
        ("asleep", b"asleep", "text/plain"),
        (Outcome.OK, b"ok", "text/plain"),
        ("Zoë 🚗", "Zoë 🚗".encode(), "text/plain"),
        ("half a pair \ud83d", b"half a pair ?", "text/plain"),
        (datetime(2026, 7, 1, 12, 0, 0, 999, tzinfo=UTC), b"2026-07-01T12:00:00+00:00", "text/plain"),
        (datetime(2026, 7, 1, 14, tzinfo=PLUS_TWO), b"2026-07-01T14:00:00+02:00", "text/plain"),
        ({}, b"{}", "application/json"),
        ([], b"[]", "application/json"),
        ({"b": None, "a": [True, 1.5, "ü"]}, '{"a":[true,1.5,"ü"],"b":null}'.encode(), "application/json"),
        ({"at": NOON}, b'{"at":"2026-07-01T12:00:00+00:00"}', "application/json"),
    ],
)
def test_a_value_has_one_payload(value: Value, payload: bytes, content_type: str | None) -> None:
    assert encode(value) == (payload, content_type)


scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
bodies = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(value=bodies | st.datetimes(timezones=st.just(UTC)))
def test_only_the_empty_text_is_an_empty_payload(value: Value) -> None:
    """An empty retained message deletes a topic: unknown is the word `None`, so that the topic stays."""
    assert bool(encode(value).payload) is (value != "")


@pytest.mark.parametrize("raw", ["", " ", "\0\n"])
def test_no_row_reads_an_empty_text(raw: str) -> None:
    rows = [row for kind in Kind for row in CATALOGUE[kind].entities.values()]
    of_tesla = [row for row in rows if not row.source.startswith("bridge.")]
    assert [row.key for row in of_tesla if _reading(row, raw) == ""] == []


def _reading(row: Entity, raw: str) -> Value:
    try:
        return row.read(raw)
    except (TypeError, ValueError, KeyError):
        return None


@given(value=bodies)
def test_json_comes_back_as_it_was(value: Any) -> None:
    assert json.loads(encode_json(value).payload) == value


@given(body=st.dictionaries(st.text(max_size=6), scalars, max_size=6))
def test_equal_objects_are_equal_bytes(body: dict[str, Any]) -> None:
    assert encode_json(dict(reversed(body.items()))) == encode_json(body)


def test_a_result_has_all_the_fields_of_the_contract() -> None:
    request = Request(CAR, "charge_limit", b"80", NOON, deadline=1090.0, transaction="t1")
    result = Result(request, Outcome.OK, NOON + timedelta(seconds=2), attempts=1, value=80)
    assert json.loads(encode_json(result_body(result)).payload) == {
        "command": "charge_limit",
        "outcome": "ok",
        "reason": None,
        "message": "",
        "transaction": "t1",
        "requested_at": "2026-07-01T12:00:00+00:00",
        "finished_at": "2026-07-01T12:00:02+00:00",
        "attempts": 1,
        "value": 80,
    }


# --- decode -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payload", "value", "transaction"),
    [
        (b"", "", None),
        (b" 80\n", "80", None),
        (b"true", "true", None),
        (b"null", "null", None),
        (b'"80"', '"80"', None),
        (b"NaN", "NaN", None),
        ("Grüße".encode(), "Grüße", None),
        (b"{}", {}, None),
        (b'{"value": 80}', {"value": 80}, None),
        (b' {"percent": 80, "transaction": "t1"} ', {"percent": 80}, "t1"),
        (b'{"transaction": 17}', {}, "17"),
        (b'{"transaction": null}', {}, None),
        (b'{"transaction": ""}', {}, ""),
    ],
)
def test_a_command_is_a_bare_text_or_an_object(payload: bytes, value: Value, transaction: str | None) -> None:
    assert decode(payload) == Payload(value, transaction)


@pytest.mark.parametrize(
    ("payload", "complaint"),
    [
        (b"\xff\xfe", "not UTF-8"),
        (b"\xed\xa0\xbd", "not UTF-8"),  # half a surrogate pair
        (b"[80]", "must be an object"),
        (b"{", "not valid JSON"),
        (b'{"value": NaN}', "NaN is no JSON number"),
        (b'{"value": -Infinity}', "-Infinity is no JSON number"),
        (b'{"value": 1e999}', "1e999 is no JSON number"),
        (b'{"value": 80} {"value": 81}', "not valid JSON"),
        (b'{"value": ' + b"9" * 5000 + b"}", "not valid JSON"),
        (b'{"value": ' * 1500, "not valid JSON"),
        (b"[" * MAXIMUM_PAYLOAD, "not valid JSON"),
        (b"x" * (MAXIMUM_PAYLOAD + 1), "at most 16384"),
    ],
)
def test_what_is_no_command_is_refused_with_a_reason(payload: bytes, complaint: str) -> None:
    with pytest.raises(PayloadInvalid, match=complaint):
        decode(payload)


def test_the_longest_message_is_taken() -> None:
    assert decode(b"x" * MAXIMUM_PAYLOAD).value == "x" * MAXIMUM_PAYLOAD


def test_a_long_transaction_is_cut_off() -> None:
    assert decode(b'{"transaction": "%s"}' % (b"t" * 500)).transaction == "t" * MAXIMUM_TRANSACTION


json_like = bodies.map(lambda body: json.dumps(body).encode())
broken_json = st.tuples(json_like, st.integers(0, 40), st.binary(max_size=3)).map(
    lambda parts: parts[0][: parts[1]] + parts[2] + parts[0][parts[1] :]
)


@given(payload=st.binary(max_size=200) | json_like | broken_json)
@example(b'{"transaction": ' + b"[" * 900 + b"]" * 900 + b"}")
def test_no_bytes_raise_anything_but_payload_invalid(payload: bytes) -> None:
    """Fault case F39."""
    try:
        value, transaction = decode(payload)
    except PayloadInvalid:
        return
    assert isinstance(value, str | dict)
    assert transaction is None or len(transaction) <= MAXIMUM_TRANSACTION
    assert encode_json({"value": value, "transaction": transaction}).payload
