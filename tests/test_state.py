"""What is known of every device: newest wins, equal is nothing, and a restart forgets nothing."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from catalog_cases import ANSWERS
from fakes import NOON, FakeClock
from hypothesis import given, strategies as st

from bridge.catalog import read
from bridge.model import Change, DeviceId, Kind, Update, Value
from bridge.state import Known, Store, kept, recalled

CAR = DeviceId(Kind.VEHICLE, "5YJ3E1EA7KF000316")
SITE = DeviceId(Kind.ENERGY_SITE, "1234567")


def _saw(at: float, source: str = "poll", device: DeviceId = CAR, **values: Value) -> Update:
    return Update(device, values, at, source)


@pytest.fixture
def store() -> Store:
    return Store()


# --- newest wins ------------------------------------------------------------------------------------------


def test_what_is_new_is_a_change(store: Store) -> None:
    assert store.apply(_saw(1, battery_level=80, charging=None)) == Change(CAR, {"battery_level": 80, "charging": None})
    assert store.values(CAR) == {"battery_level": 80, "charging": None}


def test_only_what_differs_is_in_the_change(store: Store) -> None:
    store.apply(_saw(1, battery_level=80, speed=0))
    assert store.apply(_saw(2, battery_level=80, speed=12)) == Change(CAR, {"speed": 12})


def test_what_is_equal_is_no_change_but_is_known_to_be_newer(store: Store) -> None:
    store.apply(_saw(1, battery_level=80))
    assert store.apply(_saw(2, "telemetry", battery_level=80)) is None
    assert store.known(CAR, "battery_level") == Known(80, 2, "telemetry")


def test_what_is_older_is_dropped_value_by_value(store: Store) -> None:
    store.apply(_saw(5, "command", charge_limit=90))
    assert store.apply(_saw(4, charge_limit=80, speed=12)) == Change(CAR, {"speed": 12})
    assert store.known(CAR, "charge_limit") == Known(90, 5, "command")


def test_of_two_updates_of_one_moment_the_later_counts(store: Store) -> None:
    store.apply(_saw(5, charge_limit=80))
    assert store.apply(_saw(5, charge_limit=90)) == Change(CAR, {"charge_limit": 90})


def test_unknown_is_a_value_and_replaces_an_older_one(store: Store) -> None:
    store.apply(_saw(1, speed=12))
    assert store.apply(_saw(2, speed=None)) == Change(CAR, {"speed": None})
    assert store.values(CAR) == {"speed": None}


PLUS_TWO = timezone(timedelta(hours=2))


@pytest.mark.parametrize(
    ("before", "after", "is_change"),
    [
        (True, 1, True),
        (0, False, True),
        (20, 20.0, False),  # the same payload
        (None, 0, True),
        (None, "", True),
        (NOON, NOON.astimezone(PLUS_TWO), False),
        ({"a": 1}, {"a": 1}, False),
        ([1], [1, 2], True),
    ],
)
def test_equal_means_the_same_payload(store: Store, before: Value, after: Value, *, is_change: bool) -> None:
    store.apply(_saw(1, value=before))
    assert (store.apply(_saw(2, value=after)) is not None) is is_change


def test_devices_are_kept_apart(store: Store) -> None:
    store.apply(_saw(9, name="car"))
    store.apply(_saw(1, device=SITE, name="site"))
    assert (store.values(CAR)["name"], store.values(SITE)["name"]) == ("car", "site")
    assert set(store.devices()) == {CAR, SITE}


def test_a_device_that_has_left_is_forgotten_and_may_come_back(store: Store) -> None:
    store.apply(_saw(9, name="car"))
    store.forget(CAR)
    store.forget(SITE)
    assert (store.values(CAR), store.known(CAR, "name"), set(store.devices())) == ({}, None, set())
    assert store.apply(_saw(1, name="car")) == Change(CAR, {"name": "car"})


updates = st.lists(
    st.tuples(
        st.integers(0, 9).map(float),
        st.dictionaries(st.sampled_from("abc"), st.sampled_from([None, False, True, 0, 1, "x"]), max_size=3),
    ),
    max_size=12,
)


@given(history=updates)
def test_whatever_the_order_of_arrival_the_newest_of_each_stands(history: list[tuple[float, dict[str, Any]]]) -> None:
    """And the changes, applied one after the other, tell exactly what the store holds."""
    store, mirror, newest = Store(), dict[str, Value](), dict[str, tuple[float, Value]]()
    for at, values in history:
        change = store.apply(Update(CAR, values, at, "poll"))
        mirror |= change.values if change else {}
        for key, value in values.items():
            if key not in newest or at >= newest[key][0]:
                newest[key] = at, value
    expected = {key: value for key, (_, value) in newest.items()}
    assert repr(sorted(store.values(CAR).items())) == repr(sorted(expected.items())) == repr(sorted(mirror.items()))


@pytest.mark.parametrize("jump", [timedelta(days=-20_000), timedelta(hours=-1), timedelta(days=730)])
def test_a_jump_of_the_wall_clock_does_not_stop_updates(store: Store, jump: timedelta) -> None:
    """Fault case F6: updates are ordered by elapsed time, which runs on."""
    clock = FakeClock()
    store.apply(_saw(clock.monotonic(), battery_level=80))
    clock.set_wall(NOON + jump)
    clock.advance(1)
    assert store.apply(_saw(clock.monotonic(), battery_level=79)) == Change(CAR, {"battery_level": 79})


# --- across a restart -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ANSWERS)
def test_everything_that_is_kept_is_recalled(kind: Kind) -> None:
    """Through the JSON of the database; moments are moments again."""
    values = read(kind, {**ANSWERS[kind], "bridge": {"last_seen": NOON, "data_source": "poll"}})
    at = DeviceId(kind, "some-id")
    assert recalled(json.loads(json.dumps(kept({at: values}), allow_nan=False))) == {at: values}


def test_a_moment_keeps_its_zone_and_its_microseconds() -> None:
    moment = datetime(2026, 3, 29, 2, 30, 0, 123, tzinfo=UTC).astimezone(PLUS_TWO)
    values = recalled(kept({CAR: {"last_seen": moment}}))[CAR]
    assert values["last_seen"].isoformat() == moment.isoformat()


def test_rows_and_kinds_of_another_version_are_left_out() -> None:
    found = recalled(
        {
            f"vehicle/{CAR.id}": {"battery_level": 80, "no_such_row": 1},
            "submarine/1": {"battery_level": 80},
        }
    )
    assert found == {CAR: {"battery_level": 80}}


def test_what_is_recalled_is_older_than_anything_that_is_heard(store: Store) -> None:
    store.apply(Update(CAR, recalled(kept({CAR: {"battery_level": 80}}))[CAR], -math.inf, "restart"))
    assert store.apply(_saw(0.0, battery_level=79)) == Change(CAR, {"battery_level": 79})
