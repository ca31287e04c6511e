"""`register`: no call while the key is not at its place; one line for each region."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from doc_pages import ROOT
from key_desk import DOMAIN, Web, key_page, new_key, web
from loopback import Tesla, bad, good, serve
from sign_in_server import simulated_tesla
from starlette.responses import Response
from verbs import loaded, settings_of, words

from bridge.cli import register
from bridge.errors import SettingWrong
from bridge.fleet import keys
from bridge.fleet.hosts import FLEET

Out = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> keys.PublicKey:
    settings_of(
        monkeypatch,
        tmp_path,
        tesla_domain=DOMAIN,
        tesla_client_id="client-of-an-owner",
        tesla_client_secret="simulated-secret",
    )
    return keys.make(tmp_path / "data")


@pytest.fixture
async def site(ours: keys.PublicKey) -> AsyncIterator[Web]:
    async with web(key_page(ours)) as served:
        yield served


async def registered(monkeypatch: pytest.MonkeyPatch, url: str, served_at: str) -> int:
    monkeypatch.setenv("FLEET2MQTT_TESLA_REGION", "simulated")
    monkeypatch.setenv("FLEET2MQTT_TESLA_CLIENT_ID", "simulated-client")
    monkeypatch.setenv("FLEET2MQTT_TESLA_SIMULATOR_URL", url)
    return await register.run(words("register", "--simulated-at", served_at), loaded())


def lines(capsys: Out) -> list[str]:
    """What is told, without the log."""
    return [line for line in capsys.readouterr().out.splitlines() if line.startswith(("ok  ", "FAIL"))]


def regions(*given: str) -> list[str]:
    return [region.name for region in register.regions(words("register", *given), loaded().tesla)]


def complaint(*given: str) -> str:
    with pytest.raises(SettingWrong) as wrong:
        register.main(words("register", *given), [])
    return str(wrong.value)


# --- one line for each step ---------------------------------------------------------------------------------------


async def test_what_is_registered_is_read_back(monkeypatch: pytest.MonkeyPatch, capsys: Out, site: Web) -> None:
    async with simulated_tesla(key_page=site.url) as region:
        assert await registered(monkeypatch, region.api, site.url) == 0
    first, second = lines(capsys)
    assert first.startswith("ok    key page: ")
    assert second in (ROOT / "docs/keys.md").read_text().splitlines()


async def test_no_call_leaves_while_the_key_is_not_there(
    monkeypatch: pytest.MonkeyPatch, capsys: Out, site: Web
) -> None:
    site.reply = Response("", 404)
    tesla = Tesla(good({}))
    async with serve(tesla) as url:
        assert await registered(monkeypatch, url, site.url) == 1
    assert (tesla.seen, tesla.desk.posts) == ([], [])
    (line,) = lines(capsys)
    assert line.startswith("FAIL  key page: status: there is nothing at ")


async def test_another_key_at_tesla_is_no_success(monkeypatch: pytest.MonkeyPatch, capsys: Out, site: Web) -> None:
    tesla = Tesla(good({"name": "Mine"}), good({"public_key": new_key().hex}))
    async with serve(tesla) as url:
        assert await registered(monkeypatch, url, site.url) == 1
    assert lines(capsys)[-1].startswith("FAIL  simulated: Tesla has another key")


async def test_a_refusal_is_told_with_what_to_do(monkeypatch: pytest.MonkeyPatch, capsys: Out, site: Web) -> None:
    async with serve(Tesla(bad(422, "Public key hash has already been taken"))) as url:
        assert await registered(monkeypatch, url, site.url) == 1
    assert "`fleet2mqtt keys --replace`" in lines(capsys)[-1]


async def test_a_wrong_secret_stops_it(monkeypatch: pytest.MonkeyPatch, site: Web) -> None:
    monkeypatch.setenv("FLEET2MQTT_TESLA_CLIENT_SECRET", "guess-canary")
    async with simulated_tesla(key_page=site.url) as region:
        with pytest.raises(SettingWrong, match="FLEET2MQTT_TESLA_CLIENT_SECRET") as wrong:
            await registered(monkeypatch, region.api, site.url)
    assert "canary" not in str(wrong.value)


# --- where --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("region", FLEET)
def test_the_accounts_own_region_is_the_default(monkeypatch: pytest.MonkeyPatch, region: str) -> None:
    monkeypatch.setenv("FLEET2MQTT_TESLA_REGION", region)
    assert regions() == [region]


def test_regions_are_chosen_by_name() -> None:
    assert regions("--region", "na,eu") == ["na", "eu"]
    assert regions("--region", "eu, na, eu") == ["eu", "na"]


@pytest.mark.parametrize(("own", "all_of_them"), [("na", ["na", "eu"]), ("eu", ["na", "eu"]), ("cn", ["cn"])])
def test_all_are_those_of_one_sign_in_server(monkeypatch: pytest.MonkeyPatch, own: str, all_of_them: list[str]) -> None:
    """An app of developer.tesla.com is unknown in China, and the other way round."""
    monkeypatch.setenv("FLEET2MQTT_TESLA_REGION", own)
    assert regions("--all") == all_of_them


@pytest.mark.parametrize("given", ["xx", "na,xx", "", "simulated", "teslemetry"])
def test_a_region_that_is_none_is_refused(given: str) -> None:
    assert complaint("--region", given).startswith("--region: ")


# --- what is missing ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["TESLA_CLIENT_ID", "TESLA_CLIENT_SECRET", "TESLA_DOMAIN"])
def test_a_setting_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delenv(f"FLEET2MQTT_{name}")
    assert complaint().startswith(f"FLEET2MQTT_{name}: is missing")


def test_a_key_that_is_missing_is_made_by_a_verb(tmp_path: Path) -> None:
    (tmp_path / "data" / keys.FILE).unlink()
    assert "`fleet2mqtt keys`" in complaint()


@pytest.mark.parametrize("kind", ["open-source", "fixed", "owner-api"])
def test_a_sign_in_without_an_app_of_ones_own_has_nothing_to_register(
    monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv("FLEET2MQTT_TESLA_TOKEN_TYPE", kind)
    assert complaint().startswith("FLEET2MQTT_TESLA_TOKEN_TYPE: ")


def test_a_real_account_takes_no_key_from_this_machine() -> None:
    assert "for FLEET2MQTT_TESLA_REGION=simulated only" in complaint("--simulated-at", "http://127.0.0.1:8586")
