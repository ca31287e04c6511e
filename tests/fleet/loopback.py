"""Servers on free loopback ports: a Tesla that answers what a test tells it to, and raw sockets for worse."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ssl import SSLContext, SSLError
from typing import Any
from urllib.parse import parse_qsl

import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from bridge.clock import SystemClock

TOKEN_PATH = "/oauth2/v3/token"

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serve(app: ASGIApp) -> AsyncIterator[str]:
    """The app on real HTTP; gives its URL."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, lifespan="off", date_header=False)
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        await _end(server)


async def _end(server: uvicorn.Server) -> None:
    """What uvicorn itself does here sleeps for a tenth of a second."""
    for listener in server.servers:
        listener.close()
    while server.server_state.connections:
        for connection in server.server_state.connections:
            connection.transport.abort()
        await SystemClock().sleep(0.001)
    await asyncio.gather(*server.server_state.tasks, return_exceptions=True)


@asynccontextmanager
async def listen(handler: Handler, tls: SSLContext | None = None) -> AsyncIterator[int]:
    """A raw server; gives its port. Connections are cut when the block ends."""
    writers: set[asyncio.StreamWriter] = set()
    tasks: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.add(writer)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await handler(reader, writer)
        writer.close()
        with contextlib.suppress(ConnectionError, SSLError):
            await writer.wait_closed()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.create_task(handle(reader, writer)))

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()
        await asyncio.gather(*tasks)


async def read_request(reader: asyncio.StreamReader) -> bytes:
    """One HTTP/1.1 request, head and body."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    return head + await reader.readexactly(length)


@dataclass(frozen=True)
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


class Tesla:
    """Gives its replies in turn, the last one for ever; hands out tokens that rotate."""

    def __init__(self, *replies: Response) -> None:
        self.replies = deque(replies)
        self.seen: list[Seen] = []
        self.desk = TokenDesk()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        if request.url.path == TOKEN_PATH:
            reply = await self.desk.reply(dict(parse_qsl((await request.body()).decode())))
        else:
            self.seen.append(await _seen(request))
            reply = self.replies.popleft() if len(self.replies) > 1 else self.replies[0]
        await reply(scope, receive, send)


class TokenDesk:
    """A token endpoint: refresh tokens work once, the one used last for as long as its heir was never used."""

    def __init__(self) -> None:
        self.posts: list[dict[str, str]] = []
        self.replies: deque[Response] = deque()
        self.good = {"refresh-0"}
        self.on_post: Callable[[], None] = lambda: None
        self.arrived = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def reply(self, form: dict[str, str]) -> Response:
        """The next programmed reply, else a new pair or a refusal."""
        self.posts.append(form)
        number = len(self.posts)
        self.arrived.set()
        self.on_post()
        await self.may_answer.wait()
        if self.replies:
            return self.replies.popleft()
        if form["grant_type"] == "refresh_token" and form["refresh_token"] not in self.good:
            return refused("login_required", 401)
        heir = f"refresh-{number}"
        self.good = {form.get("refresh_token", ""), heir}
        return JSONResponse({"access_token": f"access-{number}", "refresh_token": heir, "expires_in": 28800})


def refused(error: str, status: int) -> Response:
    return JSONResponse({"error": error, "error_description": "in words"}, status)


def good(response: Any) -> Response:
    return JSONResponse({"response": response})


def bad(status: int, error: str = "", **headers: str) -> Response:
    """A refusal in Tesla's envelope; `retry_after` stands for the header `retry-after`."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return JSONResponse({"response": None, "error": error, "error_description": ""}, status, names)


async def _seen(request: Request) -> Seen:
    query, headers = dict(request.query_params), dict(request.headers)
    return Seen(request.method, request.url.path, query, headers, await request.body())
