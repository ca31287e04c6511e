"""Changes, results, discovery and availability -> messages.

What is retained waits in a table with one place for each topic, so that a slow broker costs memory for the newest
value only, and a lost connection costs nothing: on every connect all of it is published again from the Store.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import structlog

from bridge import homeassistant
from bridge.catalog import CATALOGUE, groups, vocabularies
from bridge.homeassistant import Look
from bridge.model import Change, Device, DeviceId, Kind, Result, Roster, Value
from bridge.mqtt import Publication
from bridge.state import Store
from bridge.topics import Encoded, encode, encode_json, result_body

log = structlog.get_logger()

WINDOW = 200
"""Messages that the broker may owe us an acknowledgement for."""

RESULTS = 1000
"""Results and events that may wait for a connection; the oldest go first."""

RESULT_EXPIRY = 300
"""Seconds after which a broker may drop a result that nobody fetched."""

Taken = Callable[[int], None]
"""Called with the broker's MQTT 5 reason code."""


class Outlet(Protocol):
    """A connection to the broker."""

    @property
    def pending(self) -> int: ...
    def publish(self, publication: Publication, taken: Taken | None = None) -> None: ...


class Publisher:
    """Knows every retained message there should be; sends what is not on the broker yet."""

    def __init__(self, *, store: Store, look: Callable[[], Look], prefix: str | None) -> None:
        """`prefix` is Home Assistant's discovery prefix; None: no discovery. `look` may change with the scopes."""
        self._store = store
        self._look = look
        self._topics = look().topics
        self._prefix = prefix
        self._outlet: Outlet | None = None
        self._retained: dict[str, Publication] = {}
        self._once: deque[tuple[Publication, Callable[[], None] | None]] = deque(maxlen=RESULTS)
        self._devices: dict[DeviceId, Device] = {}
        self._available: dict[DeviceId, bool] = {}
        self._documents: dict[DeviceId, Mapping[str, Any]] = {}
        self._words: dict[DeviceId, dict[str, tuple[str, ...]]] = {}
        self._value_topics: dict[DeviceId, Mapping[str, str]] = {}
        self._bridge: dict[str, Encoded] = {}
        self._refused: set[str] = set()

    # --- the connection ---------------------------------------------------------------------------------

    def attach(self, outlet: Outlet) -> None:
        """A new connection: everything retained goes out again, whatever the broker may still have (D1)."""
        self._outlet = outlet
        self._refused.clear()
        self.republish()

    def detach(self) -> None:
        self._outlet = None
        self._retained.clear()

    @property
    def is_drained(self) -> bool:
        return not self._retained and not self._once and not (self._outlet and self._outlet.pending)

    def republish(self) -> None:
        """All retained messages: states of the bridge, availability, discovery, values."""
        for name, encoded in self._bridge.items():
            self._retain(self._topics.bridge(name), encoded)
        for at in self._devices:
            self._publish_availability(at)
        for at in self._devices:
            self._documents.pop(at, None)
            self._describe(at)
        for at in self._devices:
            self._publish_values(at, self._store.values(at))
        self._pump()

    def _pump(self) -> None:
        """Hands over as much as the broker can take; acknowledgements call it again."""
        outlet = self._outlet
        if outlet is None:
            return
        while self._once and outlet.pending < WINDOW:
            publication, taken = self._once.popleft()
            outlet.publish(publication, self._on_taken(publication.topic, taken))
        while self._retained and outlet.pending < WINDOW:
            topic = next(iter(self._retained))
            outlet.publish(self._retained.pop(topic), self._on_taken(topic, None))

    def _on_taken(self, topic: str, taken: Callable[[], None] | None) -> Taken:
        def told(reason: int) -> None:
            if reason >= _REFUSED:
                self._complain(topic, reason)
            elif taken:
                taken()
            self._pump()

        return told

    def _complain(self, topic: str, reason: int) -> None:
        """Once for each kind of topic and connection, naming what to do (reliability.md D6)."""
        kind = topic.split("/", maxsplit=1)[0]
        if kind not in self._refused:
            self._refused.add(kind)
            log.error(
                "the broker refuses our messages; give this user write access to the topics",
                below=f"{kind}/",
                reason_code=reason,
            )

    # --- devices ----------------------------------------------------------------------------------------

    def show(self, roster: Roster) -> None:
        """These devices exist; new ones are described, those that are gone are removed."""
        now = {device.at: device for device in roster.devices}
        for at in self._devices.keys() - now.keys():
            self._remove(at)
        for at, device in now.items():
            if self._devices.get(at) != device:
                is_new = at not in self._devices
                self._devices[at] = device
                self._show_device(at, is_new=is_new)
        self._pump()

    def _show_device(self, at: DeviceId, *, is_new: bool) -> None:
        self._publish_availability(at)
        self._describe(at)
        if is_new:
            self._publish_values(at, self._store.values(at))

    def available(self, at: DeviceId, *, is_available: bool) -> None:
        """Can the bridge serve this device? Not: is the car awake."""
        if self._available.get(at) is not is_available:
            self._available[at] = is_available
            if at in self._devices:
                self._publish_availability(at)
                self._pump()

    def _publish_availability(self, at: DeviceId) -> None:
        if at.kind is not Kind.BRIDGE:
            word = "online" if self._available.get(at, True) else "offline"
            self._retain(self._topics.availability(at), encode(word))

    def _remove(self, at: DeviceId) -> None:
        """Empty retained messages in place of everything it had."""
        topics = [*self._topics_of(at).values(), *(self._topics.group(at, name) for name in groups(at.kind))]
        for topic in (*topics, self._topics.availability(at)):
            self._retain(topic, _EMPTY)
        if self._prefix:
            self._retain(homeassistant.config_topic(self._prefix, at), _EMPTY)
        for table in (self._devices, self._documents, self._available, self._words, self._value_topics):
            table.pop(at, None)

    def _describe(self, at: DeviceId) -> None:
        """Publishes the discovery document if it differs from the last one."""
        if not self._prefix:
            return
        words = self._words.get(at, {})
        document = homeassistant.document(self._devices[at], self._store.values(at), self._look(), words)
        before = self._documents.get(at)
        if document == before:
            return
        topic = homeassistant.config_topic(self._prefix, at)
        if before and (gone := homeassistant.removals(before, document)):
            # Home Assistant removes a component only when told so; the retained message follows without it (1.5).
            told = {**document, "components": {**document["components"], **gone}}
            self._once.append((_publication(topic, encode_json(told), retain=False), None))
        self._documents[at] = document
        self._retain(topic, encode_json(document))

    # --- values -----------------------------------------------------------------------------------------

    def change(self, change: Change) -> None:
        """Publishes what differs, and the groups it belongs to."""
        at = change.device
        if at not in self._devices:
            return
        is_new_word = self._learn_words(at, change.values)
        if is_new_word or not homeassistant.shaping_keys(at.kind).isdisjoint(change.values):
            self._describe(at)
        self._publish_values(at, change.values)
        self._pump()

    def _publish_values(self, at: DeviceId, values: Mapping[str, Value]) -> None:
        topics = self._topics_of(at)
        touched = set()
        for key, value in values.items():
            if key in topics:
                self._retain(topics[key], encode(value))
                touched.add(CATALOGUE[at.kind].entities[key].group)
        known = self._store.values(at)
        for name in touched - {""}:
            body = {key: known[key] for key in groups(at.kind)[name] if key in known}
            self._retain(self._topics.group(at, name), encode_json(body))

    def _learn_words(self, at: DeviceId, values: Mapping[str, Value]) -> bool:
        """Tesla adds words without notice; Home Assistant takes only those it was told of (1.10)."""
        words = vocabularies(at.kind)
        known = self._words.setdefault(at, {})
        new = {
            key: value
            for key, value in values.items()
            if isinstance(value, str) and value not in words.get(key, (value,)) + known.get(key, ())
        }
        for key, value in new.items():
            known[key] = (*known.get(key, ()), value)
        return bool(new)

    def _topics_of(self, at: DeviceId) -> Mapping[str, str]:
        if at not in self._value_topics:
            entities = CATALOGUE[at.kind].entities.values()
            self._value_topics[at] = {row.key: self._topics.value(at, row.group, row.key) for row in entities}
        return self._value_topics[at]

    # --- answers and the bridge itself ------------------------------------------------------------------

    def answer(self, result: Result, taken: Callable[[], None]) -> None:
        """A command's one result, on its result topic and, where allowed, on the asker's response topic."""
        request = result.request
        encoded = encode_json(result_body(result))
        own = self._topics.result(request.device, request.name)
        self._say(own, encoded, taken, correlation=request.correlation)
        if request.response_topic and self._topics.may_answer_on(request.response_topic):
            self._say(request.response_topic, encoded, None, correlation=request.correlation)
        self._pump()

    def respond(
        self, verb: str, body: Mapping[str, Any], *, response_topic: str | None, correlation: bytes | None
    ) -> None:
        """The answer to <base>/bridge/request/<verb>."""
        encoded = encode_json(body)
        self._say(self._topics.bridge(f"response/{verb}"), encoded, None, correlation=correlation)
        if response_topic and self._topics.may_answer_on(response_topic):
            self._say(response_topic, encoded, None, correlation=correlation)
        self._pump()

    def event(self, body: Mapping[str, Any]) -> None:
        """Something happened to the bridge: <base>/bridge/event, not retained."""
        self._say(self._topics.bridge("event"), encode_json(body), None)
        self._pump()

    def bridge(self, name: str, body: str | Mapping[str, Any]) -> None:
        """<base>/bridge/state, info or health: retained, and again on every connect."""
        self._bridge[name] = encode(body)
        self._retain(self._topics.bridge(name), self._bridge[name])
        self._pump()

    def clear(self, topic: str) -> None:
        """Removes a retained command that somebody left, so that it is not met again."""
        self._once.append((Publication(topic, b"", retain=True), None))
        self._pump()

    def _say(
        self, topic: str, encoded: Encoded, taken: Callable[[], None] | None, correlation: bytes | None = None
    ) -> None:
        publication = Publication(
            topic,
            encoded.payload,
            content_type=encoded.content_type,
            expiry=RESULT_EXPIRY,
            correlation=correlation,
        )
        self._once.append((publication, taken))

    def _retain(self, topic: str, encoded: Encoded) -> None:
        if self._outlet:
            self._retained[topic] = _publication(topic, encoded, retain=True)


_REFUSED = 128
_EMPTY = Encoded(b"", None)


def _publication(topic: str, encoded: Encoded, *, retain: bool) -> Publication:
    return Publication(topic, encoded.payload, retain=retain, content_type=encoded.content_type)
