"""The Owner API's way to a token, which Tesla has retired and others still speak (fleet-api.md 1.13)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from account import plain_transport
from fakes import NOON, FakeClock
from loopback import listen, read_request
from sign_in_server import simulated_tesla
from test_grants import ask

from bridge.errors import AccessDenied, BridgeError, ServerFailed, SettingWrong, SignInRequired
from bridge.fleet.auth.endpoint import revoke
from bridge.fleet.auth.grants import OwnerApi
from bridge.fleet.auth.tokens import Tokens, claims
from bridge.fleet.hosts import OWNERS, Region, simulated
from bridge.fleet.transport import Transport


@dataclass
class Wire:
    """The last request as it left, and the answer that it gets."""

    answer: bytes = b""
    request: bytes = b""


@asynccontextmanager
async def on_the_wire(status: str, body: Mapping[str, Any] | str) -> AsyncIterator[tuple[Region, Transport, Wire]]:
    wire = Wire()
    text = body if isinstance(body, str) else json.dumps(body)
    head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(text)}\r\n\r\n"

    async def handle(reader: Any, writer: Any) -> None:
        wire.request = await read_request(reader)
        writer.write((head + text).encode())
        await writer.drain()

    clock = FakeClock()
    async with listen(handle) as port, plain_transport(clock) as http:
        yield simulated(f"http://127.0.0.1:{port}", owner_api=True), http, wire


OWNER = OwnerApi("owner@example.com", "simulated-password")


async def test_the_owner_api_is_asked_in_json_with_the_published_app() -> None:
    async with on_the_wire("200 OK", {"access_token": "a" * 64}) as (region, http, wire):
        await ask(http, region, OWNER)
    head, body = wire.request.split(b"\r\n\r\n", 1)
    assert head.startswith(b"POST /oauth/token HTTP/1.1\r\n")
    assert b"content-type: application/json\r\n" in head.lower() + b"\r\n"
    assert json.loads(body) == {
        "grant_type": "password",
        "client_id": "81527cff06843c8634fdc09e8ac0abefb46ac849f38fe1e431c2ef2106796384",
        "client_secret": "c7257eb71a564034f9419ee651c7d0e5f7aa6bfbd18bafb5c5c033b093bb2fa3",
        "email": "owner@example.com",
        "password": "simulated-password",
    }


async def test_its_tokens_are_opaque_live_45_days_and_are_renewed_by_refresh_token() -> None:
    async with simulated_tesla() as fleet, plain_transport(FakeClock()) as http:
        region = simulated(fleet.api, owner_api=True)
        first = await ask(http, region, OWNER)
        assert (len(first.access), first.lifetime) == (64, 45 * 86400)
        assert claims(first.access) == claims("")
        second = await ask(http, region, OWNER, Tokens("", first.refresh, None, 1, NOON))
        assert second.access != first.access
        with pytest.raises(SignInRequired, match=r"check FLEET2MQTT_TESLA_EMAIL .*authorization_required_for_txid"):
            await ask(http, region, OWNER, Tokens("", first.refresh, None, 1, NOON))


async def test_a_wrong_password_is_a_wrong_setting() -> None:
    async with simulated_tesla() as fleet, plain_transport(FakeClock()) as http:
        with pytest.raises(SettingWrong, match="FLEET2MQTT_TESLA_EMAIL and FLEET2MQTT_TESLA_PASSWORD"):
            await ask(http, simulated(fleet.api, owner_api=True), OwnerApi("owner@example.com", "wrong"))


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        ("401 Unauthorized", {"response": "authorization_required_for_txid_``}"}, SettingWrong),
        ("401 Unauthorized", {"response": "https://x:443/users/authenticate_=>_authorization_required"}, SettingWrong),
        ("401 Unauthorized", {"response": 7}, ServerFailed),
        ("401 Unauthorized", "", ServerFailed),
        ("403 Forbidden", {"response": None, "error": "forbidden, see https://developer.tesla.com/docs"}, AccessDenied),
        ("403 Forbidden", "<html>", ServerFailed),
        ("404 Not Found", {"error": "not_found"}, ServerFailed),
    ],
)
async def test_its_refusals_are_understood(
    status: str, body: Mapping[str, Any] | str, error: type[BridgeError]
) -> None:
    """The last 401 text is that of another server that speaks it; the 403 is what Tesla answers since June 2026."""
    async with on_the_wire(status, body) as (region, http, _):
        with pytest.raises(error):
            await ask(http, region, OWNER)


async def test_an_access_token_can_be_ended() -> None:
    async with simulated_tesla() as fleet, plain_transport(FakeClock()) as http:
        region = simulated(fleet.api, owner_api=True)
        granted = await ask(http, region, OWNER)
        await revoke(http, region, granted.access, NOON)
        await revoke(http, region, "never given", NOON)


async def test_the_token_to_be_ended_stands_in_the_body() -> None:
    async with on_the_wire("200 OK", "") as (region, http, wire):
        await revoke(http, region, "access-1", NOON)
    assert wire.request.startswith(b"POST /oauth/revoke HTTP/1.1\r\n")
    assert wire.request.endswith(b'\r\n\r\n{"token": "access-1"}')


def test_e_mail_and_password_would_go_to_its_own_hosts_only() -> None:
    assert [region.token for region in OWNERS.values()] == [
        "https://owner-api.teslamotors.com/oauth/token",
        "https://owner-api.vn.cloud.tesla.cn/oauth/token",
    ]
