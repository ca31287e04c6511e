"""Secrets are looked for wherever they could come out, and none is found (S17, E7).

That is: the log at its most talkative, tracebacks, MQTT, the list of processes, command line, environment, metrics, the
file of `diagnostics`, `check`.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import brokers
import pytest
import spy
from connection import Way
from test_scraping import free_port, page
from whole_house import BASE, CAR, CONNECTOR, OTHER_CAR, SITE, House, empty_house, id_of, message

from bridge import settings

pytestmark = pytest.mark.case("S17")

TALKATIVE = Path(__file__).with_name("talkative")

SECRETS = {
    "MQTT_PASSWORD": 'canary mqtt&password"1',
    "TESLA_CLIENT_SECRET": "ta-secret.canary-client-2",
    "TESLA_REFRESH_TOKEN": "simulated-refresh-token",
    "TESLA_AUTH_CODE": "canary-auth-code-3",
    "TESLA_PASSWORD": "canary-owner-password-4",
    "ACCOUNT_PARENTS_REFRESH_TOKEN": "canary-refresh-token-5",
    "ACCOUNT_PARENTS_CLIENT_SECRET": "canary-client-secret-6",
}
"""Of every secret setting, but one that would make all others useless."""

LEFT_OUT = {"TESLA_ACCESS_TOKEN"}

HOME, PLACE = (-77.345678, 130.876543), (-77.401234, 130.912345)
"""Of the owner's zone, and where the car is: both are looked for in the log."""

PLACES = ["77.345", "77.346", "130.876", "130.877", "77.401", "130.912"]
"""The digits of 100 metres, cut off or rounded."""

EMAIL = "canary.owner+8@example.com"


@dataclass
class Tape:
    """What went over the cable to Tesla: there they must be, so there they are found."""

    heard: bytearray = field(default_factory=bytearray)

    def hear(self, _: Way, data: bytes) -> None:
        self.heard.extend(data)

    @property
    def tokens(self) -> set[str]:
        """Every access token, refresh token and identity that Tesla has given."""
        pattern = rb'"(?:access_token|refresh_token|id_token)":\s*"([^"]+)"'
        return {found.decode() for found in re.findall(pattern, bytes(self.heard))}


def pieces(secret: str) -> list[str]:
    """It, its parts that are worth something, and how it looks when it is quoted."""
    parts = secret.split(".")[1:] if secret.startswith("eyJ") else []
    return [secret, json.dumps(secret)[1:-1], *parts]


# --- the house ----------------------------------------------------------------------------------------------------


@pytest.fixture(params=["console", "json"])
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def tape() -> Tape:
    return Tape()


