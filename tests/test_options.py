"""What the owner sets at run time: it counts at once, outlives the process, and can be given back to the settings."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from bridge.database import Database
from bridge.errors import NotKept, NotOffered
from bridge.model import DeviceId, Kind, Value
from bridge.options import Options

CAR = DeviceId(Kind.VEHICLE, "LRW3F7EK4NC700001")
OTHER_CAR = DeviceId(Kind.VEHICLE, "5YJYGDEE1MF700002")
ACCOUNT = DeviceId(Kind.ACCOUNT, "tesla")
PARENTS = DeviceId(Kind.ACCOUNT, "parents")

SETTINGS: Mapping[DeviceId, Mapping[str, Value]] = {
    CAR: {"polling": True, "wake_policy": "within_budget"},
    OTHER_CAR: {"polling": True, "wake_policy": "within_budget"},
    ACCOUNT: {"monthly_budget": 10.0, "budget_mode": "hard_stop"},
}


class Life:
    """One run of a bridge: what was told, and what took effect."""

    def __init__(self, database: Database, settings: Mapping[DeviceId, Mapping[str, Value]] = SETTINGS) -> None:
        self.told: list[tuple[DeviceId, Mapping[str, Any]]] = []
        self.took_effect: list[DeviceId] = []
        self.options = Options(
            store=database,
            defaults=lambda at: settings.get(at, {}),
            tell=lambda at, values: self.told.append((at, values)),
            effects={"monthly_budget": self.took_effect.append},
        )


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path) as one:
        yield one


def test_until_something_is_chosen_the_settings_count(database: Database) -> None:
    options = Life(database).options
    assert options.all(CAR) == {"polling": True, "wake_policy": "within_budget"}
    assert options.all(PARENTS) == {}


def test_what_is_chosen_counts_at_once_for_this_device_alone(database: Database) -> None:
    life = Life(database)
    life.options.choose(CAR, "wake_policy", "never")
    assert life.options.of(CAR, "wake_policy") == "never"
    assert life.options.of(OTHER_CAR, "wake_policy") == "within_budget"
    assert life.told == [(CAR, {"wake_policy": "never"})]


@pytest.mark.parametrize(
    ("at", "name", "value"),
    [(CAR, "wake_policy", "never"), (CAR, "polling", False), (ACCOUNT, "monthly_budget", 7.25)],
)
def test_it_outlives_the_process(tmp_path: Path, at: DeviceId, name: str, value: Value) -> None:
    with Database(tmp_path) as first:
        Life(first).options.choose(at, name, value)
    with Database(tmp_path) as second:
        assert Life(second).options.of(at, name) == value


def test_it_comes_back_from_the_backup(tmp_path: Path) -> None:
    with Database(tmp_path) as first:
        Life(first).options.choose(CAR, "wake_policy", "never")
        first.back_up()
    (tmp_path / "fleet2mqtt.sqlite").write_bytes(b"no database")
    with Database(tmp_path) as second:
        assert Life(second).options.of(CAR, "wake_policy") == "never"


def test_restored_the_settings_count_again_also_those_of_tomorrow(tmp_path: Path) -> None:
    with Database(tmp_path) as first:
        life = Life(first)
        life.options.choose(ACCOUNT, "monthly_budget", 7.25)
        life.options.restore(ACCOUNT, "monthly_budget")
        assert life.told[-1] == (ACCOUNT, {"monthly_budget": 10.0})
    with Database(tmp_path) as second:
        later = {ACCOUNT: {"monthly_budget": 20.0, "budget_mode": "off"}}
        assert Life(second, later).options.of(ACCOUNT, "monthly_budget") == 20.0


def test_what_follows_from_it_is_done_at_once_and_at_the_next_start(tmp_path: Path) -> None:
    with Database(tmp_path) as first:
        life = Life(first)
        life.options.take_effect([ACCOUNT])
        assert life.took_effect == []
        life.options.choose(ACCOUNT, "monthly_budget", 5.0)
        assert life.took_effect == [ACCOUNT]
    with Database(tmp_path) as second:
        next_life = Life(second)
        next_life.options.take_effect([ACCOUNT, PARENTS])
        assert next_life.took_effect == [ACCOUNT]


@pytest.mark.parametrize(
    ("name", "kept"),
    [("wake_policy", "sometimes"), ("wake_policy", None), ("polling", "perhaps"), ("wake_policy", [1])],
)
def test_what_another_version_has_kept_and_this_one_does_not_know_does_not_count(
    database: Database, name: str, kept: Any
) -> None:
    database.keep_option(str(CAR), name, kept)
    assert Life(database).options.of(CAR, name) == SETTINGS[CAR][name]


def test_a_device_has_no_options_of_others(database: Database) -> None:
    """The budget is that of all accounts together."""
    options = Life(database).options
    for call in (
        lambda: options.choose(PARENTS, "monthly_budget", 5.0),
        lambda: options.restore(PARENTS, "monthly_budget"),
        lambda: options.of(CAR, "monthly_budget"),
    ):
        with pytest.raises(NotOffered, match="monthly_budget"):
            call()
    assert database.options() == {}


def test_what_cannot_be_kept_is_not_chosen(database: Database) -> None:
    life = Life(database)
    assert database._sqlite
    database._sqlite.execute("PRAGMA query_only = 1")
    with pytest.raises(NotKept, match="not changed") as raised:
        life.options.choose(CAR, "wake_policy", "never")
    assert isinstance(raised.value.__cause__, sqlite3.OperationalError)
    assert life.options.of(CAR, "wake_policy") == "within_budget"
    assert life.told == []
