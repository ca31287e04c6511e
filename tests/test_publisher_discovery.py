"""When the discovery document is said again, and what is said before it."""

from __future__ import annotations

import json

from assistant import Assistant
from discovery_cases import CAR
from house import ALONE, BASE, CONFIG, NIKOLA, Desk, components, desk, retained, stuck, topics

from bridge.catalog.offer import Offer
from bridge.components import Look
from bridge.model import Device, Roster
from bridge.topics import Topics

READER = Look(Topics(), "1.0.0", offer=Offer(scopes=["vehicle_device_data"]))
"""May see, and command nothing."""


def test_a_new_word_is_told_to_home_assistant_before_it_is_used() -> None:
    house = desk(charging_state="stopped")
    house.learn(CAR, charging_state="conducting")
    heard = house.wire.drain()
    assert topics(heard) == [CONFIG, f"{BASE}/charge/charging_state", f"{BASE}/charge"]
    assert components(heard)["charging_state"]["options"][-1] == "conducting"
    house.learn(CAR, charging_state="stopped")
    house.learn(CAR, charging_state="conducting")
    assert CONFIG not in topics(house.wire.drain())


def test_a_new_word_is_told_first_also_when_an_older_value_waits_already() -> None:
    house = stuck()
    house.learn(CAR, charging_state="complete")
    house.learn(CAR, charging_state="conducting")
    heard = topics(house.wire.drain())
    assert heard.index(CONFIG) < heard.index(f"{BASE}/charge/charging_state")


def test_a_new_word_that_was_known_before_the_device_is_shown_is_told_too() -> None:
    """The values of an earlier run are there before anything is heard."""
    house = Desk()
    house.learn(CAR, charging_state="conducting")
    house.publisher.show(Roster((NIKOLA,)))
    assistant = Assistant()
    assistant.hear(house.attach())
    assert assistant.log == []


def test_a_limit_that_moves_is_told_before_the_value_that_needs_it() -> None:
    house = desk(charge_current=16, charge_current_maximum=16)
    house.learn(CAR, charge_current=32, charge_current_maximum=32)
    heard = house.wire.drain()
    assert heard[0].topic == CONFIG
    assert components(heard)["charge_current"]["max"] == 32


def test_what_changes_no_document_repeats_none() -> None:
    house = desk(charge_current=16, charge_current_maximum=16)
    house.learn(CAR, charge_current=10, battery_level=50)
    house.publisher.show(Roster((NIKOLA,)))
    assert CONFIG not in topics(house.wire.drain())


def test_what_is_gone_is_taken_away_first_and_then_left_out() -> None:
    house = desk(has_seat_cooling=True)
    house.learn(CAR, has_seat_cooling=False)
    gone, kept = (each for each in house.wire.drain() if each.topic == CONFIG)
    assert (gone.retain, kept.retain) == (False, True)
    assert json.loads(gone.payload)["components"]["seat_cooler_left"] == {"platform": "select"}
    assert "seat_cooler_left" not in json.loads(kept.payload)["components"]


def test_what_a_device_has_is_not_lost_by_an_answer_that_does_not_tell() -> None:
    house = desk(has_seat_cooling=True)
    house.learn(CAR, has_seat_cooling=None)
    assert CONFIG not in topics(house.wire.drain())
    assert "seat_cooler_left" in components(house.reconnect())


def test_when_the_token_may_less_what_it_may_no_more_is_taken_away() -> None:
    house = desk()
    house.look = READER
    house.publisher.show(Roster((NIKOLA,)))
    gone, kept = (each for each in house.wire.drain() if each.topic == CONFIG)
    assert json.loads(gone.payload)["components"]["climate"] == {"platform": "climate"}
    assert "climate" not in json.loads(kept.payload)["components"]


def test_what_was_taken_away_during_an_outage_is_told_after_it() -> None:
    house = desk()
    house.publisher.detach()
    house.look = READER
    told = [json.loads(each.payload) for each in house.reconnect() if each.topic == CONFIG]
    assert told[0]["components"]["climate"] == {"platform": "climate"}
    assert "climate" not in told[-1]["components"]


def test_what_stands_alone_is_taken_away_by_nothing_in_its_place() -> None:
    house = desk()
    assistant = Assistant()
    assistant.hear(house.reconnect())
    assert set(ALONE) <= assistant.documents.keys()
    house.look = READER
    house.publisher.show(Roster((NIKOLA,)))
    heard = house.wire.drain()
    assert [(each.payload, each.retain) for each in heard if each.topic in ALONE] == [(b"", True)] * len(ALONE)
    assistant.hear(heard)
    assert list(assistant.documents) == [CONFIG]
    assert assistant.log == []
    house.look = Look(Topics(), "1.0.0")
    house.publisher.show(Roster((NIKOLA,)))
    assert set(ALONE) <= retained(house.wire.drain()).keys()


def test_what_an_earlier_run_left_alone_is_taken_away_at_the_first_connect() -> None:
    """The broker holds it, and this run would not know that it was ever there."""
    house = Desk(NIKOLA)
    house.look = READER
    assert {each.topic for each in house.attach() if not each.payload} == set(ALONE)


def test_what_changes_in_the_device_alone_repeats_nothing_that_stands_alone() -> None:
    house = desk(charge_current_maximum=16)
    house.learn(CAR, charge_current_maximum=32)
    assert not set(ALONE) & set(topics(house.wire.drain()))


def test_another_name_is_told() -> None:
    house = desk()
    house.publisher.show(Roster((Device(CAR, "Tesla"),)))
    assert topics(house.wire.drain()) == [CONFIG, *ALONE]


def test_without_discovery_only_values_are_said() -> None:
    house = Desk(NIKOLA, prefix=None)
    house.learn(CAR, charging_state="conducting")
    assert topics(house.attach()) == [f"{BASE}/availability", f"{BASE}/charge/charging_state", f"{BASE}/charge"]
