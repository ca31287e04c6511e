"""One request, one answer or one honest error, on real sockets."""

from __future__ import annotations

import asyncio
import gc
import gzip
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from account import plain_transport
from authority import client_tls, http2, server_tls
from fakes import FakeClock
from loopback import Handler, Tesla, good, listen, read_request, serve
from starlette.responses import Response, StreamingResponse

from bridge.clock import SystemClock
from bridge.errors import AnswerInvalid, NotSent, ServerFailed
from bridge.fleet import pools
from bridge.fleet.hosts import simulated
from bridge.fleet.transport import MAX_BODY, Answer, Message, Transport

TOKEN = "Bearer secret-token"

pause = SystemClock().sleep

# anyio 4.16 leaves the socket of a handshake that was cancelled to the garbage collector, which says so.
handshake_cut = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(autouse=True)
def tidy() -> Iterator[None]:
    """What one test leaves to the garbage collector is not told to the next one."""
    yield
    gc.collect()


class Caller:
    """Sends one request after the other to one server."""

    def __init__(self, http: Transport, url: str) -> None:
        self._http = http
        self._region = simulated(url)

    async def get(self, deadline: float = 5.0, path: str = "/api/1/products") -> Answer:
        message = Message("GET", f"{self._region.api}{path}", {"Authorization": TOKEN})
        return await self._http.exchange(self._region, message, asyncio.get_running_loop().time() + deadline)


@asynccontextmanager
async def calling(handler: Handler, clock: FakeClock | None = None) -> AsyncIterator[Caller]:
    async with listen(handler) as port, plain_transport(clock or FakeClock()) as http:
        yield Caller(http, f"http://127.0.0.1:{port}")


async def test_an_answer_of_any_status_is_an_answer() -> None:
    tesla = Tesla(Response(b"[]", 418, {"X-TxId": "abc", "content-type": "application/json"}))
    async with serve(tesla) as url, plain_transport(FakeClock()) as http:
        answer = await Caller(http, url).get()

    assert (answer.status, answer.body, answer.headers["x-txid"]) == (418, b"[]", "abc")
    assert tesla.seen[0].headers["authorization"] == TOKEN
    assert tesla.seen[0].headers["user-agent"].startswith("fleet2mqtt/")


async def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    async with serve(Tesla(good("secret"))) as other:
        tesla = Tesla(Response(status_code=307, headers={"location": f"{other}/api/1/products"}))
        async with serve(tesla) as url, plain_transport(FakeClock()) as http:
            assert (await Caller(http, url).get()).status == 307

    assert len(tesla.seen) == 1


async def test_cookies_are_not_kept() -> None:
    tesla = Tesla(Response(b"{}", headers={"set-cookie": "a=b; Path=/"}))
    async with serve(tesla) as url, plain_transport(FakeClock()) as http:
        await Caller(http, url).get()
        await Caller(http, url).get()

    assert "cookie" not in tesla.seen[1].headers


async def test_the_environment_cannot_redirect_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTP_PROXY names a port where nobody listens; the call goes straight to the server."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    async with serve(Tesla(good("ok"))) as url, plain_transport(FakeClock()) as http:
        assert (await Caller(http, url).get()).status == 200


# --- nothing left, or something may have ----------------------------------------------------------------------


async def test_a_refused_connection_means_that_nothing_was_sent() -> None:
    async with listen(_say_nothing) as port:
        pass
    async with plain_transport(FakeClock()) as http:
        with pytest.raises(NotSent, match=f"no connection to http://127.0.0.1:{port}"):
            await Caller(http, f"http://127.0.0.1:{port}").get()


async def test_an_unknown_host_means_that_nothing_was_sent() -> None:
    async with plain_transport(FakeClock()) as http:
        with pytest.raises(NotSent):
            await Caller(http, "http://nobody.invalid").get()


async def test_a_deadline_that_passes_before_the_start_means_that_nothing_was_sent() -> None:
    async with calling(_say_nothing) as caller:
        with pytest.raises(NotSent):
            await caller.get(deadline=-1)


