"""Intents as plans: which settings each wants, and what is put back. No clock, no Tesla."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bridge.catalog import CATALOGUE
from bridge.intents import (
    SETTINGS,
    Record,
    differing,
    goal,
    making,
    moment,
    owners,
    plan,
    recalled,
    unknown,
    way_back,
    written,
)
from bridge.model import Kind

OWNER: dict[str, Any] = {
    "grid_charging": False,
    "export_rule": "pv_only",
    "operation_mode": "self_consumption",
    "backup_reserve": 30,
}
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


def active(**made: Any) -> Record:
    return Record("charge_from_grid", "active", OWNER, {key: [value] for key, value in made.items()}, is_sure=True)


# --- plans ----------------------------------------------------------------------------------------------------------


def test_every_intent_that_is_offered_can_be_planned() -> None:
    offered = CATALOGUE[Kind.ENERGY_SITE].entities["intent"].options
    assert offered == CATALOGUE[Kind.ENERGY_SITE].commands["set_intent"].parameters[0].choices
    for intent in offered[1:]:
        assert plan(intent, OWNER, 50).wanted.keys() <= set(SETTINGS)


def test_what_an_intent_may_set_is_a_setting_that_can_be_written() -> None:
    assert all(CATALOGUE[Kind.ENERGY_SITE].entities[key].write for key in SETTINGS)


def test_charging_from_the_grid_allows_it_raises_the_reserve_and_takes_the_fast_mode() -> None:
    wanted = plan("charge_from_grid", OWNER, None).wanted
    assert wanted == {"grid_charging": True, "operation_mode": "autonomous", "backup_reserve": 100}


def test_full_backup_is_a_reserve_of_100() -> None:
    assert plan("full_backup", OWNER, None).wanted == {"backup_reserve": 100}


@pytest.mark.parametrize(("reserve", "left"), [(30, 20), (20, 20), (5, 5), (100, 20)])
def test_an_export_leaves_20_percent_or_the_owners_own_lower_reserve(reserve: int, left: int) -> None:
    wanted, notes = plan("export", {**OWNER, "backup_reserve": reserve}, None)
    assert wanted == {"export_rule": "battery_ok", "operation_mode": "autonomous", "backup_reserve": left}
    assert notes == ("when it exports is decided by Tesla, by the tariff: nothing can force it",)


def test_an_export_says_that_a_balanced_site_hardly_exports() -> None:
    assert "balanced" in plan("export", OWNER, None, "balanced").notes[1]


@pytest.mark.parametrize(
    ("level", "grid_charging", "reserve"),
    [
        (50, True, 50),
        (50.2, True, 51),
        (80, True, 80),
        (80.1, True, 80),
        (89.9, True, 80),
        (90, True, 100),
        (99.5, True, 100),
        (100, True, 100),
        (80.1, False, 100),
        (12, True, 30),
    ],
)
def test_a_hold_keeps_the_level_and_avoids_81_to_99(level: float, grid_charging: bool, reserve: int) -> None:  # noqa: FBT001
    wanted, notes = plan("hold", {**OWNER, "grid_charging": grid_charging}, level)
    assert wanted == {"backup_reserve": reserve}
    assert bool(notes) == (80 < level <= 99)


def test_a_hold_leaves_a_reserve_above_80_that_the_site_keeps() -> None:
    assert plan("hold", {**OWNER, "backup_reserve": 95}, 93).wanted == {"backup_reserve": 95}


def test_a_hold_ends_the_backup_mode_which_would_fill_the_battery() -> None:
    wanted = plan("hold", {**OWNER, "operation_mode": "backup"}, 50).wanted
    assert wanted == {"operation_mode": "self_consumption", "backup_reserve": 50}


def test_a_hold_needs_a_level() -> None:
    with pytest.raises(ValueError, match="how full"):
        plan("hold", OWNER, None)


def test_only_what_differs_is_written_what_is_refused_most_often_first() -> None:
    wanted = plan("charge_from_grid", OWNER, None).wanted
    now = {**OWNER, "operation_mode": "autonomous"}
    assert differing(wanted, now) == [("grid_charging", True), ("backup_reserve", 100)]


def test_what_the_site_does_not_tell_could_not_be_put_back() -> None:
    assert unknown({**OWNER, "export_rule": None, "backup_reserve": None}) == ["export_rule", "backup_reserve"]
    assert unknown(OWNER) == []


# --- one intent after another ---------------------------------------------------------------------------------------


def test_the_next_intent_keeps_the_first_snapshot_and_takes_back_what_it_does_not_want() -> None:
    record = active(grid_charging=True, operation_mode="autonomous", backup_reserve=100)
    now = {**OWNER, "grid_charging": True, "operation_mode": "autonomous", "backup_reserve": 100}
    owner = owners(record, now)
    assert owner == OWNER
    target = goal(record, owner, {"backup_reserve": 60})
    assert target == {"grid_charging": False, "operation_mode": "self_consumption", "backup_reserve": 60}
    writes = differing(target, now)
    assert [key for key, _ in writes] == ["grid_charging", "operation_mode", "backup_reserve"]
    assert making(record, writes)["backup_reserve"] == [100, 60]
    begun = Record("hold", "setting", owner, making(record, writes))
    assert begun.active(target).made == {"backup_reserve": [60]}


def test_what_the_owner_changed_by_hand_meanwhile_is_his_when_the_next_intent_begins() -> None:
    record = active(grid_charging=True, backup_reserve=100)
    now = {**OWNER, "grid_charging": True, "backup_reserve": 55, "export_rule": "never"}
    assert owners(record, now) == {**OWNER, "backup_reserve": 55, "export_rule": "never"}


# --- the way back ---------------------------------------------------------------------------------------------------


def test_what_still_is_as_the_intent_made_it_is_put_back_and_nothing_else() -> None:
    record = active(grid_charging=True, operation_mode="autonomous", backup_reserve=100)
    now = {**OWNER, "grid_charging": True, "operation_mode": "backup", "export_rule": "never"}
    assert way_back(record, now) == ([("grid_charging", False)], {"operation_mode": "backup"})


def test_after_an_interruption_also_what_looks_restored_is_written() -> None:
    """The site may show a write some seconds late."""
    record = Record("full_backup", "setting", OWNER, {"backup_reserve": [100]}).ending()
    assert (record.state, record.is_sure) == ("restoring", False)
    assert way_back(record, OWNER).writes == [("backup_reserve", 30)]
    assert way_back(record, {**OWNER, "backup_reserve": 100}).writes == [("backup_reserve", 30)]
    assert way_back(record, {**OWNER, "backup_reserve": 50}) == ([], {"backup_reserve": 50})


def test_what_an_interrupted_switch_had_set_before_is_put_back_too() -> None:
    record = Record("hold", "restoring", OWNER, {"backup_reserve": [100, 60]})
    for value in (100, 60, 30):
        assert way_back(record, {**OWNER, "backup_reserve": value}).writes == [("backup_reserve", 30)]


def test_80_is_what_a_site_may_make_of_100_until_it_was_confirmed() -> None:
    record = Record("full_backup", "restoring", OWNER, {"backup_reserve": [100]})
    assert way_back(record, {**OWNER, "backup_reserve": 80}).writes == [("backup_reserve", 30)]
    assert way_back(active(backup_reserve=100), {**OWNER, "backup_reserve": 80}).kept == {"backup_reserve": 80}


def test_what_is_not_told_is_put_back() -> None:
    assert way_back(active(backup_reserve=100), {}).writes == [("backup_reserve", 30)]


def test_a_record_is_the_same_after_a_restart() -> None:
    record = Record("hold", "active", OWNER, {"backup_reserve": [60]}, NOON, is_sure=True, trouble="x")
    assert recalled(json.loads(json.dumps(written(record)))) == record
    endless = Record("hold", "active", OWNER)
    assert recalled(json.loads(json.dumps(written(endless)))) == endless


# --- the end --------------------------------------------------------------------------------------------------------


def at(text: str, now: str, zone: str = "Europe/Berlin") -> str:
    return moment(text, zone, datetime.fromisoformat(now)).isoformat()


@pytest.mark.parametrize(
    ("text", "now", "end"),
    [
        ("2026-07-01T06:00:00+02:00", "2026-06-30T20:00:00+00:00", "2026-07-01T04:00:00+00:00"),
        ("2026-07-01T06:00", "2026-06-30T20:00:00+00:00", "2026-07-01T04:00:00+00:00"),
        ("07:00", "2026-07-01T04:59:00+00:00", "2026-07-01T05:00:00+00:00"),
        ("07:00", "2026-07-01T05:00:00+00:00", "2026-07-02T05:00:00+00:00"),
        ("7:00", "2026-12-01T12:00:00+00:00", "2026-12-02T06:00:00+00:00"),
        ("00:00", "2026-12-01T22:59:59+00:00", "2026-12-01T23:00:00+00:00"),
        pytest.param("07:00", "2026-03-28T20:00:00+00:00", "2026-03-29T05:00:00+00:00", id="summer time begins"),
        pytest.param("07:00", "2026-10-24T20:00:00+00:00", "2026-10-25T06:00:00+00:00", id="summer time ends"),
        pytest.param("02:30", "2026-03-28T20:00:00+00:00", "2026-03-29T01:30:00+00:00", id="a time that is not there"),
        pytest.param("02:30", "2026-10-24T20:00:00+00:00", "2026-10-25T00:30:00+00:00", id="the first of two"),
        pytest.param("02:30", "2026-10-25T00:45:00+00:00", "2026-10-25T01:30:00+00:00", id="the second of two"),
    ],
)
def test_an_end_is_a_moment_or_the_next_time_of_day_of_the_site(text: str, now: str, end: str) -> None:
    assert at(text, now) == end


@pytest.mark.parametrize(
    ("text", "zone", "said"),
    [
        ("2026-07-01T11:00:00Z", "UTC", "over already"),
        ("tomorrow", "UTC", "until must be like"),
        ("25:00", "UTC", "until must be like"),
        ("07:00", None, "time zone is not known"),
        ("2026-07-02T11:00:00", "Europe", "time zone is not known"),
    ],
)
def test_an_end_that_cannot_be_has_a_reason(text: str, zone: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        moment(text, zone, NOON)
