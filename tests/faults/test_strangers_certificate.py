"""Whoever cannot prove to be Tesla is told nothing: no token, no byte of a request (F21)."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterator
from typing import Self

import pytest
from authority import pem, server_tls
from brokers import HOST
from outside import Outside
from whole_house import SITE, House, empty_house, message

pytestmark = pytest.mark.case("F21")


def certificate(host: str = "localhost", days: int = 36500) -> ssl.SSLContext:
    context = server_tls(host, days=days)
    context.set_alpn_protocols(["http/1.1"])  # what stands behind it speaks no other
    return context


TRUSTED = (("localhost", 36500), ("other.example", 36500), ("localhost", -1))
"""Whom the machine trusts, so that each bad certificate is bad for one reason."""

BAD: dict[str, Callable[[], ssl.SSLContext | None]] = {
    "expired": lambda: certificate(days=-1),
    "for another host": lambda: certificate("other.example"),
    "self-signed": lambda: certificate(days=36501),
    "a handshake that stalls": lambda: None,
}


class Front:
    """TLS before the simulated account. It notes what it could read, and its certificate can be swapped."""

    def __init__(self, far: int) -> None:
        self._far = far
        self.port = 0
        self.heard = bytearray()
        """What it could read of what it was sent."""
        self.met = 0
        """Who has said hello since the certificate was swapped."""
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._at_work: set[asyncio.Task[None] | None] = set()

    async def __aenter__(self) -> Self:
        await self.show(certificate())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server
        self._server.close()
        for each in self._open:
            each.transport.abort()
        self._open.clear()
        await asyncio.gather(*filter(None, self._at_work), return_exceptions=True)
        self._at_work.clear()

    async def show(self, tls: ssl.SSLContext | None) -> None:
        """From now on; connections from before are cut. None: the handshake stalls."""
        if self._server:
            await self.__aexit__()
        self.heard.clear()
        self.met = 0
        if tls:
            tls.sni_callback = self._greeted
        self._server = await asyncio.start_server(self._join if tls else self._stall, HOST, self.port, ssl=tls)
        self.port = self._server.sockets[0].getsockname()[1]

    def _greeted(self, *_: object) -> None:
        self.met += 1

    async def _stall(self, near: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        self._open.add(near_out)
        self._greeted()
        await near.read()
        near_out.close()

    async def _join(self, near: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        self._at_work.add(asyncio.current_task())
        far, far_out = await asyncio.open_connection(HOST, self._far)
        self._open |= {near_out, far_out}
        await asyncio.gather(self._carry(near, far_out, note=True), self._carry(far, near_out), return_exceptions=True)
        for each in (near_out, far_out):
            each.transport.abort()

    async def _carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, *, note: bool = False) -> None:
        while data := await source.read(65536):
            if note:
                self.heard += data
            target.write(data)
            await target.drain()
        target.transport.abort()


@pytest.fixture(scope="module")
def outside() -> Iterator[Outside]:
    with Outside() as thread:
        yield thread


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with empty_house(tmp_path_factory.mktemp("tls")) as made:
        yield made


@pytest.fixture(scope="module")
def front(one: House, outside: Outside, tmp_path_factory: pytest.TempPathFactory) -> Front:
    trusted = tmp_path_factory.mktemp("trusted") / "ca.pem"
    trusted.write_bytes(b"".join(pem(*each).split(b"-----BEGIN PRIVATE")[0] for each in TRUSTED))
    one.bridge.environment["SSL_CERT_FILE"] = str(trusted)
    made = outside.enter(Front(one.api.port))
    one.start(tesla_simulator_url=f"https://localhost:{made.port}", tesla_deadline=3)
    return made


@pytest.mark.parametrize("what", BAD)
def test_a_stranger_in_teslas_place_hears_nothing_and_afterwards_all_is_well(
    one: House, front: Front, outside: Outside, what: str
) -> None:
    """The certificate is swapped while it runs."""
    assert b"authorization" in bytes(front.heard).lower() or what != next(iter(BAD)), "the good one does hear it"
    outside.run(front.show(BAD[what]()))
    result = one.ask(SITE, "backup_reserve", message(what, value=34))
    assert result["outcome"] == "unavailable", result
    assert front.met > 0
    assert bytes(front.heard) == b""
    outside.run(front.show(certificate()))
    assert one.ask(SITE, "backup_reserve", message(f"after {what}", value=35))["outcome"] == "ok"
    assert b"authorization" in bytes(front.heard).lower()
