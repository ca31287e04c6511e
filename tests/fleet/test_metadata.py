"""What a sign-in server says of its addresses: followed within the table, and needed by nobody (A11, S14)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest
from account import plain_transport
from fakes import FakeClock
from loopback import listen, refused
from sign_in_server import KEYS, METADATA, PAIR, TOKEN, SignInServer, sign_in_server, simulated_tesla
from starlette.responses import HTMLResponse, JSONResponse, Response
from structlog.testing import capture_logs

from bridge.errors import NotSent, RateLimited, ServerFailed, SignInRequired
from bridge.fleet import hosts
from bridge.fleet.auth.endpoint import Granted, TokenEndpoint
from bridge.fleet.auth.metadata import KEPT, KEPT_FAILURE, Endpoints, Metadata, built_in
from bridge.fleet.hosts import FLEET, REGIONS, Region, simulated
from bridge.fleet.transport import Answer, Message, Transport

FIELDS = {"grant_type": "refresh_token", "client_id": "app", "refresh_token": "refresh-0"}
NEW_TOKEN = "/oauth2/v4/token"
DOWN = Response(status_code=503)


async def ask(server: SignInServer, clock: FakeClock | None = None) -> Granted:
    clock = clock or FakeClock()
    async with plain_transport(clock) as http:
        return await TokenEndpoint(http, clock).ask(server.region, FIELDS)


async def read(server: SignInServer) -> Endpoints:
    clock = FakeClock()
    async with plain_transport(clock) as http:
        return await Metadata(http, clock).read(server.region)


# --- a renewal needs nobody but the token endpoint ----------------------------------------------------------------


async def test_while_the_token_endpoint_answers_nobody_else_is_asked() -> None:
    async with sign_in_server() as server:
        server.says(token_endpoint=NEW_TOKEN)
        assert (await ask(server)).access == "access-1"
    assert server.seen == [TOKEN]


@pytest.mark.parametrize(
    "document",
    [
        DOWN,
        HTMLResponse("<html>"),
        Response(b"", 200),
        JSONResponse([1]),
        Response(b'{"token_endpoint":', 200, media_type="application/json"),
        Response(status_code=302, headers={"location": "https://evil.example"}),
    ],
    ids=["503", "a web page", "nothing", "a list", "cut off", "elsewhere"],
)
async def test_a_metadata_host_that_fails_costs_no_renewal(document: Response) -> None:
    async with sign_in_server() as server:
        server.replies[METADATA] = document
        assert (await ask(server)).access == "access-1"
        server.replies[TOKEN] = DOWN
        with pytest.raises(ServerFailed, match="HTTP 503"):
            await ask(server)
        server.replies[TOKEN] = JSONResponse(PAIR)
        assert (await ask(server)).access == "access-1"


async def test_a_metadata_host_that_never_answers_costs_no_renewal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.fleet.auth.metadata.DEADLINE", 0.05)  # real seconds
    never = asyncio.Event()

    async def silent(_scope: Any, _receive: Any, _send: Any) -> None:
        await never.wait()

    clock = FakeClock()
    async with sign_in_server() as server, plain_transport(clock) as http:
        server.replies |= {METADATA: silent, TOKEN: DOWN}  # type: ignore[dict-item]  # any ASGI app will do
        endpoint = TokenEndpoint(http, clock)
        with pytest.raises(ServerFailed, match="HTTP 503"):
            await endpoint.ask(server.region, FIELDS)
        server.replies[TOKEN] = JSONResponse(PAIR)
        assert (await endpoint.ask(server.region, FIELDS)).access == "access-1"
        never.set()


async def test_with_the_network_down_the_error_is_that_of_the_token_endpoint() -> None:
    clock = FakeClock()
    async with plain_transport(clock) as http:
        with pytest.raises(NotSent):
            await TokenEndpoint(http, clock).ask(simulated("http://127.0.0.1:9"), FIELDS)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (refused("login_required", 401), SignInRequired),
        (Response(status_code=429, headers={"retry-after": "7"}), RateLimited),
    ],
    ids=["login_required", "429"],
)
async def test_what_a_sign_in_server_itself_has_said_is_not_asked_again_elsewhere(
    reply: Response, error: type[Exception]
) -> None:
    async with sign_in_server() as server:
        server.replies[TOKEN] = reply
        server.says(token_endpoint=NEW_TOKEN)
        with pytest.raises(error):
            await ask(server)
    assert server.seen == [TOKEN]


# --- an endpoint that has moved -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "gone",
    [Response(status_code=404), Response(status_code=410), HTMLResponse("<html>moved"), DOWN],
    ids=["404", "410", "a web page", "503"],
)
async def test_where_no_sign_in_server_answers_the_one_that_is_named_is_asked(gone: Response) -> None:
    async with sign_in_server() as server:
        server.replies |= {TOKEN: gone, NEW_TOKEN: JSONResponse(PAIR)}
        server.says(issuer=server.url, token_endpoint=NEW_TOKEN)
        assert (await ask(server)).refresh == "refresh-1"
    assert server.seen == [TOKEN, METADATA, NEW_TOKEN]
    assert server.forms[0] == server.forms[2] == FIELDS


async def test_the_document_is_read_once_a_day() -> None:
    clock = FakeClock()
    async with sign_in_server() as server, plain_transport(clock) as http:
        server.says(token_endpoint=NEW_TOKEN)
        metadata = Metadata(http, clock)
        for _ in range(3):
            assert (await metadata.read(server.region)).token == f"{server.url}{NEW_TOKEN}"
            clock.advance(KEPT / 3 - 1)
        assert server.count(METADATA) == 1
        clock.advance(3)
        server.says(token_endpoint="/oauth2/v5/token")
        assert (await metadata.read(server.region)).token == f"{server.url}/oauth2/v5/token"
    assert server.count(METADATA) == 2


async def test_one_that_could_not_be_read_is_tried_again_after_an_hour() -> None:
    clock = FakeClock()
    async with sign_in_server() as server, plain_transport(clock) as http:
        metadata = Metadata(http, clock)
        for _ in range(60):
            assert await metadata.read(server.region) == built_in(server.region)
            clock.advance(KEPT_FAILURE / 60 - 0.1)
        assert server.count(METADATA) == 1
        clock.advance(6)
        server.says(token_endpoint=NEW_TOKEN)
        assert (await metadata.read(server.region)).token == f"{server.url}{NEW_TOKEN}"


async def test_what_the_document_leaves_out_stays_as_built() -> None:
    async with sign_in_server() as server:
        server.says(authorization_endpoint="/other/authorize")
        found, built = await read(server), built_in(server.region)
    assert found == Endpoints(built.token, f"{server.url}/other/authorize", built.keys)


async def test_the_simulators_own_document_says_what_the_table_says() -> None:
    clock = FakeClock()
    async with simulated_tesla() as region, plain_transport(clock) as http:
        with capture_logs() as lines:
            assert await Metadata(http, clock).read(region) == built_in(region)
    assert not lines


@pytest.mark.parametrize("name", [name for name, region in REGIONS.items() if not region.metadata])
async def test_a_relay_and_the_owner_api_have_no_metadata_to_ask_for(name: str) -> None:
    clock = FakeClock()
    edge = Edge()
    assert await Metadata(edge, clock).read(REGIONS[name]) == built_in(REGIONS[name])
    assert not edge.left


# --- nobody is led astray (S14) -----------------------------------------------------------------------------------


@pytest.mark.case("S14")
async def test_a_foreign_address_is_ignored_and_nothing_reaches_it() -> None:
    heard: list[bytes] = []

    async def listen_in(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        heard.append(b"a connection")
        heard.append(await reader.read(65536))

    async with listen(listen_in) as port, sign_in_server() as server:
        server.replies[TOKEN] = Response(status_code=404)
        foreign = f"http://localhost:{port}"
        server.says(token_endpoint=f"{foreign}/token", jwks_uri=f"{foreign}/keys", authorization_endpoint=foreign)
        with pytest.raises(ServerFailed):
            await ask(server)
        assert await read(server) == built_in(server.region)
    assert not heard


async def test_an_own_address_beside_a_foreign_one_is_followed() -> None:
    async with sign_in_server() as server:
        server.says(token_endpoint="https://evil.example/token", jwks_uri="/other/keys")
        found = await read(server)
    assert (found.token, found.keys) == (f"{server.url}{TOKEN}", f"{server.url}/other/keys")


async def test_another_servers_document_is_not_followed_at_all() -> None:
    async with sign_in_server() as server:
        server.says(issuer="https://evil.example", token_endpoint=NEW_TOKEN)
        assert await read(server) == built_in(server.region)


@pytest.mark.parametrize(
    "odd", [7, None, ["a"], {"a": 1}, "", "http://[", "https://fleet-auth.tesla.com\n", "x" * 9999]
)
async def test_an_odd_address_is_no_address(odd: object) -> None:
    async with sign_in_server() as server:
        server.replies[METADATA] = JSONResponse({"token_endpoint": odd, "jwks_uri": odd, "issuer": None})
        assert await read(server) == built_in(server.region)


async def test_one_line_for_each_change() -> None:
    clock = FakeClock()
    async with sign_in_server() as server, plain_transport(clock) as http:
        metadata = Metadata(http, clock)

        async def said(days: int) -> list[str]:
            with capture_logs() as lines:
                for _ in range(days):
                    clock.advance(KEPT + 1)
                    await metadata.read(server.region)
            return [line["found"].partition(":")[0] for line in lines]

        assert await said(3) == ["it cannot be read (no_answer); the built-in addresses stand"]
        server.says(token_endpoint="https://evil.example/token")
        assert await said(3) == ["it names hosts that are not in the table"]
        server.says(token_endpoint=NEW_TOKEN)
        assert await said(3) == ["it names other addresses"]
        server.says(token_endpoint=TOKEN, jwks_uri=KEYS)
        assert await said(3) == ["it says what the built-in table says"]


# --- with the real table, at the edge of the network --------------------------------------------------------------


class Edge(Transport):
    """Stands where the network begins: keeps what would leave, after the last look that the real one takes."""

    def __init__(self, **answers: Answer) -> None:
        super().__init__(FakeClock())
        self._answers = answers
        self.left: list[str] = []

    async def exchange(self, region: Region, message: Message, until: float) -> Answer:
        hosts.refuse_foreign(message.url, region)
        self.left.append(message.url)
        return self._answers[message.url.rsplit("/", 1)[-1].replace("-", "_")]


def _json(document: Mapping[str, Any]) -> Answer:
    return Answer(200, {"content-type": "application/json"}, json.dumps(document).encode())


SEEN_AT_TESLA = {  # by others, at fleet-auth.prd.vn.cloud.tesla.com in July 2026
    "authorization_endpoint": "https://auth.tesla.com/oauth2/v3/authorize",
    "token_endpoint": "https://auth.tesla.com/oauth2/v3/token",
    "userinfo_endpoint": "https://auth.tesla.com/oauth2/v3/userinfo",
    "jwks_uri": "https://auth.tesla.com/oauth2/v3/discovery/thirdparty/keys",
}


async def test_teslas_document_of_2026_is_within_the_table() -> None:
    edge = Edge(openid_configuration=_json(SEEN_AT_TESLA))
    found = await Metadata(edge, FakeClock()).read(FLEET["eu"])
    assert found == Endpoints(
        "https://auth.tesla.com/oauth2/v3/token",
        "https://auth.tesla.com/oauth2/v3/authorize",
        "https://auth.tesla.com/oauth2/v3/discovery/thirdparty/keys",
    )
    assert edge.left == [FLEET["eu"].metadata]


async def test_the_host_that_tesla_announced_is_asked_before_the_one_that_its_metadata_names() -> None:
    edge = Edge(openid_configuration=_json(SEEN_AT_TESLA), token=_json(PAIR))
    await TokenEndpoint(edge, FakeClock()).ask(FLEET["eu"], FIELDS)
    assert edge.left == ["https://fleet-auth.prd.vn.cloud.tesla.com/oauth2/v3/token"]


async def test_an_internal_name_of_teslas_that_was_seen_in_2025_is_not_followed() -> None:
    """It resolves nowhere outside."""
    moved = {name: url.replace("auth.tesla.com", "fleet-auth.tesla.com") for name, url in SEEN_AT_TESLA.items()}
    edge = Edge(openid_configuration=_json(moved))
    assert await Metadata(edge, FakeClock()).read(FLEET["na"]) == built_in(FLEET["na"])
