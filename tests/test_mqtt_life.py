"""How an MQTT connection begins and ends, with a real broker; a scripted one only for what no broker does on demand."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from pathlib import Path
from random import Random
from typing import Any

import pytest
from brokers import HOST, Broker, encrypted, free_port, running_broker
from certificates import made
from fakes import FakeClock
from talk import CAR, CONNACK, SET, STATE, client_side, connect, end_of, heard, reason, scripted_broker

from bridge.errors import BridgeError, BrokerLost, BrokerRefused
from bridge.mqtt import BackOff, BrokerAddress, Mqtt, Publication

WILL = Publication(STATE, b"offline", retain=True, content_type="text/plain")


async def refusal(address: BrokerAddress) -> BridgeError:
    with pytest.raises(BridgeError) as refused:
        async with Mqtt(address, will=None).connected():
            pass
    return refused.value


# --- beginning --------------------------------------------------------------------------------------------


async def test_nobody_listening_is_a_lost_broker() -> None:
    error = await refusal(BrokerAddress(HOST, free_port(), "fleet2mqtt"))
    assert isinstance(error, BrokerLost)
    assert "refused" in str(error)


@pytest.mark.mosquitto
async def test_a_wrong_password_is_told_and_not_repeated_in_the_text(broker: Broker) -> None:
    address = broker.address(password="not-the-password")
    error = await refusal(address)
    assert isinstance(error, BrokerRefused)
    assert "user name or password is wrong" in str(error)
    assert "not-the-password" not in f"{error} {address!r}"


@pytest.mark.case("F36")
@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        (1, BrokerRefused, "does not speak MQTT 5"),  # the code of MQTT 3.1.1 for "unacceptable protocol version"
        (133, BrokerRefused, "client id 'fleet2mqtt'"),
        (134, BrokerRefused, "user name or password is wrong"),
        (138, BrokerRefused, "banned"),
        (136, BrokerLost, "Server unavailable"),
    ],
)
async def test_a_refused_connection_says_who_must_act(code: int, kind: type[BridgeError], words: str) -> None:
    async with scripted_broker(bytes([0x20, 3, 0, code, 0])) as address:
        error = await refusal(address)
    assert isinstance(error, kind)
    assert words in str(error)


async def test_a_server_that_hangs_up_unanswered_may_not_speak_mqtt_5() -> None:
    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(hang_up, HOST, 0) as server:
        port = server.sockets[0].getsockname()[1]
        error = await refusal(BrokerAddress(HOST, port, "fleet2mqtt"))
    assert isinstance(error, BrokerLost)


async def test_a_reset_connection_is_told_by_whoever_asked_for_it_and_not_by_paho(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """As a container's port does it while the broker in it is away: for hours, at every attempt."""

    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        at_once = struct.pack("ii", 1, 0)  # on, after 0 s: a reset
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
        writer.transport.abort()

    async with await asyncio.start_server(reset, HOST, 0) as server:
        with caplog.at_level("INFO"):
            error = await refusal(BrokerAddress(HOST, server.sockets[0].getsockname()[1], "fleet2mqtt"))
    assert isinstance(error, BrokerLost)
    assert not caplog.records


async def test_an_attempt_that_is_given_up_hangs_up() -> None:
    """The scripted broker waits for the end of the connection, and fails if it does not come."""
    async with scripted_broker() as address:
        attempt = asyncio.create_task(refusal(address))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(attempt, 0.05)


@pytest.mark.mosquitto
@pytest.mark.parametrize("kind", ["encrypted", "websockets"])
async def test_other_ways_in(tmp_path: Path, kind: str) -> None:
    certificates = made(tmp_path / "certs")
    lines = {"encrypted": encrypted(certificates), "websockets": f"listener {free_port()} {HOST}\nprotocol websockets"}
    ways: dict[str, dict[str, Any]] = {
        "encrypted": {"tls": client_side(certificates)},
        "websockets": {"transport": "websockets"},
    }
    with running_broker(tmp_path, extra=lines[kind]) as broker:
        way = {"port": broker.ports[1]} | ways[kind]
        async with connect(broker, **way) as bridge, connect(broker, "nodered") as sender:
            await bridge.subscribe([f"{CAR}/set/+"])
            for number in range(200):
                sender.publish(Publication(SET, b"%d" % number))
            assert [int(message.payload) for message in await heard(bridge, 200)] == list(range(200))
            assert await reason(bridge, f"{CAR}/result/charge_limit", bytes(50_000)) < 128


