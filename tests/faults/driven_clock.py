"""The bridge's Clock inside its process, driven from outside: it moves to the next sleeper when nothing is left to do.

Orders come line by line on standard input, reports go to standard output; both are JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections import deque
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Any

import crash_points
from shared_time import SharedTime

from bridge.fleet.transport import Transport
from bridge.mqtt.connection import Connection

ROUNDS = 2
"""Turns of the loop that must pass in silence."""

ARRIVING = 0.002
"""Real seconds that what another process has just sent may take to get here."""

STUCK = 60.0
"""Real seconds after which it is told that the world does not answer; time that flows would have ended the wait."""

SHORTEST = 0.001
"""Seconds of a sleep. What is left of a wait by rounding alone would never pass: added to the time it is nothing."""

REAL_LOOK = 0.02
"""Real seconds between two looks at time that flows."""

PULSE = 0.005
"""Real seconds between two looks at how late the loop is."""


class World:
    """What the bridge waits for that is not time: answers of Tesla and of the broker, and threads."""

    def __init__(self) -> None:
        self._waiting: dict[str, int] = {}
        self._nothing = asyncio.Event()
        self._nothing.set()
        self._connection: Connection | None = None
        self._count(Transport, "exchange")
        for name in ("subscribe", "hear_ourselves", "retained"):
            self._count(Connection, name)
        self._count(Connection, "__aenter__", self._connected)
        self._count_threads()

    def _connected(self, connection: Connection) -> None:
        self._connection = connection

    async def answers(self) -> None:
        """Returns when nothing is on its way and nothing is left to do. Raises TimeoutError."""
        loop = asyncio.get_running_loop()
        quiet = 0
        while quiet < ROUNDS:
            if self._waiting or self._is_owed():
                await self._wait()
            await asyncio.sleep(0)  # noqa: TID251 - gives way to others; no time passes
            # The loop's own lists, because asyncio does not tell whether it is idle.
            busy = loop._ready or loop._selector.select(0)  # type: ignore[attr-defined]
            quiet = 0 if busy or self._waiting or self._is_owed() else quiet + 1

    def _is_owed(self) -> bool:
        """Is there a publish that the broker has not acknowledged?"""
        return self._connection is not None and not self._connection._idle.is_set()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(STUCK):
                await self._nothing.wait()
                if self._connection:
                    await self._connection._idle.wait()
        except TimeoutError:
            what = ", ".join(self._waiting) or "the broker's acknowledgements"
            raise TimeoutError(f"{what}: no answer in {STUCK:g} real seconds; let time flow for that") from None

    def _began(self, name: str) -> None:
        self._waiting[name] = self._waiting.get(name, 0) + 1
        self._nothing.clear()

    def _ended(self, name: str) -> None:
        self._waiting[name] -= 1
        if not self._waiting[name]:
            del self._waiting[name]
        if not self._waiting:
            self._nothing.set()

    def _count(self, owner: Any, name: str, note: Callable[..., None] = lambda *_: None) -> None:
        original = getattr(owner, name)

        @wraps(original)
        async def counted(*words: Any, **named: Any) -> Any:
            note(words[0])
            self._began(name)
            try:
                return await original(*words, **named)
            finally:
                self._ended(name)

        setattr(owner, name, counted)

    def _count_threads(self) -> None:
        loop = asyncio.get_running_loop()
        original = loop.run_in_executor

        def counted(*words: Any) -> Any:
            future = original(*words)
            self._began("a thread")
            future.add_done_callback(lambda _: self._ended("a thread"))
            return future

        loop.run_in_executor = counted  # type: ignore[method-assign, assignment]


class DrivenClock:
    """A Clock. `drive` is to run beside the bridge."""

    def __init__(self, time: SharedTime) -> None:
        self._time = time
        self._sleepers: dict[asyncio.Future[None], float] = {}
        self._news = asyncio.Event()
        self._world = World()
        self._target: float | None = None
        self._late: deque[float] = deque(maxlen=100_000)
        self._steps = 0
        asyncio.get_running_loop().add_reader(sys.stdin, self._hear)

    def now(self) -> datetime:
        return self._time.now

    def monotonic(self) -> float:
        return self._time.monotonic

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)  # noqa: TID251 - gives way to others; no time passes
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers[waiter] = self._time.elapsed + max(seconds, SHORTEST)
        self._news.set()
        try:
            await waiter
        finally:
            self._sleepers.pop(waiter, None)

    # --- driving ----------------------------------------------------------------------------------------

    async def drive(self) -> None:
        """Runs until cancelled."""
        watching = asyncio.create_task(self._watch_lateness())
        _tell(ready=os.getpid())
        try:
            while True:
                await self._drive_on()
        except TimeoutError as error:
            _tell(stuck=str(error))
        finally:
            watching.cancel()

    async def _drive_on(self) -> None:
        if self._time.speed:
            await self._flow()
        elif self._target is None:
            self._news.clear()
            await self._news.wait()
        else:
            await self._run(self._target)

    async def _run(self, target: float) -> None:
        await asyncio.sleep(ARRIVING)  # noqa: TID251 - the other processes live in real time
        await self._world.answers()
        while self._time.elapsed < target:
            self._step(target)
            await self._world.answers()
        self._target = None
        _tell(elapsed=self._time.elapsed, **self._sample())

    def _step(self, target: float) -> None:
        seconds = min(self._sleepers.values(), default=target) - self._time.elapsed
        self._time.move(max(0.0, min(seconds, target - self._time.elapsed)))
        self._steps += 1
        self._wake()

    async def _flow(self) -> None:
        self._wake()
        left = min(self._sleepers.values(), default=float("inf")) - self._time.elapsed
        self._news.clear()
        try:
            async with asyncio.timeout(min(REAL_LOOK, max(0.0, left) / self._time.speed)):
                await self._news.wait()
        except TimeoutError:
            return

    def _wake(self) -> None:
        elapsed = self._time.elapsed
        for waiter, until in list(self._sleepers.items()):
            if until <= elapsed and not waiter.done():
                waiter.set_result(None)

    def _hear(self) -> None:
        """An order: to run until so many seconds have elapsed, to die at some point, or to look at the file again."""
        lines = os.read(sys.stdin.fileno(), 65536).splitlines()
        if not lines:
            os._exit(137)  # the test is gone
        for line in lines:
            order = json.loads(line)
            self._target = order.get("run", self._target)
            if "crash" in order:
                crash_points.arm(order["crash"])
        self._news.set()

    # --- what it tells of itself --------------------------------------------------------------------------

    async def _watch_lateness(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due, waited = loop.time() + PULSE, _waited()
            await asyncio.sleep(PULSE)  # noqa: TID251 - how late the loop is, is a matter of real time
            self._late.append(max(0.0, loop.time() - due - (_waited() - waited)) * 1000)

    def _sample(self) -> dict[str, float]:
        """Tasks there are, steps made so far, and since the last sample how late the loop was by itself, in ms."""
        late = sorted(self._late) or [0.0]
        self._late.clear()
        p99 = late[int(len(late) * 0.99)] if len(late) > 1 else late[0]
        return {
            "tasks": len(asyncio.all_tasks()),
            "steps": self._steps,
            "lag_p99_ms": round(p99, 2),
            "lag_max_ms": round(late[-1], 2),
        }


def _waited() -> float:
    """Seconds for which this thread could have run and others had the processor: not the loop's fault."""
    return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9


def _tell(**report: Any) -> None:
    sys.stdout.write(json.dumps(report) + "\n")
    sys.stdout.flush()
