"""How long a start takes, with a Tesla that answers after 100 ms (S-4)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from statistics import median
from time import perf_counter

import pytest
from whole_house import BASE, CAR, House, empty_house

BARE = "import paho.mqtt.client, httpcore2, pydantic_settings"
"""What any such program needs."""

STARTS = 2 + int(os.environ.get("FAULTS_MANY", "1"))
ONLINE, KNOWN = 1.0, 3.0
"""Seconds on a quiet machine; where a bare start takes longer than BARE_TAKES, as many times more."""

BARE_TAKES = 0.4
GENEROUS = 2.0


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with empty_house(tmp_path_factory.mktemp("house")) as running:
        yield running


def bare() -> float:
    began = perf_counter()
    subprocess.run([sys.executable, "-c", BARE], check=True)
    return perf_counter() - began


def start(one: House) -> tuple[float, float]:
    """Seconds to `online`, and to the first value of a car, in a life that knows nothing yet."""
    since, began = len(one.spy.messages), perf_counter()
    one.bridge.start(data_dir=one.bridge.directory / f"data {began}", tesla_refresh_token="simulated-refresh-token")

    def heard(topic: str, text: str = "") -> float | None:
        found = (each.at for each in one.spy.on(f"{BASE}/{topic}", since) if text in each.text and each.payload)
        return next(found, None)

    online = one.spy.until(lambda: heard("bridge/state", "online"), "online")
    known = one.spy.until(lambda: heard(f"{CAR}/charge/battery_level"), "a value")
    one.bridge.stop()
    return online - began, known - began


@pytest.mark.case("S-4")
def test_it_is_online_within_a_second_and_knows_something_within_three(
    one: House, record_property: Callable[[str, object], None]
) -> None:
    with one.api.latency(0.05):  # either way
        taken = [(bare(), *start(one)) for _ in range(STARTS)]
    base, online, known = (median(each) for each in zip(*taken, strict=True))
    record_property("figure", f"online {online:.2f} s, known {known:.2f} s; bare {base:.2f} s")
    record_property("figure", f"{online / base:.1f} and {known / base:.1f} times a bare start")
    slow = max(1.0, base / BARE_TAKES) * GENEROUS
    assert online <= ONLINE * slow
    assert known <= KNOWN * slow
