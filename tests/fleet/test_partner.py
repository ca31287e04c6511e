"""The app's own account: registered once in each region, its key read back (fleet-api.md 1.10)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from account import plain_transport
from fakes import FakeClock
from key_desk import DOMAIN, OURS, web
from loopback import Tesla, bad, good, serve
from sign_in_server import simulated_tesla
from starlette.responses import Response

from bridge.errors import AccessDenied, AnswerInvalid, BridgeError, CallWrong, NotRegistered, SettingWrong
from bridge.fleet.auth.grants import ClientCredentials
from bridge.fleet.hosts import Region, simulated
from bridge.fleet.partner import PATH, PartnerClient

APP = ClientCredentials("simulated-client", "simulated-secret", ("openid", "offline_access", "vehicle_cmds"))


@asynccontextmanager
async def partner_of(region: Region, app: ClientCredentials = APP) -> AsyncIterator[PartnerClient]:
    clock = FakeClock(hurries=True)
    async with plain_transport(clock) as http:
        yield PartnerClient(app=app, region=region, http=http, clock=clock)


@asynccontextmanager
async def answered_with(*replies: Response) -> AsyncIterator[tuple[PartnerClient, Tesla]]:
    tesla = Tesla(*replies)
    async with serve(tesla) as url, partner_of(simulated(url)) as partner:
        yield partner, tesla


async def refused_with(reply: Response) -> BridgeError:
    async with answered_with(reply) as (partner, _):
        with pytest.raises(BridgeError) as error:
            await partner.register(DOMAIN)
    return error.value


# --- with the simulated account -----------------------------------------------------------------------------------


async def test_what_is_registered_is_what_the_domain_serves() -> None:
    async with web() as site, simulated_tesla(key_page=site.url) as region, partner_of(region) as partner:
        assert await partner.register(DOMAIN) == "Simulated application"
        assert await partner.public_key(DOMAIN) == OURS.hex
        assert await partner.telemetry_errors() == []


async def test_to_register_again_is_no_error() -> None:
    async with web() as site, simulated_tesla(key_page=site.url) as region, partner_of(region) as partner:
        await partner.register(DOMAIN)
        await partner.register(DOMAIN)


async def test_a_key_that_is_not_there_is_said_with_what_to_look_at() -> None:
    async with web(Response("", 404)) as site, simulated_tesla(key_page=site.url) as region, partner_of(region) as one:
        with pytest.raises(CallWrong, match=r"cannot be fetched.*allowed origins.*whole world"):
            await one.register(DOMAIN)


async def test_a_wrong_secret_names_the_settings() -> None:
    wrong = ClientCredentials("simulated-client", "guess", APP.scopes)
    async with simulated_tesla() as region, partner_of(region, wrong) as partner:
        with pytest.raises(SettingWrong, match="FLEET2MQTT_TESLA_CLIENT_SECRET"):
            await partner.register(DOMAIN)


# --- what is asked ------------------------------------------------------------------------------------------------


async def test_one_token_of_the_app_for_the_region_and_one_call() -> None:
    async with answered_with(good({"name": "Mine"})) as (partner, tesla):
        assert await partner.register(DOMAIN) == "Mine"
    (form,) = tesla.desk.posts
    assert (form["grant_type"], form["scope"]) == ("client_credentials", "openid vehicle_cmds")
    assert form["audience"].startswith("http://127.0.0.1:")
    (seen,) = tesla.seen
    assert (seen.method, seen.path, json.loads(seen.body)) == ("POST", PATH, {"domain": DOMAIN})
    assert seen.headers["authorization"] == "Bearer access-1"


async def test_the_key_is_asked_for_by_its_domain() -> None:
    async with answered_with(good({"public_key": OURS.hex.upper()})) as (partner, tesla):
        assert await partner.public_key(DOMAIN) == OURS.hex
    assert (tesla.seen[0].path, tesla.seen[0].query) == (f"{PATH}/public_key", {"domain": DOMAIN})


async def test_telemetry_errors_are_given_as_tesla_lists_them() -> None:
    entry = {"name": "client", "error": "no route", "vin": "5YJ3E1EA7KF000316"}
    async with answered_with(good({"fleet_telemetry_errors": [entry]})) as (partner, _):
        assert await partner.telemetry_errors() == [entry]


# --- what Tesla refuses -------------------------------------------------------------------------------------------


async def test_a_key_of_another_app_needs_a_new_pair() -> None:
    error = await refused_with(bad(422, "Validation failed: Public key hash has already been taken"))
    assert isinstance(error, CallWrong)
    assert "`fleet2mqtt keys --replace`" in str(error)
    assert "allowed origins" not in str(error)


@pytest.mark.parametrize("status", [401, 403])
async def test_a_token_that_is_no_partners(status: int) -> None:
    error = await refused_with(bad(status, "Expected partner account"))
    assert isinstance(error, AccessDenied)
    assert "the app itself" in str(error)


async def test_an_app_that_is_not_registered_here() -> None:
    async with answered_with(bad(412, "Account must be registered in the current region")) as (partner, _):
        with pytest.raises(NotRegistered, match="`fleet2mqtt register`"):
            await partner.public_key(DOMAIN)


@pytest.mark.parametrize("status", [400, 422])
async def test_any_other_refusal_keeps_tesla_s_words(status: int) -> None:
    error = await refused_with(bad(status, "the words of tomorrow"))
    assert isinstance(error, CallWrong)
    assert "the words of tomorrow" in str(error)
    assert "allowed origins" in str(error)


@pytest.mark.parametrize("answer", [{}, {"public_key": None}, {"public_key": 5}, []])
async def test_an_answer_without_a_key_is_no_key(answer: object) -> None:
    async with answered_with(good(answer)) as (partner, _):
        with pytest.raises(AnswerInvalid):
            await partner.public_key(DOMAIN)
