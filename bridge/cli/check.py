"""`fleet2mqtt check`: settings, broker and every account; each line passed, or what to do."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import ExitStack

from bridge import build, build_broker, logs, settings
from bridge.cli.asking import answered
from bridge.clock import Clock, SystemClock
from bridge.database import Database, InUse
from bridge.doctor import Finding, Mark, examine, passed
from bridge.errors import BridgeError, SettingWrong
from bridge.fleet.auth.inbox import Inbox
from bridge.mqtt import Mqtt
from bridge.settings import Settings
from bridge.topics import Topics

PATIENCE = 90.0
"""Seconds that a running bridge has to examine all its accounts."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="all findings as one JSON document")


def main(options: argparse.Namespace, flags: Sequence[str]) -> int:
    """Gives 0 when nothing failed, 1 when something did. Raises SettingWrong."""
    logs.configure("error", as_json=False)
    return asyncio.run(_run(flags, as_json=options.json))


async def _run(flags: Sequence[str], *, as_json: bool) -> int:
    """Prints each finding as it is made, or all of them at the end."""
    found: list[Finding] = []
    async for finding in _findings(flags):
        found.append(finding)
        if not as_json:
            _say(str(finding))
    if as_json:
        _say(json.dumps({"passed": passed(found), "findings": [finding.body for finding in found]}, indent=2))
    return 0 if passed(found) else 1


async def _findings(flags: Sequence[str]) -> AsyncIterator[Finding]:
    own = settings.load(flags)
    yield Finding("settings", Mark.OK, "each of them is understood")
    yield await _find("broker", _broker(own))
    with ExitStack() as stack:
        try:
            database = stack.enter_context(Database(own.data_dir))
        except InUse:
            yield Finding("data directory", Mark.OK, f"a bridge is running with {own.data_dir}: it examines itself")
            async for finding in _asked(own):
                yield finding
            return
        yield Finding("data directory", Mark.OK, f"{own.data_dir} can be written, and no other bridge uses it")
        async for finding in _examined(own, database, SystemClock()):
            yield finding


async def _find(name: str, work: Awaitable[str]) -> Finding:
    try:
        return Finding(name, Mark.OK, await work)
    except SettingWrong:
        raise
    except BridgeError as error:
        return Finding(name, Mark.FAIL, str(error))


async def _broker(own: Settings) -> str:
    """Also finds what a broker grants, and then does not deliver (reliability.md D6)."""
    tls = await asyncio.to_thread(build_broker.tls, own.mqtt)
    commands = Topics(own.base_topic).incoming
    async with Mqtt(build_broker.broker_address(own.mqtt, tls, suffix="-check"), will=None).connected() as connection:
        await connection.subscribe(commands)
        await connection.hear_ourselves(commands)
    return f"{own.mqtt.host}:{own.mqtt.port} lets us in, lets us write and lets us read below {own.base_topic}/"


async def _examined(own: Settings, database: Database, clock: Clock) -> AsyncIterator[Finding]:
    """By this process, with what the data directory holds."""
    ledger = build.ledger(own, database, clock)
    for access in build.accounts(own, database, clock, ledger):
        Inbox(own.data_dir, access.name, access.tokens).deliver()  # what `login` has left is the sign-in that counts
        async with access.api:
            async for finding in examine(build.case(own, access, clock)):
                yield finding


async def _asked(own: Settings) -> AsyncIterator[Finding]:
    """By the bridge that runs, over the broker."""
    try:
        answer = await answered(own, "check", PATIENCE)
    except (BridgeError, TimeoutError) as error:
        why = str(error) or "is it connected to this broker?"
        yield Finding("accounts", Mark.FAIL, f"the running bridge did not answer: {why}")
        return
    for found in answer["data"]["findings"]:
        yield Finding(found["check"], Mark(found["result"]), found["text"], found["account"] or "")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
