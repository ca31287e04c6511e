"""The way back from the browser: a listener on this machine's loopback, and lines that are pasted."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol
from urllib.parse import urlsplit

from bridge.errors import SettingWrong, TryLater

LOOPBACK: Mapping[str, tuple[str, ...]] = {
    "localhost": ("127.0.0.1", "::1"),
    "127.0.0.1": ("127.0.0.1",),
    "::1": ("::1",),
}
"""Host of a redirect URI -> the addresses that a browser may mean by it."""

PATIENCE = 60.0
"""Seconds that a browser waits for what Tesla says to its code."""

LAST_PAGE = 2.0
"""Seconds that the last page has to reach the browser."""

LONGEST = 65536
"""Bytes of a line that is pasted."""


class Answer(Protocol):
    """An address that the browser ended up at, and whoever waits to hear what came of it."""

    @property
    def url(self) -> str: ...
    def refused(self, why: str) -> None: ...
    async def taken(self) -> None: ...


class Answers:
    """Both ways together, in their order. Only for the event loop, but for `put`."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[Answer | None] = asyncio.Queue()
        self._is_read = False
        self.is_listening = False

    def put(self, answer: Answer | None) -> None:
        """From any thread; None: there is nothing more to be pasted."""
        self._loop.call_soon_threadsafe(self._queue.put_nowait, answer)

    async def next(self) -> Answer:
        """Raises TryLater where none can come any more."""
        while (answer := await self._queue.get()) is None:
            self._is_read = True
            if not self.is_listening:
                raise TryLater("the sign-in was not finished: nothing was pasted, and nothing can be any more")
        return answer

    async def word(self) -> str:
        """What a person types next; empty where nobody can."""
        while not self._is_read and (answer := await self._queue.get()):
            if isinstance(answer, Pasted):
                return answer.url
            answer.refused("this sign-in was answered before")
        return ""

    def close(self) -> None:
        """Whoever is still waiting hears that it is over."""
        while not self._queue.empty():
            if answer := self._queue.get_nowait():
                answer.refused("this sign-in is over")


# --- pasted -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pasted:
    url: str

    def refused(self, why: str) -> None:
        sys.stdout.write(f"That is not it: {why}\n")
        sys.stdout.flush()

    async def taken(self) -> None:
        """What is printed next tells."""


def read_lines(put: Callable[[Pasted | None], None], file: int) -> None:
    """Reads until the file ends, in a thread that nobody need wait for."""

    def work() -> None:
        rest = b""
        while chunk := _read(file):
            *lines, rest = (rest + chunk).split(b"\n")
            rest = rest[-LONGEST:]
            for line in filter(None, map(bytes.strip, lines)):
                put(Pasted(line.decode(errors="replace")))
        if rest.strip():
            put(Pasted(rest.strip().decode(errors="replace")))
        put(None)

    threading.Thread(target=work, daemon=True).start()


def _read(file: int) -> bytes:
    """Not by `sys.stdin`: its lock would not let the program end while somebody reads."""
    try:
        return os.read(file, LONGEST)
    except OSError:
        return b""


# --- heard --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Heard:
    url: str
    verdict: Future[str] = field(default_factory=Future)
    """What is wrong; empty: nothing."""
    shown: threading.Event = field(default_factory=threading.Event)

    def refused(self, why: str) -> None:
        self.verdict.set_result(why)

    async def taken(self) -> None:
        """Returns when the browser has its last page."""
        self.verdict.set_result("")
        await asyncio.to_thread(self.shown.wait, LAST_PAGE)


def is_ours(redirect_uri: str) -> bool:
    """Does it lead to this machine, without encryption, so that we can listen there?"""
    parts = urlsplit(redirect_uri)
    return parts.scheme == "http" and parts.hostname in LOOPBACK


@contextmanager
def listening(redirect_uri: str, put: Callable[[Heard], None]) -> Iterator[None]:
    """Until the block ends. Raises SettingWrong where somebody else listens."""
    parts = urlsplit(redirect_uri)
    port = parts.port or 80
    with ExitStack() as stack:
        for address in LOOPBACK[parts.hostname or ""]:
            if server := _server(address, port, parts.path or "/", put):
                stack.callback(server.server_close)
                threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
                stack.callback(server.shutdown)
        yield


class _Listener(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: str, port: int, path: str, put: Callable[[Heard], None]) -> None:
        self.address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.path = path
        self.put = put
        names = ("localhost", "127.0.0.1", "[::1]")
        self.hosts = {f"{name}:{port}" for name in names} | (set(names) if port == 80 else set())
        super().__init__((address, port), _Handler)


def _server(address: str, port: int, path: str, put: Callable[[Heard], None]) -> _Listener | None:
    """None where this machine has no such address."""
    try:
        return _Listener(address, port, path, put)
    except OSError as error:
        if ":" in address and not _has_ipv6():
            return None
        raise SettingWrong(
            f"FLEET2MQTT_TESLA_REDIRECT_URI: cannot listen on port {port} of this machine ({error.strerror}); "
            "stop what uses it, or paste the address"
        ) from None


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


class _Handler(BaseHTTPRequestHandler):
    server: _Listener
    timeout = 10
    server_version = "fleet2mqtt"
    sys_version = ""

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        # A page of the web that points a name of its own at this machine still has its own name here.
        if self.headers.get("Host", "").lower() not in self.server.hosts:
            self._show(HTTPStatus.FORBIDDEN, "Nothing here", "This address is for this machine only.")
        elif path != self.server.path:
            self._show(HTTPStatus.NOT_FOUND, "Nothing here", "Only the answer to a sign-in is taken here.")
        else:
            self._ask(Heard(f"http://{self.headers['Host']}{path}?{query}"))

    def _ask(self, heard: Heard) -> None:
        self.server.put(heard)
        try:
            wrong = heard.verdict.result(PATIENCE)
        except TimeoutError:
            wrong = "it took too long; the terminal may know more"
        if wrong:
            self._show(HTTPStatus.BAD_REQUEST, "Not signed in", wrong)
        else:
            self._show(HTTPStatus.OK, "Signed in", "You may close this page. The terminal tells the rest.")
        heard.shown.set()

    def _show(self, status: HTTPStatus, title: str, text: str) -> None:
        body = _PAGE.format(title=escape(title), text=escape(text)).encode()
        self.send_response(status)
        for name, value in (*_HEADERS.items(), ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: the address holds a code."""


_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>fleet2mqtt: {title}</title>
<style>body {{ font: 1.1em sans-serif; max-width: 32em; margin: 4em auto; padding: 0 1em }}</style></head>
<body><h1>{title}</h1><p>{text}</p></body></html>
"""


# --- the browser itself -------------------------------------------------------------------------------------------


def opened(link: str) -> bool:
    """Tries the desktop's browser. False where there is none: one in the terminal would be in the way."""
    has_desktop = sys.platform in {"darwin", "win32"} or {"DISPLAY", "WAYLAND_DISPLAY", "BROWSER"} & os.environ.keys()
    try:
        return bool(has_desktop) and webbrowser.open(link)
    except (webbrowser.Error, OSError):
        return False
