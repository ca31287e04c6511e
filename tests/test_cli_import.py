"""`import`: another program's sign-in out of its own file, if it is an app's of ours and not the Tesla app's."""

from __future__ import annotations

import json
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from fakes import NOON, FakeClock
from test_tokens import jwt
from verbs import loaded, settings_of, words

from bridge.cli import import_
from bridge.cli.import_ import FORMATS, Found, recognised
from bridge.database import Database
from bridge.errors import SettingWrong
from bridge.fleet.auth.inbox import take
from bridge.fleet.auth.store import Custody, StoredTokens
from bridge.fleet.auth.tokens import Tokens

Out = pytest.CaptureFixture[str]

EU = "https://fleet-api.prd.eu.vn.cloud.tesla.com"
CLAIMS = {
    "sub": "me",
    "azp": "my-app",
    "aud": [EU],
    "ou_code": "EU",
    "scp": ["openid", "offline_access", "energy_device_data"],
    "iat": NOON.timestamp() - 3600,
    "exp": NOON.timestamp() + 7 * 3600,
}
ACCESS = jwt(CLAIMS)
REFRESH = "EU_0123456789abcdef0123456789abcdef"
PAIR = {"access_token": ACCESS, "refresh_token": REFRESH}


@pytest.fixture(autouse=True)
def data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    settings_of(monkeypatch, tmp_path, tesla_client_id="my-app", tesla_region="eu")
    return tmp_path / "data"


async def imported(text: str, *flags: str) -> int:
    path = loaded().data_dir.parent / "theirs"
    path.write_text(text)
    return await import_.run(words("import", str(path), *flags), loaded(), FakeClock())


async def complaint(text: str, *flags: str) -> str:
    with pytest.raises(SettingWrong) as wrong:
        await imported(text, *flags)
    assert not list(loaded().data_dir.glob("sign-in-*"))
    assert REFRESH not in str(wrong.value)
    return str(wrong.value)


# --- forms --------------------------------------------------------------------------------------------------------

EVCC = f"""
vehicles:
  - name: car
    type: template
    template: tesla
    accessToken: {ACCESS}
    refreshToken: {REFRESH}
    vin: 5YJ3E1EA7KF000316
"""
EVCC_BEFORE = f"""
- type: tesla
  tokens:
    access: "{ACCESS}"
    refresh: '{REFRESH}'
"""
EVCC_BESIDE_OTHERS = f"""
vehicles:
- name: a
  template: vw-id
  accessToken: other
  refreshToken: others
- name: b
  template: tesla
  accessToken: {ACCESS}
  refreshToken: {REFRESH}
"""
ENVIRONMENT = f"""# mine
export TESLA_REFRESH_TOKEN={REFRESH}
TESLA_ACCESS_TOKEN='{ACCESS}'
"""
HEADINGS = f"""
--- ACCESS TOKEN ---
{ACCESS}

--- REFRESH TOKEN ---
{REFRESH}

VALID FOR
8 hours
"""
POWERWALL = {"CLIENT_ID": "my-app", "partner_token": "x", **PAIR, "site_id": "1", "partner_account": {}}

FORMS = {
    "the token endpoint's answer": ("json", json.dumps({**PAIR, "expires_in": 28800, "token_type": "Bearer"})),
    "pypowerwall": ("json", json.dumps(POWERWALL)),
    "a profile inside": ("json", json.dumps({"profiles": {"default": {**PAIR, "region": "eu"}}})),
    "camel case": ("json", json.dumps([{"accessToken": ACCESS, "refreshToken": REFRESH}])),
    "evcc's template": ("lines", EVCC),
    "evcc, as it was": ("lines", EVCC_BEFORE),
    "evcc beside other cars": ("lines", EVCC_BESIDE_OTHERS),
    "an environment file": ("lines", ENVIRONMENT),
    "headings": ("text", HEADINGS),
    "two pasted lines": ("text", f"{ACCESS}\n{REFRESH}\n"),
    "the other way round": ("text", f"{REFRESH}\n{ACCESS}"),
}


@pytest.mark.parametrize(("form", "text"), FORMS.values(), ids=FORMS)
def test_a_form_is_recognised_by_what_is_in_it(form: str, text: str) -> None:
    name, found = recognised(text)
    assert (name, found.access, found.refresh) == (form, ACCESS, REFRESH)


def test_an_old_refresh_token_is_known_by_its_heading() -> None:
    old = jwt({"sub": "me"})
    assert recognised(f"Access Token: {ACCESS}\nRefresh Token: {old}")[1] == Found(old, ACCESS)


@pytest.mark.parametrize(
    "text", ["", "{}", "[", "null", "hello", "[" * 100000, ACCESS, json.dumps({"access_token": "a"})]
)
def test_without_a_refresh_token_there_is_nothing_to_take(text: str) -> None:
    with pytest.raises(SettingWrong, match="no refresh token in it"):
        recognised(text)


