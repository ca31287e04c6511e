"""Secrets by their value: whatever a password looks like, it is not shown (E7, S17)."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from time import perf_counter
from urllib.parse import quote, urlencode

import pytest

from bridge import redaction, settings
from bridge.errors import BridgeError, ServerFailed
from bridge.logs import redact
from bridge.redaction import HIDDEN, hide, redacted

ODD = "pa ss\"w'ör\\d\n&+%/<x>"


@pytest.fixture(autouse=True)
def _nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What other tests have hidden must not help here, nor ours them."""
    before = (set(redaction._settings), list(redaction._recent))
    redaction._settings.clear()
    redaction._recent.clear()
    yield
    redaction._settings.clear()
    redaction._settings.update(before[0])
    redaction._recent.clear()
    hide(*before[1])


@pytest.mark.parametrize(
    "written",
    [
        ODD,
        json.dumps({"password": ODD}),
        repr(ODD),
        repr({"password": ODD}),
        urlencode({"password": ODD}),
        quote(ODD, safe=""),
        f"Illegal header value b'Bearer {ODD}'",
        f"{ODD}{ODD}",
    ],
)
def test_it_is_hidden_however_it_is_written(written: str) -> None:
    hide(ODD)
    left = redacted(written)
    assert HIDDEN in left
    for piece in ('ss"w', 'ss\\"w', "pa ss", "pa+ss", "pa%20ss", "&+%/<x>"):
        assert piece not in left


def test_a_line_of_json_stays_one() -> None:
    hide(ODD)
    assert json.loads(redacted(json.dumps({"password": ODD, "n": 1}))) == {"password": HIDDEN, "n": 1}


def test_of_two_secrets_that_hold_each_other_nothing_is_left() -> None:
    hide("canary", "canary-and-more", "more-canary-and-more")
    assert redacted("more-canary-and-more canary-and-more canary") == f"{HIDDEN} {HIDDEN} {HIDDEN}"


def test_what_is_too_short_to_be_found_is_left_alone() -> None:
    hide("abc", "", None)
    assert redacted("abcdef None") == "abcdef None"


def test_the_newest_tokens_are_known_and_the_settings_for_ever() -> None:
    redaction.hide_settings(["password"])
    hide(*(f"token-{number}-" for number in range(1000)))
    assert redacted("password token-999- token-990-") == f"{HIDDEN} {HIDDEN} {HIDDEN}"
    assert len(redaction._recent) < 100


def test_a_token_that_is_told_again_is_as_good_as_new() -> None:
    hide("still-in-use", *(f"token-{number}-" for number in range(40)))
    hide("still-in-use", *(f"token-{number}-" for number in range(40, 80)))
    assert redacted("still-in-use") == HIDDEN
    assert redaction._recent.count("still-in-use") == 1


def test_errors_do_not_say_them() -> None:
    """Their text goes to results, to health and to the command line."""
    hide("canary-token")
    error = ServerFailed("no answer: Illegal header value b'Bearer canary-token'")
    assert str(error) == f"no answer: Illegal header value b'Bearer {HIDDEN}'"
    assert str(BridgeError()) == ""


def test_every_secret_setting_is_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that the tree has today, and those that it will have."""
    secrets = {name for name, (_, field) in settings.names().items() if "SecretStr" in str(field.annotation)}
    assert {"FLEET2MQTT_MQTT_PASSWORD", "FLEET2MQTT_TESLA_REFRESH_TOKEN"} < secrets
    for number, name in enumerate(sorted(secrets)):
        monkeypatch.setenv(name, f"canary-{number}-of-settings")
    settings.load()
    for number in range(len(secrets)):
        assert redact(f"x canary-{number}-of-settings y") == f"x {HIDDEN} y"


def test_a_line_of_the_log_without_secrets_costs_a_few_microseconds_more() -> None:
    """The patterns of bridge/logs.py cost about 30; the values must not be the larger part."""
    redaction.hide_settings([f"{number}" * 32 for number in range(8)])
    hide(*(f"{number:02}" * 500 for number in range(64)))
    line = f"{logging.WARNING} no answer from https://fleet-api.prd.na.vn.cloud.tesla.com: no answer in time " * 2
    began = perf_counter()
    for _ in range(2000):
        redacted(line)
    assert (perf_counter() - began) / 2000 < 100e-6
