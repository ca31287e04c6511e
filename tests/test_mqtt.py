"""What goes through an MQTT connection, with a real broker; a scripted one only for what no broker does on demand."""

from __future__ import annotations

import asyncio
import statistics
import time
from pathlib import Path

import pytest
from brokers import Broker, running_broker
from paho.mqtt.client import Client
from paho.mqtt.enums import MQTTErrorCode
from talk import CAR, CONNACK, SET, connect, heard, publish_as_node_red, reason, scripted_broker

from bridge.errors import BrokerLost, BrokerRefused
from bridge.mqtt import Connection, Inbox, Message, Mqtt, Publication
from bridge.mqtt.packets import publish_properties

# --- messages in ------------------------------------------------------------------------------------------


async def test_a_message_arrives_with_all_that_its_sender_gave_it(broker: Broker) -> None:
    async with connect(broker) as bridge:
        await bridge.subscribe([f"{CAR}/set/+"])
        await asyncio.to_thread(
            publish_as_node_red,
            broker,
            SET,
            b"80",
            ContentType="text/plain",
            ResponseTopic="fleet2mqtt/response/flow",
            CorrelationData=b"\x00\xff7",
            MessageExpiryInterval=60,
        )
        (message,) = await heard(bridge)
    assert message == Message(
        SET,
        b"80",
        retain=False,
        content_type="text/plain",
        response_topic="fleet2mqtt/response/flow",
        correlation=b"\x00\xff7",
        expiry=message.expiry,
    )
    assert message.expiry in {59, 60}


async def test_bytes_that_are_no_text_arrive_as_they_are(broker: Broker) -> None:
    every_byte = bytes(range(256))
    async with connect(broker) as bridge, connect(broker, "nodered") as sender:
        await bridge.subscribe([f"{CAR}/set/+"])
        sender.publish(Publication(SET, every_byte))
        assert (await heard(bridge))[0].payload == every_byte


@pytest.mark.mosquitto
async def test_the_retain_flag_is_what_the_sender_set(broker: Broker) -> None:
    """Without retain-as-published a retained command looks like any other while we are connected."""
    async with connect(broker) as bridge, connect(broker, "nodered") as sender:
        await bridge.subscribe([f"{CAR}/set/+"])
        sender.publish(Publication(SET, b"1", retain=True))
        sender.publish(Publication(SET, b"2"))
        assert [message.retain for message in await heard(bridge, 2)] == [True, False]


@pytest.mark.mosquitto
async def test_a_retained_command_is_not_replayed_to_us(broker: Broker) -> None:
    async with connect(broker) as bridge, connect(broker, "nodered") as sender:
        assert await reason(sender, SET, b"old", retain=True) < 128
        await bridge.subscribe([f"{CAR}/set/+"])
        sender.publish(Publication(SET, b"new"))
        assert (await heard(bridge))[0].payload == b"new"


@pytest.mark.mosquitto
async def test_what_we_publish_does_not_come_back_to_us(broker: Broker) -> None:
    async with connect(broker) as bridge, connect(broker, "nodered") as sender:
        await bridge.subscribe([f"{CAR}/set/+"])
        assert await reason(bridge, SET, b"ours") < 128
        sender.publish(Publication(SET, b"theirs"))
        assert (await heard(bridge))[0].payload == b"theirs"


@pytest.mark.case("F38")
async def test_a_message_of_one_mebibyte_does_not_reach_us_and_does_no_harm(broker: Broker) -> None:
    async with connect(broker) as bridge, connect(broker, "nodered") as sender:
        await bridge.subscribe([f"{CAR}/set/+"])
        assert await reason(sender, SET, bytes(1024 * 1024)) < 128
        sender.publish(Publication(SET, b"80"))
        assert (await heard(bridge))[0].payload == b"80"


@pytest.mark.case("F39")
async def test_a_topic_that_is_no_text_is_dropped() -> None:
    bad, good = b"\x30\x05\x00\x02\xff\xfe\x00", b"\x30\x05\x00\x01a\x001"
    async with scripted_broker(CONNACK + bad + good) as address, Mqtt(address, will=None).connected() as bridge:
        assert await heard(bridge) == [Message("a", b"1")]