async def test_nothing_stays_behind_in_the_encryption(tmp_path: Path) -> None:
    """Several packets in one TLS record: the socket shows only the first of them to the loop."""
    packets = CONNACK + b"".join(b"\x30\x05\x00\x01a\x00%d" % number for number in range(10))
    async with (
        scripted_broker(packets, certificates=made(tmp_path)) as address,
        Mqtt(address, will=None).connected() as bridge,
    ):
        assert [message.payload for message in await heard(bridge, 10)] == [b"%d" % number for number in range(10)]


# --- ending -----------------------------------------------------------------------------------------------


async def test_leaving_delivers_what_was_published_and_leaves_no_will(broker: Broker) -> None:
    async with connect(broker, "viewer") as viewer:
        await viewer.subscribe(["fleet2mqtt/#"])
        async with connect(broker, will=WILL) as bridge:
            for number in range(100):
                bridge.publish(Publication(f"{CAR}/charge/{number}", b"%d" % number))
        async with connect(broker) as bridge:
            bridge.publish(Publication(STATE, b"the next"))
        assert [message.payload for message in await heard(viewer, 101)] == [
            *(b"%d" % number for number in range(100)),
            b"the next",
        ]


async def test_the_will_speaks_for_a_bridge_that_died(broker: Broker) -> None:
    async with connect(broker, "viewer") as viewer:
        await viewer.subscribe([STATE])
        async with connect(broker, will=WILL) as bridge:
            bridge._driver.stop()  # the line is cut; no DISCONNECT
            (message,) = await heard(viewer)
            bridge._finish(BrokerLost("cut by the test"))
    assert (message.topic, message.payload, message.content_type) == (STATE, b"offline", "text/plain")


async def test_a_killed_broker_is_noticed_at_once_and_reached_again(broker: Broker) -> None:
    async with connect(broker) as bridge:
        await bridge.subscribe([f"{CAR}/set/+"])
        bridge.publish(Publication(f"{CAR}/charge/battery_level", b"80"))
        broker.kill()
        assert isinstance(await asyncio.wait_for(end_of(bridge), 1), BrokerLost)
        with pytest.raises(BrokerLost):
            await bridge.drained()
        assert bridge.pending == 0
        with pytest.raises(BrokerLost):
            await bridge.subscribe([f"{CAR}/get/+"])
        bridge.publish(Publication(STATE, b"online"), lambda code: pytest.fail(f"heard {code}"))
    broker.start()
    async with connect(broker) as bridge:
        assert await reason(bridge, STATE, b"online") < 128


async def test_nothing_is_sent_again_after_a_reconnect(broker: Broker) -> None:
    """Reliability D8 and D12: a backlog would replay old states. The publisher sends a snapshot instead."""
    mqtt = Mqtt(broker.address(), will=None)
    async with mqtt.connected() as bridge:
        broker.pause()
        bridge.publish(Publication(STATE, b"old"))
        broker.kill()
        await end_of(bridge)
    broker.start()
    async with connect(broker, "viewer") as viewer, mqtt.connected() as bridge:
        await viewer.subscribe(["fleet2mqtt/#"])
        bridge.publish(Publication(STATE, b"new"))
        assert [message.payload for message in await heard(viewer)] == [b"new"]


async def test_a_frozen_broker_is_noticed_within_twice_the_keepalive(broker: Broker) -> None:
    """Reliability D11. One more second for the ticks between."""
    async with connect(broker, keepalive=1) as bridge:
        broker.pause()
        began = time.perf_counter()
        assert isinstance(await end_of(bridge), BrokerLost)
        assert time.perf_counter() - began < 3
        broker.resume()