def test_of_several_none_is_guessed() -> None:
    with pytest.raises(SettingWrong, match="2 sign-ins"):
        recognised(json.dumps([PAIR, {"refresh_token": "other"}]))


def test_a_form_that_is_named_is_the_only_one_tried() -> None:
    assert set(FORMATS) == {"json", "lines", "text"}
    with pytest.raises(SettingWrong):
        recognised(json.dumps(PAIR), "lines")


def test_a_found_pair_shows_nothing_of_itself() -> None:
    assert REFRESH not in repr(Found(REFRESH, ACCESS))


# --- what the bridge gets -----------------------------------------------------------------------------------------


async def test_both_tokens_are_handed_over(data: Path, capsys: Out) -> None:
    assert await imported(json.dumps(PAIR)) == 0
    path = data / "sign-in-tesla.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    handed = take(data, "tesla")
    assert handed.tokens == Tokens(ACCESS, REFRESH, NOON + timedelta(hours=7), 0, NOON - timedelta(hours=1))
    assert not handed.simulated
    said = capsys.readouterr().out
    assert "STOP THE OTHER PROGRAM" in said
    assert "account  me" in said
    assert "missing  vehicle_cmds: no commands to cars" in said
    assert ACCESS not in said
    assert REFRESH not in said


@pytest.mark.parametrize("text", [f"refresh_token={REFRESH}", json.dumps({**PAIR, "access_token": "opaque"})])
async def test_an_access_token_of_unknown_age_is_left_out(data: Path, text: str) -> None:
    """The bridge asks for another one at once."""
    await imported(text)
    tokens = take(data, "tesla").tokens
    assert tokens
    assert (tokens.access, tokens.refresh, tokens.expires_at) == ("", REFRESH, NOON)


async def test_it_is_for_the_account_that_is_named(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLEET2MQTT_ACCOUNTS", "parents")
    await imported(json.dumps(PAIR), "--account", "parents")
    assert take(data, "parents").tokens


# --- what is refused ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "claims", [{"azp": "ownerapi"}, {"aud": ["https://owner-api.teslamotors.com/", "x"]}], ids=["app", "audience"]
)
async def test_tokens_of_the_tesla_app_are_refused(claims: dict[str, object]) -> None:
    said = await complaint(json.dumps({**PAIR, "access_token": jwt(CLAIMS | claims)}))
    assert "ownerapi" in said
    assert "`fleet2mqtt login`" in said


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({**PAIR, "access_token": jwt(CLAIMS | {"azp": "their-app"})}),
        json.dumps({"CLIENT_ID": "their-app", "refresh_token": REFRESH}),
    ],
)
async def test_tokens_of_another_app_are_refused(text: str) -> None:
    said = await complaint(text)
    assert said.startswith("FLEET2MQTT_TESLA_CLIENT_ID: ")
    assert "their-app" in said


async def test_another_account_than_before_needs_a_word(data: Path) -> None:
    with Database(data) as database:
        pair = Tokens(jwt(CLAIMS | {"sub": "somebody"}), "refresh", None, 1, NOON)
        StoredTokens(database).keep("tesla", Custody(pair, stored_at=NOON))
    assert "another Tesla account than the bridge has (somebody)" in await complaint(json.dumps(PAIR))
    assert await imported(json.dumps(PAIR), "--replace") == 0


@pytest.mark.parametrize("kind", ["partner", "business", "fixed", "owner-api"])
async def test_what_takes_its_tokens_from_the_settings_takes_no_others(
    monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    for name in ("CLIENT_SECRET", "AUTH_CODE", "EMAIL", "PASSWORD"):
        monkeypatch.setenv(f"FLEET2MQTT_TESLA_{name}", "given")
    monkeypatch.setenv("FLEET2MQTT_TESLA_REGION", "owner" if kind == "owner-api" else "eu")
    monkeypatch.setenv("FLEET2MQTT_TESLA_TOKEN_TYPE", kind)
    if kind == "fixed":
        monkeypatch.setenv("FLEET2MQTT_TESLA_ACCESS_TOKEN", "given")
    assert (await complaint(json.dumps(PAIR))).startswith("FLEET2MQTT_TESLA_TOKEN_TYPE: ")


async def test_a_simulator_never_sees_real_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLEET2MQTT_TESLA_REGION", "simulated")
    monkeypatch.setenv("FLEET2MQTT_TESLA_SIMULATOR_URL", "http://127.0.0.1:8085")
    assert "must never see" in await complaint(f"refresh_token={REFRESH}")


async def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(SettingWrong, match="/nowhere/tokens: cannot be read"):
        await import_.run(words("import", "/nowhere/tokens"), loaded(), FakeClock())
