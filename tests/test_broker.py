"""The brokers that come with the bridge: the embedded one, and the configuration for Mosquitto."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from brokers import HOST, USERS, mosquitto, running_broker
from talk import connect, heard, reason

from bridge.broker import embedded_broker
from bridge.errors import BrokerLost
from bridge.mqtt import BrokerAddress, Connection, Mqtt, Publication

# --- the embedded broker ----------------------------------------------------------------------------------


async def test_the_embedded_broker_serves_mqtt_5_on_a_free_port_and_is_gone_afterwards() -> None:
    async with embedded_broker() as port:
        async with Mqtt(BrokerAddress(HOST, port, "fleet2mqtt"), will=None).connected() as bridge:
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


@pytest.mark.mosquitto
@pytest.mark.parametrize("topic", RIGHTS)
async def test_everybody_may_read_and_write_what_they_need_and_no_more(broker: Broker, topic: str) -> None:
    rights = dict(zip(USERS, RIGHTS[topic], strict=True))
    async with AsyncExitStack() as stack:
        people = {user: await stack.enter_async_context(connect(broker, user)) for user in USERS}
        for person in people.values():
            await person.subscribe([topic, END])
        may_write = {user: await reason(person, topic, user.encode()) < 128 for user, person in people.items()}
        # By then all that is to come has come.
        broker.process.send_signal(signal.SIGHUP)
        may_read = {user: await _hears(person) for user, person in people.items()}
    assert {user: ("r" if may_read[user] else "-") + ("w" if may_write[user] else "-") for user in USERS} == rights
