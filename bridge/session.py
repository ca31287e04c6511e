"""The conversation with the broker: connect, subscribe, publish everything, listen; and again when it is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from random import Random
from typing import Any

import structlog

from bridge.clock import Clock
from bridge.errors import BrokerLost, BrokerRefused, IdTaken
from bridge.guard import Guard
from bridge.health import Health
from bridge.listener import Listener
from bridge.mqtt import BackOff, Connection, Mqtt
from bridge.publisher import Publisher
from bridge.topics import Topics, encode_json

log = structlog.get_logger()

RIGHTS_CHECK = 300.0
"""Seconds between two looks at what the broker lets us say and hear: somebody may have changed its ACL."""

BIRTH_DELAY = (3.0, 10.0)
"""Home Assistant is answered after a random pause: it is deaf and busy when it starts, and not with us alone (D3)."""

BIRTH_REST = 60.0
"""Seconds after an answer in which births wait: all of them get one answer."""

SILENCE = 75.0
"""Seconds without a word after which another bridge is gone; while it lives it says something every 60."""

FEW = 0.5
"""Seconds without a message after which three of them have come, if they are there."""

LAST_WORDS = 2.0
"""Seconds in which a bridge that has said `offline` may finish."""

ANOTHER = (
    "another client has connected with our client id: another bridge is online on our topics, and this one waits until "
    "it goes. Do two bridges run, one on a copy of the other's settings or data directory? Stop one, or give each its "
    "own FLEET2MQTT_MQTT_CLIENT_ID and FLEET2MQTT_BASE_TOPIC"
)


class Session:
    """`serve` never ends. `listening` is set while somebody can hear us; `birth` is set by Home Assistant's."""

    def __init__(
        self,
        *,
        mqtt: Mqtt,
        topics: Topics,
        listener: Listener,
        publisher: Publisher,
        guard: Guard,
        health: Health,
        clock: Clock,
        listening: asyncio.Event,
        birth: asyncio.Event,
        info: Callable[[], Mapping[str, Any]],
    ) -> None:
        self._mqtt = mqtt
        self._topics = topics
        self._listener = listener
        self._publisher = publisher
        self._guard = guard
        self._health = health
        self._clock = clock
        self._listening = listening
        self._birth = birth
        self._info = info
        self._was_connected = False
        self._has_spoken = False
        self._random = Random()  # noqa: S311 - spreads load, guards nothing

    async def serve(self) -> None:
        back_off = BackOff(self._clock, self._random)
        while True:
            try:
                if self._has_spoken:
                    await self._let_another_be()
                async with self._mqtt.connected() as connection:
                    await self._converse(connection)
            except (BrokerLost, BrokerRefused) as error:
                self._health.report("broker", error)
                await self._clock.sleep(back_off.next(error))

    async def _let_another_be(self) -> None:
        """Two bridges that throw each other out would go on for ever (D7): the older one waits until the other goes.

        Mosquitto says since 2.1 why it hangs up, 2.0 does not. But then another's `info` stands in place of
        ours. The words of a bridge that is no more may stand there too, so silence counts as its end.
        """
        try:
            async with self._mqtt.aside().connected() as connection:
                state, info, health = map(self._topics.bridge, ("state", "info", "health"))
                kept = await connection.retained((state, info, health), quiet=FEW)
                if kept.get(state) == b"online" and self._is_anothers(kept.get(info, b"")):
                    self._health.report("broker", IdTaken(ANOTHER))
                    await _gone(connection, state)
                    await self._clock.sleep(LAST_WORDS)
        except BrokerRefused as error:
            log.info("whether another bridge is there cannot be seen here", why=str(error))
        self._has_spoken = False

    def _is_anothers(self, info: bytes) -> bool:
        """Was this `info` published by a bridge that was started at another time?"""
        own = encode_json({"started_at": self._info().get("started_at")}).payload.strip(b"{}")
        return b'"started_at"' in info and own not in info

    async def _converse(self, connection: Connection) -> None:
        await connection.subscribe(self._listener.filters)
        self._health.report("broker", None)
        if not self._was_connected:  # later on health tells
            log.info("connected to the broker")
        self._was_connected = True
        self._publisher.bridge("state", "online")
        self._publisher.bridge("info", self._info())
        self._has_spoken = True
        self._publisher.attach(connection)
        self._listening.set()
        await self._watch_others(connection)
        rights = asyncio.create_task(self._check_rights(connection))
        try:
            async for message in connection.messages:
                if not self._guard.hears(message):
                    self._listener.hear(message)
        finally:
            rights.cancel()
            self._health.forget("mqtt")
            self._listening.clear()
            self._publisher.detach()

    async def _watch_others(self, connection: Connection) -> None:
        """A broker that does not let us is not asked again: nothing else suffers."""
        try:
            await connection.subscribe(self._guard.filters)
        except BrokerRefused as error:
            log.info("what others write on the bridge's topics is not noticed here", why=str(error))

    async def _check_rights(self, connection: Connection) -> None:
        """A broker that keeps messages from us does not say so: only trying tells (reliability.md D6)."""
        while True:
            try:
                await connection.hear_ourselves(self._listener.commands)
            except BrokerRefused as error:
                self._health.report("mqtt in", error)
            except BrokerLost:
                log.debug("the broker was gone before it was known what it lets us hear")
            else:
                self._health.report("mqtt in", None)
            await self._clock.sleep(RIGHTS_CHECK)
            self._publisher.insist()
            self._guard.settle()

    async def answer_births(self) -> None:
        """Many births within the pause are one."""
        while True:
            await self._birth.wait()
            await self._clock.sleep(self._random.uniform(*BIRTH_DELAY))
            self._birth.clear()
            self._publisher.republish()
            await self._clock.sleep(BIRTH_REST)


async def _gone(connection: Connection, state: str) -> None:
    """Returns when the other bridge has said that it is offline, or nothing for `SILENCE`."""
    with suppress(TimeoutError):
        while True:
            async with asyncio.timeout(SILENCE):
                message = await anext(connection.messages)
            if (message.topic, message.payload) == (state, b"offline"):
                return
