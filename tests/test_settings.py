"""Where a setting is looked for, and how a wrong one is named: never with its value, which may be a secret."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bridge.catalog.places import Place
from bridge.errors import SettingWrong
from bridge.settings import LogFormat, RegionName, Settings, load, names

pytestmark = pytest.mark.usefixtures("empty_world")

SECRET = "hunter2-canary"


def _dotenv(*lines: str) -> None:
    Path(".env").write_text("".join(f"FLEET2MQTT_{line}\n" for line in lines), encoding="utf-8")


def _secret(name: str, content: str) -> None:
    Path("secrets").mkdir(exist_ok=True)
    (Path("secrets") / name).write_text(content, encoding="utf-8")


def _complaint(*flags: str) -> str:
    with pytest.raises(SettingWrong) as wrong:
        load(flags)
    return str(wrong.value)


def _complaint_if_any() -> str:
    try:
        load()
    except SettingWrong as wrong:
        return str(wrong)
    return ""


def _password(settings: Settings) -> str | None:
    password = settings.mqtt.password
    return password.get_secret_value() if password else None


# --- sources ----------------------------------------------------------------------------------------------


def test_nothing_need_be_set() -> None:
    settings = load()
    assert (settings.mqtt.host, settings.mqtt.port, settings.base_topic) == ("localhost", 1883, "fleet2mqtt")
    assert (settings.tesla.region, settings.tesla.budget, settings.mqtt.password) == (RegionName.NA, 10.0, None)


def test_the_sources_in_their_order(env: Any) -> None:
    """Flags, environment, `.env`, `*_FILE`, secrets directory: the first that has it counts."""
    _secret("fleet2mqtt_mqtt_password", "from secrets")
    assert _password(load()) == "from secrets"
    Path("file").write_text("from file", encoding="utf-8")
    env(MQTT_PASSWORD_FILE="file")
    assert _password(load()) == "from file"
    assert _password(load(["--mqtt-password", "from flag"])) == "from flag"


def test_flag_before_environment_before_dotenv_before_secrets(env: Any) -> None:
    _secret("fleet2mqtt_mqtt_host", "from-secrets")
    _dotenv("MQTT_HOST=from-dotenv")
    assert load().mqtt.host == "from-dotenv"
    env(MQTT_HOST="from-environment")
    assert load().mqtt.host == "from-environment"
    assert load(["--mqtt-host", "from-flag"]).mqtt.host == "from-flag"


def test_each_source_may_hold_a_part_of_a_section(env: Any) -> None:
    _secret("fleet2mqtt_mqtt_password", SECRET)
    _dotenv("MQTT_USERNAME=me")
    env(MQTT_PORT="8883")
    mqtt = load(["--mqtt-host=broker"]).mqtt
    assert (mqtt.host, mqtt.port, mqtt.username) == ("broker", 8883, "me")
    assert mqtt.password == SecretStr(SECRET)


@pytest.mark.parametrize(
    "flags", [["--mqtt-host", "broker", "--mqtt-port", "99"], ["--mqtt-host=broker", "--mqtt-port=99"]]
)
def test_flags_have_two_forms(flags: list[str]) -> None:
    assert (load(flags).mqtt.host, load(flags).mqtt.port) == ("broker", 99)


def test_a_flags_value_may_hold_an_equals_sign() -> None:
    assert _password(load(["--mqtt-password=a=b="])) == "a=b="


def test_every_setting_is_a_flag_and_a_variable() -> None:
    for name, (path, _) in names().items():
        flag = "--" + name.removeprefix("FLEET2MQTT_").lower().replace("_", "-")
        assert _complaint(flag) == f"{flag}: needs a value"
        assert name == f"FLEET2MQTT_{path}".replace(".", "_").upper()


def test_names_in_small_letters_are_ours_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("fleet2mqtt_mqtt_host", "broker")
    assert load().mqtt.host == "broker"


def test_what_is_empty_is_not_set(env: Any) -> None:
    """Compose passes `${X:-}` on as an empty text."""
    Path("file").write_text(SECRET, encoding="utf-8")
    env(MQTT_PORT="", MQTT_USERNAME="", MQTT_PASSWORD="", MQTT_PASSWORD_FILE="file")
    assert (load().mqtt.port, load().mqtt.username, _password(load())) == (1883, None, SECRET)


@pytest.mark.parametrize(
    ("content", "value"), [(SECRET, SECRET), (f"{SECRET}\n", SECRET), (f"{SECRET}\n\n", f"{SECRET}\n"), (" x ", " x ")]
)
def test_a_file_gives_all_but_its_last_newline(env: Any, content: str, value: str) -> None:
    Path("file").write_text(content, encoding="utf-8")
    env(MQTT_PASSWORD_FILE="file")
    assert _password(load()) == value


def test_a_file_may_be_named_in_dotenv() -> None:
    Path("file").write_text("me", encoding="utf-8")
    _dotenv("MQTT_USERNAME_FILE=file")
    assert load().mqtt.username == "me"


def test_a_file_may_be_named_as_in_the_images_of_linuxserver(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("file").write_text(SECRET, encoding="utf-8")
    monkeypatch.setenv("FILE__FLEET2MQTT_MQTT_PASSWORD", "file")
    monkeypatch.setenv("FILE__OF_SOMEBODY_ELSE", "file")
    assert _password(load()) == SECRET
    monkeypatch.setenv("FILE__FLEET2MQTT_MQTT_PASSWORDD", "file")
    assert "there is no such setting" in _complaint()


def test_the_settings_that_are_themselves_files_are_not_read(env: Any) -> None:
    env(MQTT_CA_FILE="/nowhere/private-ca.pem", TESLA_KEY_FILE="/nowhere/private-key.pem")
    env(TESLA_PROXY_CA_FILE="/nowhere/proxy.pem")
    assert load().mqtt.ca_file == Path("/nowhere/private-ca.pem")
    assert load().tesla.key_file == Path("/nowhere/private-key.pem")
    assert load().tesla.proxy_ca_file == Path("/nowhere/proxy.pem")


def test_the_secrets_directory_may_be_named_in_dotenv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FLEET2MQTT_SECRETS_DIR")
    _secret("FLEET2MQTT_MQTT_PASSWORD", f"{SECRET}\n")
    _dotenv("SECRETS_DIR=secrets")
    assert _password(load()) == SECRET


def test_what_else_lies_in_the_secrets_directory_is_none_of_our_business() -> None:
    _secret("other_password", "x")
    (Path("secrets") / "fleet2mqtt_mqtt_host").mkdir()
    assert load().mqtt.host == "localhost"


# --- values -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", ["flag", "environment", "dotenv", "secret"])
def test_lists_and_aliases_are_written_alike_everywhere(env: Any, source: str) -> None:
    enable, aliases = " door_unlock, actuate_trunk ,", "5YJ3E1EA7KF000316=model3, 1234567 = home"
    flags = []
    match source:
        case "flag":
            flags = ["--commands-enable", enable, "--aliases", aliases]
        case "environment":
            env(COMMANDS_ENABLE=enable, ALIASES=aliases)
        case "dotenv":
            _dotenv(f"COMMANDS_ENABLE={enable}", f"ALIASES={aliases}")
        case _:
            _secret("fleet2mqtt_commands_enable", enable)
            _secret("fleet2mqtt_aliases", aliases)
    settings = load(flags)
    assert settings.commands.enable == ("door_unlock", "actuate_trunk")
    assert settings.aliases == {"5YJ3E1EA7KF000316": "model3", "1234567": "home"}


def test_an_empty_list_and_no_alias() -> None:
    settings = load(["--commands-enable=", "--aliases="])
    assert (settings.commands.enable, settings.aliases) == ((), {})


@pytest.mark.parametrize(("word", "value"), [("true", True), ("1", True), ("on", True), ("false", False), ("0", False)])
def test_yes_and_no(word: str, *, value: bool) -> None:
    assert load([f"--mqtt-tls={word}"]).mqtt.tls is value


def test_words_are_read() -> None:
    settings = load(["--log-format=json", "--tesla-region=eu", "--base-topic=home/tesla"])
    assert (settings.log.format, settings.tesla.region, settings.base_topic) == (
        LogFormat.JSON,
        RegionName.EU,
        "home/tesla",
    )


# --- what is wrong is named -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MQTT_PORT", "x"),
        ("MQTT_PORT", "0"),
        ("MQTT_PORT", "65536"),
        ("MQTT_KEEPALIVE", "1"),
        ("MQTT_CLIENT_ID", "a/b"),
        ("MQTT_TLS", "maybe"),
        ("TESLA_REGION", "moon"),
        ("TESLA_BUDGET", "-1"),
        ("TESLA_BUDGET", "nan"),
        ("TESLA_BUDGET", "inf"),
        ("POLLING_STATE", "inf"),
        ("POLLING_PARKED", "900"),
        ("COMMANDS_TIME_TO_LIVE", "601"),
        ("LOG_LEVEL", "loud"),
        ("LOG_FORMAT", "xml"),
        ("BASE_TOPIC", "/a"),
        ("BASE_TOPIC", "a/"),
        ("BASE_TOPIC", "a//b"),
        ("BASE_TOPIC", "a/+"),
        ("BASE_TOPIC", "#"),
        ("BASE_TOPIC", "$SYS"),
        ("BASE_TOPIC", "a\nb"),
        ("HOMEASSISTANT_PREFIX", "a/b"),
        ("HOMEASSISTANT_STATUS_TOPIC", "homeassistant/#"),
        ("ALIASES", "model3"),
        ("ALIASES", "5YJ3E1EA7KF000316="),
        ("ALIASES", "5YJ3E1EA7KF000316=a/b"),
        ("ALIASES", "5YJ3E1EA7KF000316=car,1234567=car"),
    ],
)
def test_a_wrong_value_names_its_setting(name: str, value: str) -> None:
    flag = "--" + name.lower().replace("_", "-")
    assert _complaint(f"{flag}={value}").startswith(f"FLEET2MQTT_{name}: ")


def test_every_wrong_setting_is_named_at_once(env: Any) -> None:
    env(MQTT_PORT="x", LOG_LEVEL="loud")
    complaint = _complaint()
    assert "FLEET2MQTT_MQTT_PORT: " in complaint
    assert "FLEET2MQTT_LOG_LEVEL: " in complaint


def test_discovery_and_our_own_topics_must_be_apart(env: Any) -> None:
    """Else Home Assistant takes one for the other (reliability.md D10)."""
    env(BASE_TOPIC="homeassistant")
    complaint = _complaint()
    assert "FLEET2MQTT_BASE_TOPIC" in complaint
    assert "FLEET2MQTT_HOMEASSISTANT_PREFIX" in complaint


def test_the_simulated_region_needs_its_simulator(env: Any) -> None:
    env(TESLA_REGION="simulated")
    assert "FLEET2MQTT_TESLA_SIMULATOR_URL" in _complaint()
    env(TESLA_SIMULATOR_URL="http://127.0.0.1:8080")
    assert load().tesla.simulator_url == "http://127.0.0.1:8080"


@pytest.mark.parametrize("name", ["MQTT_HOSTT", "MQTT_HOSTT_FILE", "MQTT", "POLLING", "NONSENSE"])
@pytest.mark.parametrize("source", ["environment", "dotenv"])
def test_an_unknown_name_is_refused(env: Any, name: str, source: str) -> None:
    if source == "environment":
        env(**{name: SECRET})
    else:
        _dotenv(f"{name}={SECRET}")
    complaint = _complaint()
    assert complaint.startswith(f"FLEET2MQTT_{name}: there is no such setting")
    assert SECRET not in complaint


@pytest.mark.parametrize("flags", [["--mqtt-hostt", SECRET], [f"--mqtt-passwort={SECRET}"], ["-x"]])
def test_an_unknown_flag_is_refused(flags: list[str]) -> None:
    complaint = _complaint(*flags)
    assert "there is no such flag" in complaint
    assert SECRET not in complaint


@pytest.mark.parametrize("where", ["environment", "dotenv"])
def test_a_setting_and_its_file_must_not_both_be_given(env: Any, where: str) -> None:
    env(MQTT_PASSWORD_FILE="file")
    if where == "environment":
        env(MQTT_PASSWORD=SECRET)
    else:
        _dotenv(f"MQTT_PASSWORD={SECRET}")
    complaint = _complaint()
    assert complaint == "FLEET2MQTT_MQTT_PASSWORD_FILE: FLEET2MQTT_MQTT_PASSWORD is set too; keep one of them"


@pytest.mark.parametrize("content", [None, b"\xff" + SECRET.encode()])
def test_a_file_that_cannot_be_read_is_named(env: Any, content: bytes | None) -> None:
    if content:
        Path("file").write_bytes(content)
    env(MQTT_PASSWORD_FILE="file")
    complaint = _complaint()
    assert complaint.startswith("FLEET2MQTT_MQTT_PASSWORD_FILE: cannot read file: ")
    assert SECRET not in complaint


def test_a_secrets_directory_that_is_none_is_named(env: Any) -> None:
    Path("file").write_text(SECRET, encoding="utf-8")
    env(SECRETS_DIR="file")
    assert _complaint().startswith("FLEET2MQTT_SECRETS_DIR: ")


@pytest.mark.parametrize(("path", "info"), names().values(), ids=lambda value: value if isinstance(value, str) else "")
def test_no_complaint_shows_the_value(env: Any, path: str, info: Any) -> None:
    """A secret may have been given in the wrong place."""
    env(**{path.replace(".", "_").upper(): f"{SECRET}/+/#"})
    assert SECRET not in _complaint_if_any()


def test_secrets_do_not_show_when_the_settings_are_printed(env: Any) -> None:
    secret = ("MQTT_PASSWORD", "TESLA_CLIENT_SECRET", "TESLA_REFRESH_TOKEN", "TESLA_ACCESS_TOKEN")
    env(**dict.fromkeys(secret, SECRET))
    settings = load()
    assert _password(settings) == SECRET
    for shown in (repr(settings), str(settings), str(settings.model_dump()), settings.model_dump_json()):
        assert SECRET not in shown


def test_a_real_refresh_token_is_never_meant_for_a_simulator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLEET2MQTT_TESLA_REGION", "simulated")
    monkeypatch.setenv("FLEET2MQTT_TESLA_SIMULATOR_URL", "http://simulator:8085")
    monkeypatch.setenv("FLEET2MQTT_TESLA_REFRESH_TOKEN", "EU_0123456789abcdef")
    with pytest.raises(SettingWrong, match="never see") as wrong:
        load()
    assert "0123456789" not in str(wrong.value)


def test_what_the_simulator_knows_is_nothing_to_a_real_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """compose.yaml sets it until somebody sets a region of Tesla's and signs in."""
    given = {"TESLA_CLIENT_ID": "simulated-client", "TESLA_REFRESH_TOKEN": "simulated-refresh-token"}
    for name, value in given.items():
        monkeypatch.setenv(f"FLEET2MQTT_{name}", value)
    monkeypatch.setenv("FLEET2MQTT_TESLA_REGION", "eu")
    assert (load().tesla.client_id, load().tesla.refresh_token) == (None, None)
    monkeypatch.setenv("FLEET2MQTT_TESLA_REGION", "simulated")
    monkeypatch.setenv("FLEET2MQTT_TESLA_SIMULATOR_URL", "http://localhost:8085")
    assert load().tesla.client_id == "simulated-client"


