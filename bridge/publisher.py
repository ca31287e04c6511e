"""Changes, results, discovery and availability -> messages.

The Store knows every value and this module every other retained message: on each connect all of them are published
again. How they get out is the outbox's business.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

from bridge import homeassistant
from bridge.catalog import CATALOGUE, groups, masked, vocabularies
from bridge.components import Look
from bridge.model import Change, Device, DeviceId, Happening, Kind, Result, Roster, Value
from bridge.mqtt import Message, Publication
from bridge.mqtt.outbox import Outbox, Outlet, Report
from bridge.state import Store
from bridge.topics import Encoded, Topics, encode, encode_json, path, result_body

RESULT_EXPIRY = 300
"""Seconds after which a broker may drop a result that nobody fetched."""


class Publisher:
    """Knows every retained message there should be; sends what is not on the broker yet."""

    def __init__(
        self, *, store: Store, topics: Topics, look: Callable[[DeviceId], Look], prefix: str | None, report: Report
    ) -> None:
        """`prefix` is Home Assistant's discovery prefix; None: no discovery. `report` hears what the broker refuses.

        `look` is of one device, and may change with the scopes of its account.
        """
        self._store = store
        self._look = look
        self._topics = topics
        self._prefix = prefix
        self.outbox = Outbox(report)
        self._devices: dict[DeviceId, Device] = {}
        self._leaving: set[DeviceId] = set()
        self._available: dict[DeviceId, bool] = {}
        self._documents: dict[DeviceId, tuple[Mapping[str, int], Mapping[str, Any]]] = {}
        self._gates: dict[DeviceId, dict[str, Value]] = {}
        self._words: dict[DeviceId, dict[str, tuple[str, ...]]] = {}
        self._bridge: dict[str, Encoded] = {}

    # --- the connection ---------------------------------------------------------------------------------

    def attach(self, outlet: Outlet) -> None:
        """A new connection: everything retained goes out again, whatever the broker may still have (D1)."""
        self.outbox.attach(outlet)
        self.republish()

    def detach(self) -> None:
        self.outbox.detach()

    @property
    def is_drained(self) -> bool:
        return self.outbox.is_drained

    def insist(self) -> None:
        """All again, if the broker has refused some of it."""
        if self.outbox.is_refused:
            self.republish()

    def republish(self) -> None:
        """All retained messages: states of the bridge, availability, discovery, values."""
        for name, encoded in self._bridge.items():
            self._frame(self._topics.bridge(name), encoded)
        for at in self._leaving:
            self._clear(at)
        for at in self._devices:
            self._publish_availability(at)
        for at in self._devices:
            self._describe(at, again=True)
        for at in self._devices:
            self._publish_all(at)
        self.outbox.pump()

    # --- devices ----------------------------------------------------------------------------------------

    def show(self, roster: Roster) -> None:
        """These devices exist; those that are gone are removed. What may be offered of each can have changed too."""
        now = {device.at: device for device in roster.devices}
        for at in self._devices.keys() - now.keys():
            self._remove(at)
        for at, device in now.items():
            is_new = at not in self._devices
            self._devices[at] = device
            if is_new:
                self._introduce(at)
            else:
                self._describe(at)
        self.outbox.pump()

    def _introduce(self, at: DeviceId) -> None:
        self._leaving.discard(at)
        known = self._store.values(at)
        self._learn_words(at, known)
        self._publish_availability(at)
        self._describe(at)
        self._publish_all(at)

    def available(self, at: DeviceId, *, is_available: bool) -> None:
        """Can the bridge serve this device? Not: is the car awake."""
        if self._available.get(at) is not is_available:
            self._available[at] = is_available
            if at in self._devices:
                self._publish_availability(at)
                self.outbox.pump()

    def _publish_availability(self, at: DeviceId) -> None:
        if at.kind is not Kind.BRIDGE:
            word = "online" if self._available.get(at, True) else "offline"
            self._frame(self._topics.availability(at), encode(word))

    def _remove(self, at: DeviceId) -> None:
        for table in (self._devices, self._documents, self._gates, self._available, self._words):
            table.pop(at, None)
        self._leaving.add(at)
        self._clear(at)

    def _clear(self, at: DeviceId) -> None:
        """Empty messages in place of everything it had, also of what was shown before the connection was lost."""
        if self._prefix:
            for topic in homeassistant.standalone_topics(self._prefix, at).values():
                self._frame(topic, _EMPTY)
            # The values wait until this is done: to Home Assistant an empty message is a bad value (1.8, 1.10).
            topic = homeassistant.config_topic(self._prefix, at)
            self._frame(topic, _EMPTY, taken=partial(self._clear_values, at))
        else:
            self._clear_values(at)

    def _clear_values(self, at: DeviceId) -> None:
        if at not in self._leaving:
            return  # it has come back
        of_values = (below for _, below in _paths(at.kind).values())
        for below in (*of_values, *groups(at.kind)):
            self.outbox.retain(_publication(f"{self._topics.device(at)}/{below}", _EMPTY, retain=True))
        last = _publication(self._topics.availability(at), _EMPTY, retain=True)
        self.outbox.retain(last, taken=partial(self._leaving.discard, at))

    def _describe(self, at: DeviceId, *, again: bool = False) -> None:
        """Publishes the discovery messages that differ from the last ones, or all of them `again`."""
        if not self._prefix:
            return
        described = homeassistant.document(self._devices[at], self._gated(at), self._look(at), self._words.get(at, {}))
        messages = homeassistant.messages(self._prefix, at, described)
        encoded = {topic: encode_json(body) if body else _EMPTY for topic, body in messages.items()}
        hashes = {topic: hash(each.payload) for topic, each in encoded.items()}
        known, before = self._documents.get(at, ({}, homeassistant.masked(at.kind, self._look(at).offer.location)))
        if hashes == known and not again:
            return
        own = homeassistant.config_topic(self._prefix, at)
        if before and (gone := homeassistant.removals(before, messages[own])):
            # Home Assistant removes a component only when told so; the retained message follows without it (1.5).
            told = {**messages[own], "components": {**messages[own]["components"], **gone}}
            self.outbox.say(_publication(own, encode_json(told), retain=False))
        self._documents[at] = hashes, homeassistant.skeleton(messages[own])
        for topic, each in encoded.items():
            if again or hashes[topic] != known.get(topic):
                self._frame(topic, each)

    def _gated(self, at: DeviceId) -> Mapping[str, Value]:
        """The values. One that decides what a device has keeps its last word while it is unknown.

        Else one bad answer would make Home Assistant forget half a device, and what its owner had made of it.
        """
        values = self._store.values(at)
        gates = self._gates.setdefault(at, {})
        gates |= {key: values[key] for key in homeassistant.gates(at.kind) if values.get(key) is not None}
        return {**values, **gates}

    # --- values -----------------------------------------------------------------------------------------

    def change(self, change: Change) -> None:
        """Publishes what differs, and the groups it belongs to."""
        at = change.device
        if at not in self._devices:
            return
        is_new_word = self._learn_words(at, change.values)
        if is_new_word or homeassistant.reshapes(at.kind, change.values, self._store.values(at)):
            self._describe(at)
        self._publish_values(at, change.values)
        self.outbox.pump()

    def _publish_all(self, at: DeviceId) -> None:
        """And clears what an earlier life has published that the owner does not let out any more."""
        values, paths = self._store.values(at), _paths(at.kind)
        hidden = masked(at.kind, self._look(at).offer.location)
        for name in {paths[key][0] for key in hidden}.difference(paths[key][0] for key in values if key in paths):
            self.outbox.retain(_publication(self._topics.group(at, name), _EMPTY, retain=True))
        for key in hidden:
            self.outbox.retain(_publication(f"{self._topics.device(at)}/{paths[key][1]}", _EMPTY, retain=True))
        self._publish_values(at, values)

    def _publish_values(self, at: DeviceId, values: Mapping[str, Value]) -> None:
        device, paths, known = self._topics.device(at), _paths(at.kind), self._store.values(at)
        touched = set()
        for key, value in values.items():
            if key in paths:
                group, below = paths[key]
                self.outbox.retain(_publication(f"{device}/{below}", encode(value), retain=True))
                touched.add(group)
        for name in touched - {""}:
            body = {key: known[key] for key in groups(at.kind)[name] if key in known}
            self.outbox.retain(_publication(self._topics.group(at, name), encode_json(body), retain=True))

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

    # --- answers and the bridge itself ------------------------------------------------------------------

    def answer(self, result: Result, taken: Callable[[], None]) -> None:
        """A command's one result, on its result topic and, where allowed, on the asker's response topic."""
        request = result.request
        encoded = encode_json(result_body(result))
        own = self._topics.result(request.device, request.name)
        self._say(own, encoded, taken, correlation=request.correlation)
        if request.response_topic and self._topics.may_answer_on(request.response_topic):
            self._say(request.response_topic, encoded, None, correlation=request.correlation)
        self.outbox.hurry()

    def respond_to(self, verb: str, body: Mapping[str, Any], message: Message) -> None:
        """The same, to who has sent this message."""
        self.respond(verb, body, response_topic=message.response_topic, correlation=message.correlation)

    def respond(
        self, verb: str, body: Mapping[str, Any], *, response_topic: str | None, correlation: bytes | None
    ) -> None:
        """The answer to <base>/bridge/request/<verb>."""
        encoded = encode_json(body)
        self._say(self._topics.bridge(f"response/{verb}"), encoded, None, correlation=correlation)
        if response_topic and self._topics.may_answer_on(response_topic):
            self._say(response_topic, encoded, None, correlation=correlation)
        self.outbox.pump()

    def happened(self, happening: Happening) -> None:
        """An event, on the device's event topic; not retained."""
        body = {**happening.facts, "event_type": happening.type}
        self._say(self._topics.event(happening.device), encode_json(body), None)
        self.outbox.pump()

    def bridge(self, name: str, body: str | Mapping[str, Any]) -> None:
        """<base>/bridge/state, info or health: retained, and again on every connect."""
        self._bridge[name] = encode(body)
        self._frame(self._topics.bridge(name), self._bridge[name])
        self.outbox.pump()

    def clear(self, topic: str) -> None:
        """Removes a retained command that somebody left, so that it is not met again."""
        self.outbox.say(_publication(topic, _EMPTY, retain=True))
        self.outbox.pump()

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
        self.outbox.say(publication, taken)

    def _frame(self, topic: str, encoded: Encoded, taken: Callable[[], None] | None = None) -> None:
        """What tells what a value is worth goes out before any value."""
        self.outbox.retain(_publication(topic, encoded, retain=True), is_first=True, taken=taken)


@cache
def _paths(kind: Kind) -> Mapping[str, tuple[str, str]]:
    """Entity key -> its group, and its topic below the device's."""
    return {row.key: (row.group, path(row.group, row.key)) for row in CATALOGUE[kind].entities.values()}


_EMPTY = Encoded(b"", None)


def _publication(topic: str, encoded: Encoded, *, retain: bool) -> Publication:
    return Publication(topic, encoded.payload, retain=retain, content_type=encoded.content_type)
