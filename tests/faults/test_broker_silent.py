"""F35: the broker is there and does not answer, or the line is dead and nobody says so.

Here the keepalive is 5 s, a sixth of the usual, and so are the sixty seconds in which it is noticed: ten, and the two
looks at it, half a second apart. The five minutes of silence are FAULTS_MANY times 15 s, which is more than twice the
longest pause between two attempts.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

import pytest
from connection import BOTH, DOWN, UP, Way
from whole_house import BASE, CAR, House, empty_house, message

pytestmark = [pytest.mark.mosquitto, pytest.mark.case("F35")]

KEEPALIVE, LOOK = 5, 0.5
MANY = int(os.environ.get("FAULTS_MANY", "1"))
SILENCE = 15 * MANY
MEMORY = 8
"""MiB that it may take meanwhile."""


@pytest.fixture
def one(tmp_path: Path) -> Iterator[House]:
    """A bridge of its own for each: the log tells of the same trouble three times a day, no more."""
    with empty_house(tmp_path) as running:
        running.start(mqtt_keepalive=KEEPALIVE)
        yield running


def memory(one: House) -> float:
    """MiB."""
    status = Path(f"/proc/{one.bridge.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def noticed(one: House, begin: int) -> float:
    """Waits until the log tells that the broker is gone; gives the seconds."""
    began = perf_counter()
    words = "part=broker reason=broker_lost"
    one.spy.until(lambda: one.bridge.log[begin:].count(words) == 1, "a word about it", 2 * (KEEPALIVE + LOOK) + 1)
    return perf_counter() - began


def resumed(one: House, since: int) -> float:
    began = perf_counter()
    one.spy.until(
        lambda: [each for each in one.spy.on(f"{BASE}/bridge/state", since) if each.payload == b"online"], "online", 10
    )
    assert one.ask(CAR, "charge_limit", message(f"after {since}", value=71))["outcome"] == "ok"
    return perf_counter() - began


def test_a_frozen_broker_is_noticed_and_found_again_and_costs_no_memory_and_no_money(
    one: House, record_property: Any
) -> None:
    before, begin = memory(one), len(one.bridge.log)
    one.broker.pause()
    try:
        seconds = noticed(one, begin)
        one.tesla.forget()
        sleep(SILENCE)
        calls = one.tesla.asked("vehicle_data") + one.tesla.asked("live_status")
        after = memory(one)
    finally:
        one.broker.resume()
    one.watch_anew()
    back = resumed(one, 0)
    record_property(
        "figure", f"noticed in {seconds:.0f} s (keepalive 5 s), back in {back:.1f} s, {after - before:+.1f} MiB"
    )
    assert calls == [], "nobody could hear it"
    assert after - before < MEMORY
    assert one.bridge.log[begin:].count("part=broker reason=broker_lost") == 1


@pytest.mark.parametrize("way", [BOTH, UP, DOWN] if MANY > 1 else [BOTH], ids=str)
def test_a_dead_line_is_noticed_and_a_new_one_made(one: House, record_property: Any, way: Way) -> None:
    begin, since = len(one.bridge.log), len(one.spy.messages)
    with one.mqtt.timeout(way=way):
        seconds = noticed(one, begin)
        one.spy.until(lambda: one.spy.on(f"{BASE}/bridge/state", since), "the will", 2 * KEEPALIVE)
        assert one.spy.retained[f"{BASE}/bridge/state"] == "offline"
        since = len(one.spy.messages)
    record_property("figure", f"noticed in {seconds:.0f} s, back in {resumed(one, since):.1f} s")
