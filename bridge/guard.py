"""Who else writes what is ours is noticed, and our own words are said again (reliability.md T3)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bridge import homeassistant
from bridge.clock import Clock
from bridge.errors import TopicsOverwritten
from bridge.health import Health
from bridge.mqtt import Message
from bridge.mqtt.outbox import Outbox
from bridge.topics import Topics

PART = "mqtt own"

FIRST, LONGEST = 2.0, 600.0
"""Seconds between two looks at what others have written. Each look that finds something doubles them: two bridges
that write the same topics must not do so for ever."""


class Guard:
    """`hears` is given what others write; `run` never ends. `raised` is called when the problem is new."""

    def __init__(
        self,
        outbox: Outbox,
        topics: Topics,
        prefix: str,
        health: Health,
        clock: Clock,
        *,
        raised: Callable[[], None],
    ) -> None:
        """`prefix` is Home Assistant's discovery prefix."""
        self.filters = (*topics.retained, *homeassistant.document_filters(prefix))
        """Of all that is retained, and of nothing that is listened to."""
        self._base = topics.base
        self._info = topics.bridge("info")
        self._is_echoed = False
        self._outbox = outbox
        self._health = health
        self._clock = clock
        self._raised = raised
        self._written: dict[str, bytes] = {}
        self._suspects: set[str] = set()
        self._news = asyncio.Event()
        self._pause = FIRST
        self._is_quiet = True

    def hears(self, message: Message) -> bool:
        """Was it written on a topic of ours? The newest counts; whether it is right is looked at later."""
        if self._outbox.kept(message.topic) is None:
            return False
        if message.topic == self._info and message.payload == self._outbox.kept(self._info):
            # It says when this process was started: nobody else can have written it. A broker without no-local, such as
            # the one of the demo, tells us all that we say, and of what changes quickly always the last but one.
            self._is_echoed = True
        self._written[message.topic] = message.payload
        self._news.set()
        return True

    async def run(self) -> None:
        while True:
            await self._news.wait()
            await self._clock.sleep(self._pause)
            self._look()

    def _look(self) -> None:
        """A topic must be wrong twice: a broker that ignores no-local sends back what we have just replaced."""
        if self._is_echoed:
            self._written.clear()
        wrong = {topic for topic, payload in self._written.items() if self._is_wrong(topic, payload)}
        certain = wrong & self._suspects
        self._suspects = wrong - certain
        self._written = {topic: self._written[topic] for topic in self._suspects}
        if not self._suspects:
            self._news.clear()
        if certain:
            self._restore(certain)

    def _is_wrong(self, topic: str, payload: bytes) -> bool:
        """Home Assistant empties the document of a device that its owner deletes there. It may, until its birth."""
        is_deleted = not payload and not topic.startswith(f"{self._base}/")
        return not is_deleted and self._outbox.kept(topic) not in {payload, None}

    def _restore(self, topics: set[str]) -> None:
        self._outbox.restore(topics)
        self._pause = min(2 * self._pause, LONGEST)
        self._is_quiet = False
        others = f" and {len(topics) - 1} others of its topics" if len(topics) > 1 else ""
        self._health.report(
            PART,
            TopicsOverwritten(
                f"somebody other than the bridge writes {min(topics)}{others}: let its user alone write there, as "
                "mosquitto/acl does; if it is a second bridge, give it another FLEET2MQTT_BASE_TOPIC"
            ),
        )
        self._raised()

    def settle(self) -> None:
        """To be called every few minutes: the problem is over if nothing was restored since the last time."""
        if self._is_quiet and self._pause > FIRST:
            self._pause = FIRST
            self._health.report(PART, None)
        self._is_quiet = True
