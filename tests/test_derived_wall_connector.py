"""What a wall connector has charged: Tesla's sessions, and until they are told the power that was seen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given, settings, strategies as st

from bridge.derived import DERIVATIONS
from bridge.derived.frame import Derived, Scene
from bridge.model import DeviceId, Kind, Value

CONNECTOR = DeviceId(Kind.WALL_CONNECTOR, "1529455-02-D--AAA00000000001")
SITE = DeviceId(Kind.ENERGY_SITE, "1")
CAR, OTHER_CAR = "5YJ3E1EA7KF000001", "LRW3E7FS2PC000001"
NOON = datetime(2026, 7, 1, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ROWS = {row.name: row for row in DERIVATIONS if row.kind is Kind.WALL_CONNECTOR}


class Connector:
    """Looked at each minute by a bridge that keeps its memory."""

    def __init__(self) -> None:
        self.now = NOON
        self.memory: Any = {}
        self.values: dict[str, Value] = {"charging": False, "power": 0, "vehicle_vin": "none"}
        self.shown: dict[str, Value] = {}
        self.totals: list[float] = []
        self.happened: list[Any] = []
        self.writes = 0

    def look(self, **values: Value) -> Derived:
        self.values |= values
        units = [{"din": CONNECTOR.id}]
        known = {SITE: {"time_zone": "Europe/Berlin", "wall_connector_units": units}}
        keys = frozenset(values)
        found = ROWS["charging"].derive(Scene(CONNECTOR, self.values, self.memory, self.now, keys, known))
        if found.memory is not None and found.memory != self.memory:
            self.memory, self.writes = found.memory, self.writes + 1
        self.shown |= found.values
        self.values |= found.values
        self.happened += found.events
        if "energy_lifetime" in self.shown:
            self.totals.append(self.shown["energy_lifetime"])
        return found

    def minutes(self, number: int) -> None:
        for _ in range(number):
            self.now += MINUTE
            self.look()

    def charge(self, minutes: int, watts: float = 6000, vin: str = CAR) -> dict[str, Value]:
        """A whole charge; gives the session that Tesla tells of it later."""
        begin = self.now
        self.look(charging=True, power=watts, vehicle_vin=vin)
        self.minutes(minutes)
        self.look(charging=False, power=0)
        return session(begin, minutes, watts * minutes / 60)


def session(start: datetime, minutes: float, energy: float) -> dict[str, Value]:
    return {"start": start.isoformat(), "duration": round(minutes * 60), "energy": round(energy)}


def test_where_nothing_was_ever_charged_nothing_is_known() -> None:
    connector = Connector()
    connector.minutes(5)
    assert (connector.shown, connector.writes) == ({}, 0)


def test_a_charge_is_counted_while_it_runs() -> None:
    connector = Connector()
    connector.look(charging=True, power=6000, vehicle_vin=CAR)
    connector.minutes(30)
    assert connector.shown == {
        "energy_lifetime": 3000,
        "energy_today": 3000,
        "energy_per_vehicle": {CAR: 3000},
    }


def test_its_beginning_and_its_end_are_events() -> None:
    connector = Connector()
    connector.charge(30)
    started, ended = connector.happened
    assert (started.type, started.facts) == ("charging_started", {"vin": CAR, "start": NOON.isoformat()})
    assert ended.type == "charging_ended"
    assert ended.facts == {"vin": CAR, "start": NOON.isoformat(), "duration": 1800, "energy": 3000}


def test_the_session_that_tesla_tells_takes_the_place_of_what_was_seen() -> None:
    connector = Connector()
    told = connector.charge(30)
    connector.look(charge_sessions=[told | {"energy": 3100}])
    assert connector.shown["energy_lifetime"] == 3100
    assert connector.shown["energy_per_vehicle"] == {CAR: 3100}
    connector.look(charge_sessions=[told | {"energy": 3100}])
    assert connector.shown["energy_lifetime"] == 3100


def test_a_session_that_tesla_counts_lower_takes_nothing_back() -> None:
    connector = Connector()
    told = connector.charge(30)
    connector.look(charge_sessions=[told | {"energy": 2900}])
    assert connector.shown["energy_lifetime"] == 3000
    connector.charge(30)
    assert connector.shown["energy_lifetime"] == 5900


def test_a_charge_that_the_bridge_did_not_see_is_counted_when_it_is_told() -> None:
    connector = Connector()
    connector.look(charge_sessions=[session(NOON - timedelta(hours=20), 60, 7000)])
    assert connector.shown["energy_lifetime"] == 7000
    assert connector.shown["energy_today"] == 0
    assert connector.shown["energy_per_vehicle"] == {"unknown": 7000}


def test_what_flowed_while_the_bridge_was_off_is_not_guessed() -> None:
    connector = Connector()
    connector.look(charging=True, power=6000, vehicle_vin=CAR)
    connector.minutes(10)
    connector.now += timedelta(hours=3)
    connector.minutes(10)
    assert connector.shown["energy_lifetime"] == 1800  # of nine minutes before and nine after
    connector.look(charging=False)
    connector.look(charge_sessions=[session(NOON, 201, 20_100)])
    assert connector.shown["energy_lifetime"] == 20_100


def test_each_car_has_its_own_counter() -> None:
    connector = Connector()
    connector.charge(30, vin=CAR)
    connector.charge(60, vin=OTHER_CAR)
    assert connector.shown["energy_per_vehicle"] == {CAR: 3000, OTHER_CAR: 6000}


def test_another_car_begins_another_charge() -> None:
    """The cables were changed while the bridge was off."""
    connector = Connector()
    connector.look(charging=True, power=6000, vehicle_vin=CAR)
    connector.minutes(10)
    connector.look(vehicle_vin=OTHER_CAR)
    connector.minutes(11)
    assert [event.type for event in connector.happened] == ["charging_started", "charging_ended", "charging_started"]
    assert set(connector.shown["energy_per_vehicle"]) == {CAR, OTHER_CAR}


def test_the_day_begins_at_the_midnight_of_the_site() -> None:
    connector = Connector()
    connector.charge(30)
    connector.now = datetime(2026, 7, 1, 21, 30, tzinfo=UTC)  # half past eleven in Berlin
    told = connector.charge(60)
    assert connector.shown["energy_today"] == 3000  # half of it before midnight
    assert connector.shown["energy_lifetime"] == 9000
    connector.look(charge_sessions=[told])
    assert connector.shown["energy_today"] == 3000


def test_a_state_that_is_not_known_begins_and_ends_nothing() -> None:
    connector = Connector()
    connector.look(charging=None, power=6000)
    assert connector.happened == []
    connector.look(charging=True, power=6000)
    connector.minutes(10)
    connector.look(charging=None)
    connector.minutes(60)
    connector.look(charging=True)
    assert [event.type for event in connector.happened] == ["charging_started"]


def test_memory_is_left_alone_while_nothing_is_charged() -> None:
    connector = Connector()
    connector.charge(30)
    writes = connector.writes
    connector.minutes(600)
    assert connector.writes == writes


def test_memory_is_written_every_few_minutes_while_a_charge_goes_on_as_it_did() -> None:
    connector = Connector()
    connector.look(charging=True, power=6000, vehicle_vin=CAR)
    for minute in range(60):
        connector.now += MINUTE
        connector.look(power=6000 + minute % 2 * 100)
    assert connector.writes == 21
    assert abs(connector.shown["energy_lifetime"] - 6050) < 60


def test_another_power_counts_at_once() -> None:
    connector = Connector()
    connector.look(charging=True, power=0, vehicle_vin=CAR)
    connector.minutes(1)
    connector.look(power=6000)
    connector.minutes(2)
    connector.look(power=3000)
    assert connector.shown["energy_lifetime"] == 200


def test_what_a_restart_recalled_is_put_right_at_once() -> None:
    connector = Connector()
    connector.look(charging=True, power=6000, vehicle_vin=CAR)
    connector.minutes(9)
    connector.values["energy_lifetime"] = 600
    connector.minutes(1)
    assert connector.shown["energy_lifetime"] == 1000


def test_a_charge_of_long_ago_is_still_counted_and_kept_no_longer() -> None:
    connector = Connector()
    told = connector.charge(30)
    connector.look(charge_sessions=[told])
    connector.now += timedelta(days=50)
    connector.look(charge_sessions=[])
    assert connector.shown["energy_lifetime"] == 3000
    assert connector.memory["told"] == connector.memory["seen"] == []
    connector.look(charge_sessions=[told])
    assert connector.shown["energy_lifetime"] == 3000


@settings(max_examples=60, deadline=None)
@given(
    doings=st.lists(
        st.tuples(
            st.sampled_from(["charge", "rest", "off", "tell", "back"]),
            st.integers(1, 300),
            st.integers(500, 11_000),
            st.booleans(),
        ),
        max_size=12,
    )
)
def test_the_counter_never_falls_and_ends_with_what_tesla_tells(doings: list[tuple[str, int, int, bool]]) -> None:
    """Charges, rests, the bridge off, sessions told with other sums, the clock put back."""
    connector, told = Connector(), []
    for what, minutes, watts, is_other in doings:
        match what:
            case "charge":
                told.append(connector.charge(minutes, watts, OTHER_CAR if is_other else CAR))
                connector.now += 5 * MINUTE
            case "rest":
                connector.minutes(minutes)
            case "off":
                told.append(session(connector.now, minutes, watts * minutes / 60))
                connector.now += (minutes + 5) * MINUTE
            case "tell":
                connector.look(charge_sessions=list(told))
            case "back":
                connector.now -= timedelta(seconds=20)
                connector.look()
    connector.look(charge_sessions=list(told))
    assert all(before <= after for before, after in pairwise(connector.totals))
    if told:
        exact = sum(each["energy"] for each in told)
        assert exact - len(told) <= connector.shown["energy_lifetime"] <= exact + len(told)


def test_a_connected_car_has_its_name_and_a_strangers_has_none() -> None:
    known = {DeviceId(Kind.VEHICLE, CAR): {"vehicle_name": "Nikola"}}

    def name(vin: Value) -> Value:
        scene = Scene(CONNECTOR, {"vehicle_vin": vin}, {}, NOON, frozenset({"vehicle_vin"}), known)
        return ROWS["connected vehicle"].derive(scene).values["vehicle_name"]

    assert [name(vin) for vin in (CAR, OTHER_CAR, "none", None)] == ["Nikola", None, None, None]
