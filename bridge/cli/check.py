"""`fleet2mqtt check`: settings, broker, account; each line passed, or what to do."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bridge import build, logs, settings
from bridge.clock import SystemClock
from bridge.database import Database
from bridge.errors import BridgeError, BrokerRefused, SettingWrong
from bridge.fleet.client import FleetClient
from bridge.ledger import Ledger
from bridge.model import Device
from bridge.mqtt import Connection, Mqtt, Publication
from bridge.settings import Settings
from bridge.sources import roster
from bridge.topics import Topics

T = TypeVar("T")

REFUSED = 128
"""MQTT 5 reason codes from here on are refusals."""

ECHO_TIME = 5.0
"""Seconds that the broker has to bring our own message back."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line. `text` is what was found, or what to do."""

    name: str
    passed: bool
    text: str


def arguments(_: argparse.ArgumentParser) -> None:
    """Settings only."""


def main(_: argparse.Namespace, flags: Sequence[str]) -> int:
    """Gives 0 when all passed, 1 when not. Raises SettingWrong."""
    logs.configure("error", as_json=False)
    return asyncio.run(_run(flags))


async def _run(flags: Sequence[str]) -> int:
    """Prints each finding as it is made. Gives 0 when all passed, 1 when not, 2 for a wrong setting."""
    failed = 0
    async for finding in _findings(flags):
        mark = "ok  " if finding.passed else "FAIL"
        sys.stdout.write(f"{mark}  {finding.name}: {finding.text}\n")
        sys.stdout.flush()
        failed += not finding.passed
    return 1 if failed else 0


async def _findings(flags: Sequence[str]) -> AsyncIterator[Finding]:
    own = settings.load(flags)
    yield Finding("settings", True, "read, and none is wrong")
    yield await _find("broker", _broker(own))
    clock = SystemClock()
    with Database(own.data_dir) as database:
        yield Finding("data directory", True, f"{own.data_dir} can be written, and no other bridge uses it")
        ledger = Ledger(store=database, clock=clock, budget=own.tesla.budget)
        async with build.account(own.tesla, database, clock, ledger)[1] as api:
            found: list[Device] = []
            yield await _find("account", _account(api, found))
            yield _devices(found)


async def _find(name: str, work: Awaitable[str]) -> Finding:
    try:
        return Finding(name, True, await work)
    except SettingWrong:
        raise
    except BridgeError as error:
        return Finding(name, False, str(error))


async def _broker(own: Settings) -> str:
    """A message goes from one client of ours to another: a broker may grant a subscription and deliver nothing (D6)."""
    tls = await asyncio.to_thread(build.tls, own.mqtt)
    topic = Topics(own.base_topic).bridge("request/check")
    ear, mouth = (
        Mqtt(build.broker_address(own.mqtt, tls, suffix=suffix), will=None) for suffix in ("-check-in", "-check-out")
    )
    async with ear.connected() as listening, mouth.connected() as speaking:
        await listening.subscribe([topic.removesuffix("check") + "+"])
        await _publish(speaking, topic)
        await _hear(listening, topic)
    return f"{own.mqtt.host}:{own.mqtt.port} lets us in, lets us write and lets us read below {own.base_topic}/"


async def _publish(connection: Connection, topic: str) -> None:
    code: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    connection.publish(Publication(topic, b"{}", expiry=5), code.set_result)
    reason = await _within(code, f"the broker did not acknowledge a message on {topic}")
    if reason >= REFUSED:
        raise BrokerRefused(f"the broker refuses messages on {topic} (reason {reason}): give this user write access")


async def _hear(connection: Connection, topic: str) -> None:
    async def arrives() -> None:
        async for message in connection.messages:
            if message.topic == topic:
                return

    await _within(arrives(), f"the broker does not deliver {topic} to us: give this user read access")


async def _within(work: Awaitable[T], otherwise: str) -> T:
    try:
        return await asyncio.wait_for(work, ECHO_TIME)
    except TimeoutError:
        raise BrokerRefused(otherwise) from None


async def _account(api: FleetClient, found: list[Device]) -> str:
    """One free call, which needs a working token and the right region."""
    found += roster.devices(await api.products())
    return f"signed in, region {api.region.name}"


def _devices(found: Sequence[Device]) -> Finding:
    if not found:
        return Finding("devices", False, "the account has no car and no energy site that this sign-in may see")
    return Finding("devices", True, ", ".join(f"{device.name} ({device.at})" for device in found))
