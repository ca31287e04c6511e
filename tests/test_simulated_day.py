"""A day of a simulated account, read every five minutes and published: Home Assistant would not log a line of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

import pytest
from assistant import Assistant
from discovery_cases import DEVICES, OF_ITSELF
from house import Desk, retained

from bridge import catalog
from bridge.freshness import freshness
from bridge.model import Device, DeviceId, Kind, Roster, Value
from bridge.mqtt import Publication
from bridge.simulator.account import Account
from bridge.simulator.simulation import Simulation, build_cloud
from bridge.sources import answers, history, roster
from bridge.sources.answers import DATA_GROUPS

MIDNIGHT = datetime(2026, 7, 15, 7, tzinfo=UTC)
"""In Los Angeles, on a working day."""

STEP = timedelta(minutes=5)

GROUPS = frozenset({*DATA_GROUPS, "location_data", "charge_schedule_data", "preconditioning_schedule_data"})

Answer = tuple[DeviceId, Mapping[str, Any]]
Surprise = Callable[[Account], None]


def _car(**fields: Any) -> Surprise:
    return lambda account: account.cars[0].force(**fields)


def _site(**fields: Any) -> Surprise:
    return lambda account: account.sites[0].force(**fields)


SURPRISES: Mapping[int, Surprise] = {
    60: _car(software_update="downloading", df=1, fd_window=2, rt=1),
    70: _car(answers={"charge_state.charging_state": "Conducting", "drive_state.latitude": None}),
    75: _car(answers={"charge_state.charge_current_request_max": 6, "charge_state.charge_limit_soc": 101}),
    80: _car(answers={"vehicle_state": None, "charge_state": "<missing>", "climate_state.inside_temp": "<invalid>"}),
    85: _car(answers={"vehicle_config": {}, "drive_state": {"latitude": 52.5, "shift_state": "X"}}),
    90: _car(answers={}, climate_on=True, battery_level=12),
    130: _site(grid_down=True),
    140: _site(grid_down=False, storm=True),
    150: _site(null=["percentage_charged", "wall_connectors"], missing=["island_status"]),
    160: _site(null=[], missing=[], percentage=0.4, wall_connector_fault=True),
    200: _car(state="offline"),
    210: _car(state="online", drive_to="lake"),
}
"""Step of the day -> what happens then, besides what always happens: commuting, charging, sun, sleep."""


class Day(NamedTuple):
    """What went out, what Home Assistant made of it, and where the cars were."""

    published: list[Publication]
    assistant: Assistant
    places: set[float]


@cache
def day(patience: int | None = None) -> Day:
    """`patience`: messages that the broker takes in five minutes. Once is enough for all tests."""
    account = build_cloud(Simulation(start=MIDNIGHT, speed=0)).account
    account.advance(MIDNIGHT)
    desk, lived = Desk(*_devices(account)), Day([], Assistant(), set())
    desk.publisher.bridge("state", "online")
    _keep(lived, desk.attach())
    for step in range(289):
        now = MIDNIGHT + step * STEP
        account.advance(now)
        SURPRISES.get(step, _nothing)(account)
        for at, answer in _read(account, now, is_full_hour=step % 12 == 0):
            lived.places.update(_coordinates(answer))
            desk.learn(at, **catalog.read(at.kind, json.loads(json.dumps(answer))))
            desk.learn(at, **_of_itself(at, now))
            desk.learn(at, **_told(at, freshness(at.kind, desk.store.values(at), now)))
        desk.wire.answer(patience)
        _keep(lived, desk.wire.taken_up())
    _keep(lived, desk.wire.drain())
    return lived


def _keep(lived: Day, heard: list[Publication]) -> None:
    lived.published.extend(heard)
    lived.assistant.hear(heard)


def _nothing(_account: Account) -> None:
    pass


def _devices(account: Account) -> list[Device]:
    products = [*(car.entry() for car in account.cars), *(site.product() for site in account.sites)]
    own = (Device(DEVICES[kind], kind.value) for kind in (Kind.ACCOUNT, Kind.BRIDGE))
    return [*own, *Roster(tuple(roster.devices(products))).devices]


def _read(account: Account, now: datetime, *, is_full_hour: bool) -> Iterator[Answer]:
    """What the poller would be told. The history of the day is long: once an hour is enough."""
    for car in account.cars:
        body = car.data(GROUPS, location=True) if car.state == "online" else car.entry()
        yield DeviceId(Kind.VEHICLE, car.vin), {"vehicle": body, **body}
    for site in account.sites:
        at, live, info = DeviceId(Kind.ENERGY_SITE, str(site.site_id)), site.live_status(), site.site_info()
        yield at, {"live_status": live, "site_info": info}
        if is_full_hour:
            yield at, {"energy_history": _history(site, info, now)}
        for connector in answers.wall_connectors(live):
            yield DeviceId(Kind.WALL_CONNECTOR, connector["din"]), {"wall_connector": connector}
    for kind in (Kind.ACCOUNT, Kind.BRIDGE):
        yield DEVICES[kind], {}


def _history(site: Any, info: Mapping[str, Any], now: datetime) -> Any:
    today = history.today(now, info["installation_time_zone"])
    assert today
    start, end = today.start.isoformat(), today.end.isoformat()
    return history.totals(
        site.calendar_history(kind="energy", start=start, end=end, period="day", zone=today.zone), today
    )


def _of_itself(at: DeviceId, now: datetime) -> Mapping[str, Value]:
    known = OF_ITSELF if at.kind in {Kind.ACCOUNT, Kind.BRIDGE} else {"data_source": "poll"}
    told = _told(at, {**known, "last_seen": now})
    return {key: value for key, value in told.items() if key != "state"}  # the will's topic: said at connecting


def _told(at: DeviceId, answer: Mapping[str, Any]) -> Mapping[str, Value]:
    """What the bridge tells of itself, and only that."""
    values = catalog.read(at.kind, {"bridge": answer})
    return {key: value for key, value in values.items() if key in answer}


def _coordinates(answer: Mapping[str, Any]) -> Iterator[float]:
    """Of where a car is and where it goes."""
    place = answer.get("drive_state")
    for name, value in place.items() if isinstance(place, dict) else ():
        if name.endswith(("latitude", "longitude")) and isinstance(value, float):
            yield value


# --- the day ------------------------------------------------------------------------------------------------


def test_home_assistant_would_not_log_a_line() -> None:
    assert day().assistant.log == []


def test_nor_would_it_behind_a_broker_that_is_too_slow() -> None:
    """Values are left out then, and what is said about them still comes before them."""
    slow = day(patience=10)
    assert slow.assistant.log == []
    assert len(slow.published) < len(day().published)
    assert retained(slow.published) == retained(day().published)


def test_something_happened_on_that_day() -> None:
    """Else there would be nothing to complain of."""
    heard = {each.topic.split("/", 3)[-1]: set[bytes]() for each in day().published}
    for each in day().published:
        heard[each.topic.split("/", 3)[-1]].add(each.payload)
    assert {b"online", b"asleep", b"offline"} <= heard["status/connectivity"]
    assert {b"p", b"d"} <= heard["drive/shift_state"]
    assert {b"charging", b"conducting"} <= heard["charge/charging_state"]
    assert {b"true", b"false"} <= heard["storm/storm_watch_active"] & heard["grid/grid_status"]
    assert len(heard["location/position"]) > 20
    assert len(day().published) > 5000


def test_every_device_is_found() -> None:
    """Account, bridge, two cars, a site and its wall connector."""
    devices = [topic for topic in day().assistant.documents if topic.startswith("homeassistant/device/")]
    assert len(devices) == 6


def test_only_changes_are_published() -> None:
    last: dict[str, bytes] = {}
    for each in day().published:
        if each.retain:
            assert last.get(each.topic) != each.payload, each.topic
            last[each.topic] = each.payload


def test_values_and_groups_say_the_same() -> None:
    held = retained(day().published)
    groups = {topic: json.loads(payload) for topic, payload in held.items() if f"{topic}/" in "\n".join(held)}
    numbers = [
        (topic, key, value) for topic, body in groups.items() for key, value in body.items() if _is_number(value)
    ]
    assert len(numbers) > 150
    assert [topic for topic, key, value in numbers if float(held[f"{topic}/{key}"]) != value] == []


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def test_every_payload_has_the_content_type_that_node_red_needs() -> None:
    for each in day().published:
        if each.content_type == "application/json":
            json.loads(each.payload)
        elif each.content_type is None:
            assert each.payload in {b"None", b"true", b"false"} or float(each.payload) is not None


# --- privacy ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("digits", [6, 4])
def test_where_a_car_is_is_told_in_the_group_location_alone(digits: int) -> None:
    """An ACL that denies `<base>/vehicle/+/location/#` hides it (mqtt-and-home-assistant.md 4.8)."""
    told = {f"{place:.7f}"[: len(f"{place:.7f}") - 7 + digits] for place in day().places}
    assert len(told) > 20
    tellers = {each.topic for each in day().published if any(place in each.payload.decode() for place in told)}
    assert tellers
    assert {topic.split("/")[3] for topic in tellers} == {"location"}
