"""`logout`: nothing of the sign-in is left here, and what only the owner can do is told (S22)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from brokers import Broker
from fakes import NOON, FakeClock
from sign_in_server import simulated_tesla
from spy import spying
from verbs import loaded, settings_of, words

from bridge.accounts import SERVED
from bridge.cli import logout
from bridge.clock import SystemClock
from bridge.database import Database, backed_up
from bridge.errors import SettingWrong
from bridge.fleet.auth.inbox import take
from bridge.fleet.auth.store import Custody, StoredTokens
from bridge.fleet.auth.tokens import Tokens
from bridge.fleet.hosts import Region
from bridge.mqtt import Mqtt, Publication

Out = pytest.CaptureFixture[str]

TOKENS = Tokens("access-canary", "refresh-canary", None, 1, NOON)
CAR, SITE, THEIRS = "vehicle/LRW3F7EK4NC700001", "energy_site/2252000000000001", "vehicle/5YJYGDEE1MF700002"


@pytest.fixture
def data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Of a bridge that is signed in, and not running."""
    settings_of(monkeypatch, tmp_path, tesla_client_id="my-app", tesla_region="eu", tesla_domain="example.com")
    keep(tmp_path / "data", "tesla")
    return tmp_path / "data"


def keep(data: Path, kept_as: str, tokens: Tokens = TOKENS) -> None:
    with Database(data) as database:
        StoredTokens(database).keep(kept_as, Custody(tokens, stored_at=NOON))


async def logs_out(*flags: str) -> int:
    return await logout.run(words("logout", *flags), loaded(), FakeClock(hurries=True))


def traces(data: Path) -> list[str]:
    """Files that still hold a token."""
    return [path.name for path in data.iterdir() if b"canary" in path.read_bytes()]


def left_for_the_bridge(data: Path) -> bool:
    return any(data.glob("sign-in-*"))


# --- tokens -------------------------------------------------------------------------------------------------------


async def test_no_token_is_left_on_the_disk(data: Path) -> None:
    assert traces(data)
    assert await logs_out() == 0
    assert traces(data) == []
    assert not left_for_the_bridge(data)
    assert backed_up(data, "tokens tesla") is None


async def test_it_tells_what_only_the_owner_can_do(data: Path, capsys: Out) -> None:
    await logs_out()
    said = capsys.readouterr().out
    page = "https://auth.tesla.com/user/revoke/consent?revoke_client_id=my-app&back_url=https%3A%2F%2Fexample.com"
    assert f"\n  {page}\n" in said
    assert "take its key out of a car" in said


