"""How tests talk to a broker: through our own connection, through a client that is not ours, and a scripted broker."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from brokers import HOST, PASSWORD, Broker
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from bridge.errors import BridgeError
from bridge.mqtt import BrokerAddress, Connection, Message, Mqtt, Publication

CAR = "fleet2mqtt/vehicle/LRW3E7FS2NC000001"
SET = f"{CAR}/set/charge_limit"
STATE = "fleet2mqtt/bridge/state"
CONNACK = b"\x20\x03\x00\x00\x00"
"""Accepted, with no limits."""


def connect(
    broker: Broker, user: str = "bridge", *, will: Publication | None = None, **changes: Any
) -> AbstractAsyncContextManager[Connection]:
    return Mqtt(broker.address(user, **changes), will=will).connected()


async def reason(connection: Connection, topic: str, payload: bytes = b"1", **properties: Any) -> int:
    """The broker's answer to one publish."""
    answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    connection.publish(Publication(topic, payload, **properties), answer.set_result)
    return await asyncio.wait_for(answer, 5)


async def heard(connection: Connection, count: int = 1) -> list[Message]:
    async with asyncio.timeout(10):
        return [await anext(connection.messages) for _ in range(count)]


async def end_of(connection: Connection) -> BridgeError:
    """Why the connection ends, when it does."""
    with pytest.raises(BridgeError) as ended:
        await heard(connection, 1)
    return ended.value


@asynccontextmanager
async def scripted_broker(
    *says: bytes, heard: bytearray | None = None, certificates: Path | None = None
) -> AsyncIterator[BrokerAddress]:
    """Says the first after CONNECT, and each further one after something else was heard. Then waits for the end.

    `heard` collects all it hears after that. `certificates`: as mosquitto/make-certificates makes them, for TLS.
    """
    is_left = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            for words in says:
                await reader.read(1000)
                writer.write(words)
            rest = await reader.read()
            if heard is not None:
                heard.extend(rest)
            writer.close()
            await writer.wait_closed()
        is_left.set()

    async with await asyncio.start_server(serve, HOST, 0, ssl=_server_side(certificates)) as server:
        port = server.sockets[0].getsockname()[1]
        yield BrokerAddress(HOST, port, "fleet2mqtt", tls=client_side(certificates) if certificates else None)
        await asyncio.wait_for(is_left.wait(), 5)


def publish_as_node_red(broker: Broker, topic: str, payload: bytes, **given: Any) -> None:
    """By a client that is not ours, with any MQTT 5 properties."""
    client = Client(CallbackAPIVersion.VERSION2, "node-red", protocol=MQTTProtocolVersion.MQTTv5)
    client.username_pw_set("nodered", PASSWORD)
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho left it unannotated
    for name, value in given.items():
        setattr(properties, name, value)
    client.connect(broker.host, broker.port)
    client.loop_start()
    client.publish(topic, payload, qos=1, properties=properties).wait_for_publish(5)
    client.disconnect()
    client.loop_stop()


def client_side(certificates: Path) -> ssl.SSLContext:
    """Trusts this authority only."""
    return ssl.create_default_context(cafile=certificates / "ca.crt")


def _server_side(certificates: Path | None) -> ssl.SSLContext | None:
    if certificates is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates / "server.crt", certificates / "server.key")
    return context