@handshake_cut
async def test_a_deadline_that_passes_during_the_tls_handshake_means_that_nothing_was_sent() -> None:
    """The server takes the connection and never says hello."""
    async with listen(_say_nothing) as port, plain_transport(FakeClock()) as http:
        with pytest.raises(NotSent):
            await Caller(http, f"https://localhost:{port}").get(deadline=0.1)


async def test_a_server_that_takes_the_request_and_never_answers_leaves_the_outcome_open() -> None:
    async with calling(_say_nothing) as caller:
        started = time.perf_counter()
        with pytest.raises(ServerFailed, match="no answer in time"):
            await caller.get(deadline=0.1)
        assert time.perf_counter() - started < 0.6


async def test_a_slow_drip_does_not_outlive_the_deadline() -> None:
    """A byte every 20 ms would keep any per-read timeout happy (reliability.md, finding 4)."""

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b" ")
            await pause(0.02)

    async with calling(drip) as caller:
        started = time.perf_counter()
        with pytest.raises(ServerFailed):
            await caller.get(deadline=0.2)
        assert time.perf_counter() - started < 0.7


async def test_a_connection_reset_in_the_body_leaves_the_outcome_open() -> None:
    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"response"')
        await writer.drain()
        writer.transport.abort()

    async with calling(reset) as caller:
        with pytest.raises(ServerFailed):
            await caller.get()


@pytest.mark.parametrize("after", [b"", b"HTTP/1.1 200 OK\r\n", b"nonsense\r\n\r\n"])
async def test_a_server_that_hangs_up_leaves_the_outcome_open(after: bytes) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(after)

    async with calling(hang_up) as caller:
        with pytest.raises(ServerFailed):
            await caller.get()


async def _say_nothing(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    while await reader.read(65536):
        pass


# --- what is not believed ---------------------------------------------------------------------------------------


async def test_an_endless_answer_is_cut_at_two_mebibytes() -> None:
    sent = 0

    async def flood() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 65536
            yield b"x" * 65536
            await pause(0)

    async with serve(Tesla(StreamingResponse(flood()))) as url, plain_transport(FakeClock()) as http:
        with pytest.raises(AnswerInvalid, match="longer"):
            await Caller(http, url).get()

    assert sent < 8 * MAX_BODY


async def test_a_packed_answer_is_unpacked() -> None:
    tesla = Tesla(Response(gzip.compress(b"{}"), headers={"content-encoding": "gzip"}))
    async with serve(tesla) as url, plain_transport(FakeClock()) as http:
        assert (await Caller(http, url).get()).body == b"{}"

    assert tesla.seen[0].headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        pytest.param(gzip.compress(bytes(50_000_000)), "gzip", id="bomb"),
        pytest.param(gzip.compress(b"{}" * 999)[:-9], "gzip", id="truncated"),
        pytest.param(b"{}", "gzip", id="not packed at all"),
        pytest.param(b"{}", "br", id="another packing"),
        pytest.param(b"{}", "gzip, gzip", id="packed twice"),
    ],
)
async def test_a_badly_packed_answer_is_refused(body: bytes, encoding: str) -> None:
    tesla = Tesla(Response(body, headers={"content-encoding": encoding}))
    async with serve(tesla) as url, plain_transport(FakeClock()) as http:
        with pytest.raises(AnswerInvalid):
            await Caller(http, url).get()


