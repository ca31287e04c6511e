"""The bridge's way from a body to the broker: JSON, catalogue, store, derived values, publisher, connection.

They are joined as in `app`. Memories of derived values go to no disk: with one, each waits for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

from benchmarks.names import HOST
from bridge import catalog
from bridge.catalog import convert
from bridge.clock import SystemClock
from bridge.components import Look
from bridge.derived import derivations
from bridge.derived.deriver import Deriver
from bridge.fleet.documents import document
from bridge.fleet.transport import Answer
from bridge.health import Health
from bridge.model import Change, Device, DeviceId, Kind, Roster, Update
from bridge.mqtt import BrokerAddress, Connection, Mqtt, Publication, Taken
from bridge.publisher import Publisher
from bridge.state import Store
from bridge.topics import Topics


class Gate:
    """An outlet that counts; while it is not `live`, it takes everything itself."""

    def __init__(self, connection: Connection) -> None:
        self.live = False
        self.messages = 0
        self._connection = connection

    @property
    def pending(self) -> int:
        return self._connection.pending

    def publish(self, publication: Publication, taken: Taken | None = None) -> None:
        if self.live:
            self.messages += 1
            self._connection.publish(publication, taken)
        elif taken:
            asyncio.get_running_loop().call_soon(taken, 0)

    def flush(self) -> None:
        self._connection.flush()


class Forgetful:
    """Memories, for as long as the process lives."""

    def memories(self) -> Mapping[str, Mapping[str, Any]]:
        return {}

    def remember(self, device: str, name: str, memory: Mapping[str, Any]) -> None:
        """The deriver has it."""


class Ours:
    """One account of so many cars. Discovery is on, as it is by default."""

    def __init__(self, connection: Connection, cars: int) -> None:
        self._devices = [DeviceId(Kind.VEHICLE, f"LRW3F7EK4NC7{number:05d}") for number in range(cars)]
        self._store = Store()
        look = Look(Topics(), "benchmark")
        self._clock = SystemClock()
        self._deriver = Deriver(derivations({}), Forgetful(), self._store.all, self._clock.now)
        self._publisher = Publisher(
            store=self._store,
            topics=look.topics,
            look=lambda _: look,
            prefix="homeassistant",
            report=Health(self._clock).report,
        )
        self._times = count()
        self._connection = connection
        self._gate = Gate(connection)
        self._publisher.attach(self._gate)
        self._publisher.show(Roster(tuple(Device(at, at.id) for at in self._devices)))

    @property
    def messages(self) -> int:
        return self._gate.messages

    def go_live(self) -> None:
        self._gate.live = True

    def take(self, car: int, body: bytes) -> None:
        at, answer = self._devices[car], document(Answer(200, {}, body))
        seen = {"last_seen": convert.millis_epoch(answer["vehicle_state"]["timestamp"]), "data_source": "poll"}
        values = catalog.read(at.kind, {"vehicle": answer, **answer, "bridge": seen})
        seen_at = next(self._times)
        changed, _ = self._deriver.learn(Update(at, values, seen_at, "poll"), self._store.apply, seen_at)
        if changed:
            self._publisher.change(Change(at, changed))

    async def drained(self) -> None:
        while not self._publisher.is_drained:
            await self._connection.drained()
            await self._clock.sleep(0)


@asynccontextmanager
async def opened(broker: int, cars: int) -> AsyncIterator[Ours]:
    async with Mqtt(BrokerAddress(HOST, broker, client_id="bench-ours"), will=None).connected() as connection:
        yield Ours(connection, cars)
