"""An application registers: its key is fetched from where it is served, and goes into cars (fleet-api.md 1.10)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from key_desk import DOMAIN, OURS, Web, key_page, new_key, web
from simulated_tesla import CAR, NOON, Tesla
from starlette.responses import RedirectResponse, Response

from bridge.simulator.simulation import Simulation
from bridge.simulator.tokens import CLIENT_ID, CLIENT_SECRET


@pytest.fixture
async def site() -> AsyncIterator[Web]:
    async with web() as served:
        yield served


@pytest.fixture
def simulation(site: Web) -> Simulation:
    return Simulation(start=NOON, speed=0, key_page=site.url)


@pytest.fixture
async def partner(stranger: Tesla) -> Tesla:
    form = {
        "grant_type": "client_credentials",
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "scope": "openid",
        "audience": "https://fleet-api.prd.na.vn.cloud.tesla.com",
    }
    stranger.use((await stranger.http.post("/oauth2/v3/token", data=form)).json()["access_token"])
    return stranger


async def shown(partner: Tesla) -> str:
    answer = await partner.get("partner_accounts/public_key", domain=DOMAIN)
    key: str = answer.json()["response"]["public_key"]
    return key


async def test_registering_a_domain_fetches_its_key(partner: Tesla, site: Web) -> None:
    registered = (await partner.post("partner_accounts", domain=DOMAIN)).json()["response"]
    assert (registered["client_id"], registered["domain"]) == (CLIENT_ID, DOMAIN)
    assert registered["public_key"] == await shown(partner) == OURS.hex
    assert [headers["host"] for headers in site.asked] == [DOMAIN]


async def test_registering_again_takes_the_new_key(partner: Tesla, site: Web) -> None:
    first = (await partner.post("partner_accounts", domain=DOMAIN)).json()["response"]
    await partner.later(hours=1)
    site.reply = key_page(other := new_key())
    second = (await partner.post("partner_accounts", domain=DOMAIN)).json()["response"]
    assert second["public_key"] == await shown(partner) == other.hex
    assert second["created_at"] == first["created_at"] != second["updated_at"]


@pytest.mark.parametrize(
    "reply",
    [
        Response("", 404),
        Response(OURS.pem, 403),
        RedirectResponse("/elsewhere"),
        Response("<html>"),
        Response(OURS.pem[:80]),
    ],
    ids=["nothing", "a key for few", "a redirect", "a web page", "half a key"],
)
async def test_a_domain_that_serves_no_key_is_not_registered(partner: Tesla, site: Web, reply: Response) -> None:
    site.reply = reply
    answer = await partner.post("partner_accounts", domain=DOMAIN)
    assert (answer.status_code, DOMAIN in answer.json()["error"]) == (400, True)
    assert (await partner.get("partner_accounts/public_key", domain=DOMAIN)).status_code == 404


class TestWithoutAServer:
    @pytest.fixture
    def simulation(self, simulation: Simulation) -> Simulation:
        return replace(simulation, key_page="http://127.0.0.1:1")

    async def test_the_key_cannot_be_fetched(self, partner: Tesla) -> None:
        answer = await partner.post("partner_accounts", domain=DOMAIN)
        assert (answer.status_code, "cannot be fetched" in answer.json()["error"]) == (400, True)


# --- pairing ------------------------------------------------------------------------------------------------------


async def paired(tesla: Tesla) -> tuple[list[str], int]:
    """VINs with the key, and how many keys the car holds."""
    await tesla.sign_in()
    status = (await tesla.post("vehicles/fleet_status", vins=[CAR])).json()["response"]
    return status["key_paired_vins"], status["vehicle_info"][CAR]["total_number_of_keys"]


async def test_a_car_that_is_paired_shows_it(partner: Tesla) -> None:
    await partner.post("partner_accounts", domain=DOMAIN)
    await partner.force(key_paired=False)
    none, before = await paired(partner)
    await partner.control(f"vehicles/{CAR}/pair", domain=DOMAIN)
    await partner.control(f"vehicles/{CAR}/pair", domain=DOMAIN)
    assert (none, await paired(partner)) == ([], ([CAR], before + 1))


async def test_only_the_key_of_a_registered_domain_goes_into_a_car(partner: Tesla) -> None:
    await partner.force(key_paired=False)
    answer = await partner.http.post(f"/control/vehicles/{CAR}/pair", json={"domain": DOMAIN})
    assert answer.status_code == 400
    assert (await paired(partner))[0] == []
