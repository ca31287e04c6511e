"""The values that cross the MQTT edge, and the queue of those that arrived. Nothing here knows paho."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Self

import structlog

from bridge.errors import BridgeError

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where the broker is and who we are there. `keepalive` in seconds; `path` is for websockets.

    `largest`: bytes of a message that is let in. The broker is told and keeps larger ones from us; real commands
    have a few hundred.
    """

    host: str
    port: int
    client_id: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = None
    keepalive: int = 30
    transport: Literal["tcp", "websockets"] = "tcp"
    path: str = "/mqtt"
    largest: int = 64 * 1024

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class Publication(NamedTuple):
    """A message to send. `expiry` in seconds. A content type text/... is also marked as UTF-8."""

    topic: str
    payload: bytes
    retain: bool = False
    qos: int = 1
    content_type: str | None = None
    expiry: int | None = None
    correlation: bytes | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """A message that arrived. `retain` is as its sender set it; `expiry` is the seconds it has left."""

    topic: str
    payload: bytes
    retain: bool = False
    content_type: str | None = None
    response_topic: str | None = None
    correlation: bytes | None = None
    expiry: int | None = None


class Inbox:
    """The messages of one connection in order of arrival. Iterating ends by raising why the connection ended."""

    LIMIT = 2000

    def __init__(self) -> None:
        self.dropped = 0
        self._is_dropping = False
        self._messages: deque[Message] = deque()
        self._news = asyncio.Event()
        self._end: BridgeError | None = None

    def put(self, message: Message) -> None:
        """Keeps it. If `LIMIT` wait already, the oldest is dropped and counted: whoever speaks last means it."""
        self._messages.append(message)
        self._news.set()
        if len(self._messages) <= self.LIMIT:
            return
        self._messages.popleft()
        if not self._is_dropping:
            log.warning("messages arrive faster than they are handled; dropping")
        self._is_dropping = True
        self.dropped += 1

    def end(self, why: BridgeError) -> None:
        self._end = why
        self._news.set()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Message:
        if self._is_dropping and not self._messages:
            self._is_dropping = False
            log.info("messages are handled as they arrive again", dropped=self.dropped)
        while not self._messages:
            if self._end:
                raise self._end
            self._news.clear()
            await self._news.wait()
        await asyncio.sleep(0)  # noqa: TID251 - gives way, so that a flood is read and dropped rather than queued
        return self._messages.popleft()
