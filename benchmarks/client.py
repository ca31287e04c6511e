"""The third process of a benchmark: publishes commands, waits for messages."""

from __future__ import annotations

import json
import socket
import time
from typing import Any, NamedTuple, Self

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from benchmarks.names import HOST, VIN
from benchmarks.services import PATIENCE


class Answer(NamedTuple):
    """How a command ended, and the seconds until that was known."""

    outcome: str
    seconds: float


class Asker:
    """One at a time: asks, and waits for the answer. Use in a `with` block."""

    def __init__(self, port: int, subscribe: str) -> None:
        self._port = port
        self._subscribe = subscribe
        self._heard: dict[str, bytes] = {}
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)

    def __enter__(self) -> Self:
        client = self._client
        client.on_message = self._on_message
        client.connect(HOST, self._port)
        sock: Any = client.socket()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while not client.is_connected():
            client.loop(1)
        client.subscribe(self._subscribe, 1)
        self.rest(0.2)  # a broker on this machine has it by then
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()

    def ask(self, base: str, name: str, payload: str, *, patience: float = PATIENCE) -> Answer | None:
        """Sends a command and waits for its result; None if none comes."""
        began = time.perf_counter()
        self._client.publish(f"{base}/vehicle/{VIN}/set/{name}", payload, 1)
        result = self.wait_for(f"{base}/vehicle/{VIN}/result/{name}", patience=patience)
        took = time.perf_counter() - began
        return None if result is None else Answer(json.loads(result)["outcome"], took)

    def wait_for(self, topic: str, *, patience: float = PATIENCE) -> bytes | None:
        """The next message on this topic."""
        self._heard.pop(topic, None)
        until = time.perf_counter() + patience
        while topic not in self._heard and (left := until - time.perf_counter()) > 0:
            self._client.loop(left)
        return self._heard.get(topic)

    def rest(self, seconds: float) -> None:
        """Keeps the connection alive."""
        until = time.perf_counter() + seconds
        while (left := until - time.perf_counter()) > 0:
            self._client.loop(left)

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        self._heard[message.topic] = bytes(message.payload)
