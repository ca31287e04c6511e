"""One request, one answer or one honest error, on real sockets."""

from __future__ import annotations

import asyncio
import gc
import gzip
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from account import plain_transport
from authority import client_tls, http2, server_tls
from caller import TOKEN, Caller, calling, handshake_cut, pause, say_nothing
from fakes import FakeClock
from loopback import Tesla, good, listen, read_request, serve
from starlette.responses import Response, StreamingResponse

from bridge.errors import AnswerInvalid, NotSent, ServerFailed
from bridge.fleet.transport import MAX_BODY, Transport


@pytest.fixture(autouse=True)
def tidy() -> Iterator[None]:
    """What one test leaves to the garbage collector is not told to the next one."""
    yield
    gc.collect()


async def test_an_answer_of_any_status_is_an_answer() -> None:
    tesla = Tesla(Response(b"[]", 418, {"X-TxId": "abc", "content-type": "application/json"}))
    async with serve(tesla) as url, plain_transport(FakeClock()) as http:
        answer = await Caller(http, url).get()

    assert (answer.status, answer.body, answer.headers["x-txid"]) == (418, b"[]", "abc")
    assert tesla.seen[0].headers["authorization"] == TOKEN
    assert tesla.seen[0].headers["user-agent"].startswith("fleet2mqtt/")


async def test_a_header_that_comes_twice_is_one_list() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nAlt-Svc: a\r\nalt-svc: b\r\ncontent-length: 0\r\n\r\n")

    async with calling(handle) as caller:
        assert (await caller.get()).headers["alt-svc"] == "a, b"


@pytest.mark.case("S14")
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


@pytest.mark.case("S14")
async def test_the_environment_cannot_redirect_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTP_PROXY names a port where nobody listens; the call goes straight to the server."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    async with serve(Tesla(good("ok"))) as url, plain_transport(FakeClock()) as http:
        assert (await Caller(http, url).get()).status == 200


# --- nothing left, or something may have ----------------------------------------------------------------------


async def test_a_refused_connection_means_that_nothing_was_sent() -> None:
    async with listen(say_nothing) as port:
        pass
    async with plain_transport(FakeClock()) as http:
        with pytest.raises(NotSent, match=f"no connection to http://127.0.0.1:{port}"):
            await Caller(http, f"http://127.0.0.1:{port}").get()


@pytest.mark.case("F20")
async def test_an_unknown_host_means_that_nothing_was_sent() -> None:
    async with plain_transport(FakeClock()) as http:
        with pytest.raises(NotSent):
            await Caller(http, "http://nobody.invalid").get()


async def test_a_deadline_that_passes_before_the_start_means_that_nothing_was_sent() -> None:
    async with calling(say_nothing) as caller:
        with pytest.raises(NotSent):
            await caller.get(deadline=-1)


@pytest.mark.case("F21")
@handshake_cut
async def test_a_deadline_that_passes_during_the_tls_handshake_means_that_nothing_was_sent() -> None:
    """The server takes the connection and never says hello."""
    async with listen(say_nothing) as port, plain_transport(FakeClock()) as http:
        with pytest.raises(NotSent):
            await Caller(http, f"https://localhost:{port}").get(deadline=0.1)


@pytest.mark.case("F22")
async def test_a_server_that_takes_the_request_and_never_answers_leaves_the_outcome_open() -> None:
    async with calling(say_nothing) as caller:
        started = time.perf_counter()
        with pytest.raises(ServerFailed, match="no answer in time"):
            await caller.get(deadline=0.1)
        assert time.perf_counter() - started < 1.1


@pytest.mark.case("F22")
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
        assert time.perf_counter() - started < 1.2


@pytest.mark.case("F22")
async def test_a_connection_reset_in_the_body_leaves_the_outcome_open() -> None:
    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"response"')
        await writer.drain()
        writer.transport.abort()

    async with calling(reset) as caller:
        with pytest.raises(ServerFailed):
            await caller.get()


@pytest.mark.case("F22")
@pytest.mark.parametrize("after", [b"", b"HTTP/1.1 200 OK\r\n", b"nonsense\r\n\r\n"])
async def test_a_server_that_hangs_up_leaves_the_outcome_open(after: bytes) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(after)

    async with calling(hang_up) as caller:
        with pytest.raises(ServerFailed):
            await caller.get()


# --- what is not believed ---------------------------------------------------------------------------------------


@pytest.mark.case("S24")
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


@pytest.mark.case("S24")
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


@pytest.mark.case("F21")
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
