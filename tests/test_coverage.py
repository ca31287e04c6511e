"""The table of what is here: 645 rows of the reference, each with our keys or the reason why there are none."""

from __future__ import annotations

import runpy
from collections import Counter
from typing import Any

import pytest
from doc_pages import ROOT

COVERAGE = runpy.run_path(str(ROOT / "tools/coverage.py"))
ROWS = list(COVERAGE["rows"]())

REFERENCE = {
    **{"A": 77, "B": 49, "C": 26, "D": 54, "E": 21, "F": 38, "G": 16, "H": 44, "I": 51, "J": 20},
    **{"K": 10, "L": 44, "M": 31, "N": 31, "O": 20, "P": 34, "Q": 18, "R": 26, "S": 30, "T": 5},
}
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
