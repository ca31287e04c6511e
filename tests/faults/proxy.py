"""A TCP proxy that does to connections what networks do. TLS is not its business.

Each verb can be put on and taken off while connections live, for the directions and the share of connections it names:

    with wire.latency(0.2, jitter=0.1, way=DOWN): ...

    fault = wire.add(Latency(0.2, chance=0.5))
    wire.remove(fault)
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from random import Random
from typing import Concatenate, ParamSpec, Self, TypeVar

from connection import DOWN, HERE, UP, Fault, Line, Meter, Tape
from network_faults import Bandwidth, HalfClose, Hold, Instead, Latency, Limit, Reset, Slice, SlowClose, Timeout
from outside import Outside

F = TypeVar("F", bound=Fault)
P = ParamSpec("P")


def _verb(fault: Callable[P, F]) -> Callable[Concatenate[Proxy, P], AbstractContextManager[F]]:
    """A method that puts a fault on for as long as its context lasts."""

    def put_on(proxy: Proxy, /, *args: P.args, **named: P.kwargs) -> AbstractContextManager[F]:
        return proxy.during(fault(*args, **named))

    return put_on


class Proxy:
    """A cable to a TCP port of this machine. `port` is its near end, where the bridge is."""

    latency = _verb(Latency)
    bandwidth = _verb(Bandwidth)
    slow_close = _verb(SlowClose)
    timeout = _verb(Timeout)
    reset = _verb(Reset)
    slice = _verb(Slice)
    limit = _verb(Limit)
    half_close = _verb(HalfClose)
    instead = _verb(Instead)

    def __init__(self, outside: Outside, far: int, random: Random | None = None) -> None:
        self.port = 0
        self.accepted = 0
        self._outside = outside
        self._far = far
        self._random = random or Random(0)
        self._meter = Meter()
        self._faults: list[Fault] = []
        self._lines: dict[Line, asyncio.Task[None]] = {}
        self._server: asyncio.Server | None = None

    # --- what happens to connections ----------------------------------------------------------------------

    def add(self, fault: F) -> F:
        """It strikes those that are open and those that will be."""
        self._outside.run(self._add(fault))
        return fault

    def remove(self, fault: Fault) -> None:
        self._outside.run(self._remove(fault))

    @contextmanager
    def during(self, fault: F) -> Iterator[F]:
        self.add(fault)
        try:
            yield fault
        finally:
            self.remove(fault)

    def holding(self, words: bytes, *, answer: bool = False) -> AbstractContextManager[Hold]:
        """Holds back what the bridge sends from these words on; with `answer`, what it is answered instead."""
        return self.during(Hold(self._outside, words, answer))

    def kick(self) -> None:
        """All connections are reset. New ones may come."""
        self._outside.run(self._cut(reset=True))

    def unplug(self) -> None:
        """Connections are cut, and new ones refused."""
        self._outside.run(self.__aexit__())

    def plug_in(self) -> None:
        self._outside.run(self.__aenter__())

    @contextmanager
    def down(self) -> Iterator[None]:
        """Unplugged meanwhile. To refuse only some connections: `reset(chance=...)`."""
        self.unplug()
        try:
            yield
        finally:
            self.plug_in()

    # --- what can be seen of them -------------------------------------------------------------------------

    @property
    def connections(self) -> int:
        """How many are open."""
        return len(self._lines)

    @property
    def bytes_up(self) -> int:
        """How many have passed."""
        return self._meter.passed[UP]

    @property
    def bytes_down(self) -> int:
        """How many have passed."""
        return self._meter.passed[DOWN]

    def record(self, tape: Tape) -> None:
        """The tape hears all that is sent from now on, before anything happens to it."""
        self._meter.tape = tape

    # --- on the event loop --------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, HERE, self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server
        self._server.close()
        await self._cut(reset=False)

    def _connected(self, near: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        self.accepted += 1
        line = Line(self._meter, Random(self._random.random()), near, near_out)
        line.faults += filter(self._strikes, self._faults)
        self._lines[line] = line.start(self._far)
        self._lines[line].add_done_callback(lambda _: self._lines.pop(line))

    def _strikes(self, fault: Fault) -> bool:
        return self._random.random() < fault.chance

    async def _add(self, fault: Fault) -> None:
        fault.gone.clear()
        self._faults.append(fault)
        for line in [each for each in self._lines if self._strikes(fault)]:
            line.faults.append(fault)
            await line.meet(fault)

    async def _remove(self, fault: Fault) -> None:
        self._faults.remove(fault)
        for line in self._lines:
            line.faults = [each for each in line.faults if each is not fault]
        fault.gone.set()

    async def _cut(self, *, reset: bool) -> None:
        for line in self._lines:
            line.cut(reset=reset)
        await asyncio.gather(*self._lines.values(), return_exceptions=True)
