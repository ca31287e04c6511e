"""HTTP: one request, one answer or one error, inside one deadline. The only module that talks to the network."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from ssl import SSLContext
from typing import Any, Self
from urllib.parse import urlencode

import httpcore2

from bridge.clock import Clock
from bridge.errors import AnswerInvalid, BridgeError, NotSent, ServerFailed
from bridge.fleet import VERSION, hosts
from bridge.fleet.pools import Pools

MAX_BODY = 2 * 1024 * 1024
"""Bytes of an answer, packed and unpacked; more is not believed (reliability.md B6)."""

# HTTP/2 connections that the server has closed while idle look alive to httpcore2 2.16 until the next request is
# lost on them, so ours must be the shorter patience. Servers usually close after a minute or more.
IDLE = 15.0

CONNECTIONS = 20
"""At most, for each host."""

CONNECT = 5.0
POOL_WAIT = 5.0
"""Seconds, for a connection and for a place in the pool; everything else is covered by the caller's deadline."""

_HEADERS = {"User-Agent": f"fleet2mqtt/{VERSION}", "Accept": "application/json", "Accept-Encoding": "gzip"}

_url = lru_cache(maxsize=256)(httpcore2.URL)  # the same few again and again

_UNSENT = (httpcore2.ConnectError, httpcore2.ConnectTimeout, httpcore2.PoolTimeout, httpcore2.UnsupportedProtocol)


@dataclass(frozen=True, slots=True, repr=False)
class Message:
    """One request, ready to leave. Has no repr: it holds a token."""

    method: str
    url: str
    headers: Mapping[str, str]
    params: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None

    @property
    def address(self) -> str:
        """The URL with its parameters."""
        return f"{self.url}?{urlencode(self.params)}" if self.params else self.url

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return "/".join(self.url.split("/", 3)[:3])


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """What came back: the status, headers by lower-case name, the unpacked body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport:
    """Sends messages. Use it in an `async with` block; several accounts may share one."""

    def __init__(
        self,
        clock: Clock,
        *,
        trust: Callable[[], SSLContext] = httpcore2.default_ssl_context,
        pool_wait: float = POOL_WAIT,
    ) -> None:
        """`trust` makes the TLS context; there is no way to switch its checks off."""
        self._trust = trust
        self._timeout = {"connect": CONNECT, "pool": pool_wait}
        self._tls: SSLContext | None = None
        self._clock = clock
        self._date: tuple[str, datetime] | None = None
        self._pools = Pools(self._pool, clock)

    async def __aenter__(self) -> Self:
        # Reading the certificates takes tens of milliseconds: not on the event loop (reliability.md B15).
        self._tls = await asyncio.to_thread(self._trust)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._pools.close()

    @property
    def skew(self) -> float:
        """Seconds by which the server's clock was ahead of ours at the last answer; 0 while none has told."""
        if self._date is None:
            return 0.0
        try:
            return (parsedate_to_datetime(self._date[0]) - self._date[1]).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return 0.0

    async def exchange(self, region: hosts.Region, message: Message, until: float) -> Answer:
        """Any answer, whatever its status, before `until` (loop time).

        Raises NotSent if provably no byte of the message left, else ServerFailed or AnswerInvalid.
        """
        hosts.refuse_foreign(message.url, region)
        if asyncio.get_running_loop().time() >= until:
            raise NotSent("the time for this call ran out before it could be sent")
        progress = _Progress()
        try:
            async with asyncio.timeout_at(until):
                return await self._with_a_working_pool(message, progress)
        except BridgeError:
            raise
        except Exception as error:
            # Any, because h2's own errors escape httpcore2 2.16 while a body is read.
            raise _failure(error, progress, message.origin) from error

    async def _with_a_working_pool(self, message: Message, progress: _Progress) -> Answer:
        try:
            return await self._once(message, progress)
        except httpcore2.PoolTimeout:
            # Nothing has left, and if the old pool was stuck, this one is not (reliability.md B14).
            return await self._once(message, progress)

    async def _once(self, message: Message, progress: _Progress) -> Answer:
        async with (
            self._pools.lease(message.origin) as pool,
            pool.stream(
                message.method,
                _url(message.address),
                headers=[*_HEADERS.items(), *message.headers.items()],
                content=message.content,
                extensions={"timeout": self._timeout, "trace": progress.note},
            ) as response,
        ):
            headers = _headers(response)
            answer = Answer(response.status, headers, await _body(response, headers))
        if date := answer.headers.get("date"):
            self._date = date, self._clock.now()
        return answer

    def _pool(self) -> httpcore2.AsyncConnectionPool:
        """Follows no redirect, keeps no cookie, heeds no proxy variable: nobody sends a token elsewhere."""
        assert self._tls, "used outside its async with block"  # noqa: S101 - a bug of ours, not a state of the world
        return httpcore2.AsyncConnectionPool(
            ssl_context=self._tls, http2=True, max_connections=CONNECTIONS, keepalive_expiry=IDLE
        )


class _Progress:
    """Whether any byte of a request may have left this machine."""

    def __init__(self) -> None:
        self.may_have_left = False

    async def note(self, event: str, _details: Mapping[str, Any]) -> None:
        """Called by httpcore2 with names such as `http2.send_request_headers.started`."""
        if event.endswith(".send_request_headers.started"):
            self.may_have_left = True


def _failure(error: Exception, progress: _Progress, origin: str) -> NotSent | ServerFailed:
    late = isinstance(error, TimeoutError)
    text = "no answer in time" if late else f"{type(error).__name__} {error}".strip()
    if isinstance(error, _UNSENT) or (late and not progress.may_have_left):
        return NotSent(f"no connection to {origin}: {text}")
    return ServerFailed(f"no answer from {origin}: {text}")


def _headers(response: httpcore2.Response) -> dict[str, str]:
    """By lower-case name; what comes more than once is one list."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in response.headers:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


async def _body(response: httpcore2.Response, headers: Mapping[str, str]) -> bytes:
    packed = bytearray()
    async for chunk in response.aiter_stream():
        packed += chunk
        if len(packed) > MAX_BODY:
            raise AnswerInvalid(f"the answer is longer than {MAX_BODY} bytes")
    encoding = headers.get("content-encoding", "identity")
    return bytes(packed) if encoding == "identity" else _unpacked(bytes(packed), encoding)


def _unpacked(packed: bytes, encoding: str) -> bytes:
    """By hand, with a limit: 64 KiB on the wire may be 64 MiB in memory."""
    if encoding != "gzip":
        raise AnswerInvalid(f"the answer is packed as {encoding[:20]!r}, which was not asked for")
    unpacker = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        body = unpacker.decompress(packed, MAX_BODY)
    except zlib.error as error:
        raise AnswerInvalid("the answer is not the gzip it says it is") from error
    if packed and not unpacker.eof:
        raise AnswerInvalid(f"the answer is cut off or unpacks to more than {MAX_BODY} bytes")
    return body
