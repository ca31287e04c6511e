"""What a newcomer to the broker finds: every value, every group, every device, and how they fare."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from whole_house import BASE, CAR, CONNECTOR, OTHER_CAR, SITE, House, house, id_of

from bridge.catalog import CATALOGUE
from bridge.catalog.rows import ASSUMED, DERIVED, STREAMED, Entity
from bridge.homeassistant import standalone_topics
from bridge.model import DeviceId, Kind
from bridge.sources.answers import DATA_GROUPS
from bridge.sources.extras import EXTRAS

DEVICES = (CAR, OTHER_CAR, SITE, CONNECTOR)

BESIDES = {extra.name for extra in EXTRAS} - set(DATA_GROUPS)
UNREAD = {
    "charge_schedule_data",
    "preconditioning_schedule_data",
    "bridge",
    "energy_history",
    DERIVED,
    STREAMED,
    *BESIDES,
}
UNREAD |= {"past_days", "options", ASSUMED}
"""Answers that are not asked for, and what comes in its own time."""

LATER = {"history", "cost", "lifetime", "outages", "charges", "sessions", "powertrain", "special", "sleep"}
"""Groups of such values alone."""


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("house")) as running:
        running.spy.until(lambda: running.value(OTHER_CAR, "software"), "the other car")
        yield running


def rows(device: str) -> list[Entity]:
    return list(CATALOGUE[Kind(device.split("/", maxsplit=1)[0])].entities.values())


@pytest.mark.parametrize("device", DEVICES)
def test_every_value_of_a_device_is_retained_on_a_topic_of_its_own(one: House, device: str) -> None:
    wanted = {f"{row.group}/{row.key}" for row in rows(device) if row.source.split(".")[0] not in UNREAD}
    assert [place for place in sorted(wanted) if one.value(device, place) is None] == []


@pytest.mark.parametrize("device", DEVICES)
def test_every_group_is_one_json_object_of_the_same_values(one: House, device: str) -> None:
    for group in {row.group for row in rows(device)} - LATER:
        body = json.loads(one.value(device, group) or "null")
        assert list(body) == sorted(body)
        for key, value in body.items():
            assert one.value(device, f"{group}/{key}") == bare(value), f"{group}/{key}"


def bare(value: Any) -> str:
    """How a JSON value stands on a topic of its own."""
    if value is None:
        return "None"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def test_what_a_car_is_and_does_reads_as_it_should(one: House) -> None:
    assert one.value(CAR, "config/vin") == id_of(CAR)
    assert one.value(CAR, "status/connectivity") == "online"
    assert one.value(CAR, "charge/charging") == "false"
    assert one.value(CAR, "charge/charge_limit") == "80"
    assert 0 < float(one.value(CAR, "charge/battery_level") or "") <= 100
    assert datetime.fromisoformat(one.value(CAR, "status/last_seen") or "").utcoffset() is not None


def test_what_a_site_gives_and_takes_adds_up(one: House) -> None:
    power = json.loads(one.value(SITE, "power") or "")
    assert power["load_power"] == power["solar_power"] + power["battery_power"] + power["grid_power"]
    assert json.loads(one.value(SITE, "settings") or "")["backup_reserve"] == 20


@pytest.mark.parametrize(
    ("place", "call"),
    [
        ("tariff/buy_price", ""),
        ("tariff/tariff_next_change", ""),
        ("battery/backup_time_estimate", ""),
        ("history/grid_independence", ""),
        ("battery/backup_time_remaining", "backup_time_remaining"),
        ("lifetime/solar_generated_lifetime", "past_days"),
        ("lifetime/home_usage_lifetime", "past_days"),
        ("outages/outage_count", "backup_history"),
        ("charges/charge_sessions", "charge_history"),
    ],
)
def test_what_a_site_tells_besides_comes_in_its_own_time_or_when_asked_for(one: House, place: str, call: str) -> None:
    if call:
        one.spy.publish(f"{BASE}/{SITE}/get/{call}")
    one.spy.until(lambda: one.value(SITE, place) not in {None, "None"}, place)


def test_a_button_asks_for_all_that_is_free_of_a_site(one: House) -> None:
    before = len(one.tesla.asked("live_status"))
    assert one.ask(SITE, "refresh", b"PRESS")["outcome"] == "ok"
    one.spy.until(lambda: len(one.tesla.asked("live_status")) > before, "the site is asked")


@pytest.mark.parametrize("place", ["sessions/last_session_energy", "sessions/energy_lifetime"])
def test_a_sites_only_wall_connector_has_its_charges(one: House, place: str) -> None:
    one.spy.until(lambda: float(one.value(CONNECTOR, place) or 0) > 0, place)


def test_numbers_and_words_say_what_they_are(one: House) -> None:
    types = {each.topic: each.content_type for each in one.spy.messages}
    assert types[f"{BASE}/{CAR}/charge/charge_limit"] is None
    assert types[f"{BASE}/{CAR}/status/connectivity"] == "text/plain"
    assert types[f"{BASE}/{CAR}/charge"] == "application/json"


def test_the_bridge_tells_of_itself_and_of_nobodys_secrets(one: House) -> None:
    assert one.spy.retained[f"{BASE}/bridge/state"] == "online"
    info = json.loads(one.spy.retained[f"{BASE}/bridge/info"])
    assert info["contract_version"] == 1
    topics = {each["topic"] for each in info["devices"]}
    assert topics == {f"{BASE}/bridge", f"{BASE}/account/tesla"} | {f"{BASE}/{device}" for device in DEVICES}
    assert json.loads(one.spy.retained[f"{BASE}/bridge/health"])["ok"] is True
    assert "refresh-token" not in json.dumps(one.spy.retained)


def test_home_assistant_finds_a_document_for_each_device(one: House) -> None:
    ids = ["bridge", "tesla", *map(id_of, DEVICES)]
    for device in ids:
        document = json.loads(one.spy.retained[f"homeassistant/device/fleet2mqtt_{device}/config"])
        read = {each["state_topic"] for each in document["components"].values() if "state_topic" in each}
        assert document["origin"]["name"] == "fleet2mqtt"
        assert read
        assert all(topic.startswith(f"{BASE}/") for topic in read)
    assert sum("homeassistant/device/" in topic for topic in one.spy.retained) == len(ids)
    alone = standalone_topics("homeassistant", DeviceId(Kind.VEHICLE, id_of(CAR))).values()
    assert [json.loads(one.spy.retained[topic])["device"]["identifiers"] for topic in alone] == [
        [f"fleet2mqtt_{id_of(CAR)}"]
    ] * len(alone)


def test_every_device_is_served(one: House) -> None:
    topics = [f"{BASE}/{device}/availability" for device in ("account/tesla", *DEVICES)]
    assert [one.spy.retained[topic] for topic in topics] == ["online"] * len(topics)


def test_a_request_to_the_bridge_is_answered_with_its_transaction(one: House) -> None:
    one.spy.publish(f"{BASE}/bridge/request/health", '{"transaction": "how are you"}', CorrelationData=b"h")
    answer = one.spy.until(lambda: one.spy.on(f"{BASE}/bridge/response/health"), "a response")[0]
    assert (answer.body["status"], answer.body["transaction"]) == ("ok", "how are you")
    assert answer.correlation == b"h"
    assert answer.body["data"]["parts"]["broker"]["ok"] is True


def test_a_car_that_falls_asleep_keeps_its_values_and_stays_available(one: House) -> None:
    before = {topic: text for topic, text in one.spy.retained.items() if f"{OTHER_CAR}/charge" in topic}
    one.tesla.force(OTHER_CAR, sentry_mode=False, state="asleep")
    assert one.ask(OTHER_CAR, "media_next_track", "PRESS")["reason"] == "asleep"
    one.comes_to(OTHER_CAR, "status/connectivity", "asleep")
    assert {topic: text for topic, text in one.spy.retained.items() if f"{OTHER_CAR}/charge" in topic} == before
    assert one.value(OTHER_CAR, "availability") == "online"
    assert one.tesla.asked("wake_up") == []


@pytest.mark.mosquitto
def test_whatever_tells_a_state_is_retained_and_nothing_else(one: House) -> None:
    assert [each.topic for each in one.spy.messages if each.retain != each.tells_a_state] == []


@pytest.mark.parametrize("device", [CAR, OTHER_CAR])
def test_what_the_bridge_works_out_is_published_too(one: House, device: str) -> None:
    assert one.value(device, "status/vehicle_state") in {"online", "asleep", "driving", "charging"}
    assert float(one.value(device, "charge/charge_energy_total") or "") >= 0
    assert one.value(device, "closures/left_open") in {"true", "false"}
