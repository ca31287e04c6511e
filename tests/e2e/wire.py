"""Cables between the bridge and the servers it talks to, and the thread that those servers live in."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, contextmanager, suppress
from typing import Any, Self, TypeVar

T = TypeVar("T")
PATIENCE = 20.0
"""Seconds that a test waits for anything before it fails. Nothing takes long; a loaded machine may."""


class Outside:
    """An event loop in a thread of its own: tests themselves just wait."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="outside")
        self._stack = AsyncExitStack()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self._stack.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)

    def enter(self, server: AbstractAsyncContextManager[T]) -> T:
        """Starts a server; it is stopped at the end."""
        return self.run(self._stack.enter_async_context(server))

    def wire(self, port: int) -> Wire:
        """A cable to a server on this machine."""
        wire = Wire(self, port)
        self.enter(wire)
        return wire


class Wire:
    """A TCP cable to a port. Passes everything on, until told to hold something back. `port` is its near end."""

    def __init__(self, outside: Outside, far: int) -> None:
        self.port = 0
        self._outside = outside
        self._far = far
        self._hold: _Hold | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @contextmanager
    def holding(self, words: bytes, *, answer: bool = False) -> Iterator[_Hold]:
        """Holds back what the bridge sends from these words on; with `answer`, what it is answered instead."""
        self._hold = _Hold(self._outside, words, answer=answer)
        try:
            yield self._hold
        finally:
            self._hold.release()
            self._hold = None

    def unplug(self) -> None:
        """Connections are cut, and new ones refused."""
        self._outside.run(self.__aexit__())

    def plug_in(self) -> None:
        self._outside.run(self.__aenter__())

    async def __aenter__(self) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def __aexit__(self, *_: object) -> None:
        assert self._server
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _connected(self, near: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(near, near_out))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, near: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        try:
            far, far_out = await asyncio.open_connection("127.0.0.1", self._far)
        except OSError:
            near_out.transport.abort()
            return
        line = _Line(self)
        ways = line.carry(near, far_out), line.carry(far, near_out, back=True)
        tasks = [asyncio.create_task(way) for way in ways]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in tasks:
                each.cancel()
            near_out.transport.abort()
            far_out.transport.abort()

    @property
    def hold(self) -> _Hold | None:
        return self._hold


class _Line:
    """One connection."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._asked: _Hold | None = None

    async def carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, *, back: bool = False) -> None:
        with suppress(ConnectionError):
            while (data := await source.read(65536)) and await self._passes(data, back=back):
                target.write(data)
                await target.drain()

    async def _passes(self, data: bytes, *, back: bool) -> bool:
        hold = self._wire.hold
        if hold and not back and hold.words in data:
            self._asked = hold
        return not hold or hold is not self._asked or back is not hold.answer or await hold.keep()


class _Hold:
    """What is being held back. `wait` returns when there is something."""

    def __init__(self, outside: Outside, words: bytes, *, answer: bool) -> None:
        self.words = words
        self.answer = answer
        self._outside = outside
        self._arrived = threading.Event()
        self._passes: asyncio.Future[bool] | None = None

    async def keep(self) -> bool:
        """Returns when it is decided whether it passes."""
        self._passes = self._passes or asyncio.get_running_loop().create_future()
        self._arrived.set()
        return await asyncio.shield(self._passes)

    def wait(self) -> None:
        assert self._arrived.wait(PATIENCE), f"{self.words!r} did not come along"

    def release(self) -> None:
        """It goes on its way, unless it was lost."""
        self._outside.run(self._decide(passes=True))

    def lose(self) -> None:
        """It never arrives."""
        self._outside.run(self._decide(passes=False))

    async def _decide(self, *, passes: bool) -> None:
        if self._passes and not self._passes.done():
            self._passes.set_result(passes)
