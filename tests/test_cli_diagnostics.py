"""`diagnostics`: a report for everybody to read, with nothing in it that is its owner's alone (E7, S17)."""

from __future__ import annotations

import asyncio
import base64
import html
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from brokers import PASSWORD, Broker, running_broker, write_passwords
from fakes import NOON
from talk import connect
from verbs import call, settings_of, words

from bridge import settings
from bridge.accounts import SERVED
from bridge.cli import diagnostics
from bridge.cli.diagnostics_mask import Mask
from bridge.cli.diagnostics_parts import PARTS
from bridge.database import FILE, Database
from bridge.errors import SettingWrong
from bridge.fleet.auth.store import Custody, StoredTokens
from bridge.fleet.auth.tokens import Tokens
from bridge.mqtt import Publication, connection
from bridge.topics import encode

Out = pytest.CaptureFixture[str]

VIN, LOST_VIN, STRANGE_VIN = "LRW3F7EK4NC700001", "5YJYGDEE1MF700002", "7SAYGDEE1PF800003"
SITE, DIN = "2252000000000001", "1734412-02-D--PGT00000000001"
STRANGE_TOKEN = "NA_0123456789canary-of-somebody-ABCDEFGH123456789-0123456789"


def _access_token() -> str:
    said = {"sub": "canary-subject-0042", "azp": "canary-app-id", "scp": ["openid", "vehicle_cmds"], "exp": 1}
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({}, said)]
    return f"eyJ{parts[0]}.{parts[1]}.c2lnbmF0dXJlLWNhbmFyeQ"


TOKENS = Tokens(_access_token(), "EU_canary-refresh-0123456789", NOON, 3, NOON)
OLDER = Tokens("canary-access-older", "canary-refresh-older", NOON, 2, NOON)

SETTINGS = {
    "mqtt_username": "canary-user",
    "mqtt_password": 'canary "mqtt" pässword',
    "mqtt_client_id": "canary-client-at-broker",
    "base_topic": "canary-base",
    "homeassistant_prefix": "canary-prefix",
    "homeassistant_status_topic": "canary-prefix/status",
    "tesla_client_id": "canary-app-id",
    "tesla_client_secret": "ta-secret.canary-secret",
    "tesla_refresh_token": "EU_canary-first-0123456789",
    "tesla_auth_code": "canary-auth-code",
    "tesla_email": "canary@example.org",
    "tesla_password": "canary-tesla-password",
    "tesla_domain": "canary-domain.example",
    "tesla_redirect_uri": "https://canary-redirect.example/callback",
    "tesla_proxy_url": "https://canary-proxy.example:4443",
    "tesla_budget": "7.5",
    "polling_profile": "eco",
    "commands_wake": "true",
    "commands_enable": "door_unlock",
    "aliases": f"{VIN}=canary-alias,{SITE}=canary-cabin",
    "zones": "canary zone=52.123456,4.345678,150;home=52.187654,4.398765,100",
    "accounts": "canaryparents",
    "account_canaryparents_refresh_token": "EU_canary-parents-0123456789",
    "log_level": "debug",
}
SHOWN = {"BUDGET": 7.5, "PROFILE": "eco", "WAKE": "within_budget", "ENABLE": ["door_unlock"], "LEVEL": "debug"}
"""End of a setting's name -> what everybody may see of it."""

VALUES = {
    f"vehicle/{VIN}": {
        "vehicle_name": "Canary Car",
        "vin": VIN,
        "position": {"latitude": 52.0912345, "longitude": 5.1234567},
        "route_destination": "1 Canary Lane, Utrecht",
        "media_title": "Canary Song",
        "software_version": "2026.38.9",
        "connectivity": "asleep",
        "battery_level": 61,
    },
    f"energy_site/{SITE}": {"site_name": "Canary Cottage", "gateway_serial": "CN321CANARY"},
    f"wall_connector/{DIN}": {"serial_number": "PGT00000000001"},
}

COMMANDS: list[tuple[str, Any, str]] = [
    ("charge_limit", 80, "ok"),
    ("speed_limit_activate", 4711, "ok"),
    ("navigation_request", "9 Canary Street", "refused"),
]

