"""`python -m benchmarks.state_child SIDE CARS BROKER`: one side of the state benchmark.

Tells the memory that a car takes. Then publishes a batch of bodies for each line it hears, and tells how long it took
until the broker had acknowledged everything. Ends with its input.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from itertools import count
from typing import Protocol

from benchmarks import state_bare, state_ours
from benchmarks.bodies import bodies
from benchmarks.proc import resident
from benchmarks.services import tell
from bridge.clock import SystemClock

BATCH = 100
"""Bodies between two looks at the clock. A batch of a larger account is its next 100 cars."""


class Side(Protocol):
    """`take` publishes what a body changes; before `go_live` nothing leaves."""

    @property
    def messages(self) -> int: ...
    def go_live(self) -> None: ...
    def take(self, car: int, body: bytes) -> None: ...
    async def drained(self) -> None: ...


SIDES: dict[str, Callable[[int, int], AbstractAsyncContextManager[Side]]] = {
    "ours": state_ours.opened,
    "bare": state_bare.opened,
}


class Account:
    """Gives every car one body after the other; each car is at another place of the same life."""

    def __init__(self, side: Side, cars: int) -> None:
        self._side = side
        self._cars = cars
        self._given = count()
        self._clock = SystemClock()

    async def batch(self, size: int) -> None:
        """So many bodies, one for each car in turn. Returns when the broker has acknowledged all of it."""
        for _ in range(size):
            number, car = divmod(next(self._given), self._cars)
            self._side.take(car, bodies()[(number + car) % len(bodies())])
            await self._clock.sleep(0)  # acknowledgements come in meanwhile
            if self._cars == 1:
                await self._side.drained()
        await self._side.drained()


async def main(name: str, cars: int, broker: int) -> None:
    bodies()
    before = _memory()
    async with SIDES[name](broker, cars) as side:
        account = Account(side, cars)
        await account.batch(cars)
        tell(kib_per_car=(_memory() - before) / 1024 / cars)
        side.go_live()
        while await asyncio.to_thread(sys.stdin.readline):
            messages, began, cpu = side.messages, time.perf_counter(), time.process_time()
            await account.batch(BATCH)
            tell(
                seconds=time.perf_counter() - began,
                cpu=time.process_time() - cpu,
                bodies=BATCH,
                messages=side.messages - messages,
            )


def _memory() -> int:
    gc.collect()
    return resident()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
