"""A Home Assistant made of the contract: hears every message in order, and writes down what it would log."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from ha_contract import Log, check_documents, check_payload, components_of, topics_read

from bridge.mqtt import Publication

Json = Mapping[str, Any]


class Assistant:
    """Hears every message in order, as Home Assistant does, and writes down what that would log.

    `documents`: by topic, the message there; what a device was told of before and not since is in it too.
    """

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

    def _discover(self, topic: str, payload: bytes) -> None:
        before, is_device = self._components(topic), "/device/" in topic
        if not payload:
            if is_device and topic not in self.documents:
                self.log.append(f"{Log.NOTHING_TO_CLEAN}: {topic}")
            self.documents.pop(topic, None)
        else:
            document = json.loads(payload)
            self.log += check_documents({**self.documents, topic: document})
            self.documents[topic] = {**document, "components": _shown(before, document)} if is_device else document
        self._subscribe()
        self._replay({key: each for key, each in self._components(topic).items() if key not in before})

    def _components(self, topic: str) -> Json:
        return components_of(topic, self.documents[topic]) if topic in self.documents else {}

    def _subscribe(self) -> None:
        readers = defaultdict(list)
        for each in self.documents:
            for topic, option, component in topics_read(self._components(each)):
                readers[topic].append((option, component))
        self._readers = readers

    def _replay(self, new: Json) -> None:
        """A broker sends what it holds to whoever subscribes."""
        for topic, option, component in topics_read(new):
            if self._held.get(topic):
                self.log += check_payload(component, self._held[topic], option)

    def _read(self, topic: str, payload: bytes) -> None:
        for option, component in self._readers.get(topic, ()):
            self.log += check_payload(component, payload, option)
        for document in self.documents.values():
            if {"topic": topic} in document.get("availability", ()) and payload not in {b"online", b"offline"}:
                self.log.append(f"{Log.SILENT}: {topic} is {payload!r}")


def _shown(before: Json, document: Json) -> Json:
    """What is not mentioned stays; what has only its platform goes (mqtt-and-home-assistant.md 1.5)."""
    components = {**before, **document["components"]}
    return {key: each for key, each in components.items() if each.keys() != {"platform"}}
