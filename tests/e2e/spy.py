"""A client that is not ours: hears everything on the broker, and sends what Node-RED would."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from brokers import PASSWORD, Broker
from outside import PATIENCE
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

EVERYTHING = SubscribeOptions(qos=1, retainAsPublished=True)


@dataclass(frozen=True)
class Heard:
    """One message, as it came from the broker; `at` on a clock of seconds."""

    at: float
    topic: str
    payload: bytes
    retain: bool
    correlation: bytes | None
    content_type: str | None

    @property
    def tells_a_state(self) -> bool:
        return not re.search(r"/(set|get|request|result|response|event)(/|$)", self.topic)

    @property
    def text(self) -> str:
        return self.payload.decode()

    @property
    def body(self) -> Any:
        return json.loads(self.payload)


class Spy:
    """`messages` are all that were heard, in order."""

    def __init__(self, watcher: Client, sender: Client) -> None:
        self.messages: list[Heard] = []
        self._sender = sender
        self._watcher = watcher
        self._news = threading.Condition()
        watcher.on_message = self._on_message

    def publish(self, topic: str, payload: bytes | str = b"", *, retain: bool = False, **properties: Any) -> None:
        """`properties` by paho's names: CorrelationData, ResponseTopic, MessageExpiryInterval."""
        given = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho left it unannotated
        for name, value in properties.items():
            setattr(given, name, value)
        self._sender.publish(topic, payload, qos=1, retain=retain, properties=given).wait_for_publish(PATIENCE)

    @contextmanager
    def away(self) -> Iterator[None]:
        """Meanwhile it hears nothing: a flood would drown it, not the bridge. Then it is given what is retained."""
        self._watcher.unsubscribe("#")
        yield
        self.watch()

    def watch(self) -> None:
        """Returns when it hears everything."""
        is_watching = threading.Event()
        self._watcher.on_subscribe = lambda *_: is_watching.set()
        self._watcher.subscribe("#", options=EVERYTHING)
        assert is_watching.wait(PATIENCE)

    def on(self, topic: str, since: int = 0) -> list[Heard]:
        """What came on a topic, from message number `since` on."""
        return [each for each in self.messages[since:] if each.topic == topic]

    @property
    def retained(self) -> dict[str, str]:
        """Topic -> the newest message, of those that tell a state: what a new client is given.

        Not by the retain flag, which the embedded broker keeps to itself; one test compares the two.
        """
        newest = {each.topic: each for each in self.messages if each.tells_a_state}
        return {topic: each.text for topic, each in newest.items() if each.payload}

    def until(self, condition: Callable[[], Any], what: str = "it", seconds: float = PATIENCE) -> Any:
        """Waits for news until the condition is true, and gives its value.

        It is looked at without the lock: what is heard meanwhile would be noted later than it came.
        """
        deadline = perf_counter() + seconds
        while not (value := condition()):
            left = deadline - perf_counter()
            assert left > 0, f"{what} did not happen in {seconds:g} s"
            with self._news:
                self._news.wait(min(left, 0.05))  # not all that is waited for is news from the broker
        return value

    def _on_message(self, _client: Client, _data: Any, raw: MQTTMessage) -> None:
        given = raw.properties
        heard = Heard(
            perf_counter(),
            raw.topic,
            bytes(raw.payload),
            bool(raw.retain),
            getattr(given, "CorrelationData", None),
            getattr(given, "ContentType", None),
        )
        with self._news:
            self.messages.append(heard)
            self._news.notify_all()


@contextmanager
def spying(broker: Broker) -> Iterator[Spy]:
    """Watches with the bridge's own rights, because nobody else may see all; sends as Node-RED."""
    watcher, sender = client("bridge", "spy"), client("nodered", "sender")
    spy = Spy(watcher, sender)
    try:
        for each in (watcher, sender):
            each.connect(broker.host, broker.port)
            each.loop_start()
        spy.watch()
        yield spy
    finally:
        for each in (watcher, sender):
            each.disconnect()
            each.loop_stop()


def client(user: str, name: str) -> Client:
    """Not yet connected."""
    made = Client(CallbackAPIVersion.VERSION2, name, protocol=MQTTProtocolVersion.MQTTv5)
    made.username_pw_set(user, PASSWORD)
    return made


def say_as(broker: Broker, user: str, *messages: tuple[str, bytes | str, bool]) -> None:
    """Topic, payload, retain: said by a client of this user's, which comes and goes."""
    somebody = client(user, "somebody")
    is_connected = threading.Event()
    somebody.on_connect = lambda *_: is_connected.set()
    somebody.connect(broker.host, broker.port)
    somebody.loop_start()
    assert is_connected.wait(PATIENCE)
    for topic, payload, retain in messages:
        somebody.publish(topic, payload, qos=1, retain=retain).wait_for_publish(PATIENCE)
    somebody.disconnect()
    somebody.loop_stop()
