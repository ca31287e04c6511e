"""What is said once: results, responses, events. None gets lost, and none is taken for said before it is."""

from __future__ import annotations

import json
from functools import partial

import pytest
from discovery_cases import CAR
from house import BASE, CONFIG, Desk, desk, result, topics

from bridge.model import Happening
from bridge.mqtt.outbox import LETTERS, WINDOW
from bridge.topics import BRIDGE


def test_a_result_is_said_once_with_the_askers_marks() -> None:
    house = desk()
    taken: list[str] = []
    house.publisher.answer(result(transaction="t1", correlation=b"c1"), lambda: taken.append("yes"))
    assert taken == []
    (said,) = house.wire.drain()
    assert (said.topic, said.retain, said.qos, said.correlation) == (f"{BASE}/result/wake", False, 1, b"c1")
    assert said.expiry == 300
    assert json.loads(said.payload)["transaction"] == "t1"
    assert taken == ["yes"]
    assert house.reconnect()
    assert taken == ["yes"]


def test_results_outlast_an_outage_and_are_said_in_order() -> None:
    house = desk()
    house.publisher.detach()
    taken: list[str] = []
    for name in ("t1", "t2"):
        house.publisher.answer(result(transaction=name), partial(taken.append, name))
    heard = house.reconnect()
    said = [json.loads(each.payload)["transaction"] for each in heard if "/result/" in each.topic]
    assert said == taken == ["t1", "t2"]
    assert not [topic for topic in topics(house.reconnect()) if "/result/" in topic]


def test_of_too_many_messages_that_wait_the_oldest_go() -> None:
    house = Desk()
    for number in range(LETTERS + 2):
        house.publisher.happened(Happening(BRIDGE, "limit", {"number": number}))
    said = [json.loads(each.payload)["number"] for each in house.attach()]
    assert said == list(range(2, LETTERS + 2))


def test_of_too_many_the_oldest_go_also_of_those_that_a_lost_connection_gives_back() -> None:
    house = desk()
    for number in range(LETTERS + WINDOW - 1):
        house.publisher.happened(Happening(BRIDGE, "limit", {"number": number}))
    house.publisher.answer(result(), lambda: None)
    heard = house.reconnect()
    events = [json.loads(each.payload)["number"] for each in heard if each.topic.endswith("bridge/event")]
    assert events == list(range(WINDOW, LETTERS + WINDOW - 1))
    assert f"{BASE}/result/wake" in topics(heard)


def test_a_result_that_the_broker_never_acknowledged_is_said_again() -> None:
    """It may have gone down with the connection."""
    house = desk()
    taken: list[str] = []
    house.publisher.answer(result(), lambda: taken.append("yes"))
    lost = house.wire
    assert topics(house.reconnect())[0] == f"{BASE}/result/wake"
    lost.answer()
    assert taken == ["yes"]


def test_a_refused_result_is_not_taken_and_is_complained_of_once() -> None:
    house = desk()
    taken: list[str] = []
    for _ in range(3):
        house.publisher.answer(result(), lambda: taken.append("yes"))
    house.learn(CAR, battery_level=80)
    house.wire.answer(refused="fleet2mqtt/")
    assert taken == []
    refused = f"the broker refuses {BASE}/result/wake (reason 135): give this user write access to it"
    assert house.troubles == [("mqtt out fleet2mqtt", refused)]
    assert house.publisher.is_drained


def test_a_new_connection_may_complain_again_and_of_each_tree() -> None:
    house = desk(battery_level=80)
    for _ in range(2):
        house.publisher.detach()
        house.publisher.attach(house.wire)
        house.wire.answer(refused="")
    assert [part for part, _ in house.troubles] == ["mqtt out fleet2mqtt", "mqtt out homeassistant"] * 2


def test_what_was_refused_is_tried_again_and_what_is_taken_then_is_told() -> None:
    house = desk(battery_level=80)
    house.publisher.republish()
    house.wire.answer(refused="homeassistant/")
    house.wire.taken_up()
    house.troubles.clear()
    house.publisher.insist()
    assert CONFIG in topics(house.wire.drain())
    assert house.troubles == [("mqtt out homeassistant", None)]
    house.publisher.insist()
    assert house.wire.drain() == []


def test_part_of_a_tree_that_is_taken_does_not_end_the_complaint() -> None:
    house = desk(battery_level=80)
    house.publisher.republish()
    house.wire.answer(refused=f"{BASE}/charge/")
    house.publisher.insist()
    house.wire.answer(refused=f"{BASE}/charge/")
    assert [part for part, _ in house.troubles] == ["mqtt out fleet2mqtt"]


def test_a_message_too_large_for_the_broker_is_not_taken_for_a_missing_right() -> None:
    house = desk(battery_level=80)
    house.publisher.republish()
    house.wire.answer(refused=CONFIG, code=149)
    assert house.troubles == [
        ("mqtt out homeassistant", f"the broker refuses {CONFIG} (reason 149): it is larger than the broker takes")
    ]


RESPONSE = "fleet2mqtt/response/node-red/1"


@pytest.mark.case("S8")
@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        (RESPONSE, [RESPONSE]),
        ("homeassistant/device/x/config", []),
        (f"{BASE}/set/locked", []),
        ("fleet2mqtt/response/+", []),
        ("fleet2mqtt/responses/1", []),
        (None, []),
    ],
)
def test_a_response_topic_is_used_only_below_its_own_tree(asked: str | None, answered: list[str]) -> None:
    house = desk()
    house.publisher.answer(result(response_topic=asked), lambda: None)
    assert topics(house.wire.drain()) == [f"{BASE}/result/wake", *answered]
    house.publisher.respond("health", {"status": "ok"}, response_topic=asked, correlation=b"c")
    assert topics(house.wire.drain()) == ["fleet2mqtt/bridge/response/health", *answered]


def test_events_are_not_retained() -> None:
    house = desk()
    house.publisher.happened(Happening(BRIDGE, "limit"))
    (said,) = house.wire.drain()
    assert (said.topic, said.retain, said.payload) == ("fleet2mqtt/bridge/event", False, b'{"event_type":"limit"}')


def test_a_retained_command_is_cleared() -> None:
    house = desk()
    house.publisher.clear(f"{BASE}/set/locked")
    (said,) = house.wire.drain()
    assert (said.topic, said.payload, said.retain, said.content_type) == (f"{BASE}/set/locked", b"", True, None)
