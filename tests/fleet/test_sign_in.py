"""Signing in: a link out, an address in, a code to tokens; and nothing in exchange for anybody else's answer (S13)."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from account import plain_transport
from fakes import NOON, FakeClock
from loopback import refused
from sign_in_desk import CALLBACK, SCOPES, THIRD_PARTY, Desk, answer_to, asked
from sign_in_server import TOKEN, SignInServer, sign_in_server, simulated_tesla
from starlette.responses import JSONResponse
from test_tokens import jwt

from bridge.errors import ServerFailed, SettingWrong, SignInRequired
from bridge.fleet.auth.sign_in import PATIENCE, App, begin
from bridge.fleet.auth.tokens import claims
from bridge.fleet.hosts import FLEET, OWNERS, RELAYS, Region, simulated
from bridge.fleet.transport import Message

OPEN_SOURCE = replace(THIRD_PARTY, client_secret=None)
HERE = simulated("http://127.0.0.1:8085")


@asynccontextmanager
async def at_the_simulator(**options: Any) -> AsyncIterator[Desk]:
    clock = FakeClock()
    async with simulated_tesla(**options) as region, plain_transport(clock) as http:
        yield Desk(region, http, clock)


@asynccontextmanager
async def at_a_server() -> AsyncIterator[tuple[Desk, SignInServer]]:
    clock = FakeClock()
    async with sign_in_server() as server, plain_transport(clock) as http:
        yield Desk(server.region, http, clock), server


# --- the link -----------------------------------------------------------------------------------------------------


def test_the_link_asks_for_what_the_settings_say() -> None:
    signin = begin(THIRD_PARTY, FLEET["eu"], FakeClock())
    assert signin.link.startswith("https://auth.tesla.com/oauth2/v3/authorize?")
    question = asked(signin)
    assert len(question.pop("state")) >= 43
    assert len(question.pop("nonce")) >= 43
    assert re.fullmatch(r"[\w-]{43}", question.pop("code_challenge"))
    assert question == {
        "response_type": "code",
        "client_id": "simulated-client",
        "redirect_uri": CALLBACK,
        "scope": "openid offline_access vehicle_device_data vehicle_cmds",
        "code_challenge_method": "S256",
        "prompt_missing_scopes": "true",
    }


def test_no_two_links_are_alike() -> None:
    one, other = (asked(begin(THIRD_PARTY, HERE, FakeClock())) for _ in range(2))
    for name in ("state", "nonce", "code_challenge"):
        assert one[name] != other[name]


def test_neither_link_nor_repr_holds_a_secret() -> None:
    signin = begin(THIRD_PARTY, HERE, FakeClock())
    for shown in (signin.link, repr(signin), repr(THIRD_PARTY)):
        assert "simulated-secret" not in shown


def test_in_china_the_link_leads_elsewhere() -> None:
    assert begin(THIRD_PARTY, FLEET["cn"], FakeClock()).link.startswith("https://auth.tesla.cn/oauth2/v3/authorize?")


@pytest.mark.parametrize("region", [*RELAYS.values(), *OWNERS.values()], ids=lambda region: region.name)
def test_there_is_no_link_where_there_is_no_sign_in(region: Region) -> None:
    with pytest.raises(SettingWrong, match=f"REGION: there is no sign-in with a browser at {region.name}"):
        begin(THIRD_PARTY, region, FakeClock())


# --- the way through ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("app", [THIRD_PARTY, OPEN_SOURCE], ids=["third-party", "open-source"])
async def test_consent_becomes_tokens_that_work(app: App) -> None:
    async with at_the_simulator(cars=1) as desk:
        signin = desk.begin(app)
        tokens = await desk.finish(signin, await desk.answer(signin))
        assert (tokens.expires_at, tokens.obtained_at) == (NOON + timedelta(hours=8), NOON)
        assert claims(tokens.access).scopes == set(SCOPES)

        headers = {"Authorization": f"Bearer {tokens.access}", "Content-Type": "application/json"}
        message = Message("GET", f"{desk.region.api}/api/1/vehicles", headers)
        answer = await desk.http.exchange(desk.region, message, asyncio.get_running_loop().time() + 10)
    assert json.loads(answer.body)["count"] == 1


async def test_a_third_party_app_proves_itself_twice_and_an_open_source_app_by_pkce_alone() -> None:
    for app in (THIRD_PARTY, OPEN_SOURCE):
        async with at_a_server() as (desk, server):
            signin = desk.begin(app)
            await desk.finish(signin, answer_to(signin, code="NA_1"))
        form = server.forms[0]
        assert re.fullmatch(r"[\w.~-]{43,128}", form.pop("code_verifier"))
        secret = {"client_secret": "simulated-secret"} if app is THIRD_PARTY else {}
        assert form == secret | {
            "grant_type": "authorization_code",
            "client_id": "simulated-client",
            "code": "NA_1",
            "redirect_uri": CALLBACK,
            "audience": server.url,
        }


async def test_the_address_may_be_pasted_with_spaces_around_it() -> None:
    async with at_the_simulator() as desk:
        signin = desk.begin()
        assert (await desk.finish(signin, f"  {await desk.answer(signin)}\n")).refresh


async def test_scopes_that_were_not_granted_can_be_seen_in_the_token() -> None:
    async with at_the_simulator(scopes=["openid", "offline_access", "vehicle_cmds"]) as desk:
        signin = desk.begin()
        tokens = await desk.finish(signin, await desk.answer(signin))
    assert set(SCOPES) - claims(tokens.access).scopes == {"vehicle_device_data"}


# --- answers that are none (S13) ----------------------------------------------------------------------------------


@pytest.mark.case("S13")
@pytest.mark.parametrize(
    "pasted",
    [
        "",
        "NA_1234",
        CALLBACK,
        f"{CALLBACK}?code=NA_1",
        f"{CALLBACK}?code=NA_1&state=",
        f"{CALLBACK}?code=NA_1&state=other",
        f"{CALLBACK}?error=access_denied&state=other",
        "http://[::1",
        "ü?state=ü",
    ],
)
async def test_an_answer_to_another_link_is_refused_and_uses_up_nothing(pasted: str) -> None:
    async with at_a_server() as (desk, server):
        signin = desk.begin()
        with pytest.raises(SignInRequired, match="paste the whole address"):
            await desk.finish(signin, pasted)
        assert not server.seen
        assert (await desk.finish(signin, answer_to(signin, code="NA_1"))).refresh


async def test_the_link_itself_is_no_answer() -> None:
    async with at_a_server() as (desk, server):
        signin = desk.begin()
        with pytest.raises(SignInRequired, match="no code in this address"):
            await desk.finish(signin, signin.link)
    assert not server.seen


@pytest.mark.case("S13")
async def test_an_answer_is_good_once() -> None:
    async with at_a_server() as (desk, server):
        signin = desk.begin()
        await desk.finish(signin, answer_to(signin, code="NA_1"))
        with pytest.raises(SignInRequired, match="answered before"):
            await desk.finish(signin, answer_to(signin, code="NA_2"))
    assert server.count(TOKEN) == 1


@pytest.mark.case("S13")
async def test_a_code_that_was_used_before_is_refused_by_the_server() -> None:
    async with at_the_simulator() as desk:
        one, other = desk.begin(), desk.begin()
        code = parse_qs(urlsplit(await desk.answer(one)).query)["code"][0]
        with pytest.raises(SignInRequired, match=r"code was used before, or is too old.*invalid_auth_code"):
            await desk.finish(other, answer_to(other, code=code))


@pytest.mark.case("S13")
async def test_a_link_is_good_for_ten_minutes() -> None:
    async with at_a_server() as (desk, server):
        signin = desk.begin()
        desk.clock.advance(PATIENCE + 1)
        with pytest.raises(SignInRequired, match="longer than ten minutes"):
            await desk.finish(signin, answer_to(signin, code="NA_1"))
    assert (PATIENCE, server.seen) == (600, [])


async def test_denied_consent_is_said_in_clear_words() -> None:
    async with at_the_simulator() as desk:
        signin = desk.begin()
        with pytest.raises(SignInRequired, match="consent was denied"):
            await desk.finish(signin, await desk.answer(signin, "&deny=1"))


async def test_another_refusal_is_told_as_it_is_but_without_secrets() -> None:
    async with at_a_server() as (desk, server):
        signin = desk.begin()
        said = answer_to(signin, error="invalid_scope", error_description=f"no%0A{'way+' * 500}")
        with pytest.raises(SignInRequired, match="Tesla refuses the sign-in: invalid_scope no way way") as caught:
            await desk.finish(signin, said)
    assert len(str(caught.value)) < 300
    assert not server.seen


@pytest.mark.parametrize("name", ["iss", "issuer"])
async def test_another_servers_answer_is_not_taken_to_ours(name: str) -> None:
    async with at_a_server() as (desk, server):
        signin = desk.begin()
        with pytest.raises(SignInRequired, match="another server"):
            await desk.finish(signin, answer_to(signin, code="NA_1", **{name: "https://evil.example"}))
        assert not server.seen
        own = answer_to(signin, code="NA_1", **{name: "https://auth.tesla.com/oauth2/v3"})
        assert (await desk.finish(signin, own)).refresh


@pytest.mark.parametrize(
    "identity", [{"nonce": "other"}, {"aud": "other"}, {"iss": "https://evil.example"}, {"exp": 1}]
)
async def test_an_identity_for_somebody_else_gives_no_tokens(identity: dict[str, Any]) -> None:
    async with at_a_server() as (desk, server):
        signin = desk.begin()
        good = {"iss": server.url, "sub": "me", "aud": "simulated-client", "exp": NOON.timestamp() + 60}
        token = jwt(good | {"nonce": asked(signin)["nonce"]} | identity)
        server.replies[TOKEN] = JSONResponse({"access_token": "a", "refresh_token": "r", "id_token": token})
        with pytest.raises(SignInRequired, match="identity that is not good"):
            await desk.finish(signin, answer_to(signin, code="NA_1"))


# --- what the settings and the server may spoil -------------------------------------------------------------------


async def test_without_a_refresh_token_the_scope_that_is_missing_is_named() -> None:
    async with at_the_simulator() as desk:
        signin = desk.begin(replace(THIRD_PARTY, scopes=("openid", "vehicle_cmds")))
        with pytest.raises(SettingWrong, match=r"FLEET2MQTT_TESLA_SCOPES: .*offline_access"):
            await desk.finish(signin, await desk.answer(signin))


async def test_a_wrong_secret_names_the_settings() -> None:
    async with at_the_simulator() as desk:
        signin = desk.begin(replace(THIRD_PARTY, client_secret="wrong"))
        with pytest.raises(SettingWrong, match=r"FLEET2MQTT_TESLA_CLIENT_SECRET.*client_id and client_secret"):
            await desk.finish(signin, await desk.answer(signin))


@pytest.mark.parametrize(
    ("error", "setting"),
    [
        ("invalid_redirect_url", f"REDIRECT_URI: .* must allow exactly {CALLBACK} "),
        ("invalid_client", "CLIENT_SECRET"),
        ("unauthorized_client", "CLIENT_SECRET"),
        ("invalid_scope", "SCOPES"),
    ],
)
async def test_what_the_server_does_not_accept_is_a_setting(error: str, setting: str) -> None:
    async with at_a_server() as (desk, server):
        server.replies[TOKEN] = refused(error, 400)
        signin = desk.begin()
        with pytest.raises(SettingWrong, match=f"FLEET2MQTT_TESLA_{setting}.*{error}"):
            await desk.finish(signin, answer_to(signin, code="NA_1"))


async def test_a_server_that_fails_is_weather() -> None:
    async with at_a_server() as (desk, server):
        server.replies.clear()
        signin = desk.begin()
        with pytest.raises(ServerFailed):
            await desk.finish(signin, answer_to(signin, code="NA_1"))
