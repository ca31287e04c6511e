"""`costs`: what a month will cost with these settings and this life, and what the months have cost."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from doc_pages import ROOT, page
from fakes import FakeClock
from verbs import loaded, settings_of, words

from bridge.cli import costs
from bridge.cli.costs import Life, forecast
from bridge.database import Database
from bridge.errors import SettingWrong
from bridge.pace import Pace

NOTHING = Life(0, 0, 0, 0, 0, 0, 0, 0)


def said(*given: str) -> str:
    clock = FakeClock(datetime(2026, 11, 22, 12, tzinfo=UTC))
    return "\n".join(costs.lines(loaded(), words("costs", *given), clock))


@pytest.fixture(autouse=True)
def data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    settings_of(monkeypatch, tmp_path)
    return tmp_path / "data"


# --- what it will cost ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("life", "calls"),
    [
        (NOTHING, 0),
        (Life(0, 60, 0, 0, 0, 0, 0, 0), 60),
        (Life(0, 0, 0, 4, 0, 0, 0, 0), 4),
        (Life(0, 0, 0, 0, 0, 22, 0, 0), 60),
        (Life(2, 0, 1, 0, 1, 0, 0, 0), 19),
        (Life(0, 0, 0, 0, 0, 0, 5, 2), 12),
    ],
)
def test_calls_follow_from_the_settings(life: Life, calls: float) -> None:
    assert sum(row.calls for row in forecast(life, Pace())) == calls


def test_a_busy_car_is_told_what_it_costs_and_that_the_credit_covers_it() -> None:
    text = said("--stirs", "0")
    assert "driving, every 60 s                  80.0 a day     $4.80  " + "█" * 40 in text
    assert "together                            108.0 a day     $6.90" in text
    assert text.endswith("Tesla's credit of $10.00 a month covers it.")


def test_two_busy_cars_are_told_what_is_over_the_credit_and_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    two = ("--drive-minutes", "160", "--charge-hours", "8")
    assert "Tesla would charge $2.66 of it" in said(*two)
    assert "more than the budget of $10.00 allows" in said(*two)
    monkeypatch.setenv("FLEET2MQTT_POLLING_PROFILE", "eco")
    assert said(*two).endswith("Tesla's credit of $10.00 a month covers it.")


def test_what_does_not_happen_is_not_listed() -> None:
    assert "charging" not in said("--charge-hours", "0")


def test_the_owners_own_prices_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLEET2MQTT_TESLA_PRICES", "data=0.004")
    assert "80.0 a day     $9.60" in said()


def test_a_price_of_nothing_we_know_is_a_wrong_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLEET2MQTT_TESLA_PRICES", "dat=0.004")
    with pytest.raises(SettingWrong, match=r"FLEET2MQTT_TESLA_PRICES.*dat: is none of data, command, wake"):
        said()


@pytest.mark.parametrize("given", ["-1", "many", "nan", "1e9"])
def test_a_day_that_cannot_be_is_refused(given: str) -> None:
    with pytest.raises(SystemExit):
        words("costs", "--drives", given)


# --- what it has cost -------------------------------------------------------------------------------------

CALLS = [
    ("2026-10-30", "5YJ3E1EA7KF000316", "data", 1000, 0),
    ("2026-11-20", "5YJ3E1EA7KF000316", "data", 100, 0),
    ("2026-11-22T08", "5YJ3E1EA7KF000316", "wake", 1, 0),
    ("2026-11-22T09", "LRW3E7FS2PC000001", "data", 50, 2),
    ("2026-11-22T09", "", "free", 70, 0),
]


def test_the_months_are_told_by_day_class_and_device(data: Path) -> None:
    with Database(data) as database:
        database.keep_calls(CALLS)
    shown = [line.split() for line in said().splitlines()]
    for line in (
        "2026-10 1000 calls $2.00",
        "2026-11 221 calls $0.32",
        "2026-11-20 100 calls $0.20",
        "2026-11-22 121 calls $0.12",
        "data 150 calls $0.30",
        "wake 1 calls $0.02",
        "free 70 calls $0.00",
        "5YJ3E1EA7KF000316 101 calls $0.22",
        "LRW3E7FS2PC000001 50 calls $0.10",
        "the account 70 calls $0.00",
    ):
        assert [row for row in shown if row[: len(line.split())] == line.split()], line


def test_while_the_bridge_runs_its_backup_is_read(data: Path) -> None:
    with Database(data) as database:
        database.keep_calls(CALLS)
        database.back_up()
        database.keep_calls([("2026-11-22T10", "5YJ3E1EA7KF000316", "data", 999, 0)])
        text = said()
    assert "2026-11-22                 121 calls" in text
    assert text.endswith("The bridge is running; these are its counts when it last renewed its sign-in, hours ago.")


def test_it_makes_no_data_directory(data: Path) -> None:
    said()
    assert not data.exists()


# --- its page ---------------------------------------------------------------------------------------------


def test_the_page_shows_what_the_verb_says() -> None:
    shown = [content for _, content in page(ROOT / "docs/cost-and-sleep.md").fences]
    line = next(content for content in shown if content.startswith("fleet2mqtt costs"))
    assert f"{said(*line.split()[2:])}\n" in shown
