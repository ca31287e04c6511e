"""In which of the owner's zones a car is, and the events of coming and going."""

from __future__ import annotations

from itertools import pairwise
from math import cos, radians
from typing import Any

import pytest
from derived_life import Life
from hypothesis import given, strategies as st

from bridge.derived.zones import metres, zones_of

HOME, WORK = (52.1, 4.3), (52.2, 4.4)
ZONES = {"home": (*HOME, 150.0), "garage": (*HOME, 30.0), "work": (*WORK, 300.0), "town": (*HOME, 5000.0)}
SOMEWHERE = (48.0, 11.0)


def beside(place: tuple[float, float], north: float = 0, east: float = 0) -> dict[str, Any]:
    """So many metres away, as a position."""
    degree = 111_195
    latitude = place[0] + north / degree
    return {"latitude": latitude, "longitude": place[1] + east / degree / cos(radians(place[0])), "gps_accuracy": 10}


@pytest.fixture
def life() -> Life:
    return Life(zones_of(ZONES))


def test_a_degree_is_111_kilometres() -> None:
    assert metres((0, 0), (0, 1)) == pytest.approx(111_195, abs=1)
    assert metres((89, 0), (89, 180)) == pytest.approx(2 * 111_195, abs=2)
    assert metres((10, 179.9), (10, -179.9)) == pytest.approx(21_901, abs=5), "across the date line"
    assert metres(HOME, HOME) == 0


@pytest.mark.parametrize(
    ("position", "zone", "at_home"),
    [
        (beside(HOME), "garage", True),
        (beside(HOME, north=100), "home", True),
        (beside(HOME, north=100, east=100), "home", True),
        (beside(HOME, north=120, east=120), "town", False),
        (beside(WORK, east=-299), "work", False),
        (beside(SOMEWHERE), "elsewhere", False),
        ({}, None, None),
        (None, None, None),
    ],
)
def test_the_smallest_zone_counts_and_home_is_home(life: Life, position: Any, zone: Any, at_home: Any) -> None:
    life.see(position=position)
    assert (life["zone"], life["at_home"]) == (zone, at_home)


def test_without_a_zone_home_nobody_knows_whether_it_is_at_home() -> None:
    life = Life(zones_of({"work": ZONES["work"]}))
    life.see(position=beside(WORK))
    assert (life["zone"], life["at_home"]) == ("work", None)


def test_coming_and_going_are_events_without_the_name_of_the_place(life: Life) -> None:
    """An ACL hides the group location, and an event is not in it."""
    life.see(position=beside(HOME, north=100))
    assert life.events == [], "where it was before, nobody knows"
    life.see(position=beside(SOMEWHERE))
    life.see(position=beside(WORK))
    life.see(position=beside(HOME, north=100))
    assert life.events == ["zone_left", "zone_entered", "zone_left", "zone_entered"]
    assert [dict(happening.facts) for happening in life.happened] == [{}] * 4


def test_the_zone_is_told_before_the_event(life: Life) -> None:
    life.see(position=beside(SOMEWHERE))
    life.see(position=beside(WORK))
    assert (life["zone"], life.events) == ("work", ["zone_entered"])


def test_neither_a_restart_nor_an_unknown_position_is_a_move(life: Life) -> None:
    life.see(position=beside(WORK))
    life.see(position={})
    life.see(position=beside(WORK, north=5))
    life.restart()
    life.see(position=beside(WORK))
    assert life.events == []
    life.restart()
    life.see(position=beside(SOMEWHERE))
    assert life.events == ["zone_left"], "it went while nobody looked"


def test_a_car_at_the_border_stays_where_it_was(life: Life) -> None:
    for north in (290, 310, 299, 320):
        life.see(position=beside(WORK, north=north))
    assert life.all_told("zone") == ["work"]
    life.see(position=beside(WORK, north=330))
    life.see(position=beside(WORK, north=310))
    assert life["zone"] == "elsewhere"


def test_zones_of_former_settings_are_forgotten(life: Life) -> None:
    life.see(position=beside(WORK), battery_charging=True)
    later = Life(zones_of({"office": (*WORK, 300.0)}))
    later.shelf.kept = life.shelf.kept
    later.restart()
    later.see(position=beside(WORK))
    assert (later["zone"], later.events) == ("office", [])
    none = Life(zones_of({}))
    none.see(position=beside(WORK), zone="work", at_home=True)
    assert (none["zone"], none["at_home"]) == (None, None)


def test_where_it_charged_last_is_remembered(life: Life) -> None:
    life.see(position=beside(WORK), battery_charging=True)
    life.see(battery_charging=False)
    life.see(position=beside(HOME, north=100))
    assert life["charge_zone"] == "work"
    life.see(battery_charging=True)
    assert life["charge_zone"] == "home"


PLACE = st.tuples(st.floats(-600, 600), st.floats(-600, 600)).map(lambda at: beside(WORK, *at))


@given(st.lists(st.one_of(PLACE, st.just({}), st.just("restart")), max_size=30))
def test_whatever_way_it_goes_it_leaves_what_it_has_entered_and_writes_only_then(places: list[Any]) -> None:
    life = Life(zones_of({"work": ZONES["work"]}))
    for place in places:
        if place == "restart":
            life.restart()
        else:
            life.see(position=place)
    assert all(one != other for one, other in pairwise(life.events))
    assert life.shelf.writes <= len(life.events) + 1
