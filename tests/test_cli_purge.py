"""`purge`: afterwards nothing of this bridge lies on the broker, and everything of others does (S22)."""

from __future__ import annotations

import asyncio
import io
import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from brokers import ACL, PASSWORD, Broker, running_broker, write_passwords
from talk import connect
from verbs import call, settings_of

from bridge import homeassistant
from bridge.cli import purge
from bridge.components import Look
from bridge.database import Database
from bridge.errors import SettingWrong
from bridge.model import Device, DeviceId, Kind
from bridge.mqtt import Connection, Publication, connection
from bridge.topics import Topics, encode_json

pytestmark = [pytest.mark.mosquitto, pytest.mark.case("S22")]

Out = pytest.CaptureFixture[str]
Messages = Mapping[str, bytes]

CAR = DeviceId(Kind.VEHICLE, "LRW3F7EK4NC700001")
SITE = DeviceId(Kind.ENERGY_SITE, "2252000000000001")
BRIDGE = DeviceId(Kind.BRIDGE, "bridge")
VALUES = 500


def documents(at: DeviceId, base: str, mark: str) -> Messages:
    """As a bridge with this base topic writes them, a car's with its times of day. `mark`: it has other devices."""
    document = homeassistant.document(Device(at, "a device"), {}, Look(Topics(base), "1"), {})
    shown = homeassistant.messages("homeassistant", at, document)
    return {topic.replace("fleet2mqtt_", mark): encode_json(body).payload for topic, body in shown.items() if body}


def left_by(base: str, mark: str = "fleet2mqtt_") -> Messages:
    """What such a bridge leaves behind; no database knows of these devices."""
    values = {f"{base}/vehicle/{CAR.id}/charge/value_{number}": b"80" for number in range(VALUES)}
    return {
        **values,
        f"{base}/vehicle/{CAR.id}/charge": b"{}",
        f"{base}/vehicle/my car/availability": b"offline",
        f"{base}/energy_site/{SITE.id}/power": b"{}",
        f"{base}/wall_connector/1734412-02-D--PGT00000000001/availability": b"online",
        f"{base}/account/tesla/status/connected": b"true",
        f"{base}/bridge/state": b"offline",
        f"{base}/bridge/health": b"{}",
        **documents(CAR, base, mark),
        **documents(SITE, base, mark),
        **documents(BRIDGE, base, mark),
    }


OURS = left_by("fleet2mqtt")
THEIRS: Messages = {
    **left_by("second", "fleet2mqtt_other_"),
    "fleet2mqtt/notes": b"somebody else's, on a level that no bridge makes",
    "fleet2mqtt2/vehicle/X/charge": b"{}",
    "homeassistant/device/neighbour/config": json.dumps({"origin": {"name": "zigbee2mqtt"}}).encode(),
    "homeassistant/device/fleet2mqtt_lookalike/config": json.dumps({"state_topic": "fleet2mqtt/bridge/state"}).encode(),
    "homeassistant/device/text/config": b"no JSON",
    "homeassistant/sensor/lamp/config": b"{}",
    "homeassistant/time/lamp/on/config": b"{}",
    "kitchen/lamp": b"on",
}


AS_EVERYBODY = ("-u", "everything", "-P", PASSWORD, "-t", "#", "--retained-only", "-F", "%r %t %x")


