"""One session with the broker: publish, subscribe, receive. When it is over it stays over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Self

import structlog
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from bridge.errors import BridgeError, BrokerLost, BrokerRefused
from bridge.mqtt import packets
from bridge.mqtt.driver import Driver
from bridge.mqtt.messages import BrokerAddress, Inbox, Publication

log = structlog.get_logger()

PATIENCE = 5.0
"""Seconds for each step that waits for the broker: TCP and TLS, CONNACK, SUBACK, the last acknowledgements."""

QUIET, LONGEST_LOOK = 1.0, 60.0
"""Seconds of silence after which nothing more lies on the broker, and seconds that a look takes at most."""

Taken = Callable[[int], None]
"""Called with an MQTT 5 reason code; `REFUSED` and above is a refusal."""

REFUSED = 128

ECHO = "echo"
"""Stands for each + in the topics of what we say to ourselves."""


class Connection:
    """Use as `async with`. Made by `Mqtt.connected`."""

    def __init__(self, client: Client, address: BrokerAddress, elapsed: Callable[[], float]) -> None:
        """`client` has sent its CONNECT. `elapsed` counts seconds, a machine's sleep too."""
        self.messages = Inbox()
        self.maximum_packet: int | None = None
        self._client = client
        self._address = address
        self._driver = Driver(client, min(1.0, address.keepalive / 10), elapsed, self._on_sleep)
        self._loop = asyncio.get_running_loop()
        self._accepted: asyncio.Future[None] = self._loop.create_future()
        self._subscribing: dict[int | None, asyncio.Future[list[ReasonCode]]] = {}
        self._echoes: dict[str, asyncio.Event] = {}
        self._unacknowledged: dict[int, tuple[str, Taken | None]] = {}
        self._idle = asyncio.Event()
        self._idle.set()
        self._end: BridgeError | None = None
        self._has_dropped = False

    @property
    def pending(self) -> int:
        """Publishes that the broker has not acknowledged yet."""
        return len(self._unacknowledged)

    async def __aenter__(self) -> Self:
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message
        self._client.on_publish = self._on_publish
        self._client.on_subscribe = self._on_subscribe
        try:
            self._driver.start()
            await self._answer(self._accepted, "CONNECT")
        except BaseException:
            self._driver.stop()
            raise
        return self

    async def __aexit__(self, error: type[BaseException] | None, *_: object) -> None:
        try:
            if error is None:
                with suppress(BridgeError, TimeoutError):
                    async with asyncio.timeout(PATIENCE):
                        await self.drained()
        finally:
            self._leave()

    def _leave(self) -> None:
        if self._end is None:
            self._client.disconnect()
            self._client.loop_write()
        self._finish(BrokerLost("this side has closed the connection"))

    async def subscribe(self, filters: Sequence[str]) -> None:
        """QoS 1, no replay of retained messages, honest retain flags, no echo. Raises BrokerRefused naming the filter.

        Mosquitto grants also what its ACL file forbids, and then delivers nothing (mqtt-and-home-assistant.md 4.8):
        `hear_ourselves` finds out.
        """
        await self._subscribe(filters, packets.COMMANDS)

    async def hear_ourselves(self, filters: Sequence[str]) -> None:
        """Raises BrokerRefused if nothing reaches us on one of our filters; each must hold a +.

        We say something to ourselves on a topic of each, empty and not retained, and wait for it, from when the broker
        has answered, for `PATIENCE`.
        """
        topics = [name.replace("+", ECHO) for name in filters]
        echoes = self._echoes = {topic: asyncio.Event() for topic in topics}
        await self._subscribe(topics, packets.ECHOES)
        for topic in topics:
            self.publish(Publication(topic, b"", expiry=int(PATIENCE)), _whatever)
        await self.drained()
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await asyncio.gather(*(echo.wait() for echo in echoes.values()))
        if self._end:
            raise self._end
        unheard = [name for name, topic in zip(filters, topics, strict=True) if not echoes[topic].is_set()]
        if unheard:
            raise BrokerRefused(
                f"give this user read and write access to {', '.join(unheard)}: "
                "what we say there does not come back to us, so commands may not reach us either"
            )

    async def retained(self, filters: Sequence[str], quiet: float = QUIET) -> dict[str, bytes]:
        """Topic -> payload of every retained message below these filters that this user may read.

        Is done when nothing has come for `quiet` seconds; what is said there from then on is heard. For a connection of
        no other use. Mosquitto does not say what it keeps back: `hear_ourselves` finds out.
        """
        await self._subscribe(filters, packets.RETAINED)
        found: dict[str, bytes] = {}
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_LOOK):
                while True:
                    message = await asyncio.wait_for(anext(self.messages), quiet)
                    if message.retain:
                        found[message.topic] = message.payload
        return {topic: payload for topic, payload in found.items() if payload}

    async def _subscribe(self, filters: Sequence[str], options: SubscribeOptions) -> None:
        if self._end:
            raise self._end
        try:
            _, packet_id = self._client.subscribe([(name, options) for name in filters])
        except ValueError as error:
            raise BrokerRefused(f"cannot subscribe to {', '.join(filters)}: {error}") from error
        answer = self._loop.create_future()
        self._subscribing[packet_id] = answer
        codes = await self._answer(answer, "SUBSCRIBE")
        refused = [f"{name} ({code})" for name, code in zip(filters, codes, strict=False) if code.is_failure]
        if refused:
            raise BrokerRefused(f"the broker {self._address} refuses our subscription to {', '.join(refused)}")

    def publish(self, publication: Publication, taken: Taken | None = None) -> None:
        """Sends; never blocks, never raises. `taken` hears the broker's reason code; nothing if the connection ends.

        What must not be sent (`packets.FLAWS`) is not; `taken` hears its code.
        """
        if self._end:
            return
        if flaw := packets.flaw(publication, self.maximum_packet, self.pending):
            self._keep(publication, flaw, taken)
            return
        properties = packets.publish_properties(publication)
        info = self._client.publish(
            publication.topic, publication.payload, publication.qos, publication.retain, properties
        )
        self._unacknowledged[info.mid] = (publication.topic, taken)
        self._idle.clear()

    def flush(self) -> None:
        """Writes now what the event loop would write in its next turn. Not for paho's callbacks."""
        if self._end is None:
            self._client.loop_write()

    def _keep(self, publication: Publication, flaw: int, taken: Taken | None) -> None:
        log.debug(  # who is told by `taken` says it once
            "a message is not sent",
            why=packets.FLAWS[flaw],
            topic=publication.topic[:100],
            size=packets.size(publication),
            limit=self.maximum_packet,
        )
        if taken:
            self._loop.call_soon(taken, flaw)

    async def drained(self) -> None:
        """Returns when the broker has answered every publish. Raises BrokerLost if it no longer can."""
        await self._idle.wait()
        if self._end:
            raise self._end

    async def _answer(self, answer: asyncio.Future[Any], question: str) -> Any:
        try:
            async with asyncio.timeout(PATIENCE):
                return await answer
        except TimeoutError:
            raise BrokerLost(f"the broker {self._address} did not answer {question} in {PATIENCE:g} s") from None

    def _finish(self, why: BridgeError) -> None:
        if self._end:
            return
        self._end = why
        self._driver.stop()
        waiting: list[asyncio.Future[Any]] = [self._accepted, *self._subscribing.values()]
        for future in waiting:
            if not future.done():
                future.set_exception(why)
        self._unacknowledged.clear()
        self._idle.set()
        self.messages.end(why)

    # --- called by paho -----------------------------------------------------------------------------------

    def _on_connect(
        self, _client: Client, _data: Any, _flags: ConnectFlags, reason: ReasonCode, given: Properties | None
    ) -> None:
        if reason.is_failure:
            self._finish(self._error(reason, f"the broker {self._address} does not accept the connection"))
        elif not self._accepted.done():
            self.maximum_packet = getattr(given, "MaximumPacketSize", None)
            allowed = getattr(given, "ReceiveMaximum", packets.IN_FLIGHT)
            # paho 2.2 does not obey Receive Maximum, and its setter refuses once connected.
            self._client._max_inflight_messages = min(packets.IN_FLIGHT, allowed)  # noqa: SLF001 - see above
            self._accepted.set_result(None)

    def _on_disconnect(
        self, _client: Client, _data: Any, _flags: DisconnectFlags, reason: ReasonCode, _given: Properties | None
    ) -> None:
        if self._accepted.done():
            self._finish(self._error(reason, f"the connection to the broker {self._address} is lost"))
        else:
            doubt = "" if self._address.tls else ", or does this port want TLS"
            self._finish(BrokerLost(f"{self._address} closed the connection unasked; does it speak MQTT 5{doubt}?"))

    def _on_sleep(self, seconds: float) -> None:
        self._finish(
            BrokerLost(f"this machine has slept for {seconds:.0f} s; what was sent to us meanwhile is too old")
        )

    def _error(self, reason: ReasonCode, what: str) -> BridgeError:
        return packets.error_for(reason.value, str(reason), self._address, what)

    def _on_message(self, _client: Client, _data: Any, raw: MQTTMessage) -> None:
        try:
            message = packets.message(raw)
        except UnicodeDecodeError:
            log.debug("dropped a message whose topic is no text")
            return
        if echo := self._echoes.get(message.topic):
            echo.set()
        elif len(message.payload) > self._address.largest:
            (log.debug if self._has_dropped else log.warning)(
                "dropped a message that is too large", topic=message.topic[:100], size=len(message.payload)
            )
            self._has_dropped = True
        else:
            self.messages.put(message)

    def _on_publish(
        self, _client: Client, _data: Any, packet_id: int, reason: ReasonCode, _given: Properties | None
    ) -> None:
        topic, taken = self._unacknowledged.pop(packet_id, ("", None))
        if taken:
            self._loop.call_soon(taken, reason.value)
        elif reason.is_failure:
            log.warning("the broker refused a message", topic=topic[:100], reason=str(reason))
        if not self._unacknowledged:
            self._idle.set()

    def _on_subscribe(
        self, _client: Client, _data: Any, packet_id: int, codes: list[ReasonCode], _given: Properties | None
    ) -> None:
        answer = self._subscribing.pop(packet_id, None)
        if answer and not answer.done():
            answer.set_result(codes)


def _whatever(_: int) -> None:
    """What is heard tells."""
