"""The broker dies, falls silent and comes back, with nothing or with what it kept (F34, F35)."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from time import perf_counter, sleep
from typing import Any

import pytest
from whole_house import BASE, CAR, CONNECTOR, OTHER_CAR, House, house, message


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("house")) as running:
        running.spy.until(lambda: running.value(OTHER_CAR, "charge/battery_level"), "the other car")
        running.spy.until(lambda: running.value(CONNECTOR, "info"), "the wall connector, which is told last")
        yield running


pytestmark = pytest.mark.case("F34")

MANY = int(os.environ.get("FAULTS_MANY", "1"))

ROUNDS = {"kill": 10, "stop": 5}
"""In the long run, with persistence and without."""

OWN = (f"{BASE}/bridge/", f"{BASE}/account/")
"""What tells of the bridge itself changes with the broker's absence."""


def retained(one: House) -> dict[str, str]:
    return {topic: text for topic, text in one.spy.retained.items() if not topic.startswith(OWN)}


@contextmanager
def load(one: House) -> Iterator[dict[str, str]]:
    """Ten times a second something changes at Tesla's, and somebody wants to see it; gives what is true in the end."""
    truth: dict[str, str] = {}
    is_over = threading.Event()

    def live() -> None:
        for level in cycle(range(30, 90)):
            if is_over.wait(0.1):
                return
            for car in (CAR, OTHER_CAR):
                one.tesla.force(car, battery_level=level)
                truth[f"{BASE}/{car}/charge/battery_level"] = str(level)

    living = threading.Thread(target=live)
    living.start()
    try:
        yield truth
    finally:
        is_over.set()
        living.join()


@pytest.mark.mosquitto
@pytest.mark.parametrize("is_kept", [True, False], ids=["persistence", "no persistence"])
@pytest.mark.parametrize("end", ["kill", "stop"])
def test_everything_is_back_within_ten_seconds_and_commands_work_within_five(
    one: House, record_property: Any, end: str, *, is_kept: bool
) -> None:
    before = retained(one)
    rebuilt, commanded = [], []
    for _ in range(ROUNDS[end] if MANY > 1 else 1):
        with load(one) as truth:
            getattr(one.broker, end)()
            sleep(0.5)  # something happens meanwhile
        if not is_kept:
            (one.bridge.directory / "broker" / "mosquitto.db").unlink(missing_ok=True)
        began = _returned(one)
        assert one.ask(CAR, "honk_horn", "PRESS")["outcome"] == "ok"
        commanded.append(perf_counter() - began)
        one.spy.until(lambda: before.keys() <= one.spy.retained.keys(), "every topic", 10 - (perf_counter() - began))
        rebuilt.append(perf_counter() - began)
        _is_as_before(one, before)
    if end == "kill":
        _shows_what_has_changed(one, truth)
    record_property("figure", f"{end}: all back in {max(rebuilt):.1f} s, a command done in {max(commanded):.1f} s")
    assert max(commanded) < 10, "five seconds after it can be heard, which takes up to five"


def _returned(one: House) -> float:
    """The broker is back, and the bridge; gives when the broker was."""
    one.broker.start()
    began = perf_counter()
    one.watch_anew()
    one.spy.until(lambda: one.spy.retained.get(f"{BASE}/bridge/state") == "online", "the bridge", 10)
    return began


def _is_as_before(one: House, before: dict[str, str]) -> None:
    """What does not change by itself: settings. A document may have gained something, once its first value is known."""
    settings = [topic for topic in before if "/settings/" in topic]
    assert settings
    assert {topic: one.spy.retained[topic] for topic in settings} == {topic: before[topic] for topic in settings}
    documents = [topic for topic in before if topic.startswith("homeassistant/device/")]
    assert documents
    for topic in documents:
        assert components(one.spy.retained[topic]) >= components(before[topic]), topic


def components(document: str) -> set[str]:
    return set(json.loads(document)["components"])


def _shows_what_has_changed(one: House, truth: dict[str, str]) -> None:
    """Meanwhile; the next look may have to wait ten seconds."""
    one.look(CAR)
    one.comes_to(CAR, "charge/battery_level", truth[f"{BASE}/{CAR}/charge/battery_level"])


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