# --- TLS --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tls_of_server", "host_trusted"),
    [
        pytest.param(lambda: server_tls("other.example"), "other.example", id="for another host"),
        pytest.param(lambda: server_tls(days=-1), "localhost", id="expired"),
        pytest.param(server_tls, None, id="self-signed"),
    ],
)
async def test_a_bad_certificate_sees_no_token(tls_of_server: Any, host_trusted: str | None) -> None:
    heard = bytearray()

    async def listen_in(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        heard.extend(await reader.read(65536))

    days = -1 if host_trusted == "localhost" else 36500
    trusting = Transport(FakeClock(), trust=lambda: client_tls(host_trusted or "", days=days))
    http = trusting if host_trusted else Transport(FakeClock())
    async with listen(listen_in, tls_of_server()) as port, http:
        with pytest.raises(NotSent, match=r"(?i)certificate"):
            await Caller(http, f"https://localhost:{port}").get()

    assert not heard


async def test_http2_is_spoken_where_the_server_can() -> None:
    async with listen(http2(0, b"{}"), server_tls()) as port, Transport(FakeClock(), trust=client_tls) as http:
        answer = await Caller(http, f"https://localhost:{port}").get()

    assert (answer.status, answer.body) == (200, b"{}")


# --- connections: F23, B11, B13, B14 ----------------------------------------------------------------------------


async def _churn(caller: Caller, rounds: int = 8) -> None:
    """Twenty requests at once, cancelled from outside at different moments of their lives."""
    for round_ in range(rounds):
        requests = [asyncio.create_task(caller.get()) for _ in range(20)]
        await pause(0.004 * round_)
        for request in requests:
            request.cancel()
        await asyncio.gather(*requests, return_exceptions=True)


async def test_cancelled_requests_do_not_poison_http1() -> None:
    """F23: httpx 0.28 answered nothing ever after; here the next call is quick, and connections stay bounded."""
    connections = 0

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        try:
            while await read_request(reader):
                await pause(0.01)
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
        finally:
            connections -= 1

    async with calling(handle) as caller:
        await _churn(caller)
        started = time.perf_counter()
        assert (await caller.get()).status == 200
        assert time.perf_counter() - started < 1
        await pause(0.05)
        assert connections <= 20


@handshake_cut
async def test_cancelled_requests_do_not_poison_http2() -> None:
    """A connection is shared by all twenty; what a cancelled one leaves half written must not cost the next."""
    async with listen(http2(0.01, b"{}"), server_tls()) as port, Transport(FakeClock(), trust=client_tls) as http:
        caller = Caller(http, f"https://localhost:{port}")
        await _churn(caller)
        started = time.perf_counter()
        assert (await caller.get()).status == 200
        assert time.perf_counter() - started < 1


class Mute:
    """HTTP/2 that goes mute on its first connection, as when a router forgets it; later ones work."""

    def __init__(self) -> None:
        self.connections = 0
        self.mute_after = 1

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        await (_say_nothing if self.connections <= self.mute_after else http2(0, b"{}"))(reader, writer)


async def test_a_connection_that_hangs_is_not_used_again() -> None:
    """HTTP/2 would send all requests into the same dead connection until it is given up."""
    mute = Mute()
    async with listen(mute, server_tls()) as port, Transport(FakeClock(), trust=client_tls) as http:
        caller = Caller(http, f"https://localhost:{port}")
        with pytest.raises(ServerFailed):
            await caller.get(deadline=0.2)
        assert (await caller.get()).status == 200

    assert mute.connections == 2


async def test_a_retired_pool_lets_others_finish() -> None:
    """One request runs into its deadline while another is still being answered on the same pool."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        await pause(0.2)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")

    async with calling(handle) as caller:
        patient = asyncio.create_task(caller.get())
        with pytest.raises(ServerFailed):
            await caller.get(deadline=0.05)
        assert (await patient).status == 200


async def test_connections_are_replaced_after_ten_minutes_of_use() -> None:
    """So that a changed address is noticed (reliability.md B11)."""
    clock = FakeClock()
    connections = 0

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        while await read_request(reader):
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")

    async with calling(handle, clock) as caller:
        for _ in range(5):
            await caller.get()
            clock.advance(pools.MAX_AGE / 4)

    assert connections == 2


async def test_a_full_pool_is_replaced_once_and_the_request_goes_out() -> None:
    """B14: twenty connections that never answer fill the pool; the next caller must not suffer for it."""
    connections = 0

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        if connections <= 20:
            await _say_nothing(reader, writer)
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")

    async with listen(handle) as port, Transport(FakeClock(), pool_wait=0.1) as http:
        caller = Caller(http, f"http://127.0.0.1:{port}")
        stuck = [asyncio.create_task(caller.get()) for _ in range(20)]
        await pause(0.05)
        assert (await caller.get(deadline=1)).status == 200
        for request in stuck:
            request.cancel()
        await asyncio.gather(*stuck, return_exceptions=True)
