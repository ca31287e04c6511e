"""F39: what owners call their cars, and what might get into topics and documents by it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import cast

import pytest
from whole_house import BASE, CAR, CONNECTOR, House, house, id_of

from bridge.simulator.vehicle import Vehicle

pytestmark = [pytest.mark.mosquitto, pytest.mark.case("F39")]

DOCUMENT = f"homeassistant/device/fleet2mqtt_{id_of(CAR)}/config"

NAMES = {
    "wildcards": "a/+/#",
    "system topics": "$SYS/broker",
    "the way up": "../../set/honk_horn",
    "three hundred characters": "n" * 300,
    "a terminal's colours": "\x1b[31mred\x1b[0m",
    "NUL": "car\0car",
    "a line of its own": "car\n2026-01-01 [error] forged",
    "backwards": "\u202egnp.rac",
    "a template": "{{ states('sensor.x') }}",
    "an emoji": "\U0001f697",
    "nothing": "",
}


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """All there is to know is known: no topic is new later for another reason."""
    with house(tmp_path_factory.mktemp("house")) as running:
        running.spy.until(lambda: f"{BASE}/{CONNECTOR}/info" in running.spy.retained, "the wall connector")
        yield running


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_name_changes_no_topic_and_nobody_stumbles_over_it(one: House, name: str) -> None:
    topics = set(one.spy.retained)
    car = next(each for each in one.cloud.account.cars if each.vin == id_of(CAR))
    cast(Vehicle, car)._car.settings.name = name
    one.restart()
    assert set(one.spy.retained) >= topics
    assert {
        topic for topic in set(one.spy.retained) - topics if id_of(CAR) not in topic and "status" not in topic
    } == set()
    document = json.loads(one.spy.retained[DOCUMENT])
    assert document["device"]["name"].isprintable()
    assert len(document["device"]["name"]) <= 255
    assert one.ask(CAR, "charge_limit", "71")["outcome"] == "ok"
    assert "\x1b" not in one.bridge.log
    assert "forged" not in {line.split("[error]")[-1].strip() for line in one.bridge.log.splitlines()}
