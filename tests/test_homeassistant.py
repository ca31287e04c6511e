"""Every discovery document that the bridge can write is taken by Home Assistant without a line in its log.

The ids are frozen: tests/golden/unique_ids.txt, whose head tells how to extend it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pytest
from catalog_cases import GOLDEN, RECORDED, load, needs_recorded, vehicle_answer
from discovery_cases import CAR, DANGEROUS, DEVICES, KNOWN, TOPICS, UNKNOWN, Json, complaints, described, said
from ha_contract import Log, check_document, check_documents
from hypothesis import given, settings, strategies as st

from bridge.catalog import CATALOGUE, read
from bridge.catalog.rows import STREAMED, Entity
from bridge.components import Look, node
from bridge.homeassistant import STANDALONE, config_topic, document, gates, messages, removals, reshapes, shaping_keys
from bridge.model import Device, DeviceId, Kind, Value
from bridge.topics import Topics

# --- whatever is known, granted and enabled -----------------------------------------------------------------


@pytest.mark.parametrize("enabled", [(), DANGEROUS], ids=["cautious", "everything enabled"])
@pytest.mark.parametrize(
    "scopes",
    [None, (), ("vehicle_device_data", "vehicle_location"), ("vehicle_charging_cmds",), ("vehicle_cmds",)],
    ids=str,
)
@pytest.mark.parametrize("kind", Kind)
def test_documents_are_sound_with_nothing_and_with_everything_known(
    kind: Kind, scopes: Collection[str] | None, enabled: Collection[str]
) -> None:
    for values in ({}, KNOWN[kind], UNKNOWN[kind]):
        shown = described(DEVICES[kind], values, enabled=enabled, scopes=scopes)
        assert complaints(DEVICES[kind], shown, values) == []


@pytest.mark.parametrize("kind", Kind)
def test_everything_known_is_everything(kind: Kind) -> None:
    rows = [row for row in CATALOGUE[kind].entities.values() if row.source != STREAMED]
    assert [row.key for row in rows if KNOWN[kind].get(row.key) is None] == []


def test_a_whole_house_shares_no_id() -> None:
    house: dict[str, Json] = {}
    for at in _house():
        house |= said(at, described(at, KNOWN[at.kind], enabled=DANGEROUS))
    assert check_documents(house) == []


def _house() -> list[DeviceId]:
    second = DeviceId(Kind.WALL_CONNECTOR, "1529455-02-D--AAA00000000002")
    return [*DEVICES.values(), second, DeviceId(Kind.VEHICLE, "LRW3F7EK4NC700001")]


@needs_recorded
@pytest.mark.parametrize("name", ["plugged_in", "unplugged"])
def test_recorded_answers_are_sound(name: str) -> None:
    car = read(Kind.VEHICLE, vehicle_answer(load(RECORDED / "vehicle_data_gak_2023_11_11.json")["response"]))
    assert complaints(CAR, described(CAR, car), car) == []
    live = load(RECORDED / f"energy_sites_live_status_gak_{name}_2023_11_06.json")["response"]
    site = read(Kind.ENERGY_SITE, {"live_status": live, "site_info": {"components": {"battery": True, "solar": True}}})
    at = DEVICES[Kind.ENERGY_SITE]
    assert complaints(at, described(at, site), site) == []


@settings(max_examples=100, deadline=None)
@given(kind=st.sampled_from([Kind.VEHICLE, Kind.ENERGY_SITE]), data=st.data())
def test_documents_are_sound_whatever_is_unknown(kind: Kind, data: st.DataObject) -> None:
    unknown = data.draw(st.sets(st.sampled_from(sorted(KNOWN[kind]))))
    values = KNOWN[kind] | {key: UNKNOWN[kind][key] for key in unknown}
    assert complaints(DEVICES[kind], described(DEVICES[kind], values), values) == []


# --- what changes while it runs -----------------------------------------------------------------------------


def _is_shown(row: Entity) -> bool:
    """What only the stream tells is shown to nobody yet."""
    return row.source != STREAMED


def _lets_pass(row: Entity) -> bool:
    """Does the row let a word through that it does not know?"""
    try:
        return bool(_is_shown(row) and row.options and row.component and row.read("BrandNew") == "brand_new")
    except (TypeError, ValueError, KeyError):
        return False


SPOKEN = [(kind, row) for kind in Kind for row in CATALOGUE[kind].entities.values() if _lets_pass(row)]


@pytest.mark.parametrize(("kind", "row"), SPOKEN, ids=lambda each: getattr(each, "key", str(each)))
def test_a_word_that_tesla_adds_is_told_to_home_assistant(kind: Kind, row: Entity) -> None:
    at, values = DEVICES[kind], KNOWN[kind] | dict.fromkeys(gates(kind), True) | {row.key: "brand_new"}
    (complaint,) = complaints(at, described(at, values), values)
    assert complaint.startswith((Log.ENUM, Log.SELECT))
    told = described(at, values, words={row.key: ("brand_new",)})
    assert complaints(at, told, values) == []


def test_limits_that_move() -> None:
    def ends(**values: Value) -> tuple[Value, Value]:
        component = described(CAR, values)["components"]["charge_current"]
        return component["min"], component["max"]

    assert ends() == (0, 48)
    assert ends(charge_current_maximum=16) == (0, 16)
    assert ends(charge_current_maximum=None) == (0, 48)
    assert ends(charge_current_maximum=16, charge_current=32) == (0, 32)
    assert ends(charge_current_maximum=0) == (0, 0)
    assert ends(charge_current_maximum=-5) == (0, 0)


LIMITED = sorted(
    (kind, key)
    for kind in Kind
    for row in CATALOGUE[kind].entities.values()
    if row.limits
    for key in (row.key, row.limits.minimum_from, row.limits.maximum_from)
    if key
)


@settings(max_examples=100, deadline=None)
@given(numbers=st.dictionaries(st.sampled_from(LIMITED), st.none() | st.integers(-500, 500) | st.floats(-500, 500)))
def test_no_number_is_ever_outside_its_range(numbers: Mapping[tuple[Kind, str], float | None]) -> None:
    for kind in (Kind.VEHICLE, Kind.ENERGY_SITE):
        values = dict.fromkeys(gates(kind), True) | {key: value for (of, key), value in numbers.items() if of is kind}
        at = DEVICES[kind]
        assert complaints(at, described(at, values), values) == []


@pytest.mark.parametrize("kind", Kind)
def test_only_what_is_said_to_shape_a_document_changes_it(kind: Kind) -> None:
    at, values = DEVICES[kind], KNOWN[kind]
    whole = described(at, values)
    for key in values.keys() - shaping_keys(kind):
        assert described(at, {**values, key: None}) == whole


def test_what_is_gone_is_taken_away_by_its_platform_alone() -> None:
    before = described(CAR, KNOWN[Kind.VEHICLE])
    after = described(CAR, KNOWN[Kind.VEHICLE] | {"has_seat_cooling": False})
    gone = removals(before, after)
    assert gone == {f"seat_cooler_{side}": {"platform": "select"} for side in ("left", "right")}
    assert removals(after, before) == {}
    own = said(CAR, after)[config_topic("homeassistant", CAR)]
    told = {**own, "components": {**own["components"], **gone}}
    assert check_document(config_topic("homeassistant", CAR), told) == []


# --- what an old Home Assistant does not know ---------------------------------------------------------------


def test_a_platform_that_would_cost_an_old_home_assistant_the_device_stands_alone_and_joins_it() -> None:
    shown = described(CAR, KNOWN[Kind.VEHICLE])
    own, *alone = said(CAR, shown).values()
    assert not {component["platform"] for component in own["components"].values()} & STANDALONE
    assert len(own["components"]) + len(alone) == len(shown["components"])
    assert all(message["device"] == own["device"] for message in alone)
    assert all(message["availability"] == own["availability"] for message in alone)


def test_a_time_of_day_is_announced_with_the_topics_of_its_row() -> None:
    topic = f"homeassistant/time/fleet2mqtt_{CAR.id}/scheduled_charging_time_of_day/config"
    shown = said(CAR, described(CAR, {}))[topic]
    assert shown["state_topic"] == f"fleet2mqtt/vehicle/{CAR.id}/charge/scheduled_charging_time_of_day"
    assert shown["command_topic"] == f"fleet2mqtt/vehicle/{CAR.id}/set/scheduled_charging_time_of_day"


def test_where_it_is_not_offered_nothing_is_to_stand() -> None:
    shown = described(CAR, {}, scopes=["vehicle_device_data"])
    bodies = messages("homeassistant", CAR, shown)
    assert [bool(body) for body in bodies.values()] == [True, False, False, False]
    assert list(said(CAR, shown)) == [config_topic("homeassistant", CAR)]


# --- who is who ---------------------------------------------------------------------------------------------


def test_a_device_tells_only_what_is_known_of_it() -> None:
    bare = document(Device(CAR, "Nikola"), {}, Look(TOPICS, "1"), {})["device"]
    assert bare == {"identifiers": [node(CAR)], "name": "Nikola", "manufacturer": "Tesla"}
    site = DEVICES[Kind.ENERGY_SITE]
    whole = Device(DEVICES[Kind.WALL_CONNECTOR], "Garage", "Gen 3", "A1", "25.1", via=site)
    assert document(whole, {}, Look(TOPICS, "1"), {})["device"] | {"name": "Garage"} == {
        "identifiers": ["fleet2mqtt_1529455-02-D--AAA00000000001"],
        "name": "Garage",
        "manufacturer": "Tesla",
        "model": "Gen 3",
        "serial_number": "A1",
        "sw_version": "25.1",
        "via_device": "fleet2mqtt_2252000000000001",
    }


def test_a_device_is_available_while_bridge_and_device_are_and_the_bridge_tells_always() -> None:
    shown = described(CAR, {})
    assert shown["availability_mode"] == "all"
    assert [each["topic"] for each in shown["availability"]] == [
        "fleet2mqtt/bridge/state",
        f"fleet2mqtt/vehicle/{CAR.id}/availability",
    ]
    bridge = described(DEVICES[Kind.BRIDGE], {})
    assert "availability" not in bridge
    assert "availability" not in bridge["components"]["state"]
    assert bridge["components"]["version"]["availability"] == [{"topic": "fleet2mqtt/bridge/state"}]


@pytest.mark.case("F39")
@given(st.text(st.characters(min_codepoint=32, exclude_characters="+#/"), min_size=1, max_size=40))
def test_any_id_makes_a_legal_topic(id_: str) -> None:
    at = DeviceId(Kind.WALL_CONNECTOR, id_)
    assert check_document(config_topic("homeassistant", at), described(at, {})) == []
    car = DeviceId(Kind.VEHICLE, id_)
    assert check_documents(said(car, described(car, {}))) == []


def test_an_alias_changes_topics_and_no_id() -> None:
    aliased = Look(Topics(aliases={CAR.id: "red"}), "1")
    component = document(Device(CAR, "Car"), {}, aliased, {})["components"]["battery_level"]
    assert component["state_topic"] == "fleet2mqtt/vehicle/red/charge/battery_level"
    assert component["unique_id"] == f"fleet2mqtt_{CAR.id}_battery_level"


def test_ids_are_frozen() -> None:
    frozen = (GOLDEN / "unique_ids.txt").read_text().splitlines()
    assert [line for line in frozen if not line.startswith("#")] == sorted(_ids())


def _ids() -> list[str]:
    lines = []
    for at in DEVICES.values():
        values = dict.fromkeys(gates(at.kind), True)
        for key, component in described(at, values, enabled=DANGEROUS)["components"].items():
            assert component["unique_id"] == f"fleet2mqtt_{at.id}_{key}"
            lines.append(f"{at.kind} {key} {component['platform']}")
    return lines


@pytest.mark.parametrize(("currency", "unit"), [("EUR", "EUR/kWh"), ("USD", "USD/kWh")])
def test_a_price_is_in_the_currency_of_the_tariff(currency: str, unit: str) -> None:
    values = KNOWN[Kind.ENERGY_SITE] | {"tariff_currency": currency}
    shown = described(DEVICES[Kind.ENERGY_SITE], values)["components"]
    assert (shown["buy_price"]["unit_of_measurement"], shown["sell_price"]["unit_of_measurement"]) == (unit, unit)
    assert reshapes(Kind.ENERGY_SITE, {"tariff_currency": currency}, values)