async def test_a_refresh_token_of_the_settings_does_not_sign_in_again(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    monkeypatch.setenv("FLEET2MQTT_TESLA_REFRESH_TOKEN", "EU_first-canary-0123456789")
    await logs_out()
    assert "FLEET2MQTT_TESLA_REFRESH_TOKEN is still set" in capsys.readouterr().out
    with Database(data) as database:
        pause = StoredTokens(database).load("tesla").pause
    assert pause
    assert len(pause["tried"]) == 1


async def test_while_the_bridge_runs_it_is_left_for_it(data: Path, capsys: Out) -> None:
    with Database(data):
        assert await logs_out() == 0
    assert take(data, "tesla").tokens is None
    assert "Signed out" not in capsys.readouterr().out


async def test_only_the_account_that_is_named_is_signed_out(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLEET2MQTT_ACCOUNTS", "parents")
    keep(data, "parents", Tokens("access-parents", "refresh-parents", None, 1, NOON))
    await logs_out("--account", "parents")
    assert backed_up(data, "tokens parents") is None
    assert backed_up(data, "tokens tesla")


async def test_without_a_data_directory_nothing_is_made(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLEET2MQTT_DATA_DIR", str(data / "elsewhere"))
    with pytest.raises(SettingWrong, match="there is no sign-in in"):
        await logs_out()
    assert not (data / "elsewhere").exists()


async def test_a_fixed_token_is_the_settings_own(data: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out) -> None:
    monkeypatch.setenv("FLEET2MQTT_TESLA_TOKEN_TYPE", "fixed")
    monkeypatch.setenv("FLEET2MQTT_TESLA_ACCESS_TOKEN", "fixed-canary")
    assert await logs_out() == 0
    assert "remove FLEET2MQTT_TESLA_ACCESS_TOKEN" in capsys.readouterr().out


# --- at Tesla -----------------------------------------------------------------------------------------------------


@pytest.fixture
async def owners(data: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Region]:
    """An Owner API that can end tokens."""
    async with simulated_tesla() as region:
        for name, value in {
            "REGION": "simulated",
            "SIMULATOR_URL": region.api,
            "TOKEN_TYPE": "owner-api",
            "EMAIL": "owner@example.com",
            "PASSWORD": "simulated-password",
        }.items():
            monkeypatch.setenv(f"FLEET2MQTT_TESLA_{name}", value)
        keep(data, "simulated tesla owner-api")
        yield region


@pytest.mark.usefixtures("owners")
async def test_where_tesla_ends_tokens_it_is_asked_to(capsys: Out) -> None:
    assert await logs_out() == 0
    assert "Tesla has ended the token." in capsys.readouterr().out


@pytest.mark.usefixtures("owners")
async def test_tokens_are_forgotten_also_while_tesla_is_away(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    monkeypatch.setenv("FLEET2MQTT_TESLA_SIMULATOR_URL", "http://127.0.0.1:9")
    assert await logs_out() == 0
    assert "could not be ended at Tesla" in capsys.readouterr().out
    assert backed_up(data, "tokens simulated tesla owner-api") is None


# --- what was shown -----------------------------------------------------------------------------------------------


def shown(data: Path, monkeypatch: pytest.MonkeyPatch, broker: Broker) -> None:
    """The bridge has shown three devices here."""
    monkeypatch.setenv("FLEET2MQTT_MQTT_HOST", broker.host)
    monkeypatch.setenv("FLEET2MQTT_MQTT_PORT", str(broker.port))
    monkeypatch.setenv("FLEET2MQTT_MQTT_USERNAME", "bridge")
    monkeypatch.setenv("FLEET2MQTT_MQTT_PASSWORD", "secret")
    with Database(data) as database:
        database.keep_values({CAR: {"battery_level": 80}, SITE: {}, THEIRS: {}})
        database.keep_secrets({SERVED: {CAR: "tesla", SITE: "tesla", THEIRS: "parents"}})


OURS = (
    f"fleet2mqtt/{CAR}/charge/battery_level",
    f"fleet2mqtt/{CAR}/charge",
    f"fleet2mqtt/{CAR}/availability",
    f"fleet2mqtt/{SITE}/power",
    "fleet2mqtt/account/tesla/status/connected",
    "homeassistant/device/fleet2mqtt_LRW3F7EK4NC700001/config",
    "homeassistant/device/fleet2mqtt_2252000000000001/config",
)
DOCUMENT = json.dumps({"origin": {"name": "fleet2mqtt"}, "state_topic": "fleet2mqtt/bridge/state"}).encode()
OTHERS = (
    "fleet2mqtt/bridge/info",
    f"fleet2mqtt/{THEIRS}/charge",
    "homeassistant/device/fleet2mqtt_5YJYGDEE1MF700002/config",
    "homeassistant/device/somebody/config",
)


@pytest.mark.mosquitto
async def test_purge_clears_what_was_shown_of_the_account_and_nothing_else(
    data: Path, monkeypatch: pytest.MonkeyPatch, broker: Broker
) -> None:
    shown(data, monkeypatch, broker)
    monkeypatch.setenv("FLEET2MQTT_ACCOUNTS", "parents")
    with spying(broker) as spy:
        async with Mqtt(broker.address("bridge"), will=None).connected() as bridge:
            for topic in (*OURS, *OTHERS):
                bridge.publish(Publication(topic, DOCUMENT, retain=True))
        spy.until(lambda: set(OTHERS) <= spy.retained.keys(), "what was shown")
        own = loaded()
        assert await logout.run(words("logout", "--purge"), own, SystemClock()) == 0
        spy.until(lambda: not set(OURS) & spy.retained.keys(), "an empty broker")
        assert set(OTHERS) <= spy.retained.keys()
    with Database(data) as database:
        assert database.values().keys() == {THEIRS}


async def test_purge_waits_for_the_bridge_to_be_stopped(data: Path) -> None:
    """It would publish everything again."""
    with Database(data), pytest.raises(SettingWrong, match="--purge: stop the bridge first"):
        await logs_out("--purge")
    assert not left_for_the_bridge(data)
    assert traces(data)
