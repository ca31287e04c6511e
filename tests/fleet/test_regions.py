"""Where an account lives: what a 421 may change, and what it never may."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from account import VIN, Book, client_of, plain_transport, token_source
from fakes import FakeClock
from loopback import Tesla, bad, good, listen, serve
from test_hosts import LOOK_ALIKES

from bridge.errors import AccessDenied, NotRegistered, SettingWrong
from bridge.fleet import hosts
from bridge.fleet.auth.grants import Fixed
from bridge.fleet.auth.regions import find_region
from bridge.fleet.client import FleetClient
from bridge.fleet.hosts import REGIONS, Region, simulated
from bridge.fleet.transport import Answer, Message, Transport

NA, EU = REGIONS["na"], REGIONS["eu"]


def elsewhere(url: str) -> str:
    return f"user out of region, use base URL: {url}, see https://developer.tesla.com/docs/fleet-api"


# --- on the wire --------------------------------------------------------------------------------------------------


async def test_a_421_moves_the_account_and_the_call_is_sent_again() -> None:
    moves: list[Region] = []
    there = Tesla(good({"result": True, "reason": ""}))
    async with serve(there) as there_url:
        here = Tesla(bad(421, elsewhere(there_url)))
        async with serve(here) as here_url, client_of(here_url, moves=moves) as client:
            await client.command(VIN, "command/honk_horn", {})
            assert client.region.api == there_url
            await client.command(VIN, "command/honk_horn", {})

    assert (len(here.seen), len(there.seen)) == (1, 2)
    assert [region.api for region in moves] == [there_url]
    assert there.seen[0].headers["authorization"] == "Bearer access-0"


async def test_a_421_may_name_its_host_as_alt_svc() -> None:
    async with serve(Tesla(good({}))) as there:
        here = Tesla(bad(421, "", alt_svc=f'h2="{there}"; ma=1'))
        async with serve(here) as here_url, client_of(here_url) as client:
            assert await client.vehicle(VIN) == {}


async def test_nothing_reaches_a_host_that_a_421_may_not_name() -> None:
    """The foreign server would see a connection, let alone a token; it sees neither."""
    heard: list[bytes] = []

    async def listen_in(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        heard.append(b"a connection")
        heard.append(await reader.read(65536))

    async with listen(listen_in) as port:
        here = Tesla(bad(421, elsewhere(f"http://localhost:{port}")))
        async with serve(here) as url, client_of(url) as client:
            with pytest.raises(AccessDenied) as caught:
                await client.vehicle(VIN)

    assert caught.value.reason == "region"
    assert not heard
    assert len(here.seen) == 1


async def test_two_regions_cannot_play_ping_pong() -> None:
    """One move an hour: each call costs one answer of the region that does not want it."""
    one, other = Tesla(), Tesla()
    clock = FakeClock()
    async with serve(one) as one_url, serve(other) as other_url, client_of(one_url, clock=clock) as client:
        one.replies.append(bad(421, elsewhere(other_url)))
        other.replies.append(bad(421, elsewhere(one_url)))
        for _ in range(3):
            with pytest.raises(AccessDenied):
                await client.vehicle(VIN)
        assert (len(one.seen), len(other.seen)) == (1, 3)
        clock.advance(3600)
        one.replies[0] = good({})
        assert await client.vehicle(VIN) == {}


async def test_412_is_told_and_not_repeated() -> None:
    here = Tesla(bad(412, "Account abc must be registered in the current region"))
    async with serve(here) as url, client_of(url) as client:
        with pytest.raises(NotRegistered, match="fleet2mqtt register"):
            await client.vehicle(VIN)
    assert len(here.seen) == 1


# --- with the real table, at the edge of the network --------------------------------------------------------------


class Edge(Transport):
    """Stands where the network begins: keeps what would leave, after the last look that the real one takes."""

    def __init__(self, *answers: Answer) -> None:
        super().__init__(FakeClock())
        self._answers = list(answers)
        self.left: list[tuple[str, str]] = []

    async def exchange(self, region: Region, message: Message, until: float) -> Answer:
        hosts.refuse_foreign(message.url, region)
        self.left.append((message.url, message.headers["Authorization"]))
        return self._answers.pop(0)


def _json(status: int, **body: Any) -> Answer:
    return Answer(status, {"content-type": "application/json"}, json.dumps(body).encode())


def _moved(url: str) -> Answer:
    return _json(421, response=None, error=elsewhere(url), error_description="")


@asynccontextmanager
async def real_account(edge: Edge, moves: list[Region]) -> AsyncIterator[FleetClient]:
    clock = FakeClock(hurries=True)
    tokens = token_source(NA, edge, clock, grant=Fixed("real-token"))
    yield FleetClient(tokens=tokens, region=NA, clock=clock, ledger=Book(), http=edge, on_region=moves.append, seed=1)


async def test_a_real_account_follows_teslas_own_host() -> None:
    edge, moves = Edge(_moved(EU.api), _json(200, response={})), list[Region]()
    async with real_account(edge, moves) as client:
        assert await client.vehicle(VIN) == {}

    assert [url for url, _ in edge.left] == [f"{NA.api}/api/1/vehicles/{VIN}", f"{EU.api}/api/1/vehicles/{VIN}"]
    assert moves == [EU]


@pytest.mark.parametrize("url", [*LOOK_ALIKES, "http://127.0.0.1:8080"])
async def test_a_real_account_is_not_led_astray(url: str) -> None:
    edge, moves = Edge(_moved(url.strip())), list[Region]()
    async with real_account(edge, moves) as client:
        with pytest.raises(AccessDenied):
            await client.vehicle(VIN)

    assert [url for url, _ in edge.left] == [f"{NA.api}/api/1/vehicles/{VIN}"]
    assert not moves


def test_a_simulated_region_and_a_real_token_do_not_meet() -> None:
    clock = FakeClock()
    http = plain_transport(clock)
    real = token_source(EU, http, clock, grant=Fixed("real-token"))
    with pytest.raises(SettingWrong):
        FleetClient(tokens=real, region=simulated("http://localhost:8080"), clock=clock, ledger=Book(), http=http)


async def test_a_simulated_account_lives_where_it_was_declared() -> None:
    async def never() -> Region:
        raise AssertionError

    clock = FakeClock()
    tokens = token_source("http://localhost:8080", plain_transport(clock), clock, grant=Fixed("worth nothing"))
    assert await find_region(tokens, never) == tokens.region


async def test_a_token_that_names_no_region_has_tesla_asked() -> None:
    async def ask() -> Region:
        return EU

    clock = FakeClock()
    tokens = token_source(NA, plain_transport(clock), clock, grant=Fixed("opaque"))
    assert await find_region(tokens, ask) == EU
