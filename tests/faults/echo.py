"""A server that echoes, and a client that tells how its connection fares. Times are those of the system."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from typing import Any

from connection import HERE
from outside import PATIENCE
from proxy import Proxy

SILENCE = 0.15
"""Seconds after which nothing more is expected to come."""


class Echo:
    """A server that sends back what it hears. `heard` and `ended` tell what came through to it, and how."""

    def __init__(self) -> None:
        self.heard = bytearray()
        self.ended: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer):
            try:
                while data := await reader.read(65536):
                    self.heard.extend(data)
                    writer.write(data)
                self.ended.append("FIN")
            except ConnectionResetError:
                self.ended.append("RST")


@asynccontextmanager
async def serving(echo: Echo) -> AsyncIterator[int]:
    """Gives its port; ends when all connections have."""
    async with asyncio.TaskGroup() as served:
        server = await asyncio.start_server(lambda *ends: served.create_task(echo.serve(*ends)), HERE, 0)
        async with server:
            yield server.sockets[0].getsockname()[1]


def connect(wire: Proxy) -> socket.socket:
    return socket.create_connection((HERE, wire.port), PATIENCE)


def hear(one: socket.socket, count: int) -> bytes:
    """So many bytes, or fewer where the connection ends before."""
    heard = b""
    while len(heard) < count and (data := one.recv(count - len(heard))):
        heard += data
    return heard


def ask(one: socket.socket, data: bytes) -> bytes:
    one.sendall(data)
    return hear(one, len(data))


def is_silent(one: socket.socket) -> bool:
    one.settimeout(SILENCE)
    try:
        one.recv(1, socket.MSG_PEEK)
    except TimeoutError:
        return True
    else:
        return False
    finally:
        one.settimeout(PATIENCE)


def is_reset(one: socket.socket) -> bool:
    try:
        one.sendall(b"?")
        hear(one, 1)
    except ConnectionResetError:
        return True
    else:
        return False


def took(work: Callable[[], Any]) -> float:
    """Seconds."""
    since = time.perf_counter()
    work()
    return time.perf_counter() - since


def comes(condition: Callable[[], bool]) -> bool:
    until = time.perf_counter() + PATIENCE
    while not condition() and time.perf_counter() < until:
        time.sleep(0.01)
    return condition()
