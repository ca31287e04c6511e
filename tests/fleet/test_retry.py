"""What is sent again, and what never is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from account import SITE, VIN, Book, client_of
from fakes import FakeClock
from loopback import Handler, Tesla, bad, good, listen, read_request, serve

from bridge.errors import AnswerInvalid, BridgeError, NotSent, RateLimited, ServerFailed
from bridge.fleet.calls import NO_ANSWER
from bridge.fleet.client import FleetClient

OK = b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 30\r\n\r\n{"response":{"result": true }}'

READS: dict[str, Callable[[FleetClient], Awaitable[Any]]] = {
    "vehicle": lambda client: client.vehicle(VIN),
    "vehicle_data": lambda client: client.vehicle_data(VIN, []),
    "fleet_status": lambda client: client.fleet_status([VIN]),
    "live_status": lambda client: client.live_status(SITE),
}
WRITES: dict[str, Callable[[FleetClient], Awaitable[Any]]] = {
    "command": lambda client: client.command(VIN, "command/actuate_trunk", {}),
    "wake_up": lambda client: client.wake_up(VIN),
    "energy_write": lambda client: client.energy_write(SITE, "backup", {"backup_reserve_percent": 0}),
}


class Loses:
    """Executes every request and loses the first answers in one of several ways; then it answers."""

    def __init__(self, way: str, times: int) -> None:
        self._way = way
        self._times = times
        self.executed = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        self.executed += 1
        if self.executed > self._times:
            writer.write(OK)
        elif self._way == "silence":
            await reader.read()
        elif self._way == "reset":
            writer.transport.abort()
        elif self._way == "reset in the body":
            writer.write(OK[:-10])
            await writer.drain()
            writer.transport.abort()


WAYS = ["hang up", "reset", "reset in the body"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("read", READS.values(), ids=READS)
async def test_a_read_whose_answer_was_lost_is_repeated(
    read: Callable[[FleetClient], Awaitable[Any]], way: str
) -> None:
    tesla = Loses(way, times=2)
    async with listen(tesla) as port, client_of(f"http://127.0.0.1:{port}") as client:
        assert await read(client) == {"result": True}
    assert tesla.executed == 3


@pytest.mark.parametrize("way", [*WAYS, "silence"])
@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
async def test_a_write_whose_answer_was_lost_is_not_repeated(
    write: Callable[[FleetClient], Awaitable[Any]], way: str
) -> None:
    """F24: executed exactly once; the outcome is left open and counted as perhaps billed."""
    tesla, book = Loses(way, times=1), Book()
    async with listen(tesla) as port, client_of(f"http://127.0.0.1:{port}", deadline=0.3, book=book) as client:
        with pytest.raises(ServerFailed):
            await write(client)
    assert tesla.executed == 1
    assert [status for _, _, status in book.recorded] == [NO_ANSWER]


@pytest.mark.case("F14")
@pytest.mark.parametrize("status", [500, 502, 503, 504, 540])
async def test_a_read_is_repeated_after_5xx(status: int) -> None:
    tesla = Tesla(bad(status), bad(status), good({"state": "online"}))
    clock = FakeClock(hurries=True)
    async with serve(tesla) as url, client_of(url, clock=clock) as client:
        assert await client.vehicle(VIN) == {"state": "online"}

    assert 0.5 <= clock.slept[0] <= 1
    assert 1 <= clock.slept[1] <= 2


@pytest.mark.case("F14")
async def test_a_read_is_given_up_after_three_tries() -> None:
    tesla = Tesla(bad(502))
    async with serve(tesla) as url, client_of(url) as client:
        with pytest.raises(ServerFailed):
            await client.vehicle(VIN)
    assert len(tesla.seen) == 3


@pytest.mark.case("F14")
@pytest.mark.parametrize("status", [500, 502, 503, 504, 540])
@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
async def test_a_write_is_not_repeated_after_5xx(write: Callable[[FleetClient], Awaitable[Any]], status: int) -> None:
    tesla = Tesla(bad(status))
    async with serve(tesla) as url, client_of(url) as client:
        with pytest.raises(ServerFailed):
            await write(client)
    assert len(tesla.seen) == 1


@pytest.mark.parametrize("status", [400, 402, 403, 404, 405, 408, 412, 418, 422, 423])
async def test_a_refusal_is_not_repeated(status: int) -> None:
    tesla = Tesla(bad(status))
    async with serve(tesla) as url, client_of(url) as client:
        with pytest.raises(BridgeError):
            await client.vehicle_data(VIN, [])
    assert len(tesla.seen) == 1


async def test_an_answer_of_the_wrong_shape_is_not_repeated() -> None:
    """It was billed, and a second one would be the same."""
    tesla = Tesla(good("upstream"))
    async with serve(tesla) as url, client_of(url) as client:
        with pytest.raises(AnswerInvalid):
            await client.live_status(SITE)
    assert len(tesla.seen) == 1


@pytest.mark.parametrize("call", [*READS.values(), *WRITES.values()], ids=[*READS, *WRITES])
async def test_what_provably_never_left_is_tried_again(call: Callable[[FleetClient], Awaitable[Any]]) -> None:
    """Nobody listens on the port until the client sleeps for the second time."""
    tesla = Loses("hang up", times=0)
    async with listen(tesla) as port:
        pass
    server: list[asyncio.Server] = []

    class OpensUp(FakeClock):
        async def sleep(self, seconds: float) -> None:
            if self.slept:
                server.append(await asyncio.start_server(_hanging_up(tesla), "127.0.0.1", port))
            await super().sleep(seconds)

    async with client_of(f"http://127.0.0.1:{port}", clock=OpensUp(hurries=True)) as client:
        await call(client)
    server[0].close()
    assert tesla.executed == 1


def _hanging_up(handler: Handler) -> Handler:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await handler(reader, writer)
        writer.close()
        await writer.wait_closed()

    return handle


async def test_no_connection_is_not_entered_in_the_ledger() -> None:
    book = Book()
    async with client_of("http://127.0.0.1:9", book=book) as client:
        with pytest.raises(NotSent):
            await client.command(VIN, "command/honk_horn", {})
    assert not book.recorded


@pytest.mark.case("F14")
async def test_all_tries_share_one_deadline() -> None:
    """The first try hangs until the deadline; there is no second."""
    tesla = Loses("silence", times=9)
    async with listen(tesla) as port, client_of(f"http://127.0.0.1:{port}", deadline=0.2) as client:
        with pytest.raises(ServerFailed, match="in time"):
            await client.vehicle(VIN)
    assert tesla.executed == 1


# --- 429 ----------------------------------------------------------------------------------------------------------


@pytest.mark.case("F13")
async def test_a_429_tells_the_ledger_what_and_for_how_long() -> None:
    tesla, book = Tesla(bad(429, retry_after="900")), Book()
    async with serve(tesla) as url, client_of(url, book=book) as client:
        with pytest.raises(RateLimited) as caught:
            await client.vehicle_data(VIN, [])

    assert caught.value.wait == 900
    assert book.blocked == [("data", VIN, 900)]
    assert len(tesla.seen) == 1


@pytest.mark.case("F13")
async def test_a_read_waits_out_a_short_429() -> None:
    tesla, clock = Tesla(bad(429, retry_after="3"), good({})), FakeClock(hurries=True)
    async with serve(tesla) as url, client_of(url, clock=clock) as client:
        assert await client.vehicle(VIN) == {}
    assert clock.slept == [3]


@pytest.mark.case("F13")
async def test_a_write_does_not_wait_out_a_429() -> None:
    """Whoever sent it learns it at once and decides."""
    tesla = Tesla(bad(429, retry_after="1"))
    async with serve(tesla) as url, client_of(url) as client:
        with pytest.raises(RateLimited):
            await client.command(VIN, "command/honk_horn", {})
    assert len(tesla.seen) == 1


@pytest.mark.case("F13")
async def test_a_read_does_not_wait_beyond_its_deadline() -> None:
    tesla, clock = Tesla(bad(429, retry_after="3")), FakeClock(hurries=True)
    async with serve(tesla) as url, client_of(url, clock=clock, deadline=2) as client:
        with pytest.raises(RateLimited):
            await client.vehicle(VIN)
    assert not clock.slept
