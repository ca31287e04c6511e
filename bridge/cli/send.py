"""`fleet2mqtt send`: one command to a running bridge, and its answer, for those without an MQTT client at hand."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Sequence

from bridge import build_broker, logs, settings
from bridge.errors import BridgeError, SettingWrong
from bridge.model import DeviceId, Kind, Outcome
from bridge.mqtt import Connection, Mqtt, Publication
from bridge.topics import Topics

PATIENCE = 120.0
"""Seconds to wait for the answer: a car may have to wake up first."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("command", metavar="KIND/ID/NAME", help="vehicle/5YJ3.../charge_limit")
    parser.add_argument("value", help="80, true, PRESS, or a JSON object")


def main(options: argparse.Namespace, flags: Sequence[str]) -> int:
    """Gives 0 when the outcome is ok, else 1."""
    logs.configure("error", as_json=False)
    return asyncio.run(_run(options, flags))


async def _run(options: argparse.Namespace, flags: Sequence[str]) -> int:
    """Prints the result. Gives 0 when its outcome is ok, else 1."""
    own = settings.load(flags)
    kind, id_, name = _parts(options.command)
    topics, device = Topics(own.base_topic, own.aliases), DeviceId(kind, id_)
    tls = await asyncio.to_thread(build_broker.tls, own.mqtt)
    broker = Mqtt(build_broker.broker_address(own.mqtt, tls, suffix=f"-send-{os.getpid()}"), will=None)
    try:
        async with broker.connected() as connection:
            await connection.subscribe([topics.result(device, name)])
            connection.publish(Publication(topics.set(device, name), options.value.encode()))
            result = await _answer(connection)
    except BridgeError as error:
        return _fail(str(error))
    except TimeoutError:
        return _fail("no answer came; is the bridge running, and with this base topic?")
    sys.stdout.write(json.dumps(result, indent=2) + "\n")
    return 0 if result["outcome"] == Outcome.OK else 1


def _fail(text: str) -> int:
    sys.stderr.write(f"fleet2mqtt: {text}\n")
    return 1


def _parts(command: str) -> tuple[Kind, str, str]:
    match command.split("/"):
        case ["vehicle" | "energy_site" as kind, id_, name] if id_ and name:
            return Kind(kind), id_, name
        case _:
            raise SettingWrong(f"{command}: is not like vehicle/5YJ3E1EA7KF000316/charge_limit")


async def _answer(connection: Connection) -> dict[str, object]:
    async with asyncio.timeout(PATIENCE):
        message = await anext(connection.messages)
    answer: dict[str, object] = json.loads(message.payload)
    return answer
