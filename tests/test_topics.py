"""The topic grammar, contract version 1: what is built is what is parsed, and nothing outside it is."""

from __future__ import annotations

import string
from collections.abc import Iterator

import pytest
from hypothesis import given, strategies as st

from bridge.catalog import CATALOGUE
from bridge.model import DeviceId, Kind
from bridge.topics import Address, Topics

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
        "home/tesla/wall_connector/a/get/b",
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
        ("home/tesla/response/" + "x" * (500 - len("home/tesla/response/")), True),
        ("home/tesla/response/" + "x" * (501 - len("home/tesla/response/")), False),
        ("home/tesla/response/" + "x" * (65_535 - len("home/tesla/response/")), False),
        ("home/tesla/response/\x1b[2J", False),
        ("home/tesla/response/\u202e", False),
        ("home/tesla/response/", False),
        ("home/tesla/response", False),
        ("/home/tesla/response/x", False),
        ("home/tesla/vehicle/response/x", False),
        (TOPICS.value(CAR, "charge", "charge_limit"), False),
        (TOPICS.result(CAR, "charge_limit"), False),
        (TOPICS.bridge("state"), False),
        ("homeassistant/device/fleet2mqtt_x/config", False),
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
