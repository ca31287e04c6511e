"""B6: bodies that are not what was asked for, at one endpoint of each kind, over a raw socket."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from account import EXPIRED, SITE, VIN, Shelf, client_of
from fakes import FakeClock
from hostile import HOSTILE, plain
from loopback import listen, read_request

from bridge.errors import AnswerInvalid, NotSent, ServerFailed
from bridge.fleet.answers import CommandAnswer
from bridge.fleet.auth.grants import RefreshToken
from bridge.fleet.client import FleetClient
from bridge.fleet.transport import MAX_BODY

CALLS: dict[str, Callable[[FleetClient], Awaitable[Any]]] = {
    "list": lambda client: client.products(),
    "read": lambda client: client.vehicle_data(VIN, ["charge_state"]),
    "command": lambda client: client.command(VIN, "command/flash_lights", {}),
    "wake": lambda client: client.wake_up(VIN),
}


class Raw:
    """Answers every request with the same bytes and hangs up."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self.requests = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        self.requests += 1
        writer.write(self._answer)
        await writer.drain()


@asynccontextmanager
async def talking_to(raw: Raw, **options: Any) -> AsyncIterator[FleetClient]:
    async with listen(raw) as port, client_of(f"http://127.0.0.1:{port}", **options) as client:
        yield client


@pytest.mark.case("F15")
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("answer", HOSTILE.values(), ids=HOSTILE)
async def test_a_hostile_body_costs_this_call_and_no_more(
    answer: bytes, call: Callable[[FleetClient], Awaitable[Any]]
) -> None:
    """The error never claims that nothing was sent; the client lives."""
    async with talking_to(Raw(answer)) as client:
        with pytest.raises((AnswerInvalid, ServerFailed)):
            await call(client)


@pytest.mark.case("F15")
@pytest.mark.parametrize("answer", HOSTILE.values(), ids=HOSTILE)
async def test_a_command_is_sent_once_whatever_comes_back(answer: bytes) -> None:
    raw = Raw(answer)
    async with talking_to(raw) as client:
        with pytest.raises((AnswerInvalid, ServerFailed)):
            await client.command(VIN, "command/door_unlock", {})
    assert raw.requests == 1


# Fleet-api.md 4.4 takes any 2xx whose `response` is no object for a yes.
_YES = {"response is a number", "response is a text"}


@pytest.mark.case("F15")
@pytest.mark.parametrize("answer", [HOSTILE[name] for name in HOSTILE if name not in _YES])
async def test_an_energy_write_is_not_believed_to_be_done(answer: bytes) -> None:
    raw = Raw(answer)
    async with talking_to(raw) as client:
        with pytest.raises((AnswerInvalid, ServerFailed)):
            await client.energy_write(SITE, "backup", {"backup_reserve_percent": 20})
    assert raw.requests == 1


@pytest.mark.case("F15")
@pytest.mark.parametrize("answer", HOSTILE.values(), ids=HOSTILE)
async def test_a_hostile_sign_in_server_is_not_a_sign_out(answer: bytes) -> None:
    """The call was never made: NotSent, and never `sign in again`."""
    raw = Raw(answer)
    clock = FakeClock(hurries=True)
    async with talking_to(raw, grant=RefreshToken("id"), store=Shelf(EXPIRED), clock=clock) as client:
        with pytest.raises(NotSent, match="no access token"):
            await client.products()


@pytest.mark.case("F15")
async def test_what_looks_odd_but_is_json_is_read() -> None:
    """A byte order mark, a repeated key (the last one counts), no content type, keys nobody has heard of."""
    odd = b'\xef\xbb\xbf{"response":{"state":"asleep","state":"online","warp":9},"count":1}'
    async with talking_to(Raw(plain(odd, kind=None))) as client:
        assert await client.vehicle(VIN) == {"state": "online", "warp": 9}


@pytest.mark.case("F15")
async def test_an_empty_answer_is_a_yes_to_a_write_and_nothing_to_a_read() -> None:
    empty = b"HTTP/1.1 204 No Content\r\n\r\n"
    async with talking_to(Raw(empty)) as client:
        assert await client.command(VIN, "command/flash_lights", {}) == CommandAnswer(result=True, reason="")
        assert await client.energy_write(SITE, "backup", {}) == CommandAnswer(result=True, reason="")
        assert await client.wake_up(VIN) == {}
        with pytest.raises(AnswerInvalid):
            await client.vehicle(VIN)


@pytest.mark.case("F15")
async def test_fifty_megabytes_are_not_read() -> None:
    sent = 0

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 50000000\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            while sent < 50_000_000:
                writer.write(b" " * 50_000)
                await writer.drain()
                sent += 50_000

    async with listen(flood) as port, client_of(f"http://127.0.0.1:{port}") as client:
        with pytest.raises(AnswerInvalid, match="longer"):
            await client.vehicle(VIN)
    assert sent < 10 * MAX_BODY


@pytest.mark.case("F15")
async def test_one_broken_entry_of_a_list_does_not_cost_the_others() -> None:
    mixed = b'{"response":[null,{"vin":"A"},"x",[],{"energy_site_id":1}]}'
    async with talking_to(Raw(plain(mixed))) as client:
        assert await client.products() == [{"vin": "A"}, {"energy_site_id": 1}]
