"""Tokens of the application itself, and the Owner API of old (fleet-api.md 1.2, 1.10 and 1.13)."""

from typing import Any

import httpx2
import pytest
from simulated_tesla import CAR, Tesla

from bridge.simulator.grants import BUSINESS_CODE
from bridge.simulator.legacy import LEGACY_ID, LEGACY_SECRET
from bridge.simulator.tokens import CLIENT_ID, CLIENT_SECRET

MACHINE = {
    "grant_type": "client_credentials",
    "client_id": CLIENT_ID,
    "client_secret": CLIENT_SECRET,
    "scope": "openid vehicle_device_data vehicle_cmds vehicle_charging_cmds",
    "audience": "https://fleet-api.prd.na.vn.cloud.tesla.com",
}
LEGACY = {"client_id": LEGACY_ID, "client_secret": LEGACY_SECRET}
PASSWORD = {**LEGACY, "grant_type": "password", "email": "owner@example.com"}


async def machine(stranger: Tesla, **changes: str) -> httpx2.Response:
    return await stranger.http.post("/oauth2/v3/token", data={**MACHINE, **changes})


@pytest.fixture
async def partner(stranger: Tesla) -> Tesla:
    stranger.use((await machine(stranger)).json()["access_token"])
    return stranger


async def legacy(stranger: Tesla, **body: Any) -> httpx2.Response:
    return await stranger.http.post("/oauth/token", json=body)


async def test_a_partner_token_comes_alone(stranger: Tesla) -> None:
    assert (await machine(stranger)).json().keys() == {"access_token", "expires_in", "token_type"}


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"client_secret": "guess"}, "unauthorized_client"),
        ({"scope": "everything"}, "invalid_scope"),
        ({"audience": "https://example.com"}, "invalid_request"),
        ({"auth_code": "guess"}, "invalid_auth_code"),
    ],
)
async def test_a_partner_token_is_not_for_everybody(stranger: Tesla, change: dict[str, str], error: str) -> None:
    answer = await machine(stranger, **change)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


async def test_a_partner_owns_no_cars(partner: Tesla) -> None:
    assert (await partner.get("products")).json() == {"response": [], "count": 0}
    assert (await partner.get(f"vehicles/{CAR}")).status_code == 404
    assert (await partner.get("users/me")).status_code == 403


async def test_a_business_sees_its_fleet(stranger: Tesla) -> None:
    stranger.use((await machine(stranger, auth_code=BUSINESS_CODE)).json()["access_token"])
    assert (await stranger.get(f"vehicles/{CAR}")).status_code == 200
    assert (await stranger.get("dx/charging/sessions")).status_code == 200


@pytest.mark.parametrize("domain", ["https://example.com", "Example.com", "localhost", 5, None])
async def test_a_domain_is_a_bare_lower_case_host(partner: Tesla, domain: object) -> None:
    answer = await partner.post("partner_accounts", domain=domain)
    assert (answer.status_code, answer.json()["error"]) == (422, "invalid_resource")


async def test_an_unregistered_domain_has_no_key(partner: Tesla) -> None:
    answer = await partner.get("partner_accounts/public_key", domain="example.com")
    assert answer.status_code == 404


async def test_telemetry_errors_are_empty_lists(partner: Tesla) -> None:
    errors = await partner.get("partner_accounts/fleet_telemetry_errors")
    assert errors.json()["response"] == {"fleet_telemetry_errors": []}
    vins = await partner.get("partner_accounts/fleet_telemetry_error_vins")
    assert vins.json()["response"] == {"vins": []}


async def test_an_owner_cannot_act_as_a_partner(tesla: Tesla) -> None:
    answer = await tesla.post("partner_accounts", domain="example.com")
    assert (answer.status_code, answer.json()["error"]) == (403, "Expected partner account")


@pytest.mark.parametrize("spelling", ["password", "passowrd"])
async def test_the_old_password_grant_takes_both_spellings(stranger: Tesla, spelling: str) -> None:
    answer = (await legacy(stranger, **PASSWORD, **{spelling: "simulated-password"})).json()
    assert (len(answer["access_token"]), len(answer["refresh_token"])) == (64, 64)
    assert (answer["token_type"], answer["expires_in"]) == ("bearer", 45 * 86400)
    stranger.use(answer["access_token"])
    assert (await stranger.get("products")).status_code == 200


async def test_the_old_refresh_token_works_once(stranger: Tesla) -> None:
    first = (await legacy(stranger, **PASSWORD, password="simulated-password")).json()["refresh_token"]
    grant = {**LEGACY, "grant_type": "refresh_token", "refresh_token": first}
    assert (await legacy(stranger, **grant)).status_code == 200
    assert (await legacy(stranger, **grant)).status_code == 401


async def test_the_old_401_has_no_error_member(stranger: Tesla) -> None:
    answer = await legacy(stranger, **PASSWORD, password="guess")
    assert answer.status_code == 401
    assert answer.json().keys() == {"response"}
    assert answer.json()["response"].startswith("authorization_required_for_txid_")


async def test_a_revoked_old_token_is_refused_in_the_old_way(stranger: Tesla) -> None:
    token = (await legacy(stranger, **PASSWORD, password="simulated-password")).json()["access_token"]
    revoked = await stranger.http.post("/oauth/revoke", json={"token": token})
    assert (revoked.status_code, revoked.content) == (200, b"")
    stranger.use(token)
    answer = await stranger.get("products")
    assert answer.status_code == 401
    assert answer.json()["response"].startswith("authorization_required_for_txid_")