@pytest.mark.case("S6")
async def test_an_inbox_that_nobody_empties_stays_bounded_and_counts_what_it_drops() -> None:
    inbox = Inbox()
    for number in range(Inbox.LIMIT + 5):
        inbox.put(Message(str(number), b""))
    inbox.end(BrokerLost("gone"))
    kept = [(await anext(inbox)).topic for _ in range(Inbox.LIMIT)]
    assert (kept[0], kept[-1], inbox.dropped) == ("5", str(Inbox.LIMIT + 4), 5)
    with pytest.raises(BrokerLost, match="gone"):
        await anext(inbox)


# --- messages out -----------------------------------------------------------------------------------------


async def test_a_publish_is_pending_until_the_broker_has_answered(broker: Broker) -> None:
    async with connect(broker) as bridge:
        answer = asyncio.create_task(reason(bridge, f"{CAR}/charge/battery_level", b"80", retain=True))
        bridge.publish(Publication(f"{CAR}/charge/charging", b"true", retain=True))
        assert bridge.pending == 1
        assert await answer < 128
        await bridge.drained()
        assert bridge.pending == 0


async def test_a_publication_reaches_others_with_its_properties(broker: Broker) -> None:
    async with connect(broker) as bridge, connect(broker, "nodered") as other:
        await other.subscribe([f"{CAR}/result/+"])
        await reason(bridge, f"{CAR}/result/lock", b"{}", content_type="application/json", expiry=300, correlation=b"7")
        (message,) = await heard(other)
    assert (message.content_type, message.correlation) == ("application/json", b"7")
    assert message.expiry in {299, 300}


async def test_a_burst_of_states_arrives_complete_and_in_order(broker: Broker) -> None:
    async with connect(broker, "viewer") as reader:
        await reader.subscribe(["fleet2mqtt/#"])
        reading = asyncio.create_task(heard(reader, 3000))
        async with connect(broker) as bridge:
            for number in range(3000):
                bridge.publish(Publication(f"{CAR}/charge/{number}", b"%d" % number, retain=True))
        assert [int(message.payload) for message in await reading] == list(range(3000))


async def test_no_more_is_under_way_than_the_broker_allows() -> None:
    receive_maximum_of_2 = b"\x20\x06\x00\x00\x03\x21\x00\x02"
    heard_by_broker = bytearray()
    async with (
        scripted_broker(receive_maximum_of_2, heard=heard_by_broker) as address,
        Mqtt(address, will=None).connected() as bridge,
    ):
        for _ in range(5):
            bridge.publish(Publication("a", b"state"))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(bridge.drained(), 0.05)
        bridge._finish(BrokerLost("enough"))
    assert heard_by_broker.count(b"state") == 2


async def test_a_broker_that_knows_no_limits_cannot_fill_our_memory() -> None:
    large, small = b"\x30\x85\x80\x04\x00\x01a\x00" + bytes(65537), b"\x30\x05\x00\x01b\x001"
    async with scripted_broker(CONNACK + large + small) as address, Mqtt(address, will=None).connected() as bridge:
        assert await heard(bridge) == [Message("b", b"1")]


@pytest.mark.case("F38")
@pytest.mark.mosquitto
async def test_a_message_larger_than_the_broker_takes_is_not_sent(tmp_path: Path) -> None:
    """Reliability D8: sent, it would end the connection, again and again."""
    with running_broker(tmp_path, extra="max_packet_size 2000") as broker:
        async with connect(broker) as bridge:
            assert bridge.maximum_packet == 2000
            assert await reason(bridge, f"{CAR}/info", bytes(2000)) == 149
            assert await reason(bridge, f"{CAR}/info", bytes(1800)) < 128


BAD_TOPICS = ["", "a/+/b", "a/#", "a\0b", "a\ud800", "a\nb", "a" * 70_000, "a/" * 201]


