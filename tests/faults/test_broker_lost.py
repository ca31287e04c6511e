"""The broker dies and comes back with nothing, or with what it kept (F34)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from time import perf_counter

import pytest
from whole_house import BASE, CAR, OTHER_CAR, SITE, House, house, id_of, message


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("house")) as running:
        running.spy.until(lambda: running.value(OTHER_CAR, "software"), "the other car")
        yield running


OWN = (f"{BASE}/bridge/", f"{BASE}/account/")
"""What tells of the bridge itself changes with the broker's absence."""


def retained(one: House) -> dict[str, str]:
    return {topic: text for topic, text in one.spy.retained.items() if not topic.startswith(OWN)}


@pytest.mark.mosquitto
@pytest.mark.parametrize("end", ["kill", "stop"])
def test_everything_is_back_within_ten_seconds_and_commands_work_within_five(one: House, end: str) -> None:
    before = retained(one)
    getattr(one.broker, end)()
    if end == "kill":
        (one.bridge.directory / "broker" / "mosquitto.db").unlink(missing_ok=True)
    one.broker.start()
    began = perf_counter()
    one.watch_anew()
    one.spy.until(lambda: one.spy.retained.get(f"{BASE}/bridge/state") == "online", "the bridge", 10)
    reconnected = perf_counter()
    assert one.ask(CAR, "honk_horn", "PRESS")["outcome"] == "ok"
    assert perf_counter() - reconnected < 5
    one.spy.until(lambda: before.keys() <= one.spy.retained.keys(), "every topic", 10 - (reconnected - began))
    assert one.value(CAR, "config/vin") == id_of(CAR)
    assert one.value(SITE, "settings/backup_reserve") == "20"
    document = json.loads(one.spy.retained[f"homeassistant/device/fleet2mqtt_{id_of(CAR)}/config"])
    assert document["device"]["serial_number"] == id_of(CAR)


def test_a_result_that_comes_while_the_broker_is_away_is_told_when_it_is_back(one: House) -> None:
    one.tesla.forget()
    with one.api.holding(b"set_charge_limit", answer=True) as held:
        one.send(CAR, "charge_limit", message("meanwhile", value=76))
        held.wait()
        one.mqtt.unplug()
        one.spy.until(lambda: one.spy.retained[f"{BASE}/bridge/state"] == "offline", "the will")
    one.mqtt.plug_in()
    assert one.one_result_of("meanwhile")["outcome"] == "ok"
    assert one.tesla.done(CAR) == [("set_charge_limit", {"percent": 76})]
    one.comes_to(CAR, "charge/charge_limit", "76")


def test_a_result_that_was_on_its_way_when_the_broker_died_is_told_when_it_is_back(one: House) -> None:
    one.tesla.forget()
    with one.mqtt.holding(b"/result/charge_limit") as held:
        one.send(CAR, "charge_limit", message("on its way", value=77))
        held.wait()
        held.lose()
    assert one.one_result_of("on its way")["outcome"] == "ok"
    assert one.tesla.done(CAR) == [("set_charge_limit", {"percent": 77})]
