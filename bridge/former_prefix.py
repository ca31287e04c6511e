"""The discovery prefix of an earlier life, where it was another: Home Assistant would find every device twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from bridge.homeassistant import all_topics
from bridge.model import Device, DeviceId
from bridge.mqtt import Publication
from bridge.mqtt.outbox import Outbox
from bridge.trying import Trying

NAME = "discovery"


class Notes(Protocol):
    """Where it is kept (bridge.database)."""

    def secret(self, name: str) -> Mapping[str, Any] | None: ...
    def keep_secrets(self, secrets: Mapping[str, Mapping[str, Any] | None]) -> None: ...


class FormerPrefix:
    """Knows where documents may still lie, and clears them once. Without discovery all is left as it is."""

    def __init__(self, notes: Notes, outbox: Outbox, present: str | None) -> None:
        self._notes = notes
        self._outbox = outbox
        self._present = present
        self._left: set[DeviceId] = set()
        self._noting = Trying("the discovery prefix cannot be noted")
        self._former = (notes.secret(NAME) or {}).get("prefix", present)
        if present and not notes.secret(NAME):
            self._note()

    def leave(self, devices: Iterable[Device]) -> None:
        """The next life looks after nothing there, unless the broker takes none of it in this one."""
        if not self._present or self._former == self._present:
            return
        for at in {device.at for device in devices} - self._left:
            self._left.add(at)
            for topic in all_topics(self._former, at):
                self._outbox.say(Publication(topic, b"", retain=True), self._note)

    def _note(self) -> None:
        with self._noting:
            self._notes.keep_secrets({NAME: {"prefix": self._present}})
