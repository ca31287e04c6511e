"""The frame of derived values: what follows from a change, what is remembered, what has happened."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bridge.database import Database
from bridge.derived.deriver import Deriver
from bridge.derived.frame import Derived, Happened, Scene, derivation
from bridge.model import Change, DeviceId, Happening, Kind, Update
from bridge.state import Known, Store

CAR = DeviceId(Kind.VEHICLE, "5YJ3E1EA7KF000001")
SITE = DeviceId(Kind.ENERGY_SITE, "1")
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


class Shelf:
    """Memories on no disk."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Any]] = {}
        self.is_broken = False

    def memories(self) -> dict[str, dict[str, Any]]:
        return self.kept

    def remember(self, device: str, name: str, memory: Any) -> None:
        if self.is_broken:
            raise OSError("No space left on device")
        self.kept.setdefault(device, {})[name] = memory


def _count(scene: Scene) -> Derived:
    times = scene.memory.get("times", 0) + 1
    return Derived({"times": times}, {"times": times}, (Happened("counted", {"times": times}),))


COUNT = derivation("count", Kind.VEHICLE, "speed", _count)


def deriver(shelf: Shelf, *rows: Any, values: dict[str, Any] | None = None) -> Deriver:
    known = {CAR: values or {"speed": 5}, SITE: {"solar_power": 1}}
    return Deriver(rows or (COUNT,), shelf, known, lambda: NOON)


def test_a_value_follows_from_its_inputs_alone() -> None:
    of = deriver(Shelf()).of
    assert list(of(Change(CAR, {"odometer": 1}))) == []
    assert list(of(Change(SITE, {"speed": 5}))) == []
    assert list(of(Change(CAR, {"speed": 5}))) == [({"times": 1}, [Happening(CAR, "counted", {"times": 1})])]


def test_memory_is_kept_before_the_value_is_given_out_and_across_restarts(tmp_path: Any) -> None:
    with Database(tmp_path) as database:
        first = Deriver((COUNT,), database, {CAR: {}}, lambda: NOON)
        next(iter(first.of(Change(CAR, {"speed": 5}))))
        assert database.memories() == {str(CAR): {"count": {"times": 1}}}
    with Database(tmp_path) as database:
        again = Deriver((COUNT,), database, {CAR: {}}, lambda: NOON)
        ((values, _),) = again.of(Change(CAR, {"speed": 6}))
        assert values == {"times": 2}


def test_a_full_disk_costs_the_memory_of_the_next_life_only() -> None:
    shelf = Shelf()
    shelf.is_broken = True
    derive = deriver(shelf)
    assert [values for speed in (1, 2) for values, _ in derive.of(Change(CAR, {"speed": speed}))] == [
        {"times": 1},
        {"times": 2},
    ]


def test_a_derivation_that_fails_costs_its_own_values_only() -> None:
    broken = derivation("broken", Kind.VEHICLE, "speed", lambda scene: Derived({"x": 1 / (scene.values["speed"] - 5)}))
    found = [values for values, _ in deriver(Shelf(), broken, COUNT).of(Change(CAR, {"speed": 5}))]
    assert found == [{}, {"times": 1}]


def test_what_changes_with_time_is_worked_out_each_minute_for_every_device_of_its_kind() -> None:
    age = derivation("age", Kind.ENERGY_SITE, "", lambda scene: Derived({"now": scene.now}), passes=True)
    assert list(deriver(Shelf(), age, COUNT).passed()) == [(SITE, {"now": NOON}, [])]


def test_a_scene_gives_numbers_and_moments_and_none_for_all_else() -> None:
    scene = Scene(CAR, {"a": 1, "b": True, "c": "1", "d": NOON}, {}, NOON, frozenset(), {})
    assert [scene.number(key) for key in "abcde"] == [1, None, None, None, None]
    assert [scene.moment(key) for key in "ad"] == [None, NOON]


def test_all_that_follows_from_an_update_is_learnt_with_it() -> None:
    store = Store()
    double = derivation("double", Kind.VEHICLE, "times", lambda scene: Derived({"doubled": 2 * scene.values["times"]}))
    derive = Deriver((COUNT, double), Shelf(), store.all, lambda: NOON)
    update = Update(CAR, {"speed": 5}, 1.0, "poll")
    changed, happened = derive.learn(update, store.apply, 2.0)
    assert changed == {"speed": 5, "times": 1, "doubled": 2} == store.values(CAR)
    assert happened == [Happening(CAR, "counted", {"times": 1})]
    assert store.known(CAR, "doubled") == Known(2, 2.0, "derived")
    assert derive.learn(update, store.apply, 3.0) == ({}, [])
