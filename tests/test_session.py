"""What the bridge makes of a broker that forbids it something: each trouble is named, and so is its end (F36)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from brokers import ACL, Broker, running_broker
from fakes import FakeClock
from house import CONFIG, NIKOLA, Desk
from talk import connect, heard

from bridge.guard import Guard
from bridge.health import Health
from bridge.listener import Ears, Listener
from bridge.mqtt import Mqtt
from bridge.session import RIGHTS_CHECK, Session
from bridge.topics import Topics

pytestmark = pytest.mark.mosquitto

AVAILABILITY = Topics().availability(NIKOLA.at)

BASE = "topic readwrite fleet2mqtt/#\n"
DISCOVERY = "topic readwrite homeassistant/device/+/config\n"
NO_SITE_COMMANDS = """topic write fleet2mqtt/#
topic read fleet2mqtt/vehicle/#
topic read fleet2mqtt/bridge/#
topic read fleet2mqtt/account/#
topic read fleet2mqtt/energy_site/+/get/#
"""

STATE = "the broker refuses fleet2mqtt/bridge/state (reason 135): give this user write access to it"
DOCUMENT = f"the broker refuses {CONFIG} (reason 135): give this user write access to it"
DEAF = "give this user read and write access to {}: what we say there does not come back to us"
EVERY_COMMAND = ", ".join(Topics().incoming)

RIGHTS: Mapping[str, tuple[dict[str, str], dict[str, str]]] = {
    # what differs in the lines for the user `bridge` -> the troubles
    "all it needs": ({}, {}),
    "no discovery": ({DISCOVERY: ""}, {"mqtt out homeassistant": DOCUMENT}),
    "no state": ({BASE: f"{BASE}topic deny fleet2mqtt/bridge/state\n"}, {"mqtt out fleet2mqtt": STATE}),
    "no commands of sites": ({BASE: NO_SITE_COMMANDS}, {"mqtt in": DEAF.format("fleet2mqtt/energy_site/+/set/+")}),
    "nothing": (
        {BASE: "", DISCOVERY: ""},
        {
            "mqtt in": DEAF.format(EVERY_COMMAND),
            "mqtt out fleet2mqtt": STATE,
            "mqtt out homeassistant": DOCUMENT,
        },
    ),
}


class Talk(NamedTuple):
    """A session with a broker: what is thought of it, and the time."""

    health: Health
    clock: FakeClock

    @property
    def troubles(self) -> dict[str, str]:
        parts = self.health._parts
        return {name: str(part.error) for name, part in parts.items() if part.error}

    async def until(self, condition: Callable[[], Any]) -> None:
        async with asyncio.timeout(10):
            while not condition():  # noqa: ASYNC110 - it is the broker, a real one, that is waited for
                await asyncio.sleep(0.02)  # noqa: TID251 - as above

    async def judged(self) -> None:
        """Returns when it is known what the broker allows."""
        await self.until(lambda: "mqtt in" in self.health.body()["parts"])


@asynccontextmanager
async def talking(broker: Broker) -> AsyncIterator[Talk]:
    """With a car, whose document goes out."""
    clock = FakeClock()
    health = Health(clock)
    publisher = Desk(NIKOLA, report=health.report).publisher
    session = Session(
        mqtt=Mqtt(broker.address(), will=None),
        topics=Topics(),
        listener=Listener(
            topics=Topics(), clock=clock, time_to_live=90, status_topic="homeassistant/status", ears=_nobodys()
        ),
        publisher=publisher,
        guard=Guard(publisher.outbox, Topics(), "homeassistant", health, clock, raised=lambda: None),
        health=health,
        clock=clock,
        listening=asyncio.Event(),
        birth=asyncio.Event(),
        info=dict,
    )
    serving = asyncio.create_task(session.serve())
    try:
        yield Talk(health, clock)
    finally:
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving


def _nobodys() -> Ears:
    def unexpected(*heard: Any) -> None:
        pytest.fail(f"heard {heard}")

    return Ears(unexpected, unexpected, unexpected, unexpected, unexpected, {}, {})


def acl(changes: Mapping[str, str]) -> str:
    text = ACL
    for line, other in changes.items():
        assert line in text
        text = text.replace(line, other, 1)
    return text


@pytest.mark.case("F36")
@pytest.mark.parametrize("what", RIGHTS)
async def test_what_the_broker_forbids_is_named(tmp_path: Path, what: str) -> None:
    changes, troubles = RIGHTS[what]
    with running_broker(tmp_path, acl=acl(changes)) as broker:
        async with talking(broker) as talk:
            await talk.judged()
            assert talk.troubles.keys() == troubles.keys()
            assert all(talk.troubles[part].startswith(words) for part, words in troubles.items())


@pytest.mark.case("F36")
async def test_rights_that_are_given_later_are_noticed_and_used(tmp_path: Path) -> None:
    with running_broker(tmp_path, acl=acl({BASE: "", DISCOVERY: ""})) as broker:
        async with talking(broker) as talk, connect(broker, "homeassistant") as assistant:
            await talk.judged()
            (tmp_path / "acl").write_text(ACL)
            broker.reload()
            await assistant.subscribe([AVAILABILITY])
            await talk.clock.run(RIGHTS_CHECK)
            assert (await heard(assistant))[0].payload == b"online"
            await talk.until(lambda: not talk.troubles)


@pytest.mark.case("F36")
async def test_rights_that_are_taken_away_are_noticed(tmp_path: Path) -> None:
    with running_broker(tmp_path) as broker:
        async with talking(broker) as talk:
            await talk.judged()
            assert talk.troubles == {}
            (tmp_path / "acl").write_text(acl({BASE: NO_SITE_COMMANDS}))
            broker.reload()
            await talk.clock.run(RIGHTS_CHECK)
            await talk.until(lambda: "mqtt in" in talk.troubles)


async def test_what_was_forbidden_is_forgotten_with_the_connection(tmp_path: Path) -> None:
    with running_broker(tmp_path, acl=acl({DISCOVERY: ""})) as broker:
        async with talking(broker) as talk:
            await talk.judged()
            broker.stop()
            await talk.until(lambda: "broker" in talk.troubles)
            assert talk.troubles.keys() == {"broker"}


async def test_what_the_bridge_says_to_itself_is_empty_and_not_kept(tmp_path: Path) -> None:
    with running_broker(tmp_path) as broker:
        async with connect(broker, "nodered") as other:
            await other.subscribe(["fleet2mqtt/+/echo/#", "fleet2mqtt/bridge/set/#", "fleet2mqtt/bridge/request/#"])
            async with talking(broker) as talk:
                await talk.judged()
            said = await heard(other, len(Topics().incoming))
        assert {each.topic for each in said} == {name.replace("+", "echo") for name in Topics().incoming}
        assert {(each.payload, each.retain) for each in said} == {(b"", False)}
