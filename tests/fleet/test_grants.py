"""Every way to a token: what it asks, what the settings must say, and what a simulated account answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from account import plain_transport
from fakes import NOON, FakeClock
from pydantic import SecretStr
from sign_in_server import simulated_tesla

from bridge import build
from bridge.database import Database
from bridge.errors import BridgeError, SettingWrong, SignInRequired
from bridge.fleet.auth.endpoint import Granted, TokenEndpoint
from bridge.fleet.auth.grants import OWNER_ID, OWNER_SECRET, ClientCredentials, Fixed, Grant, OwnerApi, RefreshToken
from bridge.fleet.auth.sources import TokenSource
from bridge.fleet.auth.tokens import Tokens
from bridge.fleet.client import FleetClient
from bridge.fleet.hosts import FLEET, Region
from bridge.fleet.transport import Transport
from bridge.ledger import Ledger
from bridge.settings import RegionName, TeslaSettings, TokenType

NA = FLEET["na"]
STORED = Tokens("access-0", "refresh-0", NOON + timedelta(hours=8), 7, NOON)
SCOPES = ("openid", "offline_access", "vehicle_device_data")

# --- what each one asks ------------------------------------------------------------------------------------------

APP = {"client_id": "app", "client_secret": "secret"}
OWNER_APP = {"client_id": OWNER_ID, "client_secret": OWNER_SECRET}
MACHINE = {"grant_type": "client_credentials", "scope": "openid vehicle_device_data", "audience": NA.api} | APP

ASKED: dict[str, tuple[Grant, Tokens | None, dict[str, str]]] = {
    "third-party and open-source": (
        RefreshToken("app"),
        STORED,
        {"grant_type": "refresh_token", "client_id": "app", "refresh_token": "refresh-0"},
    ),
    "partner": (ClientCredentials("app", "secret", SCOPES), None, MACHINE),
    "business": (ClientCredentials("app", "secret", SCOPES, "code"), STORED, MACHINE | {"auth_code": "code"}),
    "owner-api, at first": (
        OwnerApi("me@example.com", "pa&ss"),
        OwnerApi("", "").first(NOON),
        {"grant_type": "password", "email": "me@example.com", "password": "pa&ss"} | OWNER_APP,
    ),
    "owner-api, later": (
        OwnerApi("me@example.com", "pa&ss"),
        STORED,
        {"grant_type": "refresh_token", "refresh_token": "refresh-0"} | OWNER_APP,
    ),
}


@pytest.mark.parametrize(("grant", "tokens", "fields"), ASKED.values(), ids=ASKED)
def test_each_way_asks_its_own_question(grant: Grant, tokens: Tokens | None, fields: Mapping[str, str]) -> None:
    assert grant.fields(tokens, NA) == fields


@pytest.mark.parametrize("grant", [RefreshToken("app"), Fixed("access")])
def test_some_can_ask_nothing_without_a_person(grant: Grant) -> None:
    with pytest.raises(SignInRequired, match=r"fleet2mqtt login|set .*FLEET2MQTT_TESLA_"):
        grant.fields(None, NA)


@pytest.mark.parametrize(
    "grant",
    [
        RefreshToken("app", "canary"),
        ClientCredentials("app", "canary", SCOPES, "canary"),
        Fixed("canary"),
        OwnerApi("me", "canary"),
    ],
)
def test_none_shows_its_secret(grant: Grant) -> None:
    assert "canary" not in f"{grant!r} {grant}"


# --- what the settings must say ----------------------------------------------------------------------------------

FULL: dict[TokenType, dict[str, Any]] = {
    TokenType.THIRD_PARTY: {"client_id": "app"},
    TokenType.OPEN_SOURCE: {"client_id": "app"},
    TokenType.PARTNER: APP,
    TokenType.BUSINESS: APP | {"auth_code": "code"},
    TokenType.FIXED: {"access_token": "access"},
    TokenType.OWNER_API: {"email": "me@example.com", "password": "pass"},
}
WAYS: dict[TokenType, Grant] = {
    TokenType.THIRD_PARTY: RefreshToken("app"),
    TokenType.OPEN_SOURCE: RefreshToken("app"),
    TokenType.PARTNER: ClientCredentials("app", "secret", SCOPES),
    TokenType.BUSINESS: ClientCredentials("app", "secret", SCOPES, "code"),
    TokenType.FIXED: Fixed("access"),
    TokenType.OWNER_API: OwnerApi("me@example.com", "pass"),
}


def tesla(token_type: TokenType, **given: Any) -> TeslaSettings:
    return TeslaSettings(
        token_type=token_type, region=RegionName.SIMULATED, simulator_url="http://localhost", scopes=SCOPES, **given
    )


@pytest.mark.parametrize("token_type", TokenType)
def test_the_token_type_chooses_the_way(token_type: TokenType) -> None:
    assert build.grant(tesla(token_type, **FULL[token_type])) == WAYS[token_type]


def test_a_refresh_token_may_be_given_to_begin_with() -> None:
    for token_type in (TokenType.THIRD_PARTY, TokenType.OPEN_SOURCE):
        grant = build.grant(tesla(token_type, client_id="app", refresh_token=SecretStr("first")))
        assert grant == RefreshToken("app", "first")


@pytest.mark.parametrize(
    ("token_type", "name"), [(token_type, name) for token_type, given in FULL.items() for name in given]
)
def test_a_setting_that_is_missing_is_named_with_where_to_get_it(token_type: TokenType, name: str) -> None:
    given = {other: value for other, value in FULL[token_type].items() if other != name}
    with pytest.raises(SettingWrong) as wrong:
        build.grant(tesla(token_type, **given))
    said = str(wrong.value)
    assert said.startswith(f"FLEET2MQTT_TESLA_{name.upper()}: is missing; ")
    assert said.count("is missing") == 1
    assert not any(str(value) in said.removeprefix("FLEET2MQTT_TESLA") for value in given.values() if value != "app")


def test_all_that_is_missing_is_named_at_once() -> None:
    with pytest.raises(SettingWrong) as wrong:
        build.grant(tesla(TokenType.BUSINESS))
    assert str(wrong.value).count("is missing") == 3


@pytest.mark.parametrize("token_type", [kind for kind in TokenType if kind is not TokenType.FIXED])
def test_an_access_token_needs_its_type(token_type: TokenType) -> None:
    """Before, it was taken by its presence."""
    with pytest.raises(SettingWrong, match=r"^FLEET2MQTT_TESLA_ACCESS_TOKEN: .*FLEET2MQTT_TESLA_TOKEN_TYPE=fixed"):
        build.grant(tesla(token_type, **FULL[token_type], access_token=SecretStr("access")))


# --- at the simulator ---------------------------------------------------------------------------------------------

SETTINGS: dict[str, dict[str, Any]] = {
    "third-party": {"client_id": "simulated-client", "refresh_token": "simulated-refresh-token"},
    "open-source": {"client_id": "simulated-client", "refresh_token": "simulated-refresh-token"},
    "partner": {"client_id": "simulated-client", "client_secret": "simulated-secret"},
    "business": {
        "client_id": "simulated-client",
        "client_secret": "simulated-secret",
        "auth_code": "simulated-business-code",
    },
    "owner-api": {"email": "owner@example.com", "password": "simulated-password"},
}
SEEN: Mapping[str, int] = {"third-party": 2, "open-source": 2, "partner": 0, "business": 2, "owner-api": 2}
"""Devices. An app's own token sees none."""


