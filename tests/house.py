"""What stands behind the publisher in tests: the broker's end of the wire, and a Home Assistant made of the contract."""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from typing import Any

from ha_contract import Log, check_documents, check_payload, topics_read

from bridge.mqtt import Publication, Taken

Json = Mapping[str, Any]


class Wire:
    """An Outlet: keeps what it is given, and answers only when told to, as a broker answers later."""

    def __init__(self) -> None:
        self.published: list[Publication] = []
        self._owed: deque[tuple[Publication, Taken | None]] = deque()

    @property
    def pending(self) -> int:
        return len(self._owed)

    def publish(self, publication: Publication, taken: Taken | None = None) -> None:
        self.published.append(publication)
        self._owed.append((publication, taken))

    def answer(self, count: int | None = None, *, refused: str = "\0") -> None:
        """Acknowledges so many messages, or all and what they lead to; those below `refused` with a no."""
        while self._owed and count != 0:
            publication, taken = self._owed.popleft()
            if taken:
                taken(135 if publication.topic.startswith(refused) else 0)
            count = None if count is None else count - 1

    def drain(self) -> list[Publication]:
        """Acknowledges all; gives what was published since the last time."""
        self.answer()
        drained, self.published = self.published, []
        return drained


def retained(publications: Iterable[Publication]) -> dict[str, bytes]:
    """What a broker holds after these: topic -> payload."""
    held = {each.topic: each.payload for each in publications if each.retain}
    return {topic: payload for topic, payload in held.items() if payload}


class Assistant:
    """Hears every message in order, as Home Assistant does, and writes down what that would log."""

    def __init__(self, prefix: str = "homeassistant") -> None:
        self.log: list[str] = []
        self.documents: dict[str, Json] = {}
        self._prefix = prefix
        self._held: dict[str, bytes] = {}
        self._readers: Mapping[str, list[tuple[str, Json]]] = {}

    def hear(self, publications: Iterable[Publication]) -> None:
        for each in publications:
            if each.topic.startswith(f"{self._prefix}/"):
                self._discover(each.topic, each.payload)
            else:
                self._read(each.topic, each.payload)
            if each.retain:
                self._held[each.topic] = each.payload

    def component(self, topic: str, key: str) -> Json:
        component: Json = self.documents[topic]["components"][key]
        return component

    def _discover(self, topic: str, payload: bytes) -> None:
        before = self.documents.get(topic, {"components": {}})
        if not payload:
            if topic not in self.documents:
                self.log.append(f"{Log.NOTHING_TO_CLEAN}: {topic}")
            self.documents.pop(topic, None)
        else:
            document = json.loads(payload)
            self.log += check_documents({**self.documents, topic: document})
            # What is not mentioned stays; what has only its platform goes (mqtt-and-home-assistant.md 1.5).
            components = {**before["components"], **document["components"]}
            shown = {key: each for key, each in components.items() if each.keys() != {"platform"}}
            self.documents[topic] = {**document, "components": shown}
        self._subscribe()
        self._replay(before["components"], self.documents.get(topic, {"components": {}}))

    def _subscribe(self) -> None:
        readers = defaultdict(list)
        for document in self.documents.values():
            for topic, option, component in topics_read(document):
                readers[topic].append((option, component))
        self._readers = readers

    def _replay(self, before: Json, document: Json) -> None:
        """A broker sends what it holds to whoever subscribes."""
        new = {key: each for key, each in document["components"].items() if key not in before}
        for topic, option, component in topics_read({"components": new}):
            if self._held.get(topic):
                self.log += check_payload(component, self._held[topic], option)

    def _read(self, topic: str, payload: bytes) -> None:
        for option, component in self._readers.get(topic, ()):
            self.log += check_payload(component, payload, option)
        for document in self.documents.values():
            if {"topic": topic} in document.get("availability", ()) and payload not in {b"online", b"offline"}:
                self.log.append(f"{Log.SILENT}: {topic} is {payload!r}")
