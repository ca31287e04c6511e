"""The doctor: one line for each thing that can be wrong with an account, and the exact thing to do."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fakes import NOON, FakeClock
from key_desk import DOMAIN, Web, key_page, web
from sign_in_server import simulated_tesla
from starlette.responses import Response
from verbs import loaded, settings_of

from bridge import build
from bridge.database import Database
from bridge.doctor import Doctor, Finding, Mark, examine, passed
from bridge.doctor.checks import agree
from bridge.errors import OwnerMustAct
from bridge.fleet import key_page as page, keys
from bridge.ledger import Ledger

VIN = "LRW3F7EK4NC700001"

CHECKS = ["Tesla", "token", "scopes", "account", "devices", "key", "key page", "registration", "cars", "signed ping"]


@pytest.fixture(autouse=True)
def ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> keys.PublicKey:
    settings_of(
        monkeypatch,
        tmp_path,
        tesla_region="simulated",
        tesla_domain=DOMAIN,
        tesla_client_id="simulated-client",
        tesla_client_secret="simulated-secret",
        tesla_refresh_token="simulated-refresh-token",
    )
    return keys.make(tmp_path / "data")


@pytest.fixture
async def site(monkeypatch: pytest.MonkeyPatch, ours: keys.PublicKey) -> AsyncIterator[Web]:
    """Where the owner's domain serves the key."""
    async with web(key_page(ours)) as served:
        monkeypatch.setattr(page, "SERVED_HERE", served.url)
        yield served


@asynccontextmanager
async def account(
    monkeypatch: pytest.MonkeyPatch, site: Web, clock: FakeClock, **options: Any
) -> AsyncIterator[tuple[str, Any]]:
    """The simulated account's address, and the case; one car and one site."""
    async with simulated_tesla(**{"cars": 1, "sites": 1, "key_page": site.url, **options}) as region:
        monkeypatch.setenv("FLEET2MQTT_TESLA_SIMULATOR_URL", region.api)
        own = loaded()
        with Database(own.data_dir) as database:
            ledger = Ledger(store=database, clock=clock, budget=10)
            (access,) = build.accounts(own, database, clock, ledger)
            async with access.api:
                yield region.api, build.case(own, access, clock)


async def found(case: Any) -> dict[str, Finding]:
    return {finding.name: finding async for finding in examine(case)}


def marks(findings: dict[str, Finding]) -> dict[str, str]:
    return {name: finding.mark.value for name, finding in findings.items()}


async def registered(url: str) -> None:
    """What `register` does, by hand."""
    async with httpx2.AsyncClient(base_url=url) as http:
        form = {"grant_type": "client_credentials", "client_id": "simulated-client", "scope": "openid"}
        form |= {"client_secret": "simulated-secret", "audience": url}
        token = (await http.post("/oauth2/v3/token", data=form)).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        answer = await http.post("/api/1/partner_accounts", json={"domain": DOMAIN}, headers=headers)
        assert answer.status_code == 200, answer.text


async def control(url: str, path: str, body: Any) -> None:
    async with httpx2.AsyncClient(base_url=url) as http:
        answer = await http.post(f"/control/{path}", json=body)
        assert answer.is_success, answer.text


# --- all is well --------------------------------------------------------------------------------------------------


async def test_a_sound_account_passes_every_check(monkeypatch: pytest.MonkeyPatch, site: Web) -> None:
    async with account(monkeypatch, site, FakeClock()) as (url, case):
        await registered(url)
        findings = await found(case)
    assert list(findings) == CHECKS
    assert set(marks(findings).values()) == {"ok"}, findings
    assert "signed by the sign-in server" in findings["token"].text
    assert "vehicle_location" in findings["scopes"].text
    assert "Simulated" in findings["devices"].text


async def test_nothing_secret_is_in_what_it_says(monkeypatch: pytest.MonkeyPatch, site: Web) -> None:
    async with account(monkeypatch, site, FakeClock()) as (url, case):
        await registered(url)
        said = " ".join(str(finding) for finding in (await found(case)).values())
    assert not any(secret in said for secret in ("simulated-secret", "simulated-refresh", "eyJ", "BEGIN"))


# --- one thing is wrong -------------------------------------------------------------------------------------------


async def test_without_a_network_only_that_is_told(monkeypatch: pytest.MonkeyPatch, site: Web) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    async with account(monkeypatch, site, FakeClock()):
        pass
    monkeypatch.setenv("FLEET2MQTT_TESLA_SIMULATOR_URL", f"http://127.0.0.1:{port}")
    own, clock = loaded(), FakeClock()
    with Database(own.data_dir) as database:
        (access,) = build.accounts(own, database, clock, Ledger(store=database, clock=clock, budget=10))
        async with access.api:
            findings = await found(build.case(own, access, clock))
    assert findings["Tesla"].text.startswith("connection: 127.0.0.1 refuses it")
    skipped = [name for name, finding in findings.items() if finding.mark is Mark.SKIPPED]
    assert skipped == ["token", "scopes", "account", "devices", "registration", "cars", "signed ping"]
    assert findings["token"].text == "first Tesla must be well"


@pytest.mark.parametrize(
    ("off", "words"), [(3700, "3700 s ahead of"), (-61, "61 s behind"), (60, None), (-60, None), (0, None)]
)
def test_a_clock_that_is_wrong_is_named(off: float, words: str | None) -> None:
    expected = pytest.raises(OwnerMustAct, match=words) if words else nullcontext()
    with expected:
        agree(NOON + timedelta(seconds=off), NOON)


