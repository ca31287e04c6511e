"""The table of what is here: 645 rows of the reference, each with our keys or the reason why there are none."""

from __future__ import annotations

import re
import runpy
from collections import Counter
from typing import Any

import pytest
from discovery_cases import DEVICES, KNOWN, described
from doc_pages import ROOT, page

from bridge.model import Kind

COVERAGE = runpy.run_path(str(ROOT / "tools/coverage.py"))
ROWS = list(COVERAGE["rows"]())

SIZES = (77, 49, 26, 54, 21, 38, 16, 44, 51, 20, 10, 44, 31, 31, 20, 34, 18, 26, 30, 5)
REFERENCE = dict(zip("ABCDEFGHIJKLMNOPQRST", SIZES, strict=True))
"""Section -> rows that the reference has of it."""


def test_every_row_of_the_reference_stands_in_the_list_once_in_its_order() -> None:
    numbers = [f"{section}{number}" for section, size in REFERENCE.items() for number in range(1, size + 1)]
    assert [row.number for row in ROWS] == numbers
    assert len(numbers) == 645


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.number)
def test_every_key_exists_and_what_has_none_has_a_reason(row: Any) -> None:
    assert row.word in COVERAGE["WORDS"]
    assert row.keys or row.note


def test_a_key_that_does_not_exist_is_found() -> None:
    with pytest.raises(KeyError, match="no_such_value"):
        _ = COVERAGE["Row"]("A1", ("charging_state", "no_such_value"), "").word


@pytest.mark.parametrize(
    ("number", "key", "word"),
    [
        ("A5", "battery_level", "offered"),
        ("C18", "sunroof", "gated"),
        ("D35", "pedal_position", "streamed-only"),
        ("D22", "route_origin", "streamed-only"),
        ("F24", "remote_start_drive", "gated"),
        ("A68", "charge_on_solar", "gated"),
        ("K2", "flash_lights", "offered"),
        ("P31", "charge_level_history", "offered"),
        ("S19", "account/cost_month", "offered"),
        ("D54", "zone_change", "gated"),
    ],
)
def test_what_became_of_a_row_is_what_a_device_is_offered(number: str, key: str, word: str) -> None:
    assert COVERAGE["Row"](number, (key,), "").word == word


def test_two_rows_are_not_told_by_the_same_value() -> None:
    firsts = [(COVERAGE["SECTIONS"][row.number[0]][1], row.keys[0]) for row in ROWS if row.keys]
    twice = {key for (_, key), times in Counter(firsts).items() if times > 1}
    assert twice == {"awake_because"}  # L5 is one of the words of L21


def test_the_page_is_what_the_list_says() -> None:
    assert (ROOT / "docs/coverage.md").read_text() == COVERAGE["page"](), "run `make docs`"


def test_home_assistants_page_tells_about_how_many_entities_there_are() -> None:
    rows = page(ROOT / "docs/home-assistant.md").table("What appears")
    counts = [row for row in rows if "entities, of which enabled" in row.cells]
    for kind, row in zip(Kind, counts, strict=True):
        components = described(DEVICES[kind], KNOWN[kind])["components"].values()
        enabled = sum(component.get("enabled_by_default", True) for component in components)
        told = [int(number) for number in re.findall(r"\d+", row.cells["entities, of which enabled"])]
        assert told == pytest.approx([len(components), enabled], rel=0.1)
