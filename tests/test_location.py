"""FLEET2MQTT_LOCATION: how much of where a car is comes out, over all rows and all ways out (docs/decisions/0014)."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from catalog_cases import ANSWERS
from fakes import NOON, FakeClock
from house import Desk, retained
from hypothesis import given, strategies as st

from bridge import build
from bridge.catalog import CATALOGUE, masked, places, read
from bridge.catalog.places import ACCURACY, Location, Place, rounded
from bridge.catalog.rows import STREAMED
from bridge.database import Database
from bridge.derived.zones import metres
from bridge.last_values import LastValues
from bridge.learning import Learning
from bridge.model import Change, Device, DeviceId, Kind, Update, Value
from bridge.mqtt import Publication
from bridge.settings import Settings
from bridge.state import Exact, Store

CAR = DeviceId(Kind.VEHICLE, "LRW3F7EK4NC700001")
CONNECTOR = DeviceId(Kind.WALL_CONNECTOR, "1457768-02-F--PGT21000000001")
ACCOUNT = DeviceId(Kind.ACCOUNT, "tesla")
DEVICES = (
    Device(CAR, "Nikola", model="Model 3"),
    Device(CONNECTOR, "Wall connector", model="Wall Connector"),
    Device(ACCOUNT, "Tesla account", model="Fleet API account"),
)

HERE, THERE = (-33.856789, 151.215432), (-33.801234, 151.287654)
"""Where the car is, and where it goes."""
ROUNDED = {"-33.86", "151.22", "-33.8", "151.29"}
ZONES = {"nest": (*HERE, 200.0)}
NAMES = ["canary street", "canary charger", "canaryline"]

NUMBER = re.compile(r"-?(?:33\.[89]|151\.[23])\d*")


def planted() -> dict[DeviceId, dict[str, Any]]:
    """The recorded answers, with the place in all that can tell one."""
    car = copy.deepcopy(ANSWERS[Kind.VEHICLE])
    for latitude, longitude, at in (
        ("latitude", "longitude", HERE),
        ("native_latitude", "native_longitude", HERE),
        ("active_route_latitude", "active_route_longitude", THERE),
    ):
        car["drive_state"] |= {latitude: at[0], longitude: at[1]}
    car["drive_state"]["active_route_destination"] = "canary street"
    car["charge_state"]["charging_state"] = "Charging"
    for head in ("charge_schedule_data", "preconditioning_schedule_data"):
        car.setdefault(head, {})
        for schedules in [each for each in car[head].values() if isinstance(each, list)]:
            for schedule in schedules:
                schedule |= {"latitude": HERE[0], "longitude": HERE[1]}
    for sites in car["nearby_charging_sites"].values():
        for site in sites if isinstance(sites, list) else ():
            site |= {"name": "canary charger", "location": {"lat": HERE[0], "long": HERE[1]}}
    account = copy.deepcopy(ANSWERS[Kind.ACCOUNT])
    account["charging_history"]["last"]["site"] = "canary charger"
    connector = copy.deepcopy(ANSWERS[Kind.WALL_CONNECTOR])
    connector["wall_connector"] |= {"vin": CAR.id, "wall_connector_state": 1}
    return {CAR: car, ACCOUNT: account, CONNECTOR: connector}


def streamed() -> dict[str, Value]:
    """Rows that only the stream will tell."""
    there = {"latitude": THERE[0], "longitude": THERE[1], "gps_accuracy": 10}
    own = {"origin_position": there, "route_line": "canaryline"}
    rows = [row for row in CATALOGUE[Kind.VEHICLE].entities.values() if row.source == STREAMED and row.place]
    assert own.keys() <= {row.key for row in rows}
    return {row.key: own.get(row.key, True) for row in rows}


@dataclass
class Town:
    """A store, all that is derived, the publisher and the database, joined as in the app."""

    directory: Path
    location: Location
    zones: Mapping[str, tuple[float, float, float]] = field(default_factory=lambda: ZONES)

    def __post_init__(self) -> None:
        self.clock = FakeClock()
        self.desk = Desk(*DEVICES, location=self.location)
        self.store: Store = self.desk.store
        self.sent: list[Publication] = []

    def live(self, answers: Mapping[DeviceId, Mapping[str, Any]] | None = None) -> Town:
        """Hears everything, is restarted, and hears it again."""
        own = Settings(location=self.location, zones=self.zones)
        with Database(self.directory) as database:
            self.last = LastValues(database, self.store, but=())
            self.last.recall()
            deriver = build.deriver(own, database, Exact(self.store), self.clock)
            learning = Learning(self.store, deriver, self.desk.publisher, self.clock)
            self.sent += self.desk.attach()
            for at, answer in (planted() if answers is None else answers).items():
                self.clock.advance(60)
                values = read(at.kind, answer) | (streamed() if at == CAR and answers is None else {})
                values |= {"last_seen": NOON + timedelta(minutes=1)} if at == CAR else {}
                learning.learn(Update(at, values, self.clock.monotonic(), "poll"))
                learning.pass_minute()
                self.sent += self.desk.wire.drain()
            self.sent += self.desk.reconnect()
            self.last.keep()
        return self

    @property
    def told(self) -> str:
        return "\n".join(f"{each.topic} {each.payload.decode()}" for each in self.sent)

    @property
    def kept(self) -> str:
        return "\n".join(path.read_bytes().decode(errors="replace") for path in self.directory.iterdir())

    @property
    def everything(self) -> str:
        return self.told + self.kept


@pytest.fixture(params=list(Location))
def location(request: pytest.FixtureRequest) -> Location:
    found: Location = request.param
    return found


@pytest.fixture
def town(tmp_path: Path, location: Location) -> Town:
    return Town(tmp_path, location).live()


NUMBERS = {
    Location.EXACT: {"-33.856789", "151.215432", "-33.801234", "151.287654"},
    Location.ROUNDED: ROUNDED,
    Location.ZONE: set(),
    Location.OFF: set(),
}


def test_only_so_much_of_the_numbers_comes_out(town: Town, location: Location) -> None:
    assert set(NUMBER.findall(town.told)) == NUMBERS[location]
    assert set(NUMBER.findall(town.kept)) <= NUMBERS[location]


def test_names_ways_and_what_is_near_come_out_only_where_the_place_is_exact(town: Town, location: Location) -> None:
    found = [name for name in NAMES if name in town.everything]
    assert found == (NAMES if location is Location.EXACT else [])


def test_the_zone_comes_out_but_with_off(town: Town, location: Location) -> None:
    zone = retained(town.sent).get(f"fleet2mqtt/vehicle/{CAR.id}/location/zone")
    assert zone == (None if location is Location.OFF else b"nest")
    assert ("nest" in town.everything) == (location is not Location.OFF)


def test_with_off_no_wall_connector_tells_which_car_is_at_home(town: Town, location: Location) -> None:
    about = [each for each in town.sent if "wall_connector" in each.topic and CAR.id in each.payload.decode()]
    assert (about == []) == (location is Location.OFF)


def test_nothing_is_offered_or_retained_of_what_is_hidden(town: Town, location: Location) -> None:
    held, offered = retained(town.sent), _offered(town)
    for kind in (Kind.VEHICLE, Kind.WALL_CONNECTOR, Kind.ACCOUNT):
        for key in masked(kind, location):
            row = CATALOGUE[kind].entities[key]
            assert not [topic for topic in held if f"/{kind}/" in topic and topic.endswith(f"/{row.group}/{key}")]
            assert key not in offered[kind]
    assert ("location" in offered[Kind.VEHICLE]) == (location in {Location.EXACT, Location.ROUNDED})
    assert ("zone_change" in offered[Kind.VEHICLE]) == (location is not Location.OFF)
    assert (f"fleet2mqtt/vehicle/{CAR.id}/location" in held) == (location is not Location.OFF)


def _offered(town: Town) -> dict[Kind, dict[str, Any]]:
    found: dict[Kind, dict[str, Any]] = {}
    for each in town.sent:
        if each.topic.startswith("homeassistant/device/") and each.retain and each.payload:
            kind = next(at.at.kind for at in DEVICES if at.at.id in each.topic)
            found[kind] = json.loads(each.payload)["components"]
    return found


def test_a_tracker_says_how_far_off_a_rounded_place_is(town: Town, location: Location) -> None:
    held = retained(town.sent).get(f"fleet2mqtt/vehicle/{CAR.id}/location/position")
    told = {Location.EXACT: (*HERE, 10), Location.ROUNDED: (-33.86, 151.22, ACCURACY)}.get(location)
    assert (
        tuple(json.loads(held)[name] for name in ("latitude", "longitude", "gps_accuracy")) if held else None
    ) == told


@pytest.mark.parametrize("now", [Location.OFF, Location.ZONE, Location.ROUNDED], ids=str)
def test_what_was_let_out_before_is_cleared(tmp_path: Path, now: Location) -> None:
    before = Town(tmp_path, Location.EXACT).live()
    after = Town(tmp_path, now).live(answers={})
    left = retained([*before.sent, *after.sent])
    leaves = {topic: payload.decode() for topic, payload in left.items() if re.search("/location(/|$)", topic)}
    assert set(NUMBER.findall("\n".join(leaves.values()))) <= NUMBERS[now]
    assert set(NUMBER.findall(after.kept)) <= NUMBERS[now]
    assert not [name for name in NAMES if name in after.kept]
    assert ("nest" in after.kept) == (now is not Location.OFF)
    assert (leaves == {}) == (now is Location.OFF)
    told = [json.loads(each.payload) for each in after.sent if each.topic.startswith("homeassistant/device/")]
    removed = {
        key for each in told for key, component in each["components"].items() if component.keys() == {"platform"}
    }
    assert ({"route_destination", "supercharger"} <= removed) == (now is not Location.EXACT)


# --- what is worked out of an exact place ---------------------------------------------------------------------------


@pytest.mark.parametrize("location", [Location.ROUNDED, Location.ZONE], ids=str)
def test_zones_are_worked_out_of_the_exact_place(tmp_path: Path, location: Location) -> None:
    small = {"nest": (*HERE, 20.0)}
    town = Town(tmp_path, location, zones=small).live()
    assert town.store.values(CAR)["zone"] == "nest"
    assert town.store.exact(CAR)["latitude"] == HERE[0]
    assert town.store.values(CAR).get("latitude") == (-33.86 if location is Location.ROUNDED else None)


def test_a_rounded_place_of_before_a_restart_is_never_taken_for_an_exact_one(tmp_path: Path) -> None:
    Town(tmp_path, Location.ROUNDED).live()
    again = Town(tmp_path, Location.ROUNDED).live(answers={})
    assert again.store.values(CAR)["latitude"] == -33.86
    assert again.store.exact(CAR)["latitude"] is None
    assert again.store.exact(CAR)["zone"] == "nest"


def test_with_off_the_place_is_not_even_in_memory(tmp_path: Path) -> None:
    town = Town(tmp_path, Location.OFF).live()
    assert not masked(Kind.VEHICLE, Location.OFF) & town.store.exact(CAR).keys()


def test_a_move_too_small_to_be_seen_is_no_news() -> None:
    store = Store(Location.ROUNDED)
    store.apply(_at(1, HERE))
    assert store.apply(_at(2, (HERE[0] + 0.001, HERE[1]))) == Change(CAR, {}, frozenset({"latitude", "position"}))
    assert store.values(CAR)["latitude"] == -33.86
    assert store.exact(CAR)["latitude"] == HERE[0] + 0.001


def _at(when: float, place: tuple[float | None, float | None]) -> Update:
    raw = {"latitude": place[0], "longitude": place[1]}
    values = read(Kind.VEHICLE, {"drive_state": raw})
    return Update(CAR, {key: values[key] for key in ("latitude", "longitude", "position")}, when, "poll")


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ((None, None), (None, None, {})),
        ((52.5, None), (52.5, None, {})),
        ((0.0, 0.0), (0.0, 0.0, {"latitude": 0.0, "longitude": 0.0, "gps_accuracy": ACCURACY})),
        ((-0.001, 179.999), (0.0, 180.0, {"latitude": 0.0, "longitude": 180.0, "gps_accuracy": ACCURACY})),
        ((52, -13), (52, -13, {"latitude": 52, "longitude": -13, "gps_accuracy": ACCURACY})),
    ],
)
def test_no_place_becomes_none_and_none_becomes_no_place(place: Any, told: Any) -> None:
    store = Store(Location.ROUNDED)
    store.apply(_at(1, place))
    values = store.values(CAR)
    assert (values["latitude"], values["longitude"], values["position"]) == told
    assert not str(values["latitude"]).startswith("-0")


@given(st.floats(-89, 89), st.floats(-179, 179))
def test_a_rounded_place_has_two_decimals_and_is_within_its_accuracy(latitude: float, longitude: float) -> None:
    told = rounded({"latitude": latitude, "longitude": longitude, "gps_accuracy": 10})
    assert all(len(str(told[name]).partition(".")[2]) <= 2 for name in ("latitude", "longitude"))
    assert metres((latitude, longitude), (told["latitude"], told["longitude"])) < ACCURACY


# --- the rows -------------------------------------------------------------------------------------------------------

OUTSIDE = {(Kind.WALL_CONNECTOR, key) for key in ("vehicle_vin", "vehicle_name", "energy_per_vehicle")}
"""Rows of other groups that tell where a car is: that it is at home."""


def test_every_row_of_the_group_location_says_how_it_tells_a_place() -> None:
    for kind, catalogue in CATALOGUE.items():
        inside = {row.key for row in catalogue.entities.values() if row.group == "location"}
        assert places(kind).keys() == inside | {key for other, key in OUTSIDE if other is kind}


@pytest.mark.parametrize("kind", list(Kind), ids=str)
def test_what_is_called_a_place_is_marked_as_one(kind: Kind) -> None:
    telling = re.compile(r"latitude|longitude|heading|position$|destination|homelink|supercharger|_zone$|at_home|gps")
    called = {key for key, row in CATALOGUE[kind].entities.items() if telling.search(f"{row.source} {key}")}
    assert {key for key in called - places(kind).keys() if not HARMLESS.search(key)} == set()


HARMLESS = re.compile(r"seat|pedal|window|sun_?roof|trip_planner|media|homelink_capable|supercharging|time_zone")
"""Words that say the same of another thing: a seat's position, a song's."""


def test_every_parameter_that_is_a_place_is_marked_as_one() -> None:
    told = {"lat", "lon", "address", "waypoints", "calendar_data"}
    for command in CATALOGUE[Kind.VEHICLE].commands.values():
        for parameter in command.parameters:
            is_stop = command.name == "navigation_sc_request" and parameter.name == "id"
            assert parameter.is_place == (parameter.name in told or is_stop), (command.name, parameter.name)


def test_each_kind_of_place_is_let_out_less_and_less() -> None:
    hidden = [masked(Kind.VEHICLE, location) for location in Location]
    assert hidden[0] == frozenset()
    assert all(less < more for less, more in pairwise(hidden))
    assert hidden[-1] == places(Kind.VEHICLE).keys()
    assert set(places(Kind.VEHICLE).values()) == set(Place)
