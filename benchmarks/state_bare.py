"""A body to the broker by hand: flatten, compare, publish what differs and the groups it is in. No names, no units."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from benchmarks.bare_mqtt import BareMqtt


class Bare:
    """One account of so many cars."""

    def __init__(self, mqtt: BareMqtt, cars: int) -> None:
        self._mqtt = mqtt
        self._known: list[dict[str, dict[str, Any]]] = [{} for _ in range(cars)]
        self._live = False

    @property
    def messages(self) -> int:
        return self._mqtt.messages

    def go_live(self) -> None:
        self._live = True

    def take(self, car: int, body: bytes) -> None:
        for group, members in json.loads(body).items():
            if isinstance(members, dict):
                self._take_group(car, group, dict(_flat(members)))

    def _take_group(self, car: int, group: str, now: dict[str, Any]) -> None:
        before = self._known[car].get(group, {})
        self._known[car][group] = now
        changed = [(key, value) for key, value in now.items() if key not in before or before[key] != value]
        if not changed or not self._live:
            return
        topic = f"bare/vehicle/{car}/{group}"
        for key, value in changed:
            self._mqtt.publish(f"{topic}/{key}", value if isinstance(value, str) else json.dumps(value))
        self._mqtt.publish(topic, json.dumps(now))

    async def drained(self) -> None:
        await self._mqtt.drained()


def _flat(members: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in members.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{key}_")
        elif key != "timestamp":  # in every group of every body; the bridge publishes only the newest
            yield above + key, value


@asynccontextmanager
async def opened(broker: int, cars: int) -> AsyncIterator[Bare]:
    yield Bare(BareMqtt(broker), cars)
