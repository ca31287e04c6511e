"""The event of a budget (bridge/derived/spending.py)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bridge.catalog import CATALOGUE
from bridge.derived.frame import Scene
from bridge.derived.spending import SHARES, SPENDING
from bridge.model import DeviceId, Kind

ACCOUNT = DeviceId(Kind.ACCOUNT, "tesla")
JULY, AUGUST = datetime(2026, 7, 20, tzinfo=UTC), datetime(2026, 8, 1, tzinfo=UTC)


class Told:
    """What an account has told so far; its memory is what would outlive a restart."""

    def __init__(self) -> None:
        self.memory: Mapping[str, Any] = {}

    def at(self, spent: float, left: float, now: datetime = JULY, state: str = "warned") -> list[str]:
        values = {"cost_month": spent, "budget_left": left, "budget_state": state}
        found = SPENDING[0].derive(Scene(ACCOUNT, values, self.memory, now, frozenset(values), {}))
        self.memory = found.memory or self.memory
        return [event.type for event in found.events]


def test_each_share_is_told_once_a_month() -> None:
    told = Told()
    steps = [(4.9, 5.1), (5.0, 5.0), (5.2, 4.8), (8.0, 2.0), (9.0, 1.0), (10.0, 0.0), (10.0, 0.0)]
    assert [told.at(*step) for step in steps] == [[], ["budget_50"], [], ["budget_80"], [], ["budget_100"], []]
    assert told.at(0.0, 10.0, AUGUST, "ok") == []
    assert told.at(6.0, 4.0, AUGUST) == ["budget_50"]


def test_after_a_jump_only_the_highest_is_told() -> None:
    told = Told()
    assert [told.at(9.5, 0.5), told.at(9.6, 0.4)] == [["budget_80"], []]


def test_a_budget_that_is_raised_and_used_up_again_is_told_of_no_lower_share() -> None:
    told = Told()
    assert [told.at(8.0, 2.0), told.at(8.0, 12.0, state="ok"), told.at(11.0, 9.0)] == [["budget_80"], [], []]


def test_a_budget_that_is_off_or_not_known_tells_nothing() -> None:
    """With the mode `off` the state is always well."""
    assert Told().at(50, 0, state="ok") == []
    assert SPENDING[0].derive(Scene(ACCOUNT, {}, {}, JULY, frozenset(), {})).events == ()


def test_all_types_are_in_the_table() -> None:
    types = {kind for row in CATALOGUE[Kind.ACCOUNT].events for kind in row.types}
    assert {f"budget_{share}" for share in SHARES} <= types
