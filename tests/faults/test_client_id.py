"""F37: two bridges with one client id, as when a container and its data directory are cloned."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from whole_house import BASE, CAR, Bridge, House, empty_house

pytestmark = [pytest.mark.mosquitto, pytest.mark.case("F37")]

TAKEN = "reason=broker_refused"


@pytest.fixture
def one(tmp_path: Path) -> Iterator[House]:
    with empty_house(tmp_path) as running:
        running.start()
        yield running


@pytest.fixture
def clone(one: House) -> Iterator[Bridge]:
    """It has what the first one has, and starts now."""
    directory = one.bridge.directory / "clone"
    directory.mkdir()
    shutil.copytree(one.bridge.directory / "data", directory / "data")
    made = Bridge(directory, one.bridge.environment | {"FLEET2MQTT_DATA_DIR": str(directory / "data")})
    made.start()
    yield made
    if made.is_alive:
        made.kill()


def flaps(one: House, since: int) -> int:
    """How often the state has changed."""
    said = [each.text for each in one.spy.on(f"{BASE}/bridge/state", since)]
    return sum(each == "offline" for each in said)


def test_the_older_one_waits_and_says_why(one: House, clone: Bridge, record_property: Any) -> None:
    since = len(one.spy.messages)
    one.spy.until(lambda: TAKEN in one.bridge.log, "the cause")
    line = next(line for line in one.bridge.log.splitlines() if TAKEN in line)
    assert "another client has connected with our client id" in line
    assert "Stop one, or give each its own FLEET2MQTT_MQTT_CLIENT_ID" in line
    one.spy.until(lambda: "connected to the broker" in clone.log, "the clone")
    sleep(15)
    record_property("figure", f"{flaps(one, since)} flaps in 15 s, then the older one stands by")
    assert flaps(one, since) <= 3
    assert one.spy.retained[f"{BASE}/bridge/state"] == "online"
    assert clone.is_alive
    assert TAKEN not in clone.log, "it is left alone"
    assert one.bridge.log.count(TAKEN) == 1
    assert one.ask(CAR, "charge_limit", "71")["outcome"] == "ok"
    assert one.tesla.done(CAR) == [("set_charge_limit", {"percent": 71})], "by one of them"
    one.comes_to(CAR, "charge/charge_limit", "71")
    clone.stop()
    one.spy.until(lambda: "works again" in one.bridge.log, "the older one")
    one.comes_to("bridge", "state", "online")
    assert one.ask(CAR, "charge_limit", "72")["outcome"] == "ok"
