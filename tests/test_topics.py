"""The topic grammar, contract version 1: what is built is what is parsed, and nothing that is sent can break it."""

from __future__ import annotations

import json
import string
from collections.abc import Iterator
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
    Address,
    Payload,
    PayloadInvalid,
    Topics,
    decode,
    encode,
    encode_json,
    result_body,
)

VIN = "5YJ3E1EA7KF000316"
CAR = DeviceId(Kind.VEHICLE, VIN)
OTHER_CAR = DeviceId(Kind.VEHICLE, "LRW3E7FS2PC000001")
SITE = DeviceId(Kind.ENERGY_SITE, "1234567")
CONNECTOR = DeviceId(Kind.WALL_CONNECTOR, "1457768-02-F--PGT21000000001")
ACCOUNT = DeviceId(Kind.ACCOUNT, "tesla")
BRIDGE = DeviceId(Kind.BRIDGE, "bridge")

PLAIN = Topics()
TOPICS = Topics("home/tesla", {VIN: "model3", SITE.id: "house", CONNECTOR.id: "garage"})

levels = st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=40)


# --- build ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("built", "topic"),
    [
        (PLAIN.value(CAR, "charge", "battery_level"), f"fleet2mqtt/vehicle/{VIN}/charge/battery_level"),
        (PLAIN.value(CAR, "", "connectivity"), f"fleet2mqtt/vehicle/{VIN}/connectivity"),
        (PLAIN.group(SITE, "live"), "fleet2mqtt/energy_site/1234567/live"),
        (PLAIN.availability(CONNECTOR), f"fleet2mqtt/wall_connector/{CONNECTOR.id}/availability"),
        (PLAIN.value(ACCOUNT, "", "signed_in"), "fleet2mqtt/account/tesla/signed_in"),
        (PLAIN.value(BRIDGE, "", "version"), "fleet2mqtt/bridge/version"),
        (PLAIN.bridge("state"), "fleet2mqtt/bridge/state"),
        (PLAIN.set(CAR, "charge_limit"), f"fleet2mqtt/vehicle/{VIN}/set/charge_limit"),
        (PLAIN.result(CAR, "charge_limit"), f"fleet2mqtt/vehicle/{VIN}/result/charge_limit"),
        (PLAIN.event(CAR), f"fleet2mqtt/vehicle/{VIN}/event"),
        (TOPICS.value(CAR, "charge", "battery_level"), "home/tesla/vehicle/model3/charge/battery_level"),
        (TOPICS.availability(CONNECTOR), "home/tesla/wall_connector/garage/availability"),
        (TOPICS.availability(OTHER_CAR), f"home/tesla/vehicle/{OTHER_CAR.id}/availability"),
    ],
)
def test_every_topic_is_as_the_contract_says(built: str, topic: str) -> None:
    assert built == topic


# --- parse ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("topics", [PLAIN, TOPICS], ids=["plain", "with aliases"])
@pytest.mark.parametrize("at", [CAR, OTHER_CAR, SITE], ids=str)
@pytest.mark.parametrize("verb", ["set", "get"])
def test_what_is_built_is_what_is_parsed(topics: Topics, at: DeviceId, verb: str) -> None:
    assert topics.parse(f"{topics.device(at)}/{verb}/charge_limit") == Address(verb, at, "charge_limit")


@given(base=levels, kind=st.sampled_from([Kind.VEHICLE, Kind.ENERGY_SITE]), id_=levels, alias=levels, name=levels)
def test_any_name_and_any_alias_come_back(base: str, kind: Kind, id_: str, alias: str, name: str) -> None:
    at, topics = DeviceId(kind, id_), Topics(base, {id_: alias})
    assert topics.parse(topics.set(at, name)) == Address("set", at, name)


def test_a_device_answers_to_its_own_id_besides_its_alias() -> None:
    assert TOPICS.parse(f"home/tesla/vehicle/{VIN}/set/wake") == Address("set", CAR, "wake")


