"""Connections to Tesla that are silent, slow, cut, given up or flooded (F22, F23, S24)."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest
from brokers import HOST
from checker import nothing_grows
from connection import DOWN, UP
from hostile import HOSTILE
from memory import watched
from network_faults import Bandwidth, HalfClose, Reset, Slice, Timeout
from outside import PATIENCE
from whole_house import CAR, SITE, House, empty_house, message

MANY = int(os.environ.get("FAULTS_MANY", "1"))
DEADLINE = 2.0
"""FLEET2MQTT_TESLA_DEADLINE here; 30 s where nothing is set."""
CONNECTIONS = 20
"""docs/architecture.md, bridge/fleet/transport.py: at most, for a host."""
ALLOWED_MIB = 50.0


def free_port() -> int:
    with closing(socket.create_server((HOST, 0))) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def metrics() -> int:
    return free_port()


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory, metrics: int) -> Iterator[House]:
    with empty_house(tmp_path_factory.mktemp("cable")) as made:
        made.start(tesla_deadline=DEADLINE, metrics_port=metrics)
        yield made


@pytest.fixture(autouse=True)
def _it_works_afterwards(one: House) -> Iterator[None]:
    yield
    assert one.bridge.is_alive
    one.spy.until(lambda: asked_well(one), "a command that is done")


def asked_well(one: House) -> bool:
    transaction = f"after {time.perf_counter()}"
    return bool(one.ask(CAR, "charge_limit", message(transaction, value=63))["outcome"] == "ok")


WAYS_TO_FAIL: dict[str, Any] = {
    "blackhole": Timeout,
    "taken and never answered": lambda: Timeout(way=DOWN),
    "a drip": lambda: Slice(1, every=0.5, way=DOWN),
    "half closed by Tesla": lambda: HalfClose(way=DOWN),
    "reset in the middle of the answer": lambda: Reset(after=60, way=DOWN),
    "a slow upload": lambda: Bandwidth(20, way=UP),
}


@pytest.mark.case("F22")
@pytest.mark.parametrize("what", WAYS_TO_FAIL)
def test_a_command_on_a_bad_line_has_a_result_in_time(one: House, what: str, record_property: Any) -> None:
    """Nothing shows whether lights have flashed, so the result comes when the call is given up."""
    one.tesla.forget()
    with one.api.during(WAYS_TO_FAIL[what]()):
        one.api.kick()
        began = time.perf_counter()
        result = one.ask(CAR, "flash_lights", message(what))
        took = time.perf_counter() - began
    assert result["outcome"] in {"unavailable", "unconfirmed"}, result
    assert result["attempts"] <= 1
    assert took < DEADLINE + 1
    assert len(one.tesla.paid_for) <= 1
    record_property("figure", f"{what}: told after {took:.1f} s, deadline {DEADLINE:g} s")


AT_ONCE = ((CAR, "charge_limit"), (SITE, "backup_reserve"), (CAR, "flash_lights"), (CAR, "seat_heater_left"))
"""Twenty are sent; devices do theirs one after the other, while reads go on."""


@pytest.mark.case("F23")
def test_calls_that_are_given_up_leave_no_connection_behind(one: House, record_property: Any) -> None:
    """Twenty at a time end at their deadline while Tesla is silent; the next ones work at once."""
    most = 0
    for round_ in range(2 * MANY):
        with one.api.timeout():
            for number, (device, name) in enumerate(AT_ONCE * 5):
                one.send(device, name, message(f"{round_} {number}", value=20 + number))
            until = time.perf_counter() + DEADLINE + 1
            while time.perf_counter() < until:
                most = max(most, one.api.connections)
                threading.Event().wait(0.1)
        one.api.kick()
    assert most <= CONNECTIONS
    one.spy.until(lambda: asked_well(one), "the next call")
    began = time.perf_counter()
    assert asked_well(one)
    took = time.perf_counter() - began
    assert took < 1
    record_property("figure", f"at most {most} connections; the next command took {took:.2f} s")


BOMBS = {
    "headers": b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200_000 + b"\r\n",
    "one long header": b"HTTP/1.1 200 OK\r\na: " + b"b" * 20_000_000,
    "a body without end": b"HTTP/1.1 200 OK\r\ncontent-length: 50000000\r\n\r\n" + b" " * 20_000_000,
    "packed": HOSTILE["gzip bomb"],
}


@pytest.mark.case("S24")
@pytest.mark.parametrize("what", BOMBS)
def test_an_answer_that_explodes_is_given_up_and_costs_no_memory(one: House, what: str, record_property: Any) -> None:
    explosion = one.api.instead(pattern=rb"POST /api/1/energy_sites", answer=BOMBS[what])
    with watched(one.bridge.process.pid) as memory, explosion as fault:
        assert one.ask(SITE, "backup_reserve", message(what, value=36))["outcome"] != "invalid"
        assert fault.times >= 1
    assert memory.growth < ALLOWED_MIB
    record_property("figure", f"{what}: {memory.growth:.0f} MiB")


@pytest.mark.case("S24")
def test_who_is_slow_or_sends_much_at_the_metrics_port_holds_up_nobody(
    one: House, metrics: int, record_property: Any
) -> None:
    """Fifty who never end their request, headers without end, and a POST of 10 MB."""
    with watched(one.bridge.process.pid) as memory, ExitStack() as stack:
        for number in range(50):
            slow = stack.enter_context(socket.create_connection((HOST, metrics), timeout=PATIENCE))
            slow.sendall(b"GET /metrics HTTP/1.1\r\nx: " + b"y" * number)
        for head in (b"POST /metrics HTTP/1.1\r\ncontent-length: 10000000\r\n\r\n", b"GET / HTTP/1.1\r\n"):
            flood(metrics, head, 10_000_000)
        with socket.create_connection((HOST, metrics), timeout=PATIENCE) as asked:
            asked.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
            assert b"200 OK" in asked.recv(100)
        assert asked_well(one)
    one.spy.until(lambda: not list(nothing_grows(one.history)), "the end of all connections")
    assert memory.growth < ALLOWED_MIB
    record_property("figure", f"/metrics under load: {memory.growth:.0f} MiB")


def flood(port: int, head: bytes, size: int) -> None:
    """Sends until it is hung up on, or all is sent."""
    with socket.create_connection((HOST, port), timeout=5) as loud:
        try:
            loud.sendall(head)
            for number in range(size // 1000):
                loud.sendall(b"h%06d: " % number + b"z" * 990 + b"\r\n")
        except OSError:
            return
