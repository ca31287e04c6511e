"""The leanest honest way to use paho in an asyncio loop: its own example, TCP_NODELAY, and a count of acknowledgements.

Nothing here handles a lost connection, a refusal or a large message: that is what the bridge adds.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from benchmarks.names import HOST


class BareMqtt:
    """Connected when made. MQTT 5 like the bridge."""

    def __init__(
        self, port: int, *, subscribe: str | None = None, hear: Callable[[MQTTMessage], None] = lambda _: None
    ) -> None:
        self.messages = 0
        self._unacknowledged = 0
        self._idle = asyncio.Event()
        self._subscribe = subscribe
        self._client = client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        client.on_publish = self._on_publish
        client.on_message = lambda _client, _data, message: hear(message)
        client.on_connect = self._on_connect
        client.connect(HOST, port)
        self._drive()

    def _drive(self) -> None:
        client, loop = self._client, asyncio.get_running_loop()
        sock: Any = client.socket()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        loop.add_reader(sock, client.loop_read)
        client.on_socket_register_write = lambda *_: loop.add_writer(sock, client.loop_write)
        client.on_socket_unregister_write = self._stop_writing
        if client.want_write():
            loop.add_writer(sock, client.loop_write)
        self._keep_alive(loop)

    def _stop_writing(self, _client: Client, _data: Any, sock: Any) -> None:
        asyncio.get_running_loop().remove_writer(sock)

    def _keep_alive(self, loop: asyncio.AbstractEventLoop) -> None:
        self._client.loop_misc()
        loop.call_later(1, self._keep_alive, loop)

    def publish(self, topic: str, payload: bytes | str, *, retain: bool = True) -> None:
        self._client.publish(topic, payload, 1, retain)
        self._unacknowledged += 1
        self.messages += 1

    async def drained(self) -> None:
        while self._unacknowledged:
            self._idle.clear()
            await self._idle.wait()

    def _on_connect(self, *_: Any) -> None:
        if self._subscribe:
            self._client.subscribe(self._subscribe, 1)

    def _on_publish(self, *_: Any) -> None:
        self._unacknowledged -= 1
        if not self._unacknowledged:
            self._idle.set()