CANARIES = {
    *(text for name, text in SETTINGS.items() if "canary" in text and name not in {"aliases", "zones"}),
    *("canary-alias", "canary-cabin", "canary zone", "canary-subject-0042", "canary-redirect.example"),
    *("Canary Car", "1 Canary Lane, Utrecht", "Canary Song", "Canary Cottage", "CN321CANARY", "9 Canary Street"),
    *("52.1234", "4.3456", "52.1876", "4.3987", "52.0912", "5.1234", "4711"),
    *(
        STRANGE_VIN,
        STRANGE_VIN[-6:],
        STRANGE_TOKEN,
        VIN,
        LOST_VIN,
        SITE,
        DIN,
        VIN[-6:],
        LOST_VIN[-6:],
        "PGT00000000001",
    ),
    *(TOKENS.access, *TOKENS.access.split(".")[1:], str(TOKENS.refresh), OLDER.access, str(OLDER.refresh)),
    *("stranger@example.com", "203.0.113.77", "fe80::1ff:fe23:4567:890a", "+31612345678", "canary-lock.example"),
}
"""Of every kind: nobody may find one of them, nor the word itself."""

SAID_BY_TESLA = (
    f"{VIN}: {TOKENS.refresh} refused, canary@example.org near 52.0912345,5.1234567; ask stranger@example.com, "
    "203.0.113.77, fe80::1ff:fe23:4567:890a, +31612345678 about "
    f"{STRANGE_VIN}, {STRANGE_TOKEN}, {LOST_VIN}, {SITE} and {TOKENS.access}"
)
SAID_OF_A_CAR = f"Canary Car is at 1 Canary Lane, Utrecht, in the canary zone, as {SAID_BY_TESLA}"


def keep(data: Path) -> None:
    """What a bridge of two accounts has in its database."""
    with Database(data) as database:
        custody = Custody(TOKENS, OLDER, stored_at=NOON, pause={"kind": "SignInRequired", "text": SAID_BY_TESLA})
        StoredTokens(database).keep("tesla", custody)
        StoredTokens(database).keep("canaryparents", Custody(OLDER, stored_at=NOON))
        database.keep_secrets({SERVED: {f"vehicle/{VIN}": "tesla", f"vehicle/{LOST_VIN}": "canaryparents"}})
        database.keep_values(VALUES)
        database.keep_calls([("2026-11-22T18", VIN, "data", 41, 1), ("2026-10-03", "canaryparents", "wake", 2, 0)])
        database.keep_block(("paid", "canaryparents", 1795000000.0, 900.0, SAID_BY_TESLA))
        database.keep_option(f"vehicle {VIN}", "polling", value=False)
        database.remember(f"vehicle/{VIN}", "trips", {"from": {"latitude": 52.0912345}, "street": "Canary Street"})
        for number, (name, value, outcome) in enumerate(COMMANDS):
            request = {"kind": "vehicle", "id": VIN, "name": name, "transaction": "canary-transaction"}
            request |= {"correlation": "", "response_topic": "canary-base/response/canary", "received_at": "12:00"}
            id_ = database.journal(identity=f"canary-{number}", fingerprint="x", request=request, received_at=number)
            database.mark_done(id_, {"outcome": outcome, "reason": None, "message": SAID_BY_TESLA, "value": value})


