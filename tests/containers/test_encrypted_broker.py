"""compose.yaml with certificates: the broker, as a user without rights, can read them and serves its encrypted port."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest
from brokers import HOST, SHIPPED, free_port
from certificates import made
from composed import project
from talk import STATE, client_side, reason

from bridge.errors import BrokerLost
from bridge.mqtt import BrokerAddress, Mqtt

pytestmark = pytest.mark.containers


async def test_certificates_in_their_place_are_all_that_encryption_takes(tmp_path: Path) -> None:
    shutil.copytree(SHIPPED, tmp_path / "mosquitto", ignore=shutil.ignore_patterns("certs"))
    certificates = made(tmp_path / "mosquitto" / "certs")
    with project() as one:
        one.root = tmp_path
        logins = one.start("logins")
        assert (logins.wait()["StatusCode"], logins.logs()) == (0, b"")
        port = free_port()
        broker = one.start("mosquitto", ports={"8883/tcp": (HOST, port)})
        address = BrokerAddress(
            HOST, port, "test", username="bridge", password=one.password("bridge"), tls=client_side(certificates)
        )
        assert await first_word(address) < 128, broker.logs()
        assert [line for line in broker.logs().decode().splitlines() if "Warning" in line] == []


async def first_word(address: BrokerAddress) -> int:
    """The reason code, once the broker is there."""
    for _ in range(50):
        try:
            async with Mqtt(address, will=None).connected() as bridge:
                return await reason(bridge, STATE, b"online")
        except BrokerLost:
            await asyncio.sleep(0.1)  # noqa: TID251 - a container has no clock of ours
    raise AssertionError("the broker does not answer")