async def test_a_dead_sign_in_says_how_to_sign_in_again(monkeypatch: pytest.MonkeyPatch, site: Web) -> None:
    clock = FakeClock()
    async with account(monkeypatch, site, clock) as (url, case):
        await control(url, "revoke-consent", {})
        findings = await found(case)
    assert findings["token"].mark is Mark.FAIL
    assert findings["account"].mark is Mark.SKIPPED


async def test_a_missing_scope_is_a_note_with_the_way_to_grant_it(monkeypatch: pytest.MonkeyPatch, site: Web) -> None:
    async with account(monkeypatch, site, FakeClock()) as (url, case):
        await control(url, "scopes", {"scopes": ["openid", "offline_access", "vehicle_device_data"]})
        finding = (await found(case))["scopes"]
    assert finding.mark is Mark.NOTE
    assert finding.text.startswith("the sign-in lacks energy_cmds, energy_device_data")
    assert "fleet2mqtt login" in finding.text


async def test_a_key_that_is_not_at_the_domain_is_told(monkeypatch: pytest.MonkeyPatch, site: Web) -> None:
    async with account(monkeypatch, site, FakeClock()) as (url, case):
        await registered(url)
        site.reply = Response("", 404)
        finding = (await found(case))["key page"]
    assert (finding.mark, "there is nothing at" in finding.text) == (Mark.FAIL, True)


async def test_another_key_at_tesla_is_told(monkeypatch: pytest.MonkeyPatch, site: Web, tmp_path: Path) -> None:
    async with account(monkeypatch, site, FakeClock()) as (url, case):
        await registered(url)
        keys.replace(tmp_path / "data")
        finding = (await found(case))["registration"]
    assert finding.mark is Mark.FAIL
    assert "`fleet2mqtt register`" in finding.text


async def test_without_a_key_and_a_domain_it_is_only_noted(
    monkeypatch: pytest.MonkeyPatch, site: Web, tmp_path: Path
) -> None:
    """A car from before 2021, or a Powerwall alone, works so."""
    (tmp_path / "data" / keys.FILE).unlink()
    monkeypatch.delenv("FLEET2MQTT_TESLA_DOMAIN")
    async with account(monkeypatch, site, FakeClock()) as (_, case):
        findings = await found(case)
    assert findings["key"].mark is Mark.NOTE
    assert passed(list(findings.values()))
    assert "registration" not in findings


async def test_an_account_without_devices_is_told(monkeypatch: pytest.MonkeyPatch, site: Web) -> None:
    async with account(monkeypatch, site, FakeClock(), cars=0, sites=0) as (_, case):
        finding = (await found(case))["devices"]
    assert (finding.mark, "no car and no energy site" in finding.text) == (Mark.FAIL, True)


# --- inside the bridge --------------------------------------------------------------------------------------------


async def test_one_examination_answers_all_who_ask_within_a_minute(monkeypatch: pytest.MonkeyPatch, site: Web) -> None:
    """It costs a data call: a flow that asks every second must not pay for each."""
    clock = FakeClock()
    async with account(monkeypatch, site, clock) as (_, case):
        examined = 0

        def cases() -> list[Any]:
            nonlocal examined
            examined += 1
            return [case]

        doctor, answers = Doctor(cases, clock), list[dict[str, Any]]()
        serving = asyncio.create_task(doctor.serve())
        for _ in range(3):
            doctor.ask(answers.append)
        while len(answers) < 3:
            await clock.run(0)
        doctor.ask(answers.append)
        assert (len(answers), examined) == (4, 1)
        clock.advance(61)
        doctor.ask(answers.append)
        while len(answers) < 5:
            await clock.run(0)
        assert examined == 2
        serving.cancel()
    assert answers[0]["findings"][0]["check"] == "Tesla"


# --- signed messages ----------------------------------------------------------------------------------------------


async def test_a_car_that_is_online_is_sent_a_signed_message(monkeypatch: pytest.MonkeyPatch, site: Web) -> None:
    async with account(monkeypatch, site, FakeClock()) as (url, case):
        await registered(url)
        await control(url, f"vehicles/{VIN}", {"state": "online", "key_paired": False})
        await control(url, f"vehicles/{VIN}/pair", {"domain": DOMAIN})
        finding = (await found(case))["signed ping"]
    assert (finding.mark, finding.text) == (Mark.OK, f"{VIN}: answers signed messages")


async def test_a_car_that_does_not_know_the_key_says_so(monkeypatch: pytest.MonkeyPatch, site: Web) -> None:
    async with account(monkeypatch, site, FakeClock()) as (url, case):
        await control(url, f"vehicles/{VIN}", {"state": "online", "key_paired": False})
        finding = (await found(case))["signed ping"]
    assert finding.mark is Mark.FAIL
    assert "pair" in finding.text


async def test_a_sleeping_car_is_left_alone(monkeypatch: pytest.MonkeyPatch, site: Web) -> None:
    async with account(monkeypatch, site, FakeClock()) as (url, case):
        await control(url, f"vehicles/{VIN}", {"state": "asleep"})
        finding = (await found(case))["signed ping"]
        entry = (await case.api.vehicle(VIN))["state"]
    assert (finding.mark, finding.text) == (Mark.OK, f"{VIN}: not online, and not woken for this")
    assert entry == "asleep"
