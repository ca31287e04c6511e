"""Messages in: who hears what, and that nothing anybody sends can break it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fakes import NOON, FakeClock
from hypothesis import given, strategies as st
from structlog.testing import capture_logs

from bridge.listener import Ears, Listener
from bridge.model import DeviceId, Kind, Request
from bridge.mqtt import Message
from bridge.topics import Topics

VIN = "5YJ3E1EA7KF000316"
CAR = DeviceId(Kind.VEHICLE, VIN)
SITE = DeviceId(Kind.ENERGY_SITE, "1234567")
STATUS = "homeassistant/status"


class Heard:
    """Everybody who may hear something, and what they heard."""

    def __init__(self, status_topic: str | None = STATUS) -> None:
        self.clock = FakeClock()
        self.commands: list[Request] = []
        self.wishes: list[tuple[DeviceId, str]] = []
        self.births = 0
        self.cleared: list[str] = []
        self.responses: list[tuple[str, Mapping[str, Any], Message]] = []
        self.errands: list[Callable[[Mapping[str, Any]], None]] = []
        self.listener = Listener(
            topics=Topics("home", {VIN: "car"}),
            clock=self.clock,
            time_to_live=90,
            status_topic=status_topic,
            ears=Ears(
                command=self.commands.append,
                wish=lambda at, group: self.wishes.append((at, group)),
                birth=self._birth,
                clear=self.cleared.append,
                respond=lambda verb, body, message: self.responses.append((verb, body, message)),
                verbs={"info": lambda: {"version": "1"}, "republish": dict},
                errands={"check": self.errands.append},
            ),
        )

    def _birth(self) -> None:
        self.births += 1

    def everything(self) -> list[Any]:
        return [*self.commands, *self.wishes, *self.cleared, *self.responses, *self.errands, *[None] * self.births]

    def hear(self, topic: str, payload: bytes = b"80", **properties: Any) -> None:
        self.listener.hear(Message(topic, payload, **properties))


@pytest.fixture
def heard() -> Heard:
    return Heard()


# --- commands ---------------------------------------------------------------------------------------------


def test_a_command_carries_all_that_its_message_tells(heard: Heard) -> None:
    heard.hear("home/vehicle/car/set/charge_limit", b"80", response_topic="home/response/x", correlation=b"c")
    assert heard.commands == [
        Request(
            CAR,
            "charge_limit",
            b"80",
            received_at=NOON,
            deadline=heard.clock.monotonic() + 90,
            response_topic="home/response/x",
            correlation=b"c",
        )
    ]
    assert heard.cleared == []


@pytest.mark.parametrize(("expiry", "life"), [(None, 90), (600, 90), (30, 30), (0, 0)])
def test_a_command_lives_no_longer_than_its_message(heard: Heard, expiry: int | None, life: float) -> None:
    """Reliability C11."""
    heard.hear("home/vehicle/car/set/charge_limit", expiry=expiry)
    assert heard.commands[0].deadline == heard.clock.monotonic() + life


@pytest.mark.parametrize("jump", [timedelta(days=-20_000), timedelta(days=730)])
def test_a_deadline_does_not_move_with_the_wall_clock(heard: Heard, jump: timedelta) -> None:
    """Fault case F6."""
    heard.hear("home/vehicle/car/set/charge_limit")
    heard.clock.set_wall(NOON + jump)
    heard.hear("home/vehicle/car/set/charge_limit")
    first, second = heard.commands
    assert first.deadline == second.deadline == heard.clock.monotonic() + 90
    assert second.received_at == NOON + jump


def test_a_retained_command_is_handed_on_as_such_and_cleared(heard: Heard) -> None:
    """It is refused further in; here it is only made sure that it is not met again."""
    heard.hear("home/energy_site/1234567/set/backup_reserve", b"20", retain=True)
    assert [(each.device, each.retained) for each in heard.commands] == [(SITE, True)]
    assert heard.cleared == ["home/energy_site/1234567/set/backup_reserve"]


@pytest.mark.parametrize("is_retained", [True, False])
def test_an_empty_message_deletes_a_retained_one_and_commands_nothing(heard: Heard, *, is_retained: bool) -> None:
    heard.hear("home/vehicle/car/set/charge_limit", b"", retain=is_retained)
    assert heard.everything() == []


# --- wishes and births ------------------------------------------------------------------------------------


@pytest.mark.parametrize("payload", [b"", b"anything", b"\xff"])
def test_a_wish_needs_no_payload(heard: Heard, payload: bytes) -> None:
    heard.hear("home/vehicle/car/get/charge", payload)
    assert (heard.wishes, heard.commands) == ([(CAR, "charge")], [])


def test_a_retained_wish_is_not_served_for_a_broker_may_repeat_it_at_every_connect(heard: Heard) -> None:
    """Each would cost a data call. It is not cleared: from a broker without no-local, that would come as a wish."""
    with capture_logs() as logged:
        heard.hear("home/vehicle/car/get/charge", b"anything", retain=True)
        heard.hear("home/vehicle/car/get/charge", b"", retain=True)
    assert heard.everything() == []
    assert [(each["log_level"], each["device"]) for each in logged] == [("warning", str(CAR))]


@pytest.mark.parametrize(
    ("payload", "births"), [(b"online", 1), (b" ONLINE\n", 1), (b"offline", 0), (b"", 0), (b"\xff", 0)]
)
def test_home_assistants_birth_is_heard(heard: Heard, payload: bytes, births: int) -> None:
    heard.hear(STATUS, payload)
    assert heard.births == births
    assert heard.commands == []


def test_without_discovery_nobody_asks_for_births() -> None:
    heard = Heard(status_topic=None)
    heard.hear(STATUS, b"online")
    assert heard.everything() == []
    assert STATUS not in heard.listener.filters


def test_what_is_subscribed_is_what_the_topics_say_and_the_birth_message(heard: Heard) -> None:
    assert heard.listener.filters == (*Topics("home").incoming, STATUS)


# --- requests to the bridge -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "payload", "body"),
    [
        ("info", b"", {"status": "ok", "data": {"version": "1"}, "transaction": None}),
        ("info", b"x", {"status": "ok", "data": {"version": "1"}, "transaction": None}),
        ("info", b'{"transaction": 7}', {"status": "ok", "data": {"version": "1"}, "transaction": "7"}),
        ("republish", b"{}", {"status": "ok", "data": {}, "transaction": None}),
    ],
)
def test_a_request_is_served_and_its_transaction_echoed(
    heard: Heard, name: str, payload: bytes, body: Mapping[str, Any]
) -> None:
    heard.hear(f"home/bridge/request/{name}", payload, correlation=b"c")
    ((verb, given_, message),) = heard.responses
    assert (verb, given_, message.correlation) == (name, body, b"c")


@pytest.mark.parametrize(
    ("name", "payload", "retain", "complaint"),
    [
        ("nonsense", b'{"transaction": "t"}', False, "the bridge can: info, republish, check"),
        ("check", b'{"transaction": "t"}', True, "a retained request is not served"),
        ("info", b'{"transaction": "t"}', True, "a retained request is not served"),
        ("info", b"\xff", False, "the message is not UTF-8 text"),
        ("info", b"[]", False, "must be an object"),
    ],
)
def test_a_request_that_cannot_be_served_is_answered_too(
    heard: Heard, name: str, payload: bytes, *, retain: bool, complaint: str
) -> None:
    heard.hear(f"home/bridge/request/{name}", payload, retain=retain)
    ((_, body, _),) = heard.responses
    assert (body["status"], body["data"]) == ("error", {})
    assert complaint in body["error"]
    assert body.get("transaction") == ("t" if b"transaction" in payload else None)


def test_an_errand_is_answered_when_it_is_done(heard: Heard) -> None:
    heard.hear("home/bridge/request/check", b'{"transaction": 7}', correlation=b"c")
    assert heard.responses == []
    (done,) = heard.errands
    done({"passed": True})
    ((verb, body, message),) = heard.responses
    assert (verb, message.correlation) == ("check", b"c")
    assert body == {"status": "ok", "data": {"passed": True}, "transaction": "7"}


# --- anything else ----------------------------------------------------------------------------------------


@pytest.mark.case("F39")
@pytest.mark.parametrize(
    "topic",
    [
        "",
        "home",
        "home/vehicle/car/charge/battery_level",
        "home/vehicle/car/set",
        "home/wall_connector/x/set/y",
        "home/vehicle/+/set/y",
        "$SYS/broker/uptime",
        "homeassistant/device/x/config",
    ],
)
def test_a_topic_that_means_nothing_is_passed_over(heard: Heard, topic: str) -> None:
    heard.hear(topic)
    assert heard.everything() == []


ours = ["home", "vehicle", "energy_site", "car", VIN, "bridge", "request", "info", "set", "get", "charge_limit"]
topics = st.lists(st.sampled_from(ours) | st.text(max_size=6), max_size=6).map("/".join) | st.sampled_from(
    ["home/vehicle/car/set/charge_limit", "home/vehicle/car/get/x", "home/bridge/request/info", STATUS]
)
payloads = st.binary(max_size=40) | st.dictionaries(st.text(max_size=4), st.integers() | st.text(max_size=4)).map(
    lambda body: json.dumps(body).encode()
)


@pytest.mark.case("F39")
@given(
    message=st.builds(
        Message,
        topic=topics,
        payload=payloads,
        retain=st.booleans(),
        response_topic=st.none() | st.text(max_size=10),
        correlation=st.none() | st.binary(max_size=10),
        expiry=st.none() | st.integers(0, 2**32 - 1),
    )
)
def test_nothing_that_anybody_sends_raises_or_is_heard_twice(message: Message) -> None:
    """Fault case F39. A message is one command, one wish, one birth, one request, or nothing."""
    heard = Heard()
    heard.listener.hear(message)
    assert len(heard.everything()) - len(heard.cleared) <= 1
    assert not heard.cleared or message.retain
    assert all(each.device.kind in {Kind.VEHICLE, Kind.ENERGY_SITE} for each in heard.commands)
    heard.listener.hear(replace(message, topic="home/vehicle/car/set/wake", payload=b"PRESS"))
    assert heard.commands
