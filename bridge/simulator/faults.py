"""Faults on request: slow, wrong, cut and missing answers (fleet-api.md 9, transport)."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, fields
from typing import Any, Literal, Self

from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from bridge.simulator.answers import Json, refuse
from bridge.simulator.clock import SimulatedTime, real_sleep
from bridge.simulator.errors import BadParameter

HTML = "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center></body></html>"


@dataclass
class Fault:
    """What happens to requests whose "METHOD /path" matches; `times` None means until it is deleted.

    An own answer (`status`, `body`, `html`, `headers`) replaces the request, or with `after` only its answer.
    """

    match: str
    times: int | None = None
    status: int | None = None
    body: str | None = None
    html: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    after: bool = False
    drop: Literal["before", "after"] | None = None
    truncate: bool = False
    delay_s: float = 0.0
    real_delay_s: float = 0.0

    @classmethod
    def parse(cls, body: Json) -> Self:
        """BadParameter for an unknown member, a bad pattern or a bad `drop`."""
        unknown = body.keys() - {field.name for field in fields(cls)}
        if unknown or "match" not in body:
            raise BadParameter(f"a fault needs `match` and knows no {sorted(unknown)}")
        if body.get("drop") not in {None, "before", "after"}:
            raise BadParameter("`drop` is before or after")
        try:
            re.compile(body["match"])
        except (re.error, TypeError) as problem:
            raise BadParameter(f"`match` is no pattern: {problem}") from None
        return cls(**body)

    def hits(self, line: str) -> bool:
        return self.times != 0 and re.search(self.match, line) is not None

    @property
    def own_answer(self) -> bool:
        return self.status is not None or self.body is not None or self.html

    @property
    def instead(self) -> bool:
        """Whether the request never takes effect."""
        return self.drop == "before" or (self.own_answer and not self.after and self.drop is None)

    def answer(self) -> Response:
        """What stands in for a request that takes no effect."""
        return HangUp(0) if self.drop else self._invented()

    def spoil(self, real: Response) -> Response:
        """What becomes of the answer to a request that took effect."""
        if self.drop:
            return HangUp(real.status_code)
        if self.truncate:
            return CutOff(real)
        return self._invented() if self.own_answer else real

    def _invented(self) -> Response:
        status = self.status or 200
        if self.body is not None:
            return PlainTextResponse(self.body, status, self.headers, _media_type(self.body))
        if self.html:
            return HTMLResponse(HTML.format(f"{status} simulated"), status, self.headers)
        answer = refuse(status, "simulated fault").response()
        answer.headers.update(self.headers)
        return answer


class HangUp(Response):
    """Closes the connection without an answer; `status_code` is what would have been said, 0 for nothing."""

    def __init__(self, status: int) -> None:
        super().__init__()
        self.status_code = status

    async def __call__(self, scope: Scope, receive: Receive, _send: Send) -> None:
        _transport(scope).abort()
        await _disconnected(receive)


class CutOff(Response):
    """Promises the whole answer, sends half of it and closes the connection."""

    def __init__(self, real: Response) -> None:
        super().__init__(real.body, real.status_code, real.headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start = {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        half = bytes(self.body[: len(self.body) // 2])
        await send(start)
        await send({"type": "http.response.body", "body": half, "more_body": True})
        _transport(scope).close()
        await _disconnected(receive)


class Faults:
    """The faults in force; the first that matches is the one that happens."""

    def __init__(self, clock: SimulatedTime) -> None:
        self._clock = clock
        self._faults: list[Fault] = []
        self._cleared = asyncio.Event()

    def add(self, fault: Fault) -> None:
        self._faults.append(fault)

    def clear(self) -> None:
        """Remove all, and end the delays that are running."""
        self._faults.clear()
        self._cleared.set()
        self._cleared = asyncio.Event()

    async def around(self, line: str, answer: Callable[[], Awaitable[Response]]) -> Response:
        """The answer to the request "METHOD /path", spoiled by the first fault that matches it."""
        fault = self._take(line)
        if fault is None:
            return await answer()
        await self._delay(fault)
        return fault.answer() if fault.instead else fault.spoil(await answer())

    def _take(self, line: str) -> Fault | None:
        fault = next((fault for fault in self._faults if fault.hits(line)), None)
        if fault and fault.times is not None:
            fault.times -= 1
        return fault

    async def _delay(self, fault: Fault) -> None:
        naps = {asyncio.create_task(self._nap(fault)), asyncio.create_task(self._cleared.wait())}
        try:
            await asyncio.wait(naps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for nap in naps:
                nap.cancel()

    async def _nap(self, fault: Fault) -> bool:
        await self._clock.sleep(fault.delay_s)
        await real_sleep(fault.real_delay_s)
        return True


def _media_type(body: str) -> str:
    return "application/json" if body.startswith(("{", "[")) else "text/plain"


def _transport(scope: Scope) -> Any:
    """The connection, put there by server.py; without one (an in-process client) the exception is the cut."""
    try:
        return scope["state"]["transport"]
    except KeyError:
        raise ConnectionAbortedError("the simulator closed the connection") from None


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
