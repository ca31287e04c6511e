"""Somebody at a terminal who runs `login`, with a browser that does what a test wants."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit, urlunsplit

import httpx2
import pytest
from fakes import FakeClock
from verbs import loaded, settings_of, words

from bridge.cli import login
from bridge.fleet.auth.inbox import Handed, take
from bridge.fleet.hosts import Region


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        return int(probe.getsockname()[1])


def answer_of(link: str, more: str = "") -> str:
    """What an owner who agrees makes of the link: the address that the browser is sent to."""
    location: str = httpx2.get(link + more).headers["location"]
    return location


def changed(url: str, **said: str) -> str:
    """The same address with other words in its query."""
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()} | said
    return urlunsplit(parts._replace(query="&".join(f"{name}={value}" for name, value in query.items() if value)))


@dataclass
class Person:
    """`visit` is what happens with the link, in a thread; `types` puts a line into the terminal."""

    directory: Path
    port: int
    keyboard: int
    terminal: int
    visit: Callable[[str], object] = lambda _: None
    links: list[str] = field(default_factory=list)
    browser: threading.Thread | None = None

    @property
    def callback(self) -> str:
        return f"http://localhost:{self.port}/callback"

    def types(self, line: str) -> None:
        os.write(self.keyboard, f"{line}\n".encode())

    def leaves(self) -> None:
        """The end of the input."""
        os.close(self.keyboard)
        self.keyboard = -1

    def opens(self, link: str) -> bool:
        self.links.append(link)
        self.browser = threading.Thread(target=self.visit, args=(link,), daemon=True)
        self.browser.start()
        return True

    def agrees(self) -> list[httpx2.Response]:
        """From now on in the browser; gives the pages that it shows at the end."""
        pages: list[httpx2.Response] = []
        self.visit = lambda link: pages.append(httpx2.get(answer_of(link)))
        return pages

    async def logs_in(self, *flags: str) -> int:
        """Returns when the browser is done, too."""
        try:
            return await login.run(words("login", *flags), loaded(), FakeClock(), self.terminal)
        finally:
            if self.browser:
                await asyncio.to_thread(self.browser.join, 10)

    def handed(self, account: str = "tesla") -> Handed:
        return take(self.directory / "data", account)

    @property
    def is_handed(self) -> bool:
        return any((self.directory / "data").glob("sign-in-*"))


@contextmanager
def somebody(monkeypatch: pytest.MonkeyPatch, directory: Path, region: Region, **given: str) -> Iterator[Person]:
    """With an app at the simulated account."""
    terminal, keyboard = os.pipe()
    person = Person(directory, free_port(), keyboard, terminal)
    usual = {
        "tesla_region": "simulated",
        "tesla_simulator_url": region.api,
        "tesla_client_id": "simulated-client",
        "tesla_client_secret": "simulated-secret",
        "tesla_redirect_uri": person.callback,
    }
    settings_of(monkeypatch, directory, **usual | given)
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(webbrowser, "open", person.opens)
    try:
        yield person
    finally:
        if person.keyboard >= 0:
            os.close(person.keyboard)
