"""Several accounts: what each takes over from the first, what is its own, and how a wrong setting of one is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bridge.errors import SettingWrong
from bridge.settings import RegionName, TokenType, load, names, of_all

pytestmark = pytest.mark.usefixtures("empty_world")

SECRET = "hunter2-canary"
PERSONAL = ("refresh_token", "access_token", "auth_code", "email", "password")


def complaint(*flags: str) -> str:
    with pytest.raises(SettingWrong) as wrong:
        load(flags)
    assert SECRET not in str(wrong.value)
    return str(wrong.value)


# --- what counts ------------------------------------------------------------------------------------------


def test_without_further_ones_there_is_the_first() -> None:
    settings = load()
    assert of_all(settings) == {"tesla": settings.tesla}


def test_further_accounts_take_over_what_the_first_has(env: Any) -> None:
    env(ACCOUNTS="parents, work", TESLA_CLIENT_ID="app", TESLA_REGION="eu", TESLA_SCOPES="openid,energy_cmds")
    env(ACCOUNT_WORK_REGION="na", ACCOUNT_WORK_TOKEN_TYPE="open-source")
    accounts = of_all(load())
    assert list(accounts) == ["tesla", "parents", "work"]
    assert {name: each.client_id for name, each in accounts.items()} == dict.fromkeys(accounts, "app")
    assert {name: each.scopes for name, each in accounts.items()} == dict.fromkeys(accounts, ("openid", "energy_cmds"))
    assert [each.region for each in accounts.values()] == [RegionName.EU, RegionName.EU, RegionName.NA]
    assert accounts["work"].token_type is TokenType.OPEN_SOURCE


@pytest.mark.parametrize("name", PERSONAL)
def test_what_opens_one_account_is_never_taken_over(env: Any, name: str) -> None:
    env(ACCOUNTS="parents", **{f"TESLA_{name.upper()}": SECRET})
    accounts = of_all(load())
    assert getattr(accounts["tesla"], name) is not None
    assert getattr(accounts["parents"], name) is None


@pytest.mark.parametrize("name", PERSONAL)
def test_but_each_may_have_its_own(env: Any, name: str) -> None:
    env(ACCOUNTS="parents", **{f"ACCOUNT_PARENTS_{name.upper()}": "4711"})
    accounts = of_all(load())
    own = getattr(accounts["parents"], name)
    assert (own.get_secret_value() if isinstance(own, SecretStr) else own) == "4711"
    assert getattr(accounts["tesla"], name) is None


@pytest.mark.parametrize("source", ["flag", "joined flag", "environment", "dotenv", "file", "secret"])
def test_they_are_set_wherever_settings_are(env: Any, source: str) -> None:
    name, flags = "ACCOUNT_PARENTS_REFRESH_TOKEN", ["--accounts", "parents"]
    match source:
        case "flag":
            flags += ["--account-parents-refresh-token", SECRET]
        case "joined flag":
            flags += [f"--account-parents-refresh-token={SECRET}"]
        case "environment":
            env(**{name: SECRET})
        case "dotenv":
            Path(".env").write_text(f"FLEET2MQTT_{name}={SECRET}\n")
        case "file":
            Path("file").write_text(f"{SECRET}\n")
            env(**{f"{name}_FILE": "file"})
        case _:
            Path("secrets").mkdir()
            Path("secrets/fleet2mqtt_account_parents_refresh_token").write_text(SECRET)
    assert of_all(load(flags))["parents"].refresh_token == SecretStr(SECRET)


def test_no_secret_of_theirs_shows_when_the_settings_are_printed(env: Any) -> None:
    env(ACCOUNTS="parents", ACCOUNT_PARENTS_REFRESH_TOKEN=SECRET)
    settings = load()
    for shown in (repr(settings), str(settings), str(settings.model_dump()), settings.model_dump_json()):
        assert SECRET not in shown


def test_the_lists_of_names_holds_those_of_an_account_but_not_what_is_the_apps() -> None:
    own = names(["parents"]).keys() - names().keys()
    assert {"FLEET2MQTT_ACCOUNT_PARENTS_REGION", "FLEET2MQTT_ACCOUNT_PARENTS_CLIENT_ID"} <= own
    assert not {"FLEET2MQTT_ACCOUNT_PARENTS_BUDGET", "FLEET2MQTT_ACCOUNT_PARENTS_KEY_FILE"} & own


# --- what is wrong is named -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["tesla", "bridge", "a b", "Parents", "1st", "a_b", "a/b", "a" * 33, "a,a"])
def test_a_name_must_be_fit_for_a_topic_and_a_variable(name: str) -> None:
    assert complaint("--accounts", name).startswith("FLEET2MQTT_ACCOUNTS: ")


@pytest.mark.parametrize(
    ("name", "value"),
    [("REGION", "moon"), ("TOKEN_TYPE", "x"), ("DEADLINE", "0"), ("DOMAIN", "x"), ("REDIRECT_URI", "x")],
)
def test_a_wrong_value_names_the_full_variable_and_only_that(env: Any, name: str, value: str) -> None:
    env(ACCOUNTS="parents,work", **{f"ACCOUNT_PARENTS_{name}": value})
    said = complaint()
    assert said.startswith(f"FLEET2MQTT_ACCOUNT_PARENTS_{name}: ")
    assert said.count("FLEET2MQTT_") == 1


def test_a_wrong_value_that_is_taken_over_names_where_it_comes_from(env: Any) -> None:
    env(ACCOUNTS="parents,work", TESLA_REGION="moon")
    said = complaint()
    assert said.startswith("FLEET2MQTT_TESLA_REGION: ")
    assert said.count("FLEET2MQTT_") == 1


def test_what_a_region_needs_is_named_as_the_accounts_own(env: Any) -> None:
    env(ACCOUNTS="parents", ACCOUNT_PARENTS_REGION="simulated")
    said = complaint()
    assert "FLEET2MQTT_ACCOUNT_PARENTS_SIMULATOR_URL is needed" in said
    assert "FLEET2MQTT_TESLA_" not in said


def test_a_simulator_never_sees_a_real_token_of_another_account_either(env: Any) -> None:
    env(ACCOUNTS="parents", ACCOUNT_PARENTS_REGION="simulated", ACCOUNT_PARENTS_SIMULATOR_URL="http://localhost")
    env(ACCOUNT_PARENTS_REFRESH_TOKEN=f"EU_{SECRET}")
    assert "FLEET2MQTT_ACCOUNT_PARENTS_REFRESH_TOKEN is a real one" in complaint()


@pytest.mark.parametrize("name", ["REGIO", "BUDGET", "KEY_FILE", "", "REGIO_FILE"])
def test_a_setting_that_no_account_has_is_refused(env: Any, name: str) -> None:
    full = f"ACCOUNT_PARENTS_{name}".rstrip("_")
    env(ACCOUNTS="parents", **{full: SECRET})
    assert complaint() == f"FLEET2MQTT_{full}: there is no such setting; docs/configuration.md lists them all"


@pytest.mark.parametrize("form", ["ACCOUNT_PARENTZ_REGION", "ACCOUNT_PARENTZ_REFRESH_TOKEN_FILE"])
def test_an_account_that_is_not_named_is_told(env: Any, form: str) -> None:
    Path("file").write_text(SECRET)
    env(ACCOUNTS="parents", **{form: "file"})
    assert complaint() == f"FLEET2MQTT_{form}: there is no account 'parentz'; name it in FLEET2MQTT_ACCOUNTS"


def test_so_is_one_of_a_flag() -> None:
    said = complaint("--accounts", "parents", "--account-parentz-region", "eu")
    assert said == "FLEET2MQTT_ACCOUNT_PARENTZ_REGION: there is no account 'parentz'; name it in FLEET2MQTT_ACCOUNTS"


def test_a_setting_of_an_account_and_its_file_must_not_both_be_given(env: Any) -> None:
    env(ACCOUNTS="parents", ACCOUNT_PARENTS_REFRESH_TOKEN=SECRET, ACCOUNT_PARENTS_REFRESH_TOKEN_FILE="file")
    assert complaint().startswith("FLEET2MQTT_ACCOUNT_PARENTS_REFRESH_TOKEN_FILE: FLEET2MQTT_ACCOUNT_PARENTS_REFRESH")
