"""A connection through the fault proxy: two flows of bytes, and the faults that they pass through."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Flag, auto
from functools import partial
from random import Random

HERE = "127.0.0.1"
PIECE, PIECES = 16384, 16
"""Bytes that are read at once, and how many such pieces are on their way before no more are read."""


class Way(Flag):
    """A direction, seen from the bridge."""

    UP = auto()
    DOWN = auto()
    BOTH = UP | DOWN


UP, DOWN, BOTH = Way.UP, Way.DOWN, Way.BOTH

Onward = Callable[[bytes], Awaitable[None]]
Tape = Callable[[Way, bytes], None]
"""Hears all that is sent, before anything happens to it."""


@dataclass(eq=False, kw_only=True)
class Fault:
    """What may happen to a direction of a connection. Here: nothing."""

    way: Way = BOTH
    chance: float = 1.0
    gone: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    """It was taken off: what waits because of it goes on at once."""

    async def meet(self, flow: Flow) -> None:
        """It was put on, or a connection was made under it."""

    async def carry(self, data: bytes, flow: Flow, onward: Onward) -> None:
        """Gives on what it leaves of the data. No data is the end (FIN)."""
        await onward(data)

    async def pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.gone.wait()


@dataclass
class Meter:
    """What goes through a proxy: `passed` counts the bytes that came out of it."""

    tape: Tape = lambda way, data: None
    passed: Counter[Way] = field(default_factory=Counter)


class Flow:
    """One direction of a connection."""

    def __init__(self, line: Line, way: Way, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        self.line = line
        self.way = way
        self.seen: Counter[Fault] = Counter()
        """Bytes that a fault which counts has met here."""
        self.arrived = 0.0
        self.is_over = False
        """Nothing passes any more."""
        self._source = source
        self._target = target
        self._queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(PIECES)
        target.transport.set_write_buffer_limits(0)

    async def read(self) -> None:
        while data := await self._source.read(PIECE):
            self.line.meter.tape(self.way, data)
            await self._put(data)
        await self.end()

    async def end(self) -> None:
        await self._put(b"")

    async def say(self, data: bytes) -> None:
        """As if it had come from the source, which then ends."""
        await self._put(data)
        await self.end()

    async def pass_on(self) -> None:
        data = b"something"
        while data or not self._source.at_eof():
            self.arrived, data = await self._queue.get()
            if not self.is_over:
                await self._through([each for each in self.line.faults if self.way in each.way], data)

    async def _put(self, data: bytes) -> None:
        await self._queue.put((asyncio.get_running_loop().time(), data))

    async def _through(self, faults: list[Fault], data: bytes) -> None:
        if faults:
            await faults[0].carry(data, self, partial(self._through, faults[1:]))
        elif data:
            self._target.write(data)
            await self._target.drain()
            self.line.meter.passed[self.way] += len(data)
        else:
            self.is_over = True
            self._target.write_eof()


class Line:
    """One connection, from its acceptance on. `faults` are those of the proxy that strike it."""

    def __init__(
        self, meter: Meter, random: Random, near: asyncio.StreamReader, near_out: asyncio.StreamWriter
    ) -> None:
        self.meter = meter
        self.random = random
        self.faults: list[Fault] = []
        self._near = near
        self._ends = [near_out]
        self._flows: list[Flow] = []

    def start(self, far: int) -> asyncio.Task[None]:
        self._task = asyncio.create_task(self._run(far))
        self._task.add_done_callback(lambda _: self._close())
        return self._task

    async def meet(self, fault: Fault) -> None:
        for flow in self._flows:
            if flow.way in fault.way:
                await fault.meet(flow)

    async def say(self, data: bytes) -> None:
        """Tells the bridge this, and no more."""
        await self._flows[1].say(data)

    def cut(self, *, reset: bool = False) -> None:
        """Closes both ends at once, or resets them."""
        if reset:
            self._close_by_reset()
        self._task.cancel()

    async def _run(self, far_port: int) -> None:
        """What resets it at one end resets it at the other."""
        try:
            far, far_out = await asyncio.open_connection(HERE, far_port)
            self._ends.append(far_out)
            self._flows += Flow(self, UP, self._near, far_out), Flow(self, DOWN, far, self._ends[0])
            await self._carry()
        except* OSError:
            self._close_by_reset()

    async def _carry(self) -> None:
        async with asyncio.TaskGroup() as both:
            for flow in self._flows:
                both.create_task(flow.read())
                both.create_task(flow.pass_on())
            for fault in self.faults:
                await self.meet(fault)

    def _close(self) -> None:
        for end in self._ends:
            end.transport.abort()

    def _close_by_reset(self) -> None:
        for end in self._ends:
            with suppress(OSError):  # it may be closed already
                end.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
