"""What the tests of the publisher share: a publisher at its desk, and the broker's end of the wire."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any

from discovery_cases import CAR, DEVICES
from fakes import NOON

from bridge.catalog.offer import Offer
from bridge.catalog.places import Location
from bridge.components import Look
from bridge.errors import BridgeError
from bridge.homeassistant import config_topic, standalone_topics
from bridge.model import Device, DeviceId, Happening, Kind, Outcome, Request, Result, Roster, Update, Value
from bridge.mqtt import Publication, Taken
from bridge.mqtt.outbox import WINDOW, Report
from bridge.publisher import Publisher
from bridge.state import Store
from bridge.topics import BRIDGE, Topics

BASE = f"fleet2mqtt/vehicle/{CAR.id}"
CONFIG = config_topic("homeassistant", CAR)
ALONE = [*standalone_topics("homeassistant", CAR).values()]
"""The topics of the car's components that stand alone."""
SITE = DEVICES[Kind.ENERGY_SITE]
NIKOLA = Device(CAR, "Nikola", model="Model X")
HOME = Device(SITE, "Home")


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

    def flush(self) -> None:
        """Everything leaves at once anyway."""

    def answer(self, count: int | None = None, *, refused: str = "\0", code: int = 135) -> None:
        """Acknowledges so many messages, or all and what they lead to; those below `refused` with this code."""
        while self._owed and count != 0:
            publication, taken = self._owed.popleft()
            if taken:
                taken(code if publication.topic.startswith(refused) else 0)
            count = None if count is None else count - 1

    def taken_up(self) -> list[Publication]:
        """What was published since the last time."""
        taken, self.published = self.published, []
        return taken

    def drain(self) -> list[Publication]:
        """The same, when everything is acknowledged."""
        self.answer()
        return self.taken_up()


def retained(publications: Iterable[Publication]) -> dict[str, bytes]:
    """What a broker holds after these: topic -> payload."""
    held = {each.topic: each.payload for each in publications if each.retain}
    return {topic: payload for topic, payload in held.items() if payload}


class Desk:
    """A publisher with its store, what it is allowed to offer, and a wire."""

    def __init__(
        self,
        *devices: Device,
        prefix: str | None = "homeassistant",
        report: Report | None = None,
        location: Location = Location.EXACT,
    ) -> None:
        """What the broker refuses is reported to `report`, else to `troubles`."""
        self.troubles: list[tuple[str, str | None]] = []
        self.store = Store(location)
        self.look = Look(Topics(), "1.0.0", offer=Offer(location=location))
        self.publisher = Publisher(
            store=self.store,
            topics=self.look.topics,
            look=lambda _: self.look,
            prefix=prefix,
            report=report or self._note,
        )
        self.wire = Wire()
        self._at = 0.0
        self.publisher.show(Roster(devices))

    def learn(self, at: DeviceId, **values: Value) -> None:
        """As the app does: the store decides what is news."""
        self._at += 1
        if change := self.store.apply(Update(at, values, self._at, "poll")):
            self.publisher.change(change)

    def _note(self, part: str, error: BridgeError | None) -> None:
        self.troubles.append((part, str(error) if error else None))

    def attach(self) -> list[Publication]:
        self.publisher.attach(self.wire)
        return self.wire.drain()

    def reconnect(self) -> list[Publication]:
        self.publisher.detach()
        self.wire = Wire()
        return self.attach()


def desk(**values: Value) -> Desk:
    """A car and what is known of it, connected and at rest."""
    made = Desk(NIKOLA)
    made.learn(CAR, **values)
    made.attach()
    return made


def topics(publications: list[Publication]) -> list[str]:
    return [each.topic for each in publications]


def components(publications: list[Publication]) -> Mapping[str, Any]:
    """Of the last discovery document among them."""
    documents = [json.loads(each.payload) for each in publications if each.topic == CONFIG]
    found: Mapping[str, Any] = documents[-1]["components"]
    return found


def stuck() -> Desk:
    """A connection whose window is full."""
    house = desk(battery_level=80, charging_state="stopped")
    for number in range(WINDOW):
        house.publisher.happened(Happening(BRIDGE, "limit", {"number": number}))
    assert house.wire.pending == WINDOW
    house.wire.published.clear()
    return house


def result(**request: Any) -> Result:
    asked = Request(CAR, "wake", b"PRESS", received_at=NOON, deadline=0, **request)
    return Result(asked, Outcome.OK, NOON, attempts=1)
