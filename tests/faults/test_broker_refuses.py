"""A broker that refuses the bridge, or lets it say or hear too little: the log names it, and what to do (F36, S1)."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from brokers import ACL, PASSWORD, write_passwords
from spy import client
from whole_house import BASE, CAR, SITE, House, empty_house

pytestmark = [pytest.mark.mosquitto, pytest.mark.case("F36")]

NEWCOMER = "newcomer"
"""The bridge's user at these brokers: the spy keeps its own rights."""

STATE = "topic readwrite fleet2mqtt/#"
DISCOVERY = "topic readwrite homeassistant/#"


@pytest.fixture(scope="module")
def unknown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house whose broker does not know the bridge's user; it waits half a minute before it tries again."""
    with empty_house(tmp_path_factory.mktemp("unknown")) as house:
        house.bridge.start(log_format="json", mqtt_username=NEWCOMER)
        house.spy.until(lambda: troubles(house), "a word about the login")
        yield house


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with empty_house(tmp_path_factory.mktemp("house")) as house:
        yield house


def allow(house: House, *lines: str) -> None:
    """The broker knows the bridge's user, and lets it do this."""
    directory = house.bridge.directory / "broker"
    (directory / "acl").write_text("\n".join([ACL, f"user {NEWCOMER}", *lines, ""]))
    write_passwords(directory / "passwd", NEWCOMER)
    house.broker.reload()


def start(house: House, *lines: str) -> int:
    """A bridge with these rights; gives where its log begins."""
    if house.bridge.is_alive:
        house.bridge.kill()
    allow(house, *lines)
    house.tesla.forget()
    begin = len(house.bridge.log)
    house.bridge.start(log_format="json", mqtt_username=NEWCOMER)
    return begin


def lines_of(house: House, since: int = 0) -> list[dict[str, Any]]:
    return [json.loads(line) for line in house.bridge.log[since:].splitlines()]


def troubles(house: House, since: int = 0) -> dict[str, str]:
    """Part -> error, as the log tells them."""
    return {line["part"]: line["error"] for line in lines_of(house, since) if line["event"] == "trouble"}


def test_a_refused_login_is_told_once_and_names_what_to_do(unknown: House) -> None:
    (told,) = lines_of(unknown)
    assert (told["part"], told["reason"]) == ("broker", "broker_refused")
    assert "user name or password is wrong" in told["error"]
    assert PASSWORD not in unknown.bridge.log
    assert "connected to the broker" not in unknown.bridge.log


def test_with_all_it_needs_the_bridge_finds_nothing_amiss(one: House) -> None:
    start(one, STATE, DISCOVERY)
    one.ready()
    parts = health(one)
    while "mqtt in" not in parts:
        parts = health(one)
    assert all(part["ok"] for part in parts.values())


def health(house: House) -> dict[str, Any]:
    """The bridge's parts, asked for now."""
    answers, since = f"{BASE}/bridge/response/health", len(house.spy.messages)
    house.spy.publish(f"{BASE}/bridge/request/health")
    house.spy.until(lambda: house.spy.on(answers, since), "the health")
    return dict(house.spy.on(answers, since)[0].body["data"]["parts"])


def test_discovery_that_is_refused_is_told_where_people_look(one: House) -> None:
    begin = start(one, STATE)
    one.spy.until(lambda: "mqtt out homeassistant" in troubles(one, begin), "a word about discovery")
    error = troubles(one, begin)["mqtt out homeassistant"]
    assert "(reason 135): give this user write access to it" in error
    one.ready(len(one.spy.messages))
    assert one.ask(CAR, "charge_limit", "70")["outcome"] == "ok"
    assert health(one)["mqtt out homeassistant"] == {"ok": False, "last_success": None, "reason": "broker_refused"}


def test_state_that_is_refused_is_told(one: House) -> None:
    begin = start(one, "topic read fleet2mqtt/#", DISCOVERY)
    one.spy.until(lambda: "mqtt out fleet2mqtt" in troubles(one, begin), "a word about state")
    assert "the broker refuses fleet2mqtt/bridge/" in troubles(one, begin)["mqtt out fleet2mqtt"]


def test_commands_that_cannot_be_heard_are_told(one: House) -> None:
    """Mosquitto grants the subscription, and delivers nothing."""
    begin = start(one, STATE, DISCOVERY, "topic deny fleet2mqtt/vehicle/+/set/#")
    one.spy.until(lambda: "mqtt in" in troubles(one, begin), "a word about commands")
    assert troubles(one, begin).keys() == {"mqtt in"}
    assert troubles(one, begin)["mqtt in"].startswith(
        "give this user read and write access to fleet2mqtt/vehicle/+/set/+:"
    )
    since = len(one.spy.messages)
    one.send(CAR, "charge_limit", "71")
    assert one.ask(SITE, "backup_reserve", "31")["outcome"] == "ok"
    assert one.results(CAR, "charge_limit", since) == []


@pytest.fixture(scope="module")
def commanded(one: House) -> House:
    start(one, STATE, DISCOVERY)
    one.ready(len(one.spy.messages))
    return one


@pytest.mark.case("S1")
@pytest.mark.parametrize(
    ("device", "name", "payload"),
    [
        (CAR, "honk_horn", "PRESS"),
        (CAR, "charge_limit", "74"),
        (SITE, "backup_reserve", "31"),
        (CAR, "unlock", "PRESS"),
    ],
)
def test_a_command_of_a_user_who_may_not_command_reaches_nobody(
    commanded: House, device: str, name: str, payload: str
) -> None:
    commanded.tesla.forget()
    assert answer(commanded, "viewer", f"{BASE}/{device}/set/{name}", payload) == 135
    assert answer(commanded, "viewer", f"{BASE}/{device}/get/charge", "") == 135
    assert commanded.ask(CAR, "no_such_thing", "?")["outcome"] == "invalid", "whatever else was sent has come before"
    assert commanded.tesla.asked("POST ") == commanded.tesla.asked("vehicle_data") == []


@pytest.mark.case("S1")
@pytest.mark.parametrize("user", [None, "stranger"])
def test_whoever_has_no_login_is_not_let_in(commanded: House, user: str | None) -> None:
    refused = threading.Event()
    nobody = client(user or "", "nobody")
    if user is None:
        nobody.username_pw_set(None)
    nobody.on_connect = lambda *given: refused.set() if given[3].is_failure else None
    nobody.connect(commanded.broker.host, commanded.broker.port)
    nobody.loop_start()
    assert refused.wait(10)
    nobody.disconnect()
    nobody.loop_stop()


def answer(house: House, user: str, topic: str, payload: str) -> int:
    """The broker's answer to this user's message."""
    codes: list[int] = []
    has_answered = threading.Event()
    sender = client(user, "somebody")

    def on_publish(*given: Any) -> None:
        codes.append(given[3].value)
        has_answered.set()

    sender.on_publish = on_publish
    sender.connect(house.broker.host, house.broker.port)
    sender.loop_start()
    sender.publish(topic, payload, qos=1)
    assert has_answered.wait(10)
    sender.disconnect()
    sender.loop_stop()
    return codes[0]


def test_a_login_that_is_given_later_is_used_without_a_restart(unknown: House) -> None:
    """Until then nobody is asked for values that nobody could hear: it would cost money (reliability D5)."""
    assert unknown.tesla.asked("vehicle_data") == []
    allow(unknown, STATE, DISCOVERY)
    unknown.ready(seconds=40)
    assert unknown.ask(CAR, "charge_limit", "72")["outcome"] == "ok"
