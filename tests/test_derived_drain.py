"""What parking costs a car's battery (bridge/derived/sleep.py)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.derived.sleep import drain
from bridge.model import Value

MIDNIGHT = datetime(2026, 7, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
AWAKE = {"connectivity": "online"}


class Parked:
    """A car that stands, and what was told of its drain."""

    def __init__(self) -> None:
        self.memory: Mapping[str, Any] = {}
        self.told: dict[str, Value] = {}

    def shows(self, hours: float, level: float, **values: Value) -> Value:
        seen = MIDNIGHT + timedelta(hours=hours)
        known: dict[str, Value] = {"last_seen": seen, "battery_level": level, "odometer": 100.0, **AWAKE, **values}
        told, self.memory = drain(known, self.memory, seen + MINUTE)
        self.told |= told
        return self.told.get("phantom_drain")


def test_a_loss_is_told_once_it_says_something() -> None:
    car = Parked()
    assert [car.shows(0, 80), car.shows(5, 79), car.shows(12, 79), car.shows(48, 76)] == [None, None, 2.0, 2.0]


def test_a_car_that_loses_nothing_says_so() -> None:
    car = Parked()
    assert [car.shows(0, 80), car.shows(24, 80)] == [None, 0.0]


@pytest.mark.parametrize("change", [{"charging": True}, {"shift_state": "d"}, {"odometer": 130.0}])
def test_a_drive_or_a_charge_begins_it_anew_also_one_that_nobody_saw(change: dict[str, Value]) -> None:
    car = Parked()
    car.shows(0, 80)
    assert car.shows(10, 70, **change) is None
    later = {key: value for key, value in change.items() if key == "odometer"}
    assert [car.shows(10, 70, **later), car.shows(15, 70, **later), car.shows(34, 69, **later)] == [None, None, 1.0]


def test_a_battery_that_has_more_was_charged() -> None:
    car = Parked()
    car.shows(0, 60)
    assert [car.shows(10, 80), car.shows(20, 79)] == [None, 2.4]


def test_what_was_never_seen_is_not_guessed() -> None:
    assert drain({}, {}, MIDNIGHT) == ({}, {})


def test_the_drain_of_the_last_time_stays_until_there_is_a_new_one() -> None:
    car = Parked()
    assert [car.shows(0, 80), car.shows(24, 78), car.shows(25, 78, charging=True), car.shows(26, 90)] == [
        None,
        2.0,
        2.0,
        2.0,
    ]
    assert car.shows(50, 89) == 1.0
