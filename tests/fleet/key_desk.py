"""A web server that serves keys, or does not, and an app's key pair to be served."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from loopback import serve
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from bridge.fleet.key_page import KIND, PATH
from bridge.fleet.keys import PublicKey

DOMAIN = "bridge.example.com"
HERE = "127.0.0.1"


def new_key() -> PublicKey:
    return PublicKey.of(ec.generate_private_key(ec.SECP256R1()).public_key())


OURS = new_key()


def key_page(key: PublicKey = OURS) -> Response:
    return Response(key.pem, media_type=KIND)


class Web:
    """Answers the key's path with `reply`, everything else with 404. `asked`: headers of every request."""

    def __init__(self, reply: Response) -> None:
        self.reply = reply
        self.asked: list[dict[str, str]] = []
        self.url = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        self.asked.append(dict(request.headers))
        reply = self.reply if request.url.path == PATH else Response("", 404)
        await reply(scope, receive, send)


@asynccontextmanager
async def web(reply: Response | None = None) -> AsyncIterator[Web]:
    """On plain HTTP, as a simulated account has it."""
    site = Web(reply or key_page())
    async with serve(site) as site.url:
        yield site


def point_dns(monkeypatch: pytest.MonkeyPatch, port: int | socket.gaierror) -> None:
    """The domain is found on this machine, at this port; or not at all. Other names are looked up as ever."""
    real = socket.getaddrinfo

    def found(host: Any, *args: Any, **named: Any) -> Any:
        if host not in {DOMAIN, DOMAIN.encode()}:
            return real(host, *args, **named)
        if isinstance(port, socket.gaierror):
            raise port
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (HERE, 443))]

    async def connect(self: Any, protocol: Any, host: Any = None, to: Any = None, **named: Any) -> Any:
        end: Any = port if (host, to) == (HERE, 443) else to
        return await cable(self, protocol, host, end, **named)

    cable = asyncio.BaseEventLoop.create_connection
    monkeypatch.setattr(socket, "getaddrinfo", found)
    monkeypatch.setattr(asyncio.BaseEventLoop, "create_connection", connect)