PUBLISHED: Mapping[str, Any] = {
    "bridge/state": "online",
    "bridge/health": {"ok": False, "problem": SAID_OF_A_CAR, "parts": {f"vehicle {VIN} data": {"ok": False}}},
    "bridge/info": {
        "version": "0.1.0",
        "devices": [
            {"kind": "vehicle", "id": VIN, "name": "Canary Car", "topic": "canary-base/vehicle/canary-alias"},
            {"kind": "vehicle", "id": LOST_VIN, "name": "Canary Van", "topic": f"canary-base/vehicle/{LOST_VIN}"},
        ],
    },
    "bridge/last_error": SAID_OF_A_CAR,
    "account/canaryparents/status/problem": SAID_OF_A_CAR,
}


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Everything personal there is, and no broker."""
    settings_of(monkeypatch, tmp_path, mqtt_host="canary-lock.example", mqtt_port="1", **SETTINGS)
    keep(tmp_path / "data")
    return tmp_path


@pytest.fixture
def talking(house: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Broker]:
    """The same, with a broker on which the bridge has said much."""
    with running_broker(house, acl="user canary-user\ntopic readwrite #\n") as broker:
        write_passwords(house / "passwd", "canary-user")
        broker.reload()
        monkeypatch.setattr(connection, "QUIET", 0.3)
        monkeypatch.setattr(diagnostics, "SOON", 0.5)
        for name, value in {"HOST": broker.host, "PORT": str(broker.port), "PASSWORD": PASSWORD}.items():
            monkeypatch.setenv(f"FLEET2MQTT_MQTT_{name}", value)
        yield broker


async def publish(broker: Broker) -> None:
    async with connect(broker, "canary-user") as bridge:
        for topic, said in PUBLISHED.items():
            bridge.publish(Publication(f"canary-base/{topic}", encode(said).payload, retain=True))


def report(house: Path, *flags: str) -> dict[str, str]:
    """As a person gets it: file -> text, and what was said."""
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        assert diagnostics.main(words("diagnostics", "--output", str(house / "report.zip")), flags) == 0
    content = (house / "report.zip").read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    printed = said.getvalue().replace(str(house), "")  # the name that was asked for
    return {"terminal": printed, "archive": content.decode("latin-1"), "names": " ".join(files), **files}


def bodies(files: Mapping[str, str]) -> dict[str, Any]:
    return {name: json.loads(files[name]) for name in PARTS}


# --- the search ---------------------------------------------------------------------------------------------------


def forms(canary: str) -> set[str]:
    """However it may be written."""
    raw = canary.encode()
    encoded = {base64.b64encode(raw[skipped:]).decode().rstrip("=")[:-1] for skipped in range(3)}
    plain = {
        canary,
        json.dumps(canary)[1:-1],
        repr(canary)[1:-1],
        quote(canary),
        quote_plus(canary),
        html.escape(canary),
    }
    return plain | encoded | {raw.hex(), canary.upper(), canary.lower(), canary[::-1]}


def hits(files: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """(file, canary, what is around it)."""
    wanted = {
        form: canary for canary in sorted({*CANARIES, "canary", "Canary"}) for form in forms(canary) if len(form) > 3
    }
    return [
        (file, canary, text[max(0, at - 40) : at + 40])
        for file, text in files.items()
        for form, canary in wanted.items()
        if (at := text.find(form)) >= 0
    ]


@pytest.mark.case("S17")
def test_nothing_personal_is_in_the_report_of_a_bridge_that_is_stopped(house: Path) -> None:
    files = report(house)
    assert hits(files) == []
    assert "could not be made" not in str(files)
    assert bodies(files)["accounts.json"][0]["pause"]["text"].startswith(
        "vehicle 1: <secret> refused, <e-mail address>"
    )


@pytest.mark.mosquitto
async def test_nothing_personal_is_in_what_the_bridge_says_at_the_broker(talking: Broker, house: Path) -> None:
    await publish(talking)
    files = await asyncio.to_thread(report, house)
    assert hits(files) == []
    said = bodies(files)["bridge.json"]
    assert said["health"]["parts"] == {"vehicle vehicle 1 data": {"ok": False}}
    assert said["info"] == {"version": "0.1.0", "devices": [{"device": "vehicle 1"}, {"device": "vehicle 2"}]}
    assert said["retained"]["bridge/state"] == "online"
    assert said["why_not"] == "no bridge answers with this base topic at this broker"


@pytest.mark.case("S17")
def test_nothing_personal_is_in_it_while_a_bridge_holds_the_database(house: Path) -> None:
    with Database(house / "data") as database:
        database.keep_values({f"vehicle/{LOST_VIN}": {"vehicle_name": "Canary Van", "battery_level": 3}})
        files = report(house)
    assert hits(files) == []
    assert [each["device"] for each in bodies(files)["devices.json"]].count("vehicle 2") == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mqtt_port", "canary-token-in-the-wrong-place"),
        ("aliases", f"{VIN}:canary-alias"),
        ("zones", "canary zone=52.123456"),
        ("mqtt_pasword", "canary-misspelt-password"),
        ("account_canarynobody_refresh_token", "EU_canary-nobody-0123456789"),
        ("tesla_ca_file", "/home/canary/ca.pem"),
        ("mqtt_ca_file", "/home/canary/ca.pem"),
    ],
)
def test_a_wrong_setting_is_a_part_of_the_report_and_shows_nothing(
    house: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"FLEET2MQTT_{name.upper()}", value)
    files = report(house)
    assert hits(files) == []
    assert "could not be made" not in str(files)
    told = bodies(files)
    assert told["settings.json"]["wrong"] or "CA_FILE" in told["bridge.json"]["why_not"]


def test_a_damaged_database_is_a_part_of_the_report(house: Path) -> None:
    (house / "data" / FILE).write_bytes(f"{VIN} canary".encode() * 500)
    files = report(house)
    assert hits(files) == []
    found = bodies(files)["database.json"]
    assert (found["read_from"], found["rows"]["command"]) == (f"{FILE}.bak", 0)
    assert found["rows"]["secret"] > 0
    assert "not a database" in found["trouble"]


@pytest.mark.parametrize("kind", ["flag", "file", "secrets directory", ".env"])
def test_nothing_comes_out_wherever_the_settings_are(house: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    flags = []
    for name, value in SETTINGS.items():
        monkeypatch.delenv(f"FLEET2MQTT_{name.upper()}")
        if kind == "file":
            (house / name).write_text(f"{value}\n")
            monkeypatch.setenv(f"FLEET2MQTT_{name.upper()}_FILE", str(house / name))
        elif kind == "secrets directory":
            (house / "secrets").mkdir(exist_ok=True)
            (house / "secrets" / f"fleet2mqtt_{name}").write_text(value)
        elif kind == ".env":
            with (house / ".env").open("a") as file:
                file.write(f"FLEET2MQTT_{name.upper()}='{value}'\n")
        else:
            flags.append(f"--{name.replace('_', '-')}={value}")
    files = report(house, *flags)
    assert hits(files) == []
    assert bodies(files)["settings.json"]["set"]["FLEET2MQTT_TESLA_BUDGET"] == {"from": kind, "value": 7.5}


def test_every_secret_setting_is_among_the_canaries() -> None:
    secret = {name for name, (_, of) in settings.names().items() if "SecretStr" in str(of.annotation)}
    ours = {f"FLEET2MQTT_{name.upper()}" for name in SETTINGS}
    assert secret - ours == {"FLEET2MQTT_TESLA_ACCESS_TOKEN"}  # it would make the others useless


# --- can the search find anything? --------------------------------------------------------------------------------


@pytest.mark.parametrize("canary", sorted(CANARIES))
def test_the_search_finds_each_of_them_in_each_form(canary: str) -> None:
    assert all(hits({"a file": f"before {form} after"}) for form in forms(canary) if len(form) > 3)


def test_without_the_mask_the_same_report_is_full_of_them(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Mask, "__call__", lambda _, found: found)
    found = {canary for _, canary, _ in hits(report(house))}
    assert {VIN, SITE, "canary", TOKENS.refresh, "stranger@example.com", "203.0.113.77", "52.0912"} <= found


def test_without_what_is_known_patterns_alone_would_not_do(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnostics, "teach", lambda *_: None)
    assert {"canary-lock.example", "EU_canary-first-0123456789", SITE} & {
        canary for _, canary, _ in hits(report(house))
    }


# --- what is left readable --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Model 3", "a Model 3"),
        ("12", "at 12:12:12 of 2026-12-12T12:00:00.123456+00:00"),
        ("Lola", "Lolapalooza"),
        ("fleet2mqtt", "fleet2mqtt 0.1.0"),
    ],
)
def test_usual_words_and_times_stay(value: str, text: str) -> None:
    mask = Mask()
    mask.learn(value, "<taken>", is_whole=True)
    assert mask(text) == text


def test_a_name_is_taken_as_a_whole_word_only_and_never_out_of_a_key() -> None:
    mask = Mask()
    mask.learn("charge", "<name>", is_whole=True, is_key=False)
    assert mask({"charge": "charge and recharge"}) == {"charge": "<name> and recharge"}


# --- what is in it ------------------------------------------------------------------------------------------------


def test_settings_tell_whence_they_are_and_what_tells_nothing_of_anybody(house: Path) -> None:
    shown = bodies(report(house))["settings.json"]["set"]
    for end, value in SHOWN.items():
        assert [row["value"] for name, row in shown.items() if name.endswith(end)] == [value]
    assert shown["FLEET2MQTT_TESLA_CLIENT_SECRET"] == {"from": "environment", "value": "<set>"}
    assert shown["FLEET2MQTT_ALIASES"]["value"] == "<2 of them>"
    assert "FLEET2MQTT_<account 2>_REFRESH_TOKEN" in shown


def test_sign_ins_are_told_without_their_tokens(house: Path) -> None:
    first, second = bodies(report(house))["accounts.json"]
    assert (first["account"], first["signed_in"], first["generation"]) == ("account 1", True, 3)
    assert first["scopes"] == ["openid", "vehicle_cmds"]
    assert "vehicle_location" in first["scopes_missing"]
    assert first["expires_at"] == NOON.isoformat()
    assert second["account"] == "account 2"


def test_devices_are_told_by_kind_and_model_and_by_what_is_left_out(house: Path) -> None:
    found = {each["device"]: each for each in bodies(report(house))["devices.json"]}
    car = found["vehicle 1"]
    assert (car["model"], car["software"], car["connectivity"]) == ("Model 3", "2026.38.9", "asleep")
    assert "latitude" in car["left_out"] or "position" in car["left_out"]
    assert found.keys() >= {"energy_site 1", "wall_connector 1"}


def test_commands_are_told_with_values_that_are_harmless(house: Path) -> None:
    found = bodies(report(house))["commands.json"]
    assert [(each["command"], each["value"], each["outcome"]) for each in found] == [
        ("charge_limit", 80, "ok"),
        ("speed_limit_activate", "<set>", "ok"),
        ("navigation_request", "<set>", "refused"),
    ]


def test_the_ledger_is_told_by_month_and_class(house: Path) -> None:
    found = bodies(report(house))["ledger.json"]
    assert found["months"]["2026-11"] == {"data": 41, "unanswered": 1}
    assert found["budget"] == 7.5
    assert [(block["cost"], block["wait"]) for block in found["blocks"]] == [("paid", 900.0)]


def test_the_database_is_told_whole_or_not(house: Path) -> None:
    found = bodies(report(house))["database.json"]
    assert (found["integrity"], found["rows"]["command"]) == ("ok", 3)
    assert found["directory"]["files"][FILE]["mode"] == "-rw-------"


def test_nothing_is_made_or_changed_where_the_data_are(house: Path) -> None:
    before = {path.name: path.read_bytes() for path in (house / "data").iterdir()}
    report(house)
    assert {path.name: path.read_bytes() for path in (house / "data").iterdir()} == before


def test_it_says_what_is_in_it_and_what_was_taken_out(house: Path) -> None:
    files = report(house)
    for name in PARTS:
        assert name in files["README.txt"]
    assert "<secret> (" in files["README.txt"]
    assert "vehicle 1 (" in files["README.txt"]
    assert files["README.txt"] in files["terminal"]


def test_without_a_name_it_lands_here(house: Path, capsys: Out) -> None:
    assert call("diagnostics") == 0
    (made,) = house.glob("fleet2mqtt-diagnostics-20??-??-??.zip")
    assert f"Written: {made.name}" in capsys.readouterr().out


def test_it_can_be_piped_out_of_a_container(house: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert call("diagnostics", "--output", "-") == 0
    written, said = capsysbinary.readouterr()
    assert zipfile.ZipFile(io.BytesIO(written)).testzip() is None
    assert b"It is meant to be shown in public" in said


def test_where_it_cannot_be_written_it_says_so(house: Path) -> None:
    with pytest.raises(SettingWrong, match="--output: cannot write /nowhere/report"):
        call("diagnostics", "--output", "/nowhere/report.zip")
