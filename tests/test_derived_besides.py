"""An alert is told once, the age of the tokens grows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.catalog import CATALOGUE
from bridge.derived.account import ACCOUNT
from bridge.derived.alerts import ALERTS, MOST
from bridge.derived.frame import Derived, Scene
from bridge.model import DeviceId, Kind

CAR = DeviceId(Kind.VEHICLE, "5YJ3E1EA7KF000001")
ME = DeviceId(Kind.ACCOUNT, "tesla")
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


def _alert(name: str, time: str = "2026-07-01T10:00:00+00:00") -> dict[str, Any]:
    return {"name": name, "time": time, "text": "Something", "audience": ["customer"]}


def _seen(alerts: Any, memory: Mapping[str, Any]) -> Derived:
    (row,) = ALERTS
    return row.derive(Scene(CAR, {"alerts": alerts}, memory, NOON, frozenset({"alerts"}), {}))


def _after(*lists: Any) -> tuple[list[str], Mapping[str, Any]]:
    """Names of the alerts that were told, and the memory."""
    told: list[str] = []
    memory: Mapping[str, Any] = {}
    for alerts in lists:
        found = _seen(alerts, memory)
        told += [str(event.facts["name"]) for event in found.events]
        memory = memory if found.memory is None else found.memory
    return told, memory


def test_the_first_list_is_old_news() -> None:
    assert _after([_alert("a"), _alert("b")])[0] == []


def test_an_alert_that_was_not_there_before_is_told_with_its_facts() -> None:
    _, memory = _after([_alert("a")])
    (event,) = _seen([_alert("a"), _alert("b")], memory).events
    assert (event.type, event.facts) == ("alert", _alert("b"))
    assert "alert" in {type_ for row in CATALOGUE[Kind.VEHICLE].events for type_ in row.types}


def test_an_empty_list_is_a_first_list_too() -> None:
    assert _after([], [_alert("a")])[0] == ["a"]


def test_the_same_alert_is_told_again_when_it_was_raised_again() -> None:
    assert _after([], [_alert("a")], [_alert("a", "2026-07-01T11:00:00+00:00")])[0] == ["a", "a"]


@pytest.mark.parametrize("between", [None, [], "x", [None], [[]]])
def test_a_list_that_was_empty_or_odd_for_once_makes_nothing_new(between: Any) -> None:
    assert _after([_alert("a")], between, [_alert("a")])[0] == []


def test_nothing_is_written_while_nothing_is_new() -> None:
    _, memory = _after([_alert("a")])
    assert _seen([_alert("a")], memory) == Derived()


def test_the_memory_does_not_grow_for_ever() -> None:
    _, memory = _after(*([_alert(str(number))] for number in range(3 * MOST)))
    assert len(memory["seen"]) == MOST


def _age(renewed: Any, now: datetime) -> Any:
    (row,) = ACCOUNT
    return row.derive(Scene(ME, {"token_renewed": renewed}, {}, now, frozenset(), {})).values["refresh_token_age"]


@pytest.mark.parametrize(
    ("passed", "days"),
    [(timedelta(0), 0), (timedelta(hours=8), 0.3), (timedelta(days=89), 89), (timedelta(days=-3), 0)],
    ids=str,
)
def test_the_age_of_the_refresh_token_in_days(passed: timedelta, days: float) -> None:
    assert _age(NOON, NOON + passed) == days


def test_tokens_that_were_never_renewed_have_no_age() -> None:
    assert _age(None, NOON) is None