@pytest.mark.parametrize(
    ("given", "policy"),
    [
        ("never", "never"),
        ("within_budget", "within_budget"),
        ("always", "always"),
        ("true", "within_budget"),
        ("ON", "within_budget"),
        ("1", "within_budget"),
        ("false", "never"),
        ("no", "never"),
        ("0", "never"),
    ],
)
def test_the_wake_policy_was_true_or_false_once(given: str, policy: str) -> None:
    _dotenv(f"COMMANDS_WAKE={given}")
    assert load().commands.wake == policy


def test_a_wake_policy_that_is_none_is_named() -> None:
    assert _complaint("--commands-wake", "sometimes").startswith("FLEET2MQTT_COMMANDS_WAKE:")
    assert load().commands.wake == "within_budget"


# --- zones ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written",
    [
        "home=52.1,4.3,150;work=-33.9,-151.2,300",
        " home = 52.1 , 4.3, 150 ; work=-33.9,-151.2,300; ",
        "home=52.1,4.3,150,work=-33.9,-151.2,300",  # one by one, as Home Assistant's options are
    ],
)
def test_zones_are_places_with_a_radius(env: Any, written: str) -> None:
    env(ZONES=written)
    assert load().zones == {"home": (52.1, 4.3, 150), "work": (-33.9, -151.2, 300)}


