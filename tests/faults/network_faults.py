"""What can happen to a connection: the verbs of Toxiproxy (reliability.md 2.5), half_close, holding and instead."""

from __future__ import annotations

import asyncio
import re
import threading
from dataclasses import dataclass, field

from connection import DOWN, UP, Fault, Flow, Line, Onward, Way
from outside import PATIENCE, Outside


@dataclass(eq=False)
class Latency(Fault):
    """All arrives so many seconds later, more or less. Throughput stays."""

    seconds: float
    jitter: float = 0.0

    async def carry(self, data: bytes, flow: Flow, onward: Onward) -> None:
        due = flow.arrived + self.seconds + flow.line.random.uniform(-self.jitter, self.jitter)
        await self.pause(due - asyncio.get_running_loop().time())
        await onward(data)


@dataclass(eq=False)
class Bandwidth(Fault):
    """So many bytes a second, in portions of a tenth of that."""

    rate: float

    async def carry(self, data: bytes, flow: Flow, onward: Onward) -> None:
        for piece in _pieces(data, max(1, int(self.rate / 10))):
            await self.pause(len(piece) / self.rate)
            await onward(piece)


@dataclass(eq=False)
class Slice(Fault):
    """Arrives in pieces of so many bytes, one in so many seconds: it drips."""

    size: int
    every: float = 0.0

    async def carry(self, data: bytes, flow: Flow, onward: Onward) -> None:
        for piece in _pieces(data, self.size):
            await onward(piece)
            await self.pause(self.every)


@dataclass(eq=False)
class SlowClose(Fault):
    """The end is told so many seconds late."""

    seconds: float

    async def carry(self, data: bytes, flow: Flow, onward: Onward) -> None:
        if not data:
            await self.pause(self.seconds)
        await onward(data)


@dataclass(eq=False)
class Timeout(Fault):
    """Everything is swallowed, the end too. What has lost bytes stays silent for ever: a stream has no holes."""

    async def carry(self, data: bytes, flow: Flow, onward: Onward) -> None:
        flow.is_over = True


@dataclass(eq=False)
class HalfClose(Fault):
    """This direction ends (FIN), the other goes on. What is sent afterwards is lost."""

    async def meet(self, flow: Flow) -> None:
        await flow.end()


@dataclass(eq=False)
class Limit(Fault):
    """Closed in both directions once so many bytes have passed in this one."""

    after: int = 0
    by_reset = False

    async def meet(self, flow: Flow) -> None:
        if not self.after:
            flow.line.cut(reset=self.by_reset)

    async def carry(self, data: bytes, flow: Flow, onward: Onward) -> None:
        room = self.after - flow.seen[self]
        flow.seen[self] += len(data)
        if room > 0:
            await onward(data[:room])
        if len(data) >= room:
            flow.line.cut(reset=self.by_reset)


@dataclass(eq=False)
class Reset(Limit):
    """The same with an RST to both ends."""

    by_reset = True


@dataclass(eq=False)
class Hold(Fault):
    """Holds back what the bridge sends from these words on; with `answer`, what it is answered instead."""

    outside: Outside
    words: bytes
    answer: bool
    is_lost: bool = field(default=False, init=False)
    _asked: set[Line] = field(default_factory=set, init=False)
    _arrived: threading.Event = field(default_factory=threading.Event, init=False)

    async def carry(self, data: bytes, flow: Flow, onward: Onward) -> None:
        if flow.way is UP and self.words in data:
            self._asked.add(flow.line)
        is_held = flow.line in self._asked and flow.way is (DOWN if self.answer else UP)
        if not is_held or await self._may_pass():
            await onward(data)
        else:
            flow.line.cut()

    def wait(self) -> None:
        """Returns when something is held back."""
        assert self._arrived.wait(PATIENCE), f"{self.words!r} did not come along"

    def release(self) -> None:
        """It goes on its way, unless it was lost."""
        self.outside.run(self._decide())

    def lose(self) -> None:
        """It never arrives, and the connection is closed."""
        self.is_lost = True
        self.release()

    async def _may_pass(self) -> bool:
        self._arrived.set()
        await self.gone.wait()
        return not self.is_lost

    async def _decide(self) -> None:
        self.gone.set()


@dataclass(eq=False, kw_only=True)
class Instead(Fault):
    """Who sends what fits the pattern is answered with these bytes, and hung up on; what he sent does not arrive."""

    pattern: bytes
    answer: bytes
    way: Way = UP
    times: int = field(default=0, init=False)

    async def carry(self, data: bytes, flow: Flow, onward: Onward) -> None:
        if re.search(self.pattern, data):
            self.times += 1
            flow.is_over = True
            await flow.line.say(self.answer)
        else:
            await onward(data)


def _pieces(data: bytes, size: int) -> list[bytes]:
    """The end is a piece, too."""
    return [data[start : start + size] for start in range(0, len(data), size)] or [data]
