"""What goes to the broker, in which order, and how often."""

from __future__ import annotations

import json

import pytest
from assistant import Assistant
from discovery_cases import CAR, DEVICES, KNOWN
from fakes import NOON
from house import ALONE, BASE, CONFIG, HOME, NIKOLA, SITE, Desk, Wire, desk, result, retained, stuck, topics

from bridge.model import Device, Kind, Roster, Value
from bridge.mqtt.outbox import WINDOW

# --- on every connect ---------------------------------------------------------------------------------------


def test_everything_is_said_again_on_every_connect() -> None:
    house = Desk(NIKOLA, HOME)
    house.learn(CAR, **KNOWN[Kind.VEHICLE])
    house.learn(SITE, **KNOWN[Kind.ENERGY_SITE])
    house.publisher.bridge("state", "online")
    house.publisher.bridge("info", {"version": "1.0.0"})
    first = house.attach()
    assert all(each.retain and each.qos == 1 for each in first)
    assert len(retained(first)) == len(first)
    assert retained(house.reconnect()) == retained(first)


def test_discovery_comes_before_values_and_availability_before_discovery() -> None:
    house = Desk(NIKOLA)
    house.learn(CAR, battery_level=80)
    house.publisher.bridge("state", "online")
    assert topics(house.attach()) == [
        "fleet2mqtt/bridge/state",
        f"{BASE}/availability",
        CONFIG,
        *ALONE,
        f"{BASE}/charge/battery_level",
        f"{BASE}/charge",
    ]


@pytest.mark.case("L4")
def test_nothing_is_kept_for_a_connection_that_is_not_there() -> None:
    house = desk(battery_level=80)
    house.publisher.detach()
    house.learn(CAR, battery_level=79)
    house.learn(CAR, battery_level=78)
    assert house.publisher.is_drained
    house.wire = Wire()
    assert retained(house.attach())[f"{BASE}/charge/battery_level"] == b"78"


def test_home_assistants_birth_gets_everything_again() -> None:
    house = desk(battery_level=80)
    before = retained(house.reconnect())
    house.publisher.republish()
    assert retained(house.wire.drain()) == before


# --- afterwards ---------------------------------------------------------------------------------------------


def test_a_change_is_its_values_and_each_of_their_groups_once() -> None:
    house = desk(battery_level=80, charger_power=0, inside_temperature=20.5)
    house.learn(CAR, battery_level=81, charger_power=11, inside_temperature=20.5)
    heard = house.wire.drain()
    assert topics(heard) == [f"{BASE}/charge/battery_level", f"{BASE}/charge/charger_power", f"{BASE}/charge"]
    assert json.loads(heard[-1].payload) == {"battery_level": 81, "charger_power": 11}


@pytest.mark.parametrize("value", [80, 80.0, None, True, "p", {}, NOON], ids=str)
def test_equal_values_say_nothing(value: Value) -> None:
    house = desk(battery_level=value)
    house.learn(CAR, battery_level=value)
    assert house.wire.drain() == []


def test_a_bare_value_has_no_content_type_and_a_text_has_one() -> None:
    house = desk()
    house.learn(CAR, battery_level=80, software_version="2026.8", locked=True, position={})
    types = {each.topic.rpartition("/")[2]: each.content_type for each in house.wire.drain()}
    assert types["battery_level"] is types["locked"] is None
    assert types["software_version"] == "text/plain"
    assert types["charge"] == types["position"] == "application/json"


def test_a_device_that_is_not_shown_yet_says_nothing_until_it_is() -> None:
    house = Desk()
    house.attach()
    house.learn(CAR, battery_level=80)
    assert house.wire.drain() == []
    house.publisher.show(Roster((NIKOLA,)))
    assert retained(house.wire.drain())[f"{BASE}/charge/battery_level"] == b"80"


