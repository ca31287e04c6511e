"""Signing in at a server that is not of our making, so that we do not only believe our own simulator."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from account import plain_transport
from fakes import FakeClock
from other_authority import SECRET, Authority, Client, other_authority
from sign_in_desk import CALLBACK, SCOPES, Desk, answer_to

from bridge.errors import SettingWrong, SignInRequired
from bridge.fleet.auth.endpoint import TokenEndpoint
from bridge.fleet.auth.grants import RefreshToken
from bridge.fleet.auth.metadata import Metadata
from bridge.fleet.auth.sign_in import App, SignIn, begin
from bridge.fleet.auth.verify import Verifier
from bridge.fleet.hosts import simulated

CONFIDENTIAL = Client("other-app", SECRET, (CALLBACK,))
PUBLIC = Client("other-public-app", None, (CALLBACK,))


@asynccontextmanager
async def elsewhere() -> AsyncIterator[tuple[Desk, Authority]]:
    """Its addresses are found by its metadata; what the table has instead is not found there."""
    clock = FakeClock()
    async with other_authority(CONFIDENTIAL, PUBLIC) as authority, plain_transport(clock) as http:
        metadata = f"{authority.url}/.well-known/openid-configuration"
        yield Desk(replace(simulated(authority.url), metadata=metadata), http, clock), authority


async def signed_in(desk: Desk, client: Client, more: str = "") -> tuple[SignIn, str]:
    """A link and the answer to it."""
    app = App(client.name, CALLBACK, SCOPES, client.secret)
    endpoints = await Metadata(desk.http, desk.clock).read(desk.region)
    signin = begin(app, desk.region, desk.clock, endpoints.authorize)
    return signin, await desk.answer(signin, more)


@pytest.mark.parametrize("client", [CONFIDENTIAL, PUBLIC], ids=lambda client: client.name)
async def test_discovery_code_pkce_keys_and_refresh_work_too(client: Client) -> None:
    async with elsewhere() as (desk, authority):
        signin, answer = await signed_in(desk, client)
        assert signin.link.startswith(f"{authority.url}/other/authorize?")
        tokens = await desk.finish(signin, answer)
        assert await Verifier(desk.http, desk.clock).signature(tokens.access, desk.region) == (
            True,
            "signed by the sign-in server",
        )

        endpoint, grant = TokenEndpoint(desk.http, desk.clock), RefreshToken(client.name)
        for _ in range(2):
            granted = await endpoint.ask(desk.region, grant.fields(tokens, desk.region))
            assert granted.refresh not in {None, tokens.refresh}
            tokens = replace(tokens, access=granted.access, refresh=granted.refresh)

    grants = [post["grant_type"] for post in authority.posts]
    assert grants == ["authorization_code", "refresh_token", "refresh_token"]
    assert all("client_secret" not in post for post in authority.posts[1:])


async def test_a_code_without_our_proof_is_worth_nothing() -> None:
    """Whoever steals the code has not the verifier: the server says so, not only our simulator."""
    async with elsewhere() as (desk, _):
        _, answer = await signed_in(desk, CONFIDENTIAL)
        thief, _ = await signed_in(desk, CONFIDENTIAL)
        code = parse_qs(urlsplit(answer).query)["code"][0]
        with pytest.raises(SignInRequired, match="Code challenge failed"):
            await desk.finish(thief, answer_to(thief, code=code))


async def test_a_wrong_secret_is_a_wrong_setting() -> None:
    async with elsewhere() as (desk, _):
        wrong = replace(CONFIDENTIAL, secret="wrong")
        signin, answer = await signed_in(desk, wrong)
        with pytest.raises(SettingWrong, match="invalid_client"):
            await desk.finish(signin, answer)


async def test_denied_consent_is_understood() -> None:
    async with elsewhere() as (desk, _):
        signin, answer = await signed_in(desk, CONFIDENTIAL, "&deny=1")
        with pytest.raises(SignInRequired, match="consent was denied"):
            await desk.finish(signin, answer)
