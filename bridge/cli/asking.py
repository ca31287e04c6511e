"""What verbs of the command line ask a broker, and over it a bridge that runs."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from bridge import build_broker
from bridge.errors import BrokerLost
from bridge.mqtt import Connection, Mqtt, Publication
from bridge.settings import Settings
from bridge.topics import Topics

LARGEST = 16 * 1024 * 1024
"""Bytes of a message that is let in: a car's document for Home Assistant has more than commands may have."""


@asynccontextmanager
async def connected(own: Settings, verb: str) -> AsyncIterator[Connection]:
    """As a client beside the bridge. Raises BrokerRefused, BrokerLost, SettingWrong."""
    tls = await asyncio.to_thread(build_broker.tls, own.mqtt)
    address = build_broker.broker_address(own.mqtt, tls, suffix=f"-{verb}-{os.getpid()}")
    async with Mqtt(replace(address, largest=LARGEST), will=None).connected() as connection:
        yield connection


async def answered(own: Settings, request: str, patience: float) -> dict[str, Any]:
    """The running bridge's answer to <base>/bridge/request/<request>.

    Raises TimeoutError where none comes in so many seconds, BrokerRefused and BrokerLost.
    """
    topics = Topics(own.base_topic)
    async with asyncio.timeout(patience), connected(own, request) as connection:
        await connection.subscribe([topics.bridge(f"response/{request}")])
        connection.publish(Publication(topics.bridge(f"request/{request}"), b"{}", expiry=30))
        async for message in connection.messages:
            answer: dict[str, Any] = json.loads(message.payload)
            return answer
    raise BrokerLost("the connection to the broker ended")
