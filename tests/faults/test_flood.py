"""S6, L6: 5,000 messages a second of garbage, on topics of commands and on that of Home Assistant's state."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from pathlib import Path
from random import Random
from time import perf_counter, sleep
from typing import Any

import pytest
from brokers import PASSWORD, Broker
from whole_house import BASE, CAR, OTHER_CAR, SITE, House, message

pytestmark = [pytest.mark.mosquitto, pytest.mark.case("S6"), pytest.mark.case("L6")]

RATE = 5000
SECONDS = 3 * int(os.environ.get("FAULTS_MANY", "1"))
TOPICS = [
    *(
        f"{BASE}/{device}/set/{name}"
        for device in (CAR, OTHER_CAR, SITE)
        for name in ("charge_limit", "backup_reserve", "x")
    ),
    f"{BASE}/{CAR}/get/charge",
    f"{BASE}/bridge/request/health",
    f"{BASE}/bridge/set/log_level",
]
BIRTHS = ["homeassistant/status"]


def flood(broker: Broker, user: str, topics: Sequence[str], payloads: Sequence[bytes], seconds: float) -> int:
    """As bytes, because a client would be slower than the bridge. QoS 0. Gives how many were sent."""
    packets = [_publish(topic, payload) for topic in topics for payload in payloads]
    sent, began = 0, perf_counter()
    with socket.create_connection((broker.host, broker.port)) as wire:
        wire.sendall(_connect(user))
        assert wire.recv(100)[0] == 0x20, "accepted"
        while (elapsed := perf_counter() - began) < seconds:
            due = int(elapsed * RATE) - sent
            wire.sendall(b"".join(packets[(sent + number) % len(packets)] for number in range(due)))
            sent += due
            sleep(0.01)
    return sent


def _publish(topic: str, payload: bytes) -> bytes:
    """MQTT 5, 3.3."""
    body = _text(topic.encode()) + b"\0" + payload
    return b"\x30" + _length(len(body)) + body


def _connect(user: str) -> bytes:
    """MQTT 5, 3.1: clean start, user name and password, no properties."""
    body = _text(b"MQTT") + b"\x05\xc2\0\0\0" + _text(b"flood") + _text(user.encode()) + _text(PASSWORD.encode())
    return b"\x10" + _length(len(body)) + body


def _text(words: bytes) -> bytes:
    return len(words).to_bytes(2) + words


def _length(size: int) -> bytes:
    """Seven bits in a byte, the lowest first (MQTT 5, 1.5.5)."""
    low, rest = size & 127, size >> 7
    return bytes([low | 128]) + _length(rest) if rest else bytes([low])


def worked_for(one: House) -> float:
    """Seconds of CPU that the bridge has had."""
    fields = Path(f"/proc/{one.bridge.process.pid}/stat").read_text().split()
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


def garbage(random: Random) -> list[bytes]:
    """No value of any setting is in it."""
    return [b"\xff" + random.randbytes(random.randrange(60)) for _ in range(20)] + [b'{"value": ', b"NaN", b"[[[["]


@pytest.mark.parametrize(
    ("user", "topics"), [("nodered", TOPICS), ("homeassistant", BIRTHS)], ids=["commands", "Home Assistant's state"]
)
def test_a_flood_of_garbage_does_no_harm(
    one: House, record_property: Any, seed: int, user: str, topics: Sequence[str]
) -> None:
    one.restart()  # a flood is told in each life
    one.tesla.forget()
    payloads = [b"online"] if topics is BIRTHS else garbage(Random(seed))
    with one.spy.away():
        sent = flood(one.broker, user, topics, payloads, SECONDS)
        began, worked = perf_counter(), worked_for(one)
    assert one.ask(CAR, "charge_limit", message(f"after the flood {user} {seed}", value=70 + seed))["outcome"] == "ok"
    seconds, work = perf_counter() - began, worked_for(one) - worked
    record_property("figure", f"a command after {sent} messages took {seconds:.1f} s ({work:.1f} s of work)")
    assert sent > 0.9 * RATE * SECONDS
    assert min(seconds, work) < 5, "of its own: others may have the machine"
    assert one.tesla.paid_for == [f"POST /api/1/vehicles/{CAR.split('/')[1]}/command/set_charge_limit"]
    assert len(one.tesla.asked("vehicle_data")) <= 2 + SECONDS / 5, "a wish is granted every ten seconds at most"
    assert one.spy.retained[f"{BASE}/bridge/state"] == "online"
