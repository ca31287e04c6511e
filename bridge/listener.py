"""Messages in: commands, wishes for fresh data, requests to the bridge, Home Assistant's birth message."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from bridge.clock import Clock
from bridge.model import DeviceId, Request
from bridge.mqtt import Message
from bridge.topics import Address, PayloadInvalid, Topics, decode

log = structlog.get_logger()

Verb = Callable[[], Mapping[str, Any]]
"""What a request to the bridge does; gives the data of its response."""

Errand = Callable[[Callable[[Mapping[str, Any]], None]], None]
"""A request that takes a while: it is given whom to tell the data of its response, later."""

Respond = Callable[[str, Mapping[str, Any], Message], None]


@dataclass(frozen=True, slots=True)
class Ears:
    """Who wants to hear what."""

    command: Callable[[Request], None]
    wish: Callable[[DeviceId, str], None]
    """Fresh data of a device is wanted, of this group."""
    birth: Callable[[], None]
    """Home Assistant has started."""
    clear: Callable[[str], None]
    """A retained command lies on this topic."""
    respond: Respond
    verbs: Mapping[str, Verb]
    errands: Mapping[str, Errand]


class Listener:
    """Sorts messages by topic. Nothing that anybody sends can make it raise."""

    def __init__(
        self, *, topics: Topics, clock: Clock, time_to_live: float, status_topic: str | None, ears: Ears
    ) -> None:
        """`time_to_live`: seconds that a command has, unless the message itself has less."""
        self._topics = topics
        self._clock = clock
        self._time_to_live = time_to_live
        self._status_topic = status_topic
        self._ears = ears
        self.heard = 0
        """Messages since the start."""

    @property
    def filters(self) -> tuple[str, ...]:
        return (*self.commands, *((self._status_topic,) if self._status_topic else ()))

    @property
    def commands(self) -> tuple[str, ...]:
        """Those filters below our own base."""
        return self._topics.incoming

    def hear(self, message: Message) -> None:
        self.heard += 1
        if message.topic == self._status_topic:
            if message.payload.strip().lower() == b"online":
                self._ears.birth()
            return
        address = self._topics.parse(message.topic)
        if address is None:
            log.debug("message on a topic that means nothing", topic=message.topic[:100])
        elif message.payload or address.verb != "set":
            self._sort(address, message)
        # An empty message on a set topic deletes a retained one; it is no command.

    def _sort(self, address: Address, message: Message) -> None:
        if address.device is None:
            self._serve(address.name, message)
        elif address.verb == "get":
            self._wish(address.device, address.name, message)
        else:
            self._ears.command(self._request(address.device, address.name, message))
            if message.retain:
                self._ears.clear(message.topic)

    def _wish(self, device: DeviceId, name: str, message: Message) -> None:
        """A broker that knows no retain handling would repeat a retained one, which is billed, at every connect."""
        if not message.retain:
            self._ears.wish(device, name)
        elif message.payload:  # an empty one deletes it
            log.warning("a retained wish is not served: publish without retain", device=str(device), get=name)

    def _request(self, device: DeviceId, name: str, message: Message) -> Request:
        life = self._time_to_live if message.expiry is None else min(self._time_to_live, message.expiry)
        return Request(
            device=device,
            name=name,
            payload=message.payload,
            received_at=self._clock.now(),
            deadline=self._clock.monotonic() + life,
            retained=message.retain,
            correlation=message.correlation,
            response_topic=message.response_topic,
        )

    def _serve(self, name: str, message: Message) -> None:
        """<base>/bridge/request/<name>: always answered, the transaction echoed."""
        try:
            transaction = decode(message.payload or b"{}").transaction
        except PayloadInvalid as error:
            self._ears.respond(name, {"status": "error", "error": str(error), "data": {}}, message)
            return

        def answer(body: Mapping[str, Any]) -> None:
            self._ears.respond(name, {**body, "transaction": transaction}, message)

        verb, errand = self._ears.verbs.get(name), self._ears.errands.get(name)
        if not (verb or errand) or message.retain:
            answer({"status": "error", "error": self._objection(name), "data": {}})
        elif verb:
            answer({"status": "ok", "data": verb()})
        elif errand:
            errand(lambda data: answer({"status": "ok", "data": data}))

    def _objection(self, name: str) -> str:
        known = [*self._ears.verbs, *self._ears.errands]
        return "a retained request is not served" if name in known else f"the bridge can: {', '.join(known)}"
