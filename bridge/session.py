"""The conversation with the broker: connect, subscribe, publish everything, listen; and again when it is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

import structlog

from bridge.clock import Clock
from bridge.errors import BridgeError, BrokerLost, BrokerRefused, IdTaken
from bridge.guard import Guard
from bridge.health import Health
from bridge.listener import Listener
from bridge.mqtt import BackOff, Connection, Mqtt
from bridge.publisher import Publisher

log = structlog.get_logger()

RIGHTS_CHECK = 300.0
"""Seconds between two looks at what the broker lets us say and hear: somebody may have changed its ACL."""

BIRTH_DELAY = (3.0, 10.0)
"""Home Assistant is answered after a random pause: it is deaf and busy when it starts, and not with us alone (D3)."""

BIRTH_REST = 60.0
"""Seconds after an answer in which births wait: all of them get one answer."""

STAND_BY = 60.0
"""Seconds between two looks whether the bridge that has taken our client id has gone."""


class Session:
    """`serve` never ends. `listening` is set while somebody can hear us; `birth` is set by Home Assistant's."""

    def __init__(
        self,
        *,
        mqtt: Mqtt,
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
        self._listener = listener
        self._publisher = publisher
        self._guard = guard
        self._health = health
        self._clock = clock
        self._listening = listening
        self._birth = birth
        self._info = info
        self._random = Random()  # noqa: S311 - spreads load, guards nothing

    async def serve(self) -> None:
        back_off = BackOff(self._clock, self._random)
        while True:
            try:
                async with self._mqtt.connected() as connection:
                    await self._converse(connection)
            except (BrokerLost, BrokerRefused) as error:
                self._health.report("broker", error)
                await self._clock.sleep(back_off.next(error))
                await self._stand_by(error)

    async def _stand_by(self, error: BridgeError) -> None:
        """Two bridges that throw each other out would go on for ever (D7): the older one waits until the other goes."""
        while isinstance(error, IdTaken) and await self._mqtt.is_spoken_for():
            await self._clock.sleep(STAND_BY)

    async def _converse(self, connection: Connection) -> None:
        await connection.subscribe(self._listener.filters)
        self._health.report("broker", None)
        log.info("connected to the broker")
        self._publisher.bridge("state", "online")
        self._publisher.bridge("info", self._info())
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
