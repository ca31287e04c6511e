"""F23, B11, B13 and B14: connections that are cancelled, hang, grow old or run out."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Iterator

import pytest
from authority import client_tls, http2, server_tls
from caller import Caller, calling, handshake_cut, pause, say_nothing
from fakes import FakeClock
from loopback import listen, read_request

from bridge.errors import ServerFailed
from bridge.fleet import pools
from bridge.fleet.transport import Transport


@pytest.fixture(autouse=True)
def tidy() -> Iterator[None]:
    """What one test leaves to the garbage collector is not told to the next one."""
    yield
    gc.collect()


async def _churn(caller: Caller, rounds: int = 8) -> None:
    """Twenty requests at once, cancelled from outside at different moments of their lives."""
    for round_ in range(rounds):
        requests = [asyncio.create_task(caller.get()) for _ in range(20)]
        await pause(0.004 * round_)
        for request in requests:
            request.cancel()
        await asyncio.gather(*requests, return_exceptions=True)


@pytest.mark.case("F23")
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


@pytest.mark.case("F23")
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
        await (say_nothing if self.connections <= self.mute_after else http2(0, b"{}"))(reader, writer)


@pytest.mark.case("F22")
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


@pytest.mark.case("F20")
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


@pytest.mark.case("F23")
async def test_a_full_pool_is_replaced_once_and_the_request_goes_out() -> None:
    """B14: twenty connections that never answer fill the pool; the next caller must not suffer for it."""
    connections = 0

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        if connections <= 20:
            await say_nothing(reader, writer)
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
