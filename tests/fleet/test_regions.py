"""Where an account lives: what a 421 may change, and what it never may."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from account import VIN, Book, MemoryNotes, client_of, plain_transport, token_source
from fakes import FakeClock
from loopback import Tesla, bad, good, listen, serve
from test_hosts import LOOK_ALIKES

from bridge.database import Database
from bridge.errors import AccessDenied, NotRegistered, SettingWrong
from bridge.fleet import hosts
from bridge.fleet.auth.grants import Fixed
from bridge.fleet.client import FleetClient
from bridge.fleet.home import Home
from bridge.fleet.hosts import REGIONS, Region, simulated
from bridge.fleet.transport import Answer, Message, Transport

NA, EU = REGIONS["na"], REGIONS["eu"]


def elsewhere(url: str) -> str:
    return f"user out of region, use base URL: {url}, see https://developer.tesla.com/docs/fleet-api"


# --- on the wire --------------------------------------------------------------------------------------------------


@pytest.mark.case("F12")
async def test_a_421_moves_the_account_and_the_call_is_sent_again() -> None:
    there = Tesla(good({"result": True, "reason": ""}))
    async with serve(there) as there_url:
        here = Tesla(bad(421, elsewhere(there_url)))
        async with serve(here) as here_url, client_of(here_url) as client:
            await client.command(VIN, "command/honk_horn", {})
            assert client.region.api == there_url
            await client.command(VIN, "command/honk_horn", {})

    assert (len(here.seen), len(there.seen)) == (1, 2)
    assert there.seen[0].headers["authorization"] == "Bearer access-0"


@pytest.mark.case("F12")
async def test_a_421_may_name_its_host_as_alt_svc() -> None:
    async with serve(Tesla(good({}))) as there:
        here = Tesla(bad(421, "", alt_svc=f'h2="{there}"; ma=1'))
        async with serve(here) as here_url, client_of(here_url) as client:
            assert await client.vehicle(VIN) == {}


@pytest.mark.case("S14")
@pytest.mark.case("F12")
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


@pytest.mark.case("F12")
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


@pytest.mark.case("F12")
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
async def real_account(edge: Edge, access: str = "real-token", **known: Any) -> AsyncIterator[FleetClient]:
    """`known`: what Home is told of the account that is set to live in North America."""
    clock = FakeClock(hurries=True)
    tokens = token_source(NA, edge, clock, grant=Fixed(access))
    yield FleetClient(tokens=tokens, home=Home(NA, clock, **known), clock=clock, ledger=Book(), http=edge, seed=1)


@pytest.mark.case("F12")
async def test_a_real_account_follows_teslas_own_host() -> None:
    edge = Edge(_moved(EU.api), _json(200, response={}))
    async with real_account(edge) as client:
        assert await client.vehicle(VIN) == {}
        assert client.region == EU

    assert [url for url, _ in edge.left] == [f"{NA.api}/api/1/vehicles/{VIN}", f"{EU.api}/api/1/vehicles/{VIN}"]


@pytest.mark.case("S14")
@pytest.mark.case("F12")
@pytest.mark.parametrize("url", [*LOOK_ALIKES, "http://127.0.0.1:8080"])
async def test_a_real_account_is_not_led_astray(url: str) -> None:
    edge = Edge(_moved(url.strip()))
    async with real_account(edge) as client:
        with pytest.raises(AccessDenied):
            await client.vehicle(VIN)
        assert client.region == NA

    assert [url for url, _ in edge.left] == [f"{NA.api}/api/1/vehicles/{VIN}"]


@pytest.mark.case("F12")
def test_a_simulated_region_and_a_real_token_do_not_meet() -> None:
    clock = FakeClock()
    http = plain_transport(clock)
    real = token_source(EU, http, clock, grant=Fixed("real-token"))
    with pytest.raises(SettingWrong):
        FleetClient(
            tokens=real, home=Home(simulated("http://localhost:8080"), clock), clock=clock, ledger=Book(), http=http
        )


# --- across a restart ---------------------------------------------------------------------------------------------


@pytest.mark.case("F12")
async def test_where_an_account_has_moved_is_known_after_a_restart(tmp_path: Path) -> None:
    there = Tesla(good({}))
    async with serve(there) as there_url:
        here = Tesla(bad(421, elsewhere(there_url)))
        async with serve(here) as here_url:
            for _ in range(3):
                with Database(tmp_path) as notes:
                    async with client_of(here_url, notes=notes) as client:
                        await client.vehicle(VIN)
    assert (len(here.seen), len(there.seen)) == (1, 3)


@pytest.mark.case("F12")
async def test_a_restart_gives_no_new_hour_to_ping_pong() -> None:
    notes, one, other = MemoryNotes(), Tesla(), Tesla()
    async with serve(one) as one_url, serve(other) as other_url:
        one.replies.append(bad(421, elsewhere(other_url)))
        other.replies.append(bad(421, elsewhere(one_url)))
        for _ in range(5):
            async with client_of(one_url, notes=notes) as client:
                with pytest.raises(AccessDenied):
                    await client.vehicle(VIN)
    assert (len(one.seen), len(other.seen)) == (1, 5)


@pytest.mark.case("F12")
@pytest.mark.parametrize("to", [*LOOK_ALIKES, "http://127.0.0.1:8080", ""])
async def test_a_note_leads_no_further_than_the_table(to: str) -> None:
    """Whoever can write the database still gets no token sent elsewhere."""
    notes = MemoryNotes()
    notes.kept["region home"] = {"left": NA.api, "to": to, "at": "2026-07-01T11:00:00+00:00"}
    edge = Edge(_json(200, response={}))
    async with real_account(edge, notes=notes, account="home") as client:
        await client.vehicle(VIN)
    assert [url for url, _ in edge.left] == [f"{NA.api}/api/1/vehicles/{VIN}"]


@pytest.mark.case("F12")
async def test_a_note_of_another_home_does_not_count() -> None:
    """The owner has set another region since, or signed in to an account that lives elsewhere."""
    notes = MemoryNotes()
    notes.kept["region home"] = {"left": EU.api, "to": REGIONS["cn"].api, "at": "2026-07-01T11:00:00+00:00"}
    async with real_account(Edge(_json(200, response={})), notes=notes, account="home") as client:
        await client.vehicle(VIN)
        assert client.region == NA


@pytest.mark.case("F12")
async def test_a_note_that_cannot_be_written_costs_no_call() -> None:
    class FullDisk(MemoryNotes):
        def keep_secrets(self, secrets: Mapping[str, Mapping[str, Any] | None]) -> None:
            raise OSError(28, "No space left on device")

    async with real_account(Edge(_moved(EU.api), _json(200, response={})), notes=FullDisk()) as client:
        assert await client.vehicle(VIN) == {}


# --- what the token says ------------------------------------------------------------------------------------------


def _token(**claims: Any) -> str:
    parts = ({"alg": "none"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + ".x"


EUROPEAN = _token(aud=[NA.api, EU.api], ou_code="EU")


@pytest.mark.case("F12")
async def test_where_nothing_is_set_the_token_says_where_the_account_lives() -> None:
    edge = Edge(_json(200, response={}))
    async with real_account(edge, EUROPEAN, is_set=False) as client:
        await client.vehicle(VIN)
    assert [url for url, _ in edge.left] == [f"{EU.api}/api/1/vehicles/{VIN}"]


@pytest.mark.case("F12")
async def test_a_region_that_is_set_counts_more_because_tokens_have_been_seen_to_be_wrong() -> None:
    """Reliability B2."""
    edge = Edge(_json(200, response={}))
    async with real_account(edge, EUROPEAN) as client:
        await client.vehicle(VIN)
    assert [url for url, _ in edge.left] == [f"{NA.api}/api/1/vehicles/{VIN}"]


@pytest.mark.case("F12")
@pytest.mark.parametrize("token", ["opaque", _token(), _token(aud="https://fleet-api.tesla.com.evil.example")])
async def test_a_token_that_names_no_region_changes_nothing(token: str) -> None:
    edge = Edge(_json(200, response={}))
    async with real_account(edge, token, is_set=False) as client:
        await client.vehicle(VIN)
        assert client.region == NA


@pytest.mark.case("F12")
async def test_a_simulated_account_lives_where_it_was_declared() -> None:
    async with serve(Tesla(good({}))) as url:
        clock = FakeClock()
        http = plain_transport(clock)
        region = simulated(url)
        tokens = token_source(region, http, clock, grant=Fixed(EUROPEAN))
        home = Home(region, clock, is_set=False)
        async with FleetClient(tokens=tokens, home=home, clock=clock, ledger=Book(), http=http) as client:
            await client.vehicle(VIN)
            assert client.region == region


@pytest.mark.case("F12")
async def test_451_names_no_host_and_moves_nobody() -> None:
    here = Tesla(bad(451, elsewhere("https://fleet-api.prd.eu.vn.cloud.tesla.com")))
    async with serve(here) as url, client_of(url) as client:
        with pytest.raises(AccessDenied, match="FLEET2MQTT_TESLA_REGION") as caught:
            await client.vehicle(VIN)
    assert caught.value.reason == "region"
    assert len(here.seen) == 1