@pytest.mark.case("F37")
async def test_a_second_bridge_with_our_client_id_is_named() -> None:
    taken_over = b"\xe0\x01\x8e"
    async with scripted_broker(CONNACK + taken_over) as address, Mqtt(address, will=None).connected() as bridge:
        error = await end_of(bridge)
    assert isinstance(error, BrokerRefused)
    assert "Do two bridges run with one client id? " in str(error)
    assert "'fleet2mqtt'" in str(error)


@pytest.mark.case("F37")
async def test_whoever_loses_the_client_id_loses_the_connection(broker: Broker) -> None:
    """Mosquitto says why since 2.1; 2.0 just hangs up."""
    async with connect(broker) as first, connect(broker) as second:
        assert isinstance(await end_of(first), BridgeError)
        assert await reason(second, STATE, b"online") < 128


GARBAGE = {
    "no such packet": b"\xff\x00",
    "endless length": b"\x30\xff\xff\xff\xff\xff",
    "topic longer than the packet": b"\x30\x03\x00\x09a",
    "unknown property": b"\x30\x06\x00\x01a\x02\x7f\x00",
    "property cut short": b"\x30\x05\x00\x01a\x05\x03",
    "answer without packet id": b"\x40\x01\x00",
    "answer with unknown reason": b"\x40\x03\x00\x01\xee",
    "subscription answer cut short": b"\x90\x01\x00",
    "ping answer with a body": b"\xd0\x01\x00",
}


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE)
async def test_garbage_from_a_broker_ends_the_connection_and_nothing_else(garbage: bytes) -> None:
    async with scripted_broker(CONNACK + garbage) as address, Mqtt(address, will=None).connected() as bridge:
        assert isinstance(await end_of(bridge), BrokerLost)


# --- the next attempt -------------------------------------------------------------------------------------


def waits(error: BridgeError, count: int, *, seed: int = 0) -> list[float]:
    """Of attempts that fail at once."""
    clock = FakeClock()
    back_off = BackOff(clock, Random(seed))
    return [paused(clock, back_off, error) for _ in range(count)]


def paused(clock: FakeClock, back_off: BackOff, error: BridgeError) -> float:
    wait = back_off.next(error)
    clock.advance(wait)
    return wait


def test_a_lost_broker_is_tried_after_one_second_and_then_every_few_seconds() -> None:
    many = [waits(BrokerLost("gone"), 2000, seed=seed) for seed in range(20)]
    assert all(wait[0] == 1 for wait in many)
    assert all(1 <= wait <= min(5, 2**n) for row in many for n, wait in enumerate(row))
    assert len({wait[9] for wait in many}) > 10


@pytest.mark.case("F36")
def test_a_refusal_is_repeated_at_most_twelve_times_an_hour() -> None:
    """Reliability D5."""
    for seed in range(20):
        row = waits(BrokerRefused("no"), 12, seed=seed)
        assert row[0] == 30
        assert sum(row) > 3600
        assert max(row) <= 600


def test_a_minute_of_good_service_is_a_fresh_start() -> None:
    clock = FakeClock()
    back_off = BackOff(clock, Random(0))
    after = {}
    for service in (0, 59, 60):
        for _ in range(5):
            paused(clock, back_off, BrokerLost("gone"))
        clock.advance(service)
        after[service] = [paused(clock, back_off, BrokerLost("gone")) for _ in range(2)]
    assert max(after[59]) > 2 >= max(after[60])


@pytest.mark.case("F35")
def test_an_attempt_that_waited_in_vain_for_an_answer_has_waited() -> None:
    """So a broker whose line is back is found within ten seconds: five of them may be an attempt from before."""
    for seed in range(20):
        clock = FakeClock()
        back_off = BackOff(clock, Random(seed))
        for _ in range(5):
            paused(clock, back_off, BrokerLost("gone"))
        clock.advance(5)
        assert back_off.next(BrokerLost("no answer")) == 1


def test_a_refusal_after_losses_starts_its_own_count() -> None:
    clock = FakeClock()
    back_off = BackOff(clock, Random(0))
    for _ in range(5):
        paused(clock, back_off, BrokerLost("gone"))
    assert paused(clock, back_off, BrokerRefused("no")) == 30
    assert paused(clock, back_off, BrokerLost("gone")) == 1