@asynccontextmanager
async def account(
    directory: Path, url: str, token_type: str, **given: Any
) -> AsyncIterator[tuple[TokenSource, FleetClient]]:
    """What the bridge is built with: one process after the other, with one data directory."""
    chosen = {"token_type": token_type, "region": "simulated", "simulator_url": url}
    settings = TeslaSettings.model_validate(chosen | SETTINGS.get(token_type, {}) | given)
    clock = FakeClock()
    with Database(directory) as database:
        ledger = Ledger(store=database, clock=clock, budget=10)
        tokens, client = build.account(settings, database, clock, ledger)
        async with client:
            yield tokens, client


async def ask(http: Transport, region: Region, grant: Grant, tokens: Tokens | None = None) -> Granted:
    fields = grant.fields(tokens or grant.first(NOON), region)
    return await TokenEndpoint(http, FakeClock()).ask(region, fields)


@pytest.mark.parametrize("token_type", SETTINGS)
async def test_each_way_leads_to_the_devices_and_another_process_goes_on(tmp_path: Path, token_type: str) -> None:
    async with simulated_tesla(sites=2) as region:
        for _ in range(2):
            async with account(tmp_path, region.api, token_type) as (_, client):
                assert len(await client.products()) == SEEN[token_type]


async def test_a_fixed_token_leads_there_until_it_ends(tmp_path: Path) -> None:
    async with simulated_tesla(sites=2) as region, plain_transport(FakeClock()) as http:
        pair = await ask(http, region, RefreshToken("simulated-client", "simulated-refresh-token"))
        async with account(tmp_path, region.api, "fixed", access_token=pair.access) as (_, client):
            assert len(await client.products()) == 2
        async with account(tmp_path, region.api, "fixed", access_token="worth-nothing") as (_, client):
            with pytest.raises(BridgeError, match="FLEET2MQTT_TESLA_ACCESS_TOKEN"):
                await client.products()


async def test_tokens_of_one_kind_are_never_used_as_another(tmp_path: Path) -> None:
    """Whoever turns to a relay must not send it what Tesla has given, and the other way round."""
    seen = []
    async with simulated_tesla() as region:
        for token_type in ("third-party", "fixed", "partner", "owner-api", "third-party"):
            given = {"access_token": "the relay's own"} if token_type == "fixed" else {}
            async with account(tmp_path, region.api, token_type, **given) as (tokens, _):
                seen.append(await tokens.access())
    assert seen[1] == "the relay's own"
    assert len(set(seen)) == 4
    assert seen[4] == seen[0]


async def test_the_owner_api_takes_the_password_again_when_its_refresh_token_is_dead(tmp_path: Path) -> None:
    """As after a restart of the simulator, which knows its own tokens only."""
    for _ in range(3):
        async with simulated_tesla(sites=2) as region, account(tmp_path, region.api, "owner-api") as (_, client):
            assert len(await client.products()) == 2