@pytest.fixture
def one(tmp_path: Path, form: str, tape: Tape, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """All secrets are in files; the log tells everything."""
    for kit in (brokers, spy):
        monkeypatch.setattr(kit, "PASSWORD", SECRETS["MQTT_PASSWORD"])
    with empty_house(tmp_path) as running:
        running.api.record(tape.hear)
        environment = running.bridge.environment
        for name, value in SECRETS.items():
            file = tmp_path / name.lower()
            file.write_text(f"{value}\n")
            environment.pop(f"FLEET2MQTT_{name}", None)
            environment[f"FLEET2MQTT_{name}_FILE"] = str(file)
        environment |= {
            "FLEET2MQTT_ACCOUNTS": "parents",
            "FLEET2MQTT_LOG_LEVEL": "debug",
            "FLEET2MQTT_LOG_FORMAT": form,
            "FLEET2MQTT_METRICS_PORT": str(free_port()),
            "FLEET2MQTT_POLLING_STATE": "10",
            "FLEET2MQTT_POLLING_LIVE": "5",
            "FLEET2MQTT_ZONES": f"home={HOME[0]},{HOME[1]},150",
            "PYTHONPATH": os.pathsep.join((str(TALKATIVE), *filter(None, [os.environ.get("PYTHONPATH")]))),
            "PYTHONASYNCIODEBUG": "1",
        }
        running.tesla.force(CAR, location={"latitude": PLACE[0], "longitude": PLACE[1]})
        running.bridge.start()
        running.spy.until(lambda: running.spy.retained.get(f"{BASE}/bridge/state") == "online", "the bridge")
        running.breaks = frozenset({"I9"})  # its tracebacks are wanted
        yield running


# --- a day on which everything goes wrong -------------------------------------------------------------------------


def _echo(secrets: list[str]) -> str:
    at = f"of {EMAIL} {CAR} {id_of(SITE)} lat={PLACE[0]}&lon={PLACE[1]} {PLACE} {HOME} {HOME[0]:.4f}/{HOME[1]:.5f}"
    said = " ".join([at, *secrets, "\x1b[31m\u202e\nforged line"])
    return json.dumps(
        {"response": None, "error": f"Bearer {said}", "error_description": said, "messages": {"x": [said]}}
    )


def _renew(one: House, tape: Tape) -> None:
    known = tape.tokens
    one.tesla._post("revoke", {})
    one.spy.until(lambda: one.ask(CAR, "charge_limit", "70") and len(tape.tokens) > len(known), "new tokens")


def _break_everything(one: House, tape: Tape, status: int) -> None:
    """Tesla's servers fail in this way, and say aloud all that they have ever been told."""
    echo = _echo([*SECRETS.values(), *tape.tokens])
    one.tesla.fault("GET /api/1/(vehicles|products)", times=2, status=status, body=echo)
    one.tesla.fault("POST .*(set_charge_limit|backup)$", times=2, status=status, body=echo)
    one.tesla.fault("POST /oauth2/v3/token", times=1, status=status, body=echo)
    one.tesla.fault("live_status", times=1, drop="after")
    one.tesla.fault("site_info", times=1, truncate=True)


def _live_through_it(one: House, tape: Tape) -> None:
    one.spy.until(lambda: one.ask(CAR, "charge_limit", "69")["outcome"] == "ok", "the first call")
    for _ in range(3):
        _renew(one, tape)
    for status in (500, 403, 400, 401, 429):
        _break_everything(one, tape, status)
        if status == 401:
            one.tesla._post("revoke", {})
        for device, name in ((CAR, "charge_limit"), (SITE, "backup_reserve")):
            one.send(device, name, message(f"{status} {name}", value=70))
            one.spy.until(partial(one.results_of, f"{status} {name}"), "a result")
        one.tesla.heal()
        one.spy.publish(f"{BASE}/bridge/request/health")
        one.spy.publish(f"{BASE}/bridge/request/check")


def _hand_over_something_broken(directory: Path) -> str:
    path = directory / "data" / "sign-in-tesla.json"
    path.write_text('{"access": "canary-handed-over-7", "refresh": canary-handed-over-7')
    path.chmod(0o600)
    return "canary-handed-over-7"


# --- the search ---------------------------------------------------------------------------------------------------


def _everything(one: House) -> dict[str, str]:
    """Place -> what can be read there."""
    process = Path("/proc") / str(one.bridge.process.pid)
    return {
        "log": one.bridge.log,
        "MQTT": "\n".join(
            f"{each.topic} {each.payload!r} {each.payload.decode(errors='replace')}" for each in one.spy.messages
        ),
        "ps": subprocess.check_output(["ps", "wwe", "-p", process.name], text=True, env={"PATH": "/usr/bin:/bin"}),
        "command line": (process / "cmdline").read_bytes().decode(),
        "environment": (process / "environ").read_bytes().decode(),
        "sign of life": (one.bridge.directory / "data" / "alive").read_text(),
        "metrics": page(int(one.bridge.environment["FLEET2MQTT_METRICS_PORT"])),
        "diagnostics": _report(one),
    }


def _report(one: House) -> str:
    """What a person would attach to an issue."""
    done = one.bridge.call("diagnostics", "--output", "data/report.zip")
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(one.bridge.directory / "data/report.zip") as archive:
        texts = [archive.read(name).decode() for name in archive.namelist()]
    return "\n".join([done.stdout, done.stderr, *texts])


def found(places: dict[str, str], secrets: set[str]) -> list[tuple[str, str, str]]:
    """(place, secret, a little of what is around it)."""
    return [
        (place, secret, text[max(0, at - 60) : at + len(piece) + 20])
        for place, text in places.items()
        for secret in secrets
        for piece in pieces(secret)
        if (at := text.find(piece)) >= 0
    ]


def test_none_of_the_secrets_comes_out_anywhere(one: House, tape: Tape) -> None:
    handed_over = _hand_over_something_broken(one.bridge.directory)
    _live_through_it(one, tape)
    one.spy.until(lambda: "with a problem" in one.bridge.log, "a word about the file")
    one.spy.publish(f"{BASE}/{SITE}/get/power")  # every other look at a site is a bug
    one.spy.until(lambda: "Traceback" in one.bridge.log, "a bug", 70)
    places = _everything(one)
    assert one.bridge.stop() == 0
    places["log"] = one.bridge.log
    checked = one.bridge.call("check")
    places["check"] = checked.stdout + checked.stderr

    tokens = tape.tokens
    assert len([token for token in tokens if token.startswith("eyJ")]) >= 6
    assert len([token for token in tokens if token.startswith("NA_")]) >= 4
    for word in ("Traceback", "a bug with", "httpcore2", "Authorization", "Using selector"):
        assert word in places["log"], f"{word}: else this would show nothing"
    assert "<secret>" in places["MQTT"]
    assert found(places, {*SECRETS.values(), *tokens, handed_over}) == []
    _tells_neither_who_nor_where(one, places)
    assert one.value(CAR, "location/latitude") == str(PLACE[0]), "else this would show nothing"


def _tells_neither_who_nor_where(one: House, places: dict[str, str]) -> None:
    """Nor does it let a name forge a line. What is published is the owner's: of that, answers to commands only."""
    ids = [id_of(device) for device in (CAR, OTHER_CAR, SITE, CONNECTOR)]
    log = places["log"]
    assert found({"log": log, "diagnostics": places["diagnostics"]}, {*PLACES, *ids, EMAIL}) == []
    for end in ("…700001", "…0001", "<e-mail>", "lat=null"):
        assert end in log, f"{end}: else this would show nothing"
    assert not [line for line in log.split("\n") if not line.isprintable() or line.startswith("forged")]
    results = "\n".join(each.payload.decode() for each in one.spy.messages if "/result/" in each.topic)
    assert found({"results": results, "check": places["check"]}, set(PLACES)) == []


def test_every_secret_setting_is_among_them() -> None:
    secret = {name for name, (_, of) in settings.names().items() if "SecretStr" in str(of.annotation)}
    ours = {f"FLEET2MQTT_{name}" for name in SECRETS.keys() | LEFT_OUT if not name.startswith("ACCOUNT_")}
    assert secret == ours


def test_the_search_finds_what_is_there() -> None:
    token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmVk"
    assert found({"log": "x c2lnbmVk y"}, {token})
    assert found({"log": json.dumps(SECRETS["MQTT_PASSWORD"])}, {SECRETS["MQTT_PASSWORD"]})
    assert not found({"log": "nothing"}, {token})