@pytest.mark.case("F38")
async def test_an_impossible_topic_is_not_sent_and_does_no_harm(broker: Broker) -> None:
    async with connect(broker) as bridge:
        assert [await reason(bridge, topic) for topic in BAD_TOPICS] == [144] * len(BAD_TOPICS)
        assert await reason(bridge, f"{CAR}/charge/battery_level") < 128


ACKNOWLEDGEMENTS = {
    "taken, in short": (b"\x40\x02\x00\x01", 0),
    "taken": (b"\x40\x03\x00\x01\x00", 0),
    "taken, without properties": (b"\x40\x04\x00\x01\x00\x00", 0),
    "nobody listens": (b"\x40\x03\x00\x01\x10", 16),
    "nobody listens, without properties": (b"\x40\x04\x00\x01\x10\x00", 16),
    "nobody listens, in words": (b"\x40\x09\x00\x01\x10\x05\x1f\x00\x02no", 16),
    "too large, which is no code of an acknowledgement": (b"\x40\x03\x00\x01\x95", 149),
    "refused": (b"\x40\x03\x00\x01\x87", 135),
    "refused, in words": (b"\x40\x09\x00\x01\x87\x05\x1f\x00\x02no", 135),
    "of what was never sent, then taken": (b"\x40\x02\x01\x01\x40\x02\x00\x01", 0),
    "taken, twice": (b"\x40\x02\x00\x01\x40\x02\x00\x01", 0),
}


@pytest.mark.parametrize(("puback", "code"), ACKNOWLEDGEMENTS.values(), ids=ACKNOWLEDGEMENTS)
async def test_every_acknowledgement_is_understood(puback: bytes, code: int) -> None:
    async with scripted_broker(CONNACK, puback) as address, Mqtt(address, will=None).connected() as bridge:
        assert await reason(bridge, "a") == code
        await bridge.drained()


async def test_an_ordinary_acknowledgement_does_not_go_the_slow_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """When this fails, paho has changed what `bridge.mqtt.quick` relies on."""
    monkeypatch.setattr(Client, "_handle_pubackcomp", lambda *_: MQTTErrorCode.MQTT_ERR_PROTOCOL)
    nobody_listens = b"\x40\x03\x00\x01\x10"
    async with (
        scripted_broker(CONNACK, nobody_listens) as address,
        Mqtt(address, will=None).connected() as bridge,
    ):
        assert await reason(bridge, "a") == 16


@pytest.mark.mosquitto
async def test_a_publish_that_the_broker_forbids_is_told(broker: Broker) -> None:
    async with connect(broker, "viewer") as viewer:
        assert await reason(viewer, SET) == 135


async def test_a_refused_subscription_names_its_filter() -> None:
    suback = b"\x90\x05\x00\x01\x00\x01\x87"
    async with scripted_broker(CONNACK, suback) as address, Mqtt(address, will=None).connected() as bridge:
        with pytest.raises(BrokerRefused, match=r"not/allowed \(Not authorized\)"):
            await bridge.subscribe(["allowed", "not/allowed"])


@pytest.mark.mosquitto
async def test_a_round_trip_takes_a_few_milliseconds(broker: Broker) -> None:
    """Performance, trap 1: without TCP_NODELAY on both sides it takes 44."""
    async with connect(broker) as bridge, connect(broker, "nodered") as asker:
        await bridge.subscribe([f"{CAR}/set/+"])
        await asker.subscribe([f"{CAR}/result/+"])
        assert statistics.median([await _round_trip(bridge, asker) for _ in range(20)]) < 0.020


async def _round_trip(bridge: Connection, asker: Connection) -> float:
    began = time.perf_counter()
    asker.publish(Publication(SET, b"80"))
    await heard(bridge)
    bridge.publish(Publication(f"{CAR}/result/charge_limit", b"{}"))
    await heard(asker)
    return time.perf_counter() - began


def test_what_is_published_can_be_logged_at_level_debug() -> None:
    """Paho writes the properties of every message into its log line."""
    properties = publish_properties(Publication("t", b"1", content_type="text/plain", expiry=5))
    assert str(properties) == "[21 bytes]"
