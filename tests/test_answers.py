"""What polling needs to know of an answer, however odd the answer is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from odd_answers import ODD, anything

from bridge.model import Connectivity
from bridge.sources.answers import connectivity, is_id, moment, newest, wall_connectors


@pytest.mark.parametrize("word", ["online", "asleep", "offline"])
def test_the_state_of_a_list_entry(word: str) -> None:
    assert connectivity({"state": word}) is Connectivity(word)


@pytest.mark.parametrize("state", [*ODD, "ONLINE", "driving", "waking"])
def test_a_state_that_is_not_known_is_none(state: Any) -> None:
    assert connectivity({"state": state}) is None
    assert connectivity({}) is None


def test_the_newest_timestamp_of_all_groups_counts() -> None:
    body = {"id": 1, "drive_state": {"timestamp": 1_700_000_000_000}, "charge_state": {"timestamp": 1_700_000_001_000}}
    assert newest(body) == datetime(2023, 11, 14, 22, 13, 21, tzinfo=UTC)


@pytest.mark.parametrize("odd", [*ODD, 10**18])
def test_an_odd_timestamp_costs_only_itself(odd: Any) -> None:
    sound = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert newest({"a": {"timestamp": odd}, "b": {"timestamp": 1_700_000_000_000}, "c": odd}) == sound


@pytest.mark.parametrize("body", [{}, {"drive_state": None}, {"drive_state": {}}, {"drive_state": {"timestamp": 0}}])
def test_without_a_timestamp_nobody_knows_when(body: dict[str, Any]) -> None:
    assert newest(body) is None


def test_wall_connectors_with_a_din_are_found_among_others() -> None:
    sound = {"din": "1457768-02-F--PGT21000000001", "wall_connector_state": 4}
    entries = [*ODD, {"din": ""}, {"din": None}, {"din": 5}, {"din": "a/+/#"}, {"din": "x" * 65}, sound]
    assert wall_connectors({"wall_connectors": entries}) == [sound]


@pytest.mark.parametrize("odd", ODD)
def test_no_list_is_no_wall_connector(odd: Any) -> None:
    assert wall_connectors({"wall_connectors": odd}) == []
    assert wall_connectors(odd) == []


@pytest.mark.parametrize("raw", ["5YJ3E1EA7KF000316", "1457768-02-F--PGT21000000001", "a_b"])
def test_an_id_is_one_level_of_a_topic(raw: str) -> None:
    assert is_id(raw)


@pytest.mark.parametrize(
    "raw", [*ODD[:-7], "", "a/b", "+", "#", "$SYS", "../x", "é", "a b", "a\n", "x" * 65, 5, [], {}]
)
def test_what_could_break_a_topic_is_no_id(raw: Any) -> None:
    """Reliability D10."""
    assert not is_id(raw)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("2026-07-01T12:00:00Z", datetime(2026, 7, 1, 12, tzinfo=UTC)),
        ("2026-07-01T14:00:00+02:00", datetime(2026, 7, 1, 12, tzinfo=UTC)),
        ("2026-07-01T12:00:00", None),  # whose time is that?
        ("yesterday", None),
        (1_700_000_000, None),
        (None, None),
    ],
)
def test_a_moment_has_an_offset(raw: Any, expected: datetime | None) -> None:
    assert moment(raw) == expected


@settings(max_examples=50)
@given(body=st.dictionaries(st.sampled_from(["state", "timestamp", "wall_connectors", "din"]), anything))
def test_no_answer_raises(body: dict[str, Any]) -> None:
    """Fault case F16."""
    assert connectivity(body) in {None, *Connectivity}
    seen = newest({"drive_state": body})
    assert seen is None or seen.tzinfo
    assert all(is_id(each["din"]) for each in wall_connectors(body))
    assert moment(body.get("timestamp")) is None or isinstance(body["timestamp"], str)
