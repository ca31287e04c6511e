"""Nothing that anybody sends makes the bridge fall over, call Tesla, or forget an answer (F27, F38, F39, S2).

The whole matrix of topics and values is in test_commands_broken.py; here the real program and broker meet the worst.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from itertools import cycle
from random import Random
from typing import Any

import pytest
from whole_house import BASE, CAR, OTHER_CAR, SITE, House

from bridge.catalog import CATALOGUE
from bridge.model import Kind

pytestmark = [pytest.mark.case("F39")]

MANY = int(os.environ.get("FAULTS_MANY", "1"))

ASKED_AFTERWARDS = cycle([CAR, OTHER_CAR])
"""Tesla takes 30 commands a minute for a car, and there are more tests here than that."""


@pytest.fixture(autouse=True)
def _nothing_is_called_and_the_bridge_lives(one: House) -> Iterator[None]:
    one.tesla.forget()
    yield
    assert one.tesla.paid_for == []
    assert one.bridge.is_alive
    result = one.ask(next(ASKED_AFTERWARDS), "charge_limit", "80")
    assert result["outcome"] == "ok", result
    assert one.spy.retained[f"{BASE}/bridge/state"] == "online"


BROKEN = {
    "a wrong type": b"true",
    "out of range": b"101",
    "below the range": b'{"value": -1}',
    "no number": b"NaN",
    "infinity": b'{"value": 1e999}',
    "a huge number": b'{"value": ' + b"9" * 5000 + b"}",
    "unfinished JSON": b'{"value": ',
    "a list": b"[80]",
    "deep JSON": b"[" * 16_000,
    "a deep value": b'{"value":' * 1000 + b"1" + b"}" * 1000,
    "invalid UTF-8": b"\xff\xfe\xfa",
    "NUL": b"8\x000",
    "a surrogate": b'{"value": "\\ud800", "transaction": "\\ud800"}',
    "a terminal's colours": b"\x1b[31m80",
    "another member": b'{"value": 80, "force": true}',
    "60 KiB": b"8" * 60_000,
}


@pytest.mark.case("F27")
@pytest.mark.parametrize(
    ("device", "name"), [(CAR, "charge_limit"), (CAR, "set_charge_limit"), (SITE, "backup_reserve")]
)
def test_broken_payloads_are_invalid_with_a_reason(one: House, device: str, name: str) -> None:
    for what, payload in BROKEN.items():
        result = one.ask(device, name, payload)
        assert (result["outcome"], result["reason"] in {"value", "payload"}) == ("invalid", True), what
        assert 0 < len(result["message"]) < 300, what
        assert result["message"].isprintable(), what


@pytest.mark.case("S2")
@pytest.mark.parametrize(
    ("device", "name", "reason"),
    [
        (CAR, "no_such_thing", "unknown_command"),
        (CAR, "battery_level", "unknown_command"),
        (SITE, "charge_limit", "unknown_command"),
        (CAR, "n" * 5000, "unknown_command"),
        (CAR, "ü💥", "unknown_command"),
        ("vehicle/5YJ3E1EA7KF000316", "charge_limit", "unknown_device"),
        ("vehicle/..%2f..%2f", "charge_limit", "unknown_device"),
        ("energy_site/1", "backup_reserve", "unknown_device"),
    ],
)
def test_unknown_names_are_invalid_with_a_reason(one: House, device: str, name: str, reason: str) -> None:
    result = one.ask(device, name, "80")
    assert (result["outcome"], result["reason"]) == ("invalid", reason)


def test_an_empty_message_is_no_command(one: House) -> None:
    since = len(one.spy.messages)
    one.send(CAR, "charge_limit", b"")
    one.ask(CAR, "no_such_thing", "?")
    assert one.results(CAR, "charge_limit", since) == []


@pytest.mark.case("F38")
@pytest.mark.mosquitto
def test_a_message_larger_than_we_take_is_kept_from_us_by_the_broker(one: House) -> None:
    since = len(one.spy.messages)
    one.send(CAR, "charge_limit", b"8" * 2**20)
    one.ask(CAR, "no_such_thing", "?")
    assert one.results(CAR, "charge_limit", since) == []
    assert one.spy.on(f"{BASE}/bridge/state", since) == []


@pytest.mark.parametrize(
    "topic",
    [
        f"{BASE}/{CAR}/set/",
        f"{BASE}/{CAR}/set//",
        f"{BASE}/{CAR}/get/charge",
        f"{BASE}/{CAR}/get/{'ü💥' * 99}",
        f"{BASE}/vehicle//set/charge_limit",
        f"{BASE}/vehicle//get/",
        f"{BASE}/wall_connector/x/set/charge",
        f"{BASE}/bridge/request/",
        f"{BASE}/bridge/request/no_such_thing",
        f"{BASE}/bridge/request/{'x' * 3000}",
        f"{BASE}/{CAR}/set/{'n' * 16_001}",
        f"{BASE}/bridge/request/\u202exelpmoc",
    ],
)
def test_no_topic_that_is_listened_to_takes_offence(one: House, topic: str) -> None:
    for payload in BROKEN.values():
        one.spy.publish(topic, payload)
    one.ask(CAR, "no_such_thing", "?")
    assert "mqtt out" not in one.bridge.log, "what cannot be answered is not even tried"


def test_a_broken_request_to_the_bridge_is_answered_with_an_error(one: House) -> None:
    since = len(one.spy.messages)
    for payload in (*BROKEN.values(), b""):
        one.spy.publish(f"{BASE}/bridge/request/nonsense", payload)
    topic = f"{BASE}/bridge/response/nonsense"
    answers = one.spy.until(lambda: len(found := one.spy.on(topic, since)) == len(BROKEN) + 1 and found, "the answers")
    assert {answer.body["status"] for answer in answers} == {"error"}


@pytest.mark.case("F38")
@pytest.mark.mosquitto
@pytest.mark.parametrize("size", [16_001, 60_000, 65_535])
def test_a_topic_that_is_as_long_as_may_be_costs_no_connection(one: House, size: int) -> None:
    since, start = len(one.spy.messages), f"{BASE}/{CAR}/set/"
    one.spy.publish(start + "n" * (size - len(start)), b"1")
    one.ask(CAR, "no_such_thing", "?")
    assert one.spy.on(f"{BASE}/bridge/state", since) == []


JUNK: dict[str, Callable[[Random], bytes]] = {
    # None of them is a value of any setting, nor a press of any button.
    "bytes": lambda random: b"\xff" + random.randbytes(random.randrange(200)),
    "cut off": lambda random: b'{"value": "' + bytes(random.choices(b"abc +#$/\\{}[]\x1b\x07", k=random.randrange(40))),
    "deep": lambda random: b'{"value":' * random.randrange(2, 2000),
    "huge": lambda random: b'{"value": 1e%d}' % random.randrange(309, 99_999),
    "long": lambda random: b'{"value": -%s}' % (b"9" * random.randrange(20, 5000)),
    "surrogates": lambda random: b'{"\\ud8%02x": 1}' % random.randrange(256),
    "another member": lambda random: b'{"value": 1, "x%d": 1}' % random.randrange(10**9),
    "a list": lambda random: b"[%d]" % random.randrange(100),
}


@pytest.mark.mosquitto
def test_junk_on_every_topic_of_a_command_is_answered_and_nothing_is_called(
    one: House, seed: int, record_property: Any
) -> None:
    random, count = Random(seed), 1000 * MANY
    since, topics = len(one.spy.messages), command_topics()
    for number in range(count):
        topic, kind = topics[number % len(topics)], random.choice(sorted(JUNK))
        one.spy.publish(topic, JUNK[kind](random), CorrelationData=b"junk %d %d" % (seed, number))
    marks = {b"junk %d %d" % (seed, number) for number in range(count)}

    def answered() -> set[bytes]:
        heard = [each for each in one.spy.messages[since:] if "/result/" in each.topic]
        return {each.correlation for each in heard if each.correlation}

    one.spy.until(lambda: marks <= answered(), "every answer", 60)
    told = [each.body for each in one.spy.messages[since:] if "/result/" in each.topic and each.correlation in marks]
    record_property("figure", f"{count} junk messages on {len(topics)} topics, each answered, nothing called")
    assert {each["outcome"] for each in told} <= {"invalid", "unavailable"}
    assert "Traceback" not in one.bridge.log


def command_topics() -> list[str]:
    """All that is a command anywhere, enabled or not."""
    found = []
    for device, kind in ((CAR, Kind.VEHICLE), (SITE, Kind.ENERGY_SITE)):
        rows = CATALOGUE[kind]
        names = {*rows.commands, *(key for key, row in rows.entities.items() if row.write)}
        found += [f"{BASE}/{device}/set/{name}" for name in sorted(names)]
    return found


def test_what_strangers_send_does_not_reach_the_log_as_it_is(one: House) -> None:
    assert not re.search(r"[\x00-\x08\x0b-\x1f]", one.bridge.log)
    assert max(map(len, one.bridge.log.splitlines()), default=0) < 2000
