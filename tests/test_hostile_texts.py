"""Names and other texts of Tesla's come out harmless: no control characters, no forged lines, no megabytes (S15)."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from catalog_cases import ANSWERS
from house import Desk
from hypothesis import given, strategies as st

from bridge.catalog import CATALOGUE, convert, read
from bridge.logs import plain
from bridge.model import Device, DeviceId, Kind
from bridge.sources import roster

HOSTILE = "\x1b[31mred\x07\x00 \u202egnihton\u2066 \r\n2026-01-01 forged \u2028 {{ states('x') }} <b>" + "x" * 2**14
LONGEST = 4096


def spoilt(raw: Any) -> Any:
    """Every text in it, also where an object names its members; those that the catalogue asks for stay, too."""
    match raw:
        case str():
            return HOSTILE
        case dict():
            return {name: spoilt(value) for name, value in raw.items()} | {"\x1b[2J": HOSTILE}
        case list():
            return [spoilt(value) for value in raw]
    return raw


def texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for name, each in value.items():
                yield name
                yield from texts(each)
        case list() | tuple():
            for each in value:
                yield from texts(each)


def is_harmless(text: str) -> bool:
    return text.replace("\n", "").isprintable() and len(text) <= LONGEST


@pytest.mark.case("S15")
@pytest.mark.parametrize("kind", ANSWERS, ids=str)
def test_no_value_keeps_what_commands_a_terminal_or_has_no_end(kind: Kind) -> None:
    values = read(kind, spoilt(ANSWERS[kind]))
    assert [key for key, value in values.items() for text in texts(value) if not is_harmless(text)] == []
    shown = {key for key, value in values.items() if any(texts(value))}
    assert shown  # else this would show nothing
    lines = {key for key in shown for text in texts(values[key]) if "\n" in text}
    assert {key for key in lines if CATALOGUE[kind].entities[key].component} == set(), "a state is one line"


@pytest.mark.case("S15")
@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_what_is_harmless_stays_as_it_is(raw: Any) -> None:
    cleaned = convert.clean(raw)
    assert all(map(is_harmless, texts(cleaned)))
    if all(map(is_harmless, texts(raw))) and not any("\n" in name for name in texts(raw)):
        assert cleaned == raw or any(len(text) > 255 for text in texts(raw))


@pytest.mark.case("S15")
def test_names_of_devices_come_out_harmless_in_discovery_and_in_no_topic() -> None:
    products = [
        {"vin": "LRW3F7EK4NC700001", "display_name": HOSTILE * 64},
        {"energy_site_id": 1, "site_name": HOSTILE * 64, "resource_type": "battery"},
        {"vin": HOSTILE, "display_name": "car"},
    ]
    devices = list(roster.devices(products))
    assert len(devices) == 2
    sent = Desk(*devices).attach()
    assert all(each.topic.isprintable() and len(each.topic) < 200 for each in sent)
    documents = [json.loads(each.payload) for each in sent if each.topic.endswith("/config") and each.payload]
    names = [document["device"]["name"] for document in documents if "device" in document]
    assert names
    assert all(name.isprintable() and len(name) <= 255 for name in names)


@pytest.mark.case("S15")
def test_a_word_that_tesla_invents_is_harmless_where_home_assistant_is_told_of_it() -> None:
    car = Device(DeviceId(Kind.VEHICLE, "LRW3F7EK4NC700001"), "car")
    desk = Desk(car)
    desk.learn(car.at, **read(Kind.VEHICLE, {"charge_state": {"charging_state": HOSTILE}}))
    (document,) = [json.loads(each.payload) for each in desk.attach() if each.topic.startswith("homeassistant/device")]
    options = document["components"]["charging_state"]["options"]
    assert all(len(word) <= 64 and word.isprintable() and "{" not in word for word in options)


# --- the log ------------------------------------------------------------------------------------------------------

PROGRAM = """
import logging, sys
import structlog
from bridge import logs

hostile = sys.stdin.read()
logs.configure("debug", as_json=sys.argv[1] == "json")
own, library = structlog.get_logger(), logging.getLogger("some.library")
own.info("devices", name=hostile, names=[hostile], inner={"x": hostile})
own.info(hostile)
library.warning("of %s", hostile)
for logger in (own, library):
    try:
        raise ValueError(hostile)
    except ValueError:
        logger.exception("failed")
"""


@pytest.mark.case("S15")
@pytest.mark.parametrize("form", ["console", "json"])
def test_nothing_in_the_log_forges_a_line_or_commands_a_terminal(form: str) -> None:
    hostile = HOSTILE.replace("\0", "")[:5000]
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, form],
        input=hostile,
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[1],
    )
    lines = ended.stderr.split("\n")
    assert not [line for line in lines if not line.isprintable()]
    assert not [line for line in lines if line.startswith("2026-01-01")]
    assert sum("failed" in line for line in lines) >= 2
    assert ended.stderr.count("forged") >= 5


@pytest.mark.case("S15")
def test_a_text_in_the_log_has_an_end_and_no_half_secret() -> None:
    secret = "NA_" + "s" * 40
    said = plain("x" * 1990 + secret + "y" * 5000)
    assert len(said) < 2100
    assert said.endswith("(7033 characters)")
    assert "ss" not in said