def test_availability_is_said_when_it_changes() -> None:
    house = desk()
    for is_available in (True, False, False, True):
        house.publisher.available(CAR, is_available=is_available)
    assert [(each.topic, each.payload) for each in house.wire.drain()][-1] == (f"{BASE}/availability", b"online")
    house.publisher.available(CAR, is_available=False)
    house.publisher.available(CAR, is_available=False)
    assert [each.payload for each in house.wire.drain()] == [b"offline"]
    assert retained(house.reconnect())[f"{BASE}/availability"] == b"offline"


def test_the_bridge_has_its_state_and_no_availability_of_its_own() -> None:
    house = Desk(Device(DEVICES[Kind.BRIDGE], "fleet2mqtt"))
    house.publisher.bridge("state", "online")
    assert not [topic for topic in topics(house.attach()) if topic.endswith("availability")]
    house.publisher.bridge("state", "offline")
    assert retained(house.wire.drain()) == {"fleet2mqtt/bridge/state": b"offline"}


# --- a slow broker ------------------------------------------------------------------------------------------


def test_no_more_is_handed_over_than_the_window_holds() -> None:
    house = Desk(NIKOLA)
    house.learn(CAR, **KNOWN[Kind.VEHICLE])
    house.publisher.attach(house.wire)
    assert house.wire.pending == WINDOW
    house.wire.answer(5)
    assert house.wire.pending == WINDOW
    assert not house.publisher.is_drained
    house.wire.answer()
    assert house.publisher.is_drained


@pytest.mark.case("L4")
def test_while_the_broker_is_slow_the_latest_value_wins() -> None:
    house = stuck()
    for level in (81, 82, 83):
        house.learn(CAR, battery_level=level)
    assert house.wire.published == []
    assert topics(heard := house.wire.drain()) == [f"{BASE}/charge/battery_level", f"{BASE}/charge"]
    assert heard[0].payload == b"83"


def test_an_answer_overtakes_the_values_that_wait() -> None:
    house = stuck()
    house.learn(CAR, battery_level=81)
    house.publisher.answer(result(), lambda: None)
    assert topics(house.wire.drain())[0] == f"{BASE}/result/wake"


# --- a device that leaves -----------------------------------------------------------------------------------


def test_a_device_that_leaves_takes_everything_retained_with_it() -> None:
    house = Desk(NIKOLA, HOME)
    house.learn(CAR, **KNOWN[Kind.VEHICLE])
    heard = house.attach()
    house.publisher.show(Roster((HOME,)))
    left = retained(heard + house.wire.drain())
    assert [topic for topic in left if CAR.id in topic] == []
    assert [topic for topic in left if SITE.id in topic] != []


def test_home_assistant_hears_first_that_a_device_has_left() -> None:
    """An empty message is a bad value to an entity that still listens."""
    house = desk(**KNOWN[Kind.VEHICLE])
    assistant = Assistant()
    assistant.hear(house.reconnect())
    house.publisher.show(Roster(()))
    assert topics(house.wire.published) == [*ALONE, CONFIG]
    assistant.hear(house.wire.drain())
    assert assistant.log == []


def test_a_device_that_left_during_an_outage_is_removed_after_it() -> None:
    house = desk(battery_level=80)
    house.publisher.detach()
    house.publisher.show(Roster(()))
    emptied = {each.topic for each in house.reconnect() if not each.payload}
    assert {CONFIG, *ALONE, f"{BASE}/availability", f"{BASE}/charge", f"{BASE}/charge/battery_level"} <= emptied
    assert house.reconnect() == []


def test_a_device_that_comes_back_stays() -> None:
    house = desk(battery_level=80)
    house.publisher.show(Roster(()))
    house.publisher.show(Roster((NIKOLA,)))
    held = retained(house.wire.drain())
    assert held[f"{BASE}/charge/battery_level"] == b"80"
    assert {CONFIG, *ALONE} <= held.keys()


def test_without_discovery_a_device_leaves_too() -> None:
    house = Desk(NIKOLA, prefix=None)
    house.learn(CAR, battery_level=80)
    heard = house.attach()
    house.publisher.show(Roster(()))
    assert retained(heard + house.wire.drain()) == {}