class Shelf:
    """A broker that others use too, seen by `mosquitto_sub`, who may see everything."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker

    async def put(self, messages: Messages) -> None:
        async with connect(self.broker, "everything") as writer:
            for topic, payload in messages.items():
                writer.publish(Publication(topic, payload, retain=True))

    def lies(self, seconds: int = 1) -> dict[str, bytes]:
        """What there is to see in this time: nobody tells that it was all."""
        seen = subprocess.run(
            ["mosquitto_sub", "-h", self.broker.host, "-p", str(self.broker.port), "-W", str(seconds), *AS_EVERYBODY],
            capture_output=True,
            text=True,
            check=False,
        )
        lines = [line[2:].rpartition(" ") for line in seen.stdout.splitlines() if line.startswith("1 ")]
        return {topic: bytes.fromhex(payload) for topic, _, payload in lines}


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    """With the shipped ACL, and the settings of a bridge that is stopped."""
    acl = f"{ACL}\nuser everything\ntopic readwrite #\n"
    with running_broker(tmp_path, acl=acl) as broker:
        write_passwords(tmp_path / "passwd", "everything")
        broker.reload()
        access = {"mqtt_host": broker.host, "mqtt_port": str(broker.port), "mqtt_username": "bridge"}
        monkeypatch.setattr(connection, "QUIET", 0.3)
        settings_of(monkeypatch, tmp_path, **access, mqtt_password=PASSWORD)
        yield Shelf(broker)


# --- what goes, and what stays ------------------------------------------------------------------------------------


async def test_everything_of_this_bridge_goes_and_everything_of_others_stays(shelf: Shelf, capsys: Out) -> None:
    await shelf.put({**OURS, **THEIRS})
    assert len(shelf.lies()) == len(OURS) + len(THEIRS) > 2 * VALUES
    assert max(map(len, OURS.values())) > 64 * 1024, "else no document is larger than what the bridge lets in"
    assert await asyncio.to_thread(call, "purge", "--yes") == 0
    assert shelf.lies() == THEIRS
    said = capsys.readouterr().out
    assert f"{len(OURS)} retained messages of this bridge" in said
    assert "     6 documents for Home Assistant" in said
    assert f"Removed: {len(OURS)}." in said


async def test_afterwards_nothing_at_all_lies_there_where_nobody_else_is(shelf: Shelf) -> None:
    await shelf.put(OURS)
    assert await asyncio.to_thread(call, "purge", "--yes") == 0
    assert shelf.lies() == {}


async def test_it_tells_of_an_earlier_base_topic_and_how_to_clear_that(shelf: Shelf, capsys: Out) -> None:
    await shelf.put(THEIRS)
    assert await asyncio.to_thread(call, "purge", "--yes") == 0
    said = capsys.readouterr().out
    assert "There is nothing of a bridge with the base topic fleet2mqtt" in said
    assert "fleet2mqtt purge --base-topic 'second'" in said


async def test_an_earlier_base_topic_is_cleared_by_naming_it(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    await shelf.put({**OURS, **THEIRS})
    monkeypatch.setenv("FLEET2MQTT_BASE_TOPIC", "second")
    monkeypatch.setenv("FLEET2MQTT_MQTT_USERNAME", "everything")
    assert await asyncio.to_thread(call, "purge", "--yes") == 0
    left = {topic: payload for topic, payload in THEIRS.items() if "second" not in topic and "_other_" not in topic}
    assert shelf.lies() == {**OURS, **left}


async def test_more_is_cleared_than_a_broker_keeps_in_a_queue(shelf: Shelf) -> None:
    many = {f"fleet2mqtt/vehicle/{CAR.id}/charge/value_{number}": b"80" for number in range(7000)}
    await shelf.put(many)
    assert len(shelf.lies(5)) == 7000
    assert await asyncio.to_thread(call, "purge", "--yes") == 0
    assert shelf.lies() == {}


async def test_documents_of_a_time_when_discovery_was_on_go_too(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    await shelf.put(OURS)
    monkeypatch.setenv("FLEET2MQTT_HOMEASSISTANT_DISCOVERY", "false")
    assert await asyncio.to_thread(call, "purge", "--yes") == 0
    assert shelf.lies() == {}


# --- asking first -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "goes"), [("y\n", True), ("yes\n", True), ("\n", False), ("n\n", False), ("", False)]
)
async def test_it_asks_before_it_clears(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, capsys: Out, typed: str, *, goes: bool
) -> None:
    await shelf.put(OURS)
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    assert await asyncio.to_thread(call, "purge") == (0 if goes else 1)
    said = capsys.readouterr().out
    assert "Remove them? [y/N]" in said
    assert ("Nothing was changed." in said) is not goes
    assert shelf.lies() == ({} if goes else OURS)


# --- not while a bridge runs --------------------------------------------------------------------------------------


def test_it_waits_for_the_bridge_to_be_stopped(shelf: Shelf, tmp_path: Path) -> None:
    with Database(tmp_path / "data"), pytest.raises(SettingWrong, match="purge: stop the bridge first"):
        call("purge", "--yes")


async def test_a_bridge_with_another_data_directory_is_noticed_on_the_broker(shelf: Shelf) -> None:
    await shelf.put({"fleet2mqtt/bridge/state": b"online"})
    async with connect(shelf.broker) as bridge:
        await bridge.subscribe(["fleet2mqtt/bridge/request/+"])
        working = asyncio.create_task(_answers(bridge))
        with pytest.raises(SettingWrong, match="a bridge runs below fleet2mqtt/; stop it first"):
            await asyncio.to_thread(call, "purge", "--yes")
        await working
    assert shelf.lies() == {"fleet2mqtt/bridge/state": b"online"}


async def _answers(bridge: Connection) -> None:
    await anext(bridge.messages)
    bridge.publish(Publication("fleet2mqtt/bridge/response/health", b'{"status": "ok"}'))


async def test_a_broker_that_says_online_of_a_bridge_that_is_gone_is_not_believed(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purge, "SOON", 0.3)
    await shelf.put({"fleet2mqtt/bridge/state": b"online"})
    assert await asyncio.to_thread(call, "purge", "--yes") == 0
    assert shelf.lies() == {}


# --- what a broker does not allow ---------------------------------------------------------------------------------


def test_a_user_who_may_not_look_is_told_so(shelf: Shelf, monkeypatch: pytest.MonkeyPatch, capsys: Out) -> None:
    """Mosquitto would show an empty broker."""
    monkeypatch.setattr(connection, "PATIENCE", 0.5)
    monkeypatch.setenv("FLEET2MQTT_MQTT_USERNAME", "viewer")
    assert call("purge", "--yes") == 1
    assert "give this user read and write access to fleet2mqtt/bridge/+" in capsys.readouterr().err


def test_a_broker_that_is_away_is_told(shelf: Shelf, capsys: Out) -> None:
    shelf.broker.stop()
    assert call("purge", "--yes") == 1
    assert "cannot be reached" in capsys.readouterr().err
