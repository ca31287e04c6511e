"""The log: whatever is logged by whomever, no secret comes out (reliability.md E7, security case S17)."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import deque
from pathlib import Path

import pytest

from bridge import redaction
from bridge.logs import redact

VIN = "5YJ3E1EA7KF000316"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJjYW5hcnktand0In0.c2lnbmVkLWJ5LWNhbmFyeQ"
REFRESH = "EU_0123456789abcdef0123456789abcdefcanary"
SECRET = "ta-secret.canary+4711"
PEM = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIcanary1\nAwEHoUQDQgAEcanary2==\n-----END EC PRIVATE KEY-----"

CANARIES = [VIN, *JWT.split("."), REFRESH, "opaque-canary-token", SECRET, "MHcCAQEEIcanary1", "AwEHoUQDQgAEcanary2"]
"""Every piece of them that would be worth something."""

PROGRAM = """
import asyncio, json, logging, sys
import structlog
from bridge import logs

form, *secrets = sys.argv[1:]
logs.configure("debug", as_json=form == "json")
own, library = structlog.get_logger(), logging.getLogger("some.library")
jwt, refresh, secret, pem, vin = secrets
body = {"access_token": jwt, "refresh_token": refresh, "client_secret": secret, "vin": vin, "key": pem}
headers = [(b"authorization", b"Bearer opaque-canary-token"), (b"client_secret", secret.encode())]

for text in (jwt, refresh, f"client_secret={secret}", pem, vin, "Authorization: Bearer opaque-canary-token"):
    own.info(f"event {text} end")
    own.info("lines", text=f"first\\n{text}\\t{text}")
    own.info("value", text=text, nested={"list": [text], "pair": (text, 1)}, raw=text.encode())
    library.warning("message %s", text)
    library.warning(f"message {text}")
    try:
        try:
            raise KeyError(text)
        except KeyError as error:
            raise ExceptionGroup("several", [ValueError(text), error]) from error
    except ExceptionGroup:
        own.exception("failed")
        library.exception("failed")
    library.error("%d is no number", text)
own.warning("answer", body=json.dumps(body), twice=json.dumps(json.dumps(body)), shown=repr(body))
library.warning("GET https://fleet/api/1/vehicles/%s/vehicle_data %s %s", vin, headers, body)
library.warning("saved as /data/vehicle_%s.json, fleet2mqtt_%s_soc and %s", vin, vin, pem[:70])

async def forgotten():
    asyncio.get_running_loop().call_exception_handler({"message": "lost", "exception": ValueError(jwt), "vin": vin})

asyncio.run(forgotten())
logging.getLogger("httpx2").debug("every request")
raise RuntimeError(f"not caught: {refresh} {vin}")
"""


@pytest.fixture(scope="module", params=["console", "json"])
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def output(form: str) -> str:
    """All that a program that logs every secret in every way leaves on its two outputs."""
    words = [sys.executable, "-c", PROGRAM, form, JWT, REFRESH, SECRET, PEM, VIN]
    ended = subprocess.run(words, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[1])
    assert (ended.returncode, ended.stdout) == (1, "")
    return ended.stderr


@pytest.mark.parametrize("canary", CANARIES)
def test_no_secret_comes_out_of_the_log(output: str, canary: str) -> None:
    assert [line for line in output.splitlines() if canary in line] == []


def test_everything_else_does_come_out(output: str) -> None:
    """Or there would be nothing to see above."""
    assert output.count("message ") == 12
    assert output.count("several") >= 12
    assert output.count("could not be written") == 6
    assert "GET https://fleet/api/1/vehicles/…000316/vehicle_data" in output
    assert "/data/vehicle_…000316.json, fleet2mqtt_…000316_soc and <key>" in output
    assert "not caught: <token> …000316" in output
    assert "every request" not in output


def test_a_line_of_json_stays_one(form: str, output: str) -> None:
    if form != "json":
        return
    lines = [line for line in output.splitlines() if "could not be written" not in line]
    logged = [json.loads(line) for line in lines]
    assert all({"event", "level", "timestamp"} <= line.keys() for line in logged)
    (answer,) = (line for line in logged if line["event"] == "answer")
    expected = {
        "access_token": "<token>",
        "refresh_token": "<token>",
        "client_secret": "<secret>",
        "vin": "…000316",
        "key": "<key>",
    }
    assert json.loads(answer["body"]).keys() == json.loads(json.loads(answer["twice"])).keys() == expected.keys()
    assert json.loads(answer["body"])["client_secret"] == "<secret>"
    assert json.loads(answer["body"])["key"] == "<key>"


HIDES = """
import sys
import structlog
from bridge import logs

class Hidden:
    def __repr__(self):
        raise ValueError("canary")