@pytest.mark.parametrize("written", ["", " ", ";"])
def test_without_zones_there_are_none(env: Any, written: str) -> None:
    env(ZONES=written)
    assert load().zones == {}


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("home", "must be like home="),
        ("home=52.1,4.3", "must be like home="),
        ("52.1,4.3,150", "must be like home="),
        ("home=52.1,4.3,150;home=52.2,4.3,150", "two places have the same name"),
        ("elsewhere=52.1,4.3,150", "elsewhere is what is in no zone"),
        ("home=91,4.3,150", "less than or equal to 90"),
        ("home=52.1,181,150", "less than or equal to 180"),
        ("home=52.1,4.3,5", "greater than or equal to 20"),
        ("home=north,4.3,150", "valid number"),
        ("home=nan,4.3,150", "less than or equal to 90"),
        ("a/b=52.1,4.3,150", "match pattern"),
    ],
)
def test_a_zone_that_is_none_is_refused_and_no_place_is_shown(env: Any, written: str, complaint: str) -> None:
    env(ZONES=written)
    with pytest.raises(SettingWrong) as wrong:
        load()
    assert str(wrong.value).startswith("FLEET2MQTT_ZONES: ")
    assert complaint in str(wrong.value)
    assert "4.3" not in str(wrong.value).replace("home=52.1000,4.3000,150", "")


