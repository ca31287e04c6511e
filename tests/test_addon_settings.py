"""As an app of Home Assistant: every option is the setting that it names, and the broker is the Supervisor's."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest
import yaml
from brokers import HOST, ROOT
from pydantic import SecretStr
from supervisor import TOKEN, Supervisor

from bridge.errors import SettingWrong
from bridge.settings import Settings, load, names

SCHEMA: dict[str, str | list[str]] = yaml.safe_load((ROOT / "homeassistant/config.yaml").read_text())["schema"]

Give = Callable[..., None]

OTHER: dict[str, Any] = {
    "accounts": ["parents", "work"],
    "aliases": ["5YJ3E1EA7KF000316=model3", "1234567=home"],
    "zones": ["home=52.1,4.3,150", "work=52.2,-4.4,300"],
    "base_topic": "home/tesla",
    "commands_enable": ["door_unlock", "actuate_trunk"],
    "homeassistant_status_topic": "hass/status",
    "mqtt_ca_file": "/ssl/ca.pem",
    "tesla_domain": "example.com",
    "tesla_redirect_uri": "https://example.com/back",
    "tesla_scopes": ["openid", "vehicle_device_data"],
}
"""Values that are not just any word."""


@pytest.fixture(autouse=True)
def _started_by_hand(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No Supervisor and no setting, but the data directory."""
    for name in names():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("SUPERVISOR_TOKEN", raising=False)
    monkeypatch.setenv("FLEET2MQTT_DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def give(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Give:
    """The Supervisor starts us with these options."""

    def given(**options: Any) -> None:
        monkeypatch.setenv("SUPERVISOR_TOKEN", TOKEN)
        (tmp_path / "options.json").write_text(json.dumps(options))

    return given


def _values(settings: Settings) -> dict[str, Any]:
    """Dotted path of each setting -> its value, as an option would have it."""
    return {path: _plain(attrgetter(path)(settings)) for path, _ in names().values()}


def _plain(value: Any) -> Any:
    match value:
        case SecretStr():
            return value.get_secret_value()
        case Path():
            return str(value)
        case tuple():
            return list(value)
        case Mapping():
            return [f"{name}={_written(other)}" for name, other in value.items()]
    return value


def _written(value: Any) -> str:
    return ",".join(f"{number:g}" for number in value) if isinstance(value, tuple) else value


def _other(option: str, default: Any) -> Any:
    """As the Supervisor would write it: of the option's type, and not its default."""
    kind = SCHEMA[option]
    if option in OTHER:
        return OTHER[option]
    assert isinstance(kind, str)
    match re.split(r"[(),?]", kind)[:3]:
        case ["bool", *_]:
            return not default
        case ["port", *_]:
            return 8883
        case ["int" | "float", low, *_]:
            return int(low) + 2
        case ["list", words, *_]:
            return next(word for word in words.split("|") if word != default)
    return "else"


@pytest.mark.parametrize("option", SCHEMA)
def test_every_option_sets_the_setting_that_it_names_and_no_other(give: Give, option: str) -> None:
    path, info = names()[f"FLEET2MQTT_{option}".upper()]
    value = _other(option, info.default)
    before = _values(load())
    give(**{option: value})
    assert _values(load(with_broker=False)) == before | {path: value}
    assert before[path] != value


@pytest.mark.parametrize("nothing", ["", None, []])
def test_what_is_left_empty_is_not_set(give: Give, nothing: Any) -> None:
    give(tesla_client_id=nothing, tesla_budget=nothing, commands_enable=nothing)
    settings = load(with_broker=False)
    assert (settings.tesla.client_id, settings.tesla.budget, settings.commands.enable) == (None, 10.0, ())


def test_the_environment_counts_more(give: Give, monkeypatch: pytest.MonkeyPatch) -> None:
    give(log_level="debug", base_topic="option")
    monkeypatch.setenv("FLEET2MQTT_BASE_TOPIC", "environment")
    settings = load(with_broker=False)
    assert (settings.log.level, settings.base_topic) == ("debug", "environment")


def test_without_a_supervisor_its_file_is_nothing(give: Give, monkeypatch: pytest.MonkeyPatch) -> None:
    give(log_level="debug")
    monkeypatch.delenv("SUPERVISOR_TOKEN")
    assert load().log.level == "info"


def test_a_token_without_options_makes_no_app(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the terminal of another app."""
    monkeypatch.setenv("SUPERVISOR_TOKEN", TOKEN)
    assert load().mqtt.host == "localhost"


@pytest.mark.parametrize("content", ["{", "[]", "\udcff"])
def test_a_broken_file_is_one_line(give: Give, tmp_path: Path, content: str) -> None:
    give()
    (tmp_path / "options.json").write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(SettingWrong, match=re.escape(str(tmp_path / "options.json"))):
        load()


# --- the broker -------------------------------------------------------------------------------------------

MOSQUITTO = {
    "host": "core-mosquitto",
    "port": "1884",
    "ssl": False,
    "username": "addons",
    "password": "hunter2-canary",
    "protocol": "3.1.1",
    "addon": "core_mosquitto",
}
"""The port may come as a text."""


@pytest.fixture
def supervisor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    """One that runs, on a port of its own: the name `supervisor` leads to it."""
    server = Supervisor((HOST, 0), dict(MOSQUITTO))
    really = socket.getaddrinfo

    def named(host: str, *how: Any, **named: Any) -> Any:
        if host == "supervisor":
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", server.server_address)]
        return really(host, *how, **named)

    monkeypatch.setattr(socket, "getaddrinfo", named)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def _login(settings: Settings) -> tuple[str, int, str | None, str | None]:
    mqtt = settings.mqtt
    return mqtt.host, mqtt.port, mqtt.username, mqtt.password.get_secret_value() if mqtt.password else None


def _complaint() -> str:
    with pytest.raises(SettingWrong) as wrong:
        load()
    assert TOKEN not in str(wrong.value)
    return str(wrong.value)


def test_it_is_the_supervisors(give: Give, supervisor: Supervisor) -> None:
    give(tesla_region="eu")
    settings = load()
    assert _login(settings) == ("core-mosquitto", 1884, "addons", "hunter2-canary")
    assert (settings.mqtt.tls, settings.tesla.region) == (False, "eu")
    assert supervisor.answers == [200]


def test_it_is_asked_for_with_encryption_if_it_has_that(give: Give, supervisor: Supervisor) -> None:
    supervisor.broker = MOSQUITTO | {"ssl": True}
    give()
    assert load().mqtt.tls is True


def test_a_broker_without_logins_has_none(give: Give, supervisor: Supervisor) -> None:
    supervisor.broker = {"host": "broker", "port": 1883, "ssl": False, "protocol": "3.1.1"}
    give()
    assert _login(load()) == ("broker", 1883, None, None)


@pytest.mark.parametrize("how", ["option", "environment", "flag"])
def test_a_host_that_is_set_by_hand_is_the_broker_and_nobody_is_asked(
    give: Give, supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    give(mqtt_username="me", **({"mqtt_host": "mine"} if how == "option" else {}))
    if how == "environment":
        monkeypatch.setenv("FLEET2MQTT_MQTT_HOST", "mine")
    assert _login(load(["--mqtt-host=mine"] if how == "flag" else [])) == ("mine", 1883, "me", None)
    assert supervisor.answers == []


def test_a_user_that_is_set_by_hand_is_not_given_the_supervisors_password(give: Give, supervisor: Supervisor) -> None:
    give(mqtt_username="me", mqtt_keepalive=60)
    settings = load()
    assert _login(settings) == ("core-mosquitto", 1884, "me", None)
    assert settings.mqtt.keepalive == 60


def test_the_health_check_asks_nobody(give: Give, supervisor: Supervisor) -> None:
    """It comes every minute, and must not fail because the Supervisor is away."""
    give()
    assert load(with_broker=False).mqtt.host == "localhost"
    assert supervisor.answers == []


def test_where_no_broker_is_installed_it_says_what_to_do(give: Give, supervisor: Supervisor) -> None:
    supervisor.broker = None
    give()
    complaint = _complaint()
    assert "Install the app Mosquitto broker" in complaint
    assert "mqtt_host" in complaint


@pytest.mark.parametrize("answer", ["", "<html>", "[]", "{}", '{"data": null}', '{"data": {"port": 1883}}'])
def test_an_answer_that_is_none_says_what_to_do(give: Give, supervisor: Supervisor, answer: str) -> None:
    supervisor.broker = answer
    give()
    assert "mqtt_host" in _complaint()


def test_a_refusal_says_what_to_do(give: Give, supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    give()
    monkeypatch.setenv("SUPERVISOR_TOKEN", "another")
    complaint = _complaint()
    assert "status 401" in complaint
    assert "mqtt_host" in complaint


def test_a_supervisor_that_is_away_says_what_to_do(give: Give, supervisor: Supervisor) -> None:
    supervisor.shutdown()
    supervisor.server_close()
    give()
    complaint = _complaint()
    assert "does not answer" in complaint
    assert "mqtt_host" in complaint


def test_what_the_supervisor_says_wrongly_is_named(give: Give, supervisor: Supervisor) -> None:
    supervisor.broker = MOSQUITTO | {"port": "many"}
    give()
    assert _complaint().startswith("FLEET2MQTT_MQTT_PORT: ")


# --- what its owner reads ---------------------------------------------------------------------------------


def _ended() -> tuple[int, list[str]]:
    code = "from bridge.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code, "run"], capture_output=True, text=True, check=False)
    return done.returncode, done.stderr.splitlines()


@pytest.mark.parametrize(
    ("option", "value"),
    {"mqtt_port": 0, "polling_parked": 1, "tesla_region": "moon", "aliases": ["x"], "mqtt_nonsense": "x"}.items(),
)
def test_a_wrong_option_is_one_line_that_names_it_and_exit_code_2(give: Give, option: str, value: Any) -> None:
    give(**{"mqtt_host": HOST, option: value})
    code, lines = _ended()
    assert code == 2
    assert len(lines) == 1
    assert lines[0].startswith(f"fleet2mqtt: option {option}: ")


def test_what_is_missing_is_called_by_the_name_of_its_option(give: Give) -> None:
    give(mqtt_host=HOST)
    code, lines = _ended()
    assert (code, len(lines)) == (2, 1)
    assert lines[0].startswith("fleet2mqtt: option tesla_client_id: is missing")


def test_what_the_environment_sets_keeps_its_name(give: Give, monkeypatch: pytest.MonkeyPatch) -> None:
    give(mqtt_host=HOST)
    monkeypatch.setenv("FLEET2MQTT_LOG_LEVEL", "loud")
    assert _ended()[1][0].startswith("fleet2mqtt: FLEET2MQTT_LOG_LEVEL: ")
