"""The brokers that come with the bridge: the embedded one, and the configuration for Mosquitto."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from brokers import HOST, USERS, Broker, mosquitto
from talk import connect, heard, reason

from bridge.broker import embedded_broker
from bridge.errors import BrokerLost
from bridge.mqtt import BrokerAddress, Connection, Mqtt, Publication

# --- the embedded broker ----------------------------------------------------------------------------------


async def test_the_embedded_broker_serves_mqtt_5_on_a_free_port_and_is_gone_afterwards() -> None:
    async with (
        embedded_broker() as port,
        Mqtt(BrokerAddress(HOST, port, "fleet2mqtt"), will=None).connected() as bridge,
    ):
        assert await reason(bridge, "fleet2mqtt/bridge/state", b"online", retain=True) < 128
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(HOST, port)


async def test_the_embedded_broker_says_that_its_port_is_taken() -> None:
    async with embedded_broker() as port:
        with pytest.raises(BrokerLost, match="Address already in use"):
            async with embedded_broker(port):
                pass


# --- Mosquitto --------------------------------------------------------------------------------------------

VEHICLE = "fleet2mqtt/vehicle/LRW3E7FS2NC000001"

RIGHTS = {
    #                                            bridge, homeassistant, nodered, viewer
    f"{VEHICLE}/charge/battery_level": ("rw", "r-", "r-", "r-"),
    f"{VEHICLE}/location": ("rw", "r-", "r-", "--"),
    f"{VEHICLE}/location/latitude": ("rw", "r-", "r-", "--"),
    f"{VEHICLE}/set/lock": ("rw", "rw", "rw", "--"),
    f"{VEHICLE}/get/charge": ("rw", "rw", "rw", "r-"),
    f"{VEHICLE}/result/lock": ("rw", "r-", "r-", "--"),
    "fleet2mqtt/energy_site/1/set/backup_reserve": ("rw", "rw", "rw", "--"),
    "fleet2mqtt/bridge/state": ("rw", "r-", "r-", "r-"),
    "fleet2mqtt/bridge/request/health": ("rw", "rw", "rw", "r-"),
    "fleet2mqtt/response/flow": ("rw", "--", "r-", "--"),
    "homeassistant/device/LRW3E7FS2NC000001/config": ("rw", "rw", "--", "--"),
    "homeassistant/status": ("r-", "rw", "--", "--"),
    "somebody/else": ("--", "--", "--", "--"),
}


END = Publication("fleet2mqtt/bridge/state", b"end")
"""Everybody may read it, so whoever has heard nothing before it hears nothing."""


@pytest.mark.mosquitto
@pytest.mark.parametrize("topic", RIGHTS)
async def test_everybody_may_read_and_write_what_they_need_and_no_more(broker: Broker, topic: str) -> None:
    async with everybody(broker, "reads") as readers, everybody(broker, "writes") as writers:
        for reader in readers:
            await reader.subscribe([topic, END.topic])
        may_write = [await reason(writer, topic) < 128 for writer in writers]
        writers[0].publish(END)
        may_read = [(await heard(reader))[0].payload != END.payload for reader in readers]
    rights = [("r" if r else "-") + ("w" if w else "-") for r, w in zip(may_read, may_write, strict=True)]
    assert tuple(rights) == RIGHTS[topic]


@asynccontextmanager
async def everybody(broker: Broker, does: str) -> AsyncIterator[list[Connection]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(connect(broker, user, client_id=f"{user}-{does}")) for user in USERS]


@pytest.mark.mosquitto
async def test_retained_values_are_on_disk_after_an_orderly_stop(broker: Broker, tmp_path: Path) -> None:
    async with connect(broker) as bridge:
        assert await reason(bridge, f"{VEHICLE}/charge/battery_level", b"80", retain=True) < 128
    broker.stop()
    assert b"battery_level" in (tmp_path / "mosquitto.db").read_bytes()


@pytest.mark.mosquitto
async def test_without_passwords_it_is_reachable_from_this_machine_only(tmp_path: Path) -> None:
    broker = mosquitto(tmp_path, configuration="anonymous.conf")
    assert f"listener {broker.port} 127.0.0.1\n" in (tmp_path / "mosquitto.conf").read_text()
    broker.start()
    try:
        async with connect(broker, username=None, password=None) as anybody:
            assert await reason(anybody, "fleet2mqtt/bridge/state") < 128
    finally:
        broker.kill()