# --- what is let out and what is let in ---------------------------------------------------------------------


@pytest.mark.parametrize("names", ["all", "*", "door_unlock,*", "ALL", "door_*", "dangerous", "true", ".*"])
def test_dangerous_commands_are_enabled_by_name_only(env: Any, names: str) -> None:
    env(COMMANDS_ENABLE=names)
    with pytest.raises(SettingWrong) as wrong:
        load()
    assert str(wrong.value).startswith("FLEET2MQTT_COMMANDS_ENABLE: ")
    assert "docs/commands.md" in str(wrong.value)


ZONE = "home=52.1,4.3,150"


@pytest.mark.parametrize(
    ("location", "zones", "told", "sees_zones"),
    [
        (None, "", "coordinates spot", False),
        ("exact", ZONE, "coordinates spot zone", True),
        ("rounded", "", "coordinates", False),
        ("zone", ZONE, "zone", True),
        ("zone", "", "", False),
        ("off", ZONE, "", False),
        ("off", "", "", False),
    ],
)
def test_where_cars_are_is_asked_for_while_something_is_made_of_it(
    env: Any, location: str | None, zones: str, told: str, *, sees_zones: bool
) -> None:
    env(ZONES=zones, **({"LOCATION": location} if location else {}))
    own = load()
    assert own.places_told == set(map(Place, told.split()))
    assert bool(own.visible_zones) == sees_zones


def test_there_is_no_other_word_for_how_much_of_a_place_is_let_out(env: Any) -> None:
    env(LOCATION="none")
    with pytest.raises(SettingWrong, match="FLEET2MQTT_LOCATION"):
        load()