logs.configure("info", as_json=sys.argv[1] == "json")
structlog.get_logger().info("hidden", value=Hidden())
structlog.get_logger().info("the next")
"""


def test_a_value_that_cannot_be_shown_costs_its_line_and_nothing_else(form: str) -> None:
    words = [sys.executable, "-c", HIDES, form]
    ended = subprocess.run(words, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1])
    lost, following = ended.stderr.splitlines()
    assert lost == "a line of the log could not be written"
    assert "the next" in following


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (JWT, "<token>"),
        (f"x={JWT}&y=1", "x=<token>&y=1"),
        ("NA_0123456789abcdef", "<token>"),
        ("token_CN_0123456789abcdef", "token_<token>"),
        ("authorization: bearer abc.def", "authorization: bearer <secret>"),
        (
            "grant_type=refresh_token&refresh_token=abc&client_id=me",
            "grant_type=refresh_token&refresh_token=<secret>&client_id=me",
        ),
        ('{"access_token":"abc","expires_in":1}', '{"access_token":"<secret>","expires_in":1}'),
        (r"{\"client_secret\": \"abc\"}", r"{\"client_secret\": \"<secret>\"}"),
        (r"{\\\"client_secret\\\": \\\"abc\\\"}", r"{\\\"client_secret\\\": \\\"<secret>\\\"}"),
        ("{'id_token': b'abc'}", "{'id_token': b'<secret>'}"),
        ("[(b'client_secret', b'abc')]", "[(b'client_secret', b'<secret>')]"),
        (f"key {PEM} end", "key <key> end"),
        (repr(PEM), "'<key>'"),
        ("-----BEGIN PRIVATE KEY-----\nMHcCAQEE", "<key>"),
        (VIN, "…000316"),
        (rf"\n{VIN}\t{REFRESH}", r"\n…000316\t<token>"),
        (f"\x1b[35m{VIN}\x1b[0m", "\x1b[35m…000316\x1b[0m"),
        (f"vehicle {VIN}, {VIN}!", "vehicle …000316, …000316!"),
        (f"a_{VIN}_b/{VIN}.json", "a_…000316_b/…000316.json"),
    ],
)
def test_what_is_left_of_a_secret(text: str, shown: str) -> None:
    assert redact(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "energy_site 4567",
        "at 12.25, 3.5 and 2026.44.3",
        "took 0.123456 s",
        "127.0.0.1, 10.0.0.1",
        "2026-07-01T12:00:00.123456Z",
        "the refresh token is dead: sign in again",
        "FLEET2MQTT_TESLA_CLIENT_ID: is missing",
        "XYZ5YJ3E1EA7KF000316",  # longer than a VIN
        "na_nonsense EU_short",
        '{"refresh_token": null, "x": 1}',
        "{'access_token': None}",
        "5f0d9c5c-6b1e-4a57-9d1c-1c2f3a4b5c6d",
    ],
)
def test_what_is_no_secret_is_left_alone(text: str) -> None:
    assert redact(text) == text


LEVELS = """
import structlog
from bridge import logs

logs.configure("info", as_json=True)
early = structlog.get_logger().bind(who="early")
for level in ("info", "debug", "error", "info"):
    logs.set_level(level)
    for log in (early, structlog.get_logger()):
        log.debug(f"{level} debug")
        log.info(f"{level} info")
        log.error(f"{level} error")
"""


def test_a_new_level_applies_to_every_logger_at_once() -> None:
    words = [sys.executable, "-c", LEVELS]
    ended = subprocess.run(words, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1])
    shown = [json.loads(line)["event"] for line in ended.stderr.splitlines()]
    each = (["info", "error"], ["debug", "info", "error"], ["error"], ["info", "error"])
    levels = ("info", "debug", "error", "info")
    assert shown == [f"{level} {word}" for level, words in zip(levels, each, strict=True) for word in words * 2]


HERE = (-77.345678, 130.876543)


@pytest.mark.parametrize(
    "text",
    [
        "{'latitude': -77.345678, 'longitude': 130.876543}",
        "?lat=-77.345678&lon=130.876543",
        "at -77.345678,130.876543.",
        "at (-77.345678, 130.876543)",
        "at -77.3456/130.8765 or 77.346 and 130.877",
        "77.34567800001 and 130.87654",
    ],
)
def test_no_place_comes_out_by_its_name_its_form_or_its_value(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "_recent_places", deque(maxlen=64))
    monkeypatch.setattr(redaction, "_degrees", None)
    redaction.hide_places(*HERE)
    assert not re.search(r"77\.3|130\.8", redact(text))


def test_a_line_of_json_with_a_place_stays_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "_recent_places", deque(maxlen=64))
    monkeypatch.setattr(redaction, "_degrees", None)
    redaction.hide_places(*HERE)
    line = {"latitude": HERE[0], "at": list(HERE), "one": HERE[1], "said": json.dumps({"lat": HERE[0]})}
    told = json.loads(redact(json.dumps(line)))
    assert told == {"latitude": None, "at": [None, None], "one": None, "said": '{"lat": null}'}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("of hans.m+x@example.co.uk.", "of <e-mail>."),
        (
            "energy_site 1234567 and /energy_sites/2252000000000001/live_status",
            "energy_site …4567 and /energy_sites/…0001/live_status",
        ),
        (
            "homeassistant/device/fleet2mqtt_1457768-02-F--PGT21000000001/config",
            "homeassistant/device/fleet2mqtt_…000001/config",
        ),
    ],
)
def test_ids_are_cut_and_addresses_are_not_told(text: str, told: str) -> None:
    assert redact(text) == told
