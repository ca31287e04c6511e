"""A week of a simulated car through the real Store and Deriver: what is derived fits what the car has done."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import pytest
from catalog_cases import vehicle_answer
from derived_life import CAR, SITE, Life

from bridge import catalog
from bridge.catalog import CATALOGUE
from bridge.catalog.rows import DERIVED
from bridge.derived import derivations
from bridge.model import Kind, Value
from bridge.simulator.places import Place
from bridge.simulator.vehicle import Vehicle
from bridge.sources.answers import DATA_GROUPS, newest

MIDNIGHT = datetime(2026, 7, 12, 22, tzinfo=UTC)
"""In Berlin, before a Monday."""

DAYS = 5
MINUTE = timedelta(minutes=1)
HOME = Place(52.5, 13.4)
ROWS = tuple(row for row in CATALOGUE[Kind.VEHICLE].entities.values() if row.source == DERIVED)
GROUPS = frozenset({*DATA_GROUPS, "location_data", "charge_schedule_data"})
SCHEDULE: dict[str, Any] = {"id": 1, "days_of_week": "All", "enabled": True, "start_enabled": True, "start_time": 1380}


class Week(NamedTuple):
    """All that was seen, step by step: what the car said and what was derived from it."""

    life: Life
    steps: list[dict[str, Value]]


@cache
def week() -> Week:
    """It is read once a minute while it is online, and the bridge is killed every seven hours."""
    car = Vehicle(
        vin=CAR.id,
        number=1,
        name="Car",
        seed=1,
        start=MIDNIGHT,
        home=HOME,
        zone="Europe/Berlin",
        polling_keeps_awake=False,
    )
    life = Life(zones={"home": (HOME.latitude, HOME.longitude, 200.0)})
    steps = []
    for minute in range(DAYS * 24 * 60):
        now = MIDNIGHT + minute * MINUTE
        car.advance(now)
        life.clock.advance(60)
        life.wall(now)
        life.see(SITE, buy_price=0.25)
        _look(car, life, now)
        if minute == 60:
            car.command("add_charge_schedule", SCHEDULE | {"lat": 1.0, "lon": 1.0}, now)
        life.beat()
        if minute % 420 == 419:
            life.restart()
        steps.append({"now": now, **life.store.values(CAR)})
    return Week(life, steps)


def _look(car: Vehicle, life: Life, now: datetime) -> None:
    """The list of cars, and the data of one that is online; of one at rest every five minutes."""
    entry = car.entry()
    life.see(**catalog.read(Kind.VEHICLE, {"vehicle": entry}))
    is_quiet = life["vehicle_state"] == "online" and now.minute % 5
    if entry["state"] == "online" and not is_quiet:
        body = json.loads(json.dumps(car.data(GROUPS, location=True)))
        seen = {"last_seen": newest(body), "data_source": "poll"}
        life.see(**catalog.read(Kind.VEHICLE, {**vehicle_answer(body), "bridge": seen}))


def told(key: str) -> list[Value]:
    return [step[key] for step in week().steps if step.get(key) is not None]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.key)
def test_every_row_is_given_in_that_week(row: Any) -> None:
    assert told(row.key) or row.key == "route_arrival"


def test_nothing_is_given_that_has_no_row_and_each_row_is_given_by_one_derivation() -> None:
    of_the_site = CATALOGUE[Kind.ENERGY_SITE].entities.keys()
    given = {key for key, _ in week().life.told if key not in of_the_site}
    assert given == {row.key for row in ROWS}


def test_every_input_of_every_derivation_is_an_entity() -> None:
    rows = [row for row in derivations({}) if row.kind is Kind.VEHICLE]
    missing = {key for row in rows for key in row.inputs} - CATALOGUE[Kind.VEHICLE].entities.keys()
    assert missing <= {"energy_remaining"}


def test_the_total_never_runs_backwards_and_is_the_sum_of_the_sessions() -> None:
    totals = told("charge_energy_total")
    assert all(one <= other for one, other in pairwise(totals))
    added = told("charge_energy_added")
    ends = [one for one, other in pairwise(added) if one - other > 1]
    assert len(ends) >= DAYS - 2, "it charged every evening"
    assert totals[-1] == pytest.approx(sum(ends) + added[-1] - added[0], abs=0.1)


def test_a_session_costs_its_energy() -> None:
    last = week().steps[-1]
    assert last["charge_cost"] == pytest.approx(last["charge_energy_added"] * 0.25, abs=0.02)


def test_each_drive_is_a_trip_and_leaves_and_enters_home() -> None:
    events, driving = week().life.events, told("driving")
    starts = sum(other and not one for one, other in pairwise(driving))
    assert starts >= 2 * DAYS
    assert events.count("trip_started") == events.count("trip_finished") == starts
    assert events.count("zone_left") == events.count("zone_entered") >= DAYS


def test_the_trips_are_what_the_odometer_went() -> None:
    odometer = told("odometer")
    finished = [happening.facts for happening in week().life.happened if happening.type == "trip_finished"]
    assert sum(facts["distance"] for facts in finished) == pytest.approx(odometer[-1] - odometer[0], abs=0.5)
    assert all(20 <= facts["distance"] / facts["duration"] * 3600 <= 160 for facts in finished)
    assert all(60 <= consumption <= 250 for consumption in told("trip_consumption")), "Wh/km"


def test_a_trip_says_where_its_values_end() -> None:
    (before, after), *_ = [
        (one, other) for one, other in pairwise(week().steps) if one.get("driving") and not other["driving"]
    ]
    assert after["trip_maximum_speed"] >= before["speed"]
    assert after["trip_distance"] >= before["trip_distance"]


def test_the_estimates_stand_still() -> None:
    assert len(set(told("rated_consumption"))) == 1
    assert len(set(told("pack_energy"))) == 1


def test_power_and_the_car_agree() -> None:
    pairs = [(step["charging_power"], step["charger_power"]) for step in week().steps if step.get("charging")]
    assert all(watts is None or abs(watts / 1000 - told_kw) < 1.2 for watts, told_kw in pairs)
    assert sum(watts is not None for watts, _ in pairs) > len(pairs) * 0.9


def test_the_time_at_full_charge_holds_while_it_charges() -> None:
    moments = [moment for moment in week().life.all_told("full_charge_at") if moment]
    assert len(moments) < 4 * DAYS


def test_the_words_of_the_week() -> None:
    assert set(told("vehicle_state")) == {"online", "asleep", "driving", "charging"}
    assert set(told("at_home")) == {True, False}
    assert set(told("left_open")) == {True, False}, "for a minute, when it has parked"


def test_the_charge_begins_at_eleven_in_the_evening() -> None:
    starts = {start.astimezone(UTC).strftime("%H:%M") for start in told("next_charge_start")}
    assert starts == {"21:00"}


def test_few_of_these_minutes_write_to_the_disk() -> None:
    """A few for each trip, nap and state; of charging, one for each reading that differs."""
    charging = sum(bool(step.get("charging")) for step in week().steps)
    assert week().life.shelf.writes < charging + 60 * DAYS