def test_a_request_to_the_bridge_names_no_device() -> None:
    assert TOPICS.parse("home/tesla/bridge/request/health") == Address("request", None, "health")


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "/",
        "home/tesla",
        "home/tesla/",
        "home/teslax/vehicle/a/set/b",
        "x/home/tesla/vehicle/a/set/b",
        "home/tesla/vehicle/a/set",
        "home/tesla/vehicle/a/set/b/c",
        "home/tesla/vehicle/a/put/b",
        "home/tesla/vehicle//set/b",
        "home/tesla/vehicle/a/set/",
        "home/tesla/vehicle/+/set/b",
        "home/tesla/vehicle/a/set/#",
        "home/tesla/vehicle/a\0/set/b",
        "home/tesla/VEHICLE/a/set/b",
        "home/tesla/wall_connector/a/set/b",
        "home/tesla/account/tesla/set/b",
        "home/tesla/bridge/bridge/set/b",
        "home/tesla/bridge/request/",
        "home/tesla/bridge/response/health",
        "$SYS/home/tesla/vehicle/a/set/b",
    ],
)
def test_a_topic_outside_the_grammar_addresses_nothing(topic: str) -> None:
    assert TOPICS.parse(topic) is None


anything = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.sampled_from(["home", "tesla", "vehicle", "energy_site", "bridge", "request", "set", "get", "$SYS"])
        | st.text(max_size=8),
        max_size=8,
    ).map("/".join),
    st.lists(st.text("a+#/$\0é🚗 ", max_size=4), min_size=2, max_size=2).map(
        lambda ends: f"home/tesla/vehicle/{ends[0]}/set/{ends[1]}"
    ),
)


@given(topic=anything)
def test_no_topic_addresses_a_device_outside_the_grammar(topic: str) -> None:
    address = TOPICS.parse(topic)
    if address is None:
        return
    names = [address.name, address.device.id] if address.device else [address.name]
    assert address.device is None or address.device.kind in {Kind.VEHICLE, Kind.ENERGY_SITE}
    assert all(name and not set(name) & set("/+#\0") for name in names)
    assert any(_matches(each, topic) for each in TOPICS.incoming)


def test_the_filters_are_disjoint_and_never_bring_back_what_is_published() -> None:
    published = [
        TOPICS.bridge(name) for name in ("state", "info", "health", "event", "response/health", "response/set")
    ]
    for at in (CAR, OTHER_CAR, SITE, CONNECTOR, ACCOUNT, BRIDGE):
        published += [TOPICS.availability(at), TOPICS.event(at), TOPICS.result(at, "wake")]
        published += _value_topics(at)
    for topic in published:
        assert not any(_matches(each, topic) for each in TOPICS.incoming), topic
    for heard in (TOPICS.set(CAR, "wake"), f"{TOPICS.device(SITE)}/get/live", TOPICS.bridge("request/info")):
        assert sum(_matches(each, heard) for each in TOPICS.incoming) == 1


def _value_topics(at: DeviceId) -> Iterator[str]:
    for row in CATALOGUE[at.kind].entities.values():
        yield TOPICS.value(at, row.group, row.key)
        yield TOPICS.group(at, row.group)


def _matches(filter_: str, topic: str) -> bool:
    """MQTT's own rule, for filters with `+` only."""
    wanted, given_ = filter_.split("/"), topic.split("/")
    return len(wanted) == len(given_) and all(a in {"+", b} for a, b in zip(wanted, given_, strict=True))


@pytest.mark.parametrize(
    ("topic", "is_allowed"),
    [
        ("home/tesla/response/node-red/1", True),
        ("home/tesla/response", False),
        ("home/tesla/response/+", False),
        ("home/tesla/response/#", False),
        ("home/tesla/response/\0", False),
        ("home/tesla/responses/x", False),
        (TOPICS.set(CAR, "door_unlock"), False),
        (TOPICS.bridge("response/health"), False),
        ("homeassistant/status", False),
        ("$SYS/broker", False),
        ("", False),
    ],
)
def test_answers_go_only_below_the_response_topic(topic: str, *, is_allowed: bool) -> None:
    """Security case S8: who may write commands must not make the bridge write elsewhere."""
    assert TOPICS.may_answer_on(topic) is is_allowed


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
