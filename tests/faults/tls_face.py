"""An encrypted face before a port of this machine, whose certificate can be changed while connections come."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from authority import pem, server_tls
from connection import HERE, PIECE
from loopback import listen

GOOD, EXPIRED, ANOTHERS = ("localhost", 36500), ("localhost", -1), ("evil.example", 36500)
"""Whose the certificate is, and for how many days it is good."""


class Face:
    """`port` is where it is; `shows` changes its certificate for all connections from now on."""

    def __init__(self) -> None:
        self.port = 0
        self._contexts = {each: _context(each) for each in (GOOD, EXPIRED, ANOTHERS)}
        self._shown = self._contexts[GOOD]
        self.context = _context(GOOD)
        self.context.sni_callback = self._choose

    def shows(self, certificate: tuple[str, int]) -> None:
        self._shown = self._contexts[certificate]

    def _choose(self, connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        connection.context = self._shown


def write_trusted(path: Path) -> Path:
    """The authority that has made the good certificate, for SSL_CERT_FILE."""
    path.write_bytes(pem(*GOOD).split(b"-----BEGIN PRIVATE")[0])
    return path


@asynccontextmanager
async def encrypted(port: int) -> AsyncIterator[Face]:
    """Before this port."""
    face = Face()

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far, far_out = await asyncio.open_connection(HERE, port)
        await asyncio.gather(_pipe(reader, far_out), _pipe(far, writer))

    async with listen(carry, face.context) as face.port:
        yield face


async def _pipe(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(PIECE):
            target.write(data)
            await target.drain()
    target.close()


def _context(certificate: tuple[str, int]) -> ssl.SSLContext:
    context = server_tls(certificate[0], days=certificate[1])
    context.set_alpn_protocols(["http/1.1"])  # what it hands on is not looked at
    return context
