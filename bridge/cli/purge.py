"""`fleet2mqtt purge`: clears every retained message that a bridge with this base topic has left on the broker.

What is there decides, not what the database knows: so devices that are long gone are found too. Nothing else is
touched: below the base topic only the levels that the bridge makes, below the discovery prefix only documents that name
us and this base topic.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from bridge import homeassistant, logs, settings
from bridge.cli.asking import answered, connected
from bridge.cli.handover import failed, say
from bridge.clock import Clock, SystemClock
from bridge.database import FILE, Database, InUse
from bridge.errors import BridgeError, BrokerRefused, SettingWrong, TryLater
from bridge.model import DeviceId, Kind
from bridge.mqtt import Connection, Publication
from bridge.mqtt.outbox import Outbox
from bridge.settings import FIRST, Settings
from bridge.topics import Topics

PATIENCE = 60.0
"""Seconds in which the broker must take what is cleared."""

SOON = 3.0
"""Seconds in which a bridge that runs answers."""

ROUNDS = 5
"""Looks at most: a broker may not show everything at once."""


@dataclass(frozen=True, slots=True)
class Left:
    """What lies on the broker: documents of this bridge, its other topics, and base topics of other bridges."""

    documents: tuple[str, ...]
    topics: tuple[str, ...]
    others: Collection[str] = ()
    says_it_runs: bool = False

    def __len__(self) -> int:
        return len(self.documents) + len(self.topics)

    def of(self, own: Settings, devices: Iterable[DeviceId]) -> Left:
        """As much as is of these devices."""
        prefix, topics = own.homeassistant.prefix, Topics(own.base_topic, own.aliases)
        known = {topic for at in devices for topic in homeassistant.all_topics(prefix, at)}
        below = tuple(f"{topics.device(at)}/" for at in devices)
        return Left(
            tuple(topic for topic in self.documents if topic in known),
            tuple(topic for topic in self.topics if topic.startswith(below)),
        )


# --- the verb -----------------------------------------------------------------------------------------------------


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="do not ask")


def main(options: argparse.Namespace, flags: Sequence[str]) -> int:
    """Gives 0 when nothing is left, 1 when something is, 2 for a wrong setting."""
    logs.configure("error", as_json=False)
    own = settings.load(flags)
    try:
        with ExitStack() as stack:
            _have_to_ourselves(own, stack)
            left = asyncio.run(found(own))
            say(*_told(own, left))
            if not left:
                return 0
            if not options.yes and not _agreed():
                return 1
            say(f"Removed: {asyncio.run(clear(own, SystemClock()))}. Nothing of this bridge is left there.")
    except BridgeError as error:
        return failed(error, FIRST)
    return 0


def _have_to_ourselves(own: Settings, stack: ExitStack) -> None:
    """Raises SettingWrong while a bridge runs with this data directory. A broken one keeps nobody from clearing."""
    if not (own.data_dir / FILE).exists():
        return
    try:
        stack.enter_context(Database(own.data_dir))
    except InUse:
        raise SettingWrong("purge: stop the bridge first, or it publishes everything again") from None
    except SettingWrong:
        return


def _told(own: Settings, left: Left) -> Iterator[str]:
    where = f"{own.mqtt.host}:{own.mqtt.port}"
    if not left:
        yield f"There is nothing of a bridge with the base topic {own.base_topic} on the broker {where}."
    else:
        yield f"On the broker {where} are {len(left)} retained messages of this bridge:"
        yield from _counted(own, left)
    for base in sorted(left.others):
        yield f"Left alone: documents of a bridge with the base topic {base}. If that was an earlier one of yours:"
        yield f"  fleet2mqtt purge --base-topic '{base}'"


def _counted(own: Settings, left: Left) -> Iterator[str]:
    kinds = Counter(topic.removeprefix(f"{own.base_topic}/").partition("/")[0] for topic in left.topics)
    for kind, number in sorted(kinds.items()):
        yield f"  {number:6} below {own.base_topic}/{kind}/"
    if left.documents:
        yield f"  {len(left.documents):6} documents for Home Assistant, which removes their devices"


def _agreed() -> bool:
    sys.stdout.write("Remove them? [y/N] ")
    sys.stdout.flush()
    if sys.stdin.readline().strip().lower() in {"y", "yes"}:
        return True
    say("Nothing was changed. `fleet2mqtt purge --yes` does not ask.")
    return False


# --- looking ------------------------------------------------------------------------------------------------------


async def found(own: Settings) -> Left:
    """What there is. Raises SettingWrong while a bridge runs, BrokerRefused where this user may not look."""
    async with connected(own, "purge") as connection:
        left = await _look(connection, own, await _readable(connection, own))
    if left.says_it_runs and await _is_running(own):
        raise SettingWrong(f"purge: a bridge runs below {own.base_topic}/; stop it first")
    return left


async def _is_running(own: Settings) -> bool:
    """A broker that was killed may still say `online` of a bridge that has ended long ago."""
    try:
        await answered(own, "health", SOON)
    except TimeoutError:
        return False
    return True


async def _readable(connection: Connection, own: Settings) -> tuple[str, ...]:
    """The filters of documents; none, where this user may not see them and the bridge writes none."""
    base, documents = own.base_topic, homeassistant.document_filters(own.homeassistant.prefix)
    await connection.hear_ourselves([f"{base}/bridge/+", *(f"{base}/{kind}/+/availability" for kind in _KINDS)])
    try:
        await connection.hear_ourselves(documents)
    except BrokerRefused:
        if own.homeassistant.discovery:
            raise
        say(f"This user may not look below {own.homeassistant.prefix}/, so documents from earlier are not looked for.")
        return ()
    return documents


_KINDS = [kind for kind in Kind if kind is not Kind.BRIDGE]


async def _look(connection: Connection, own: Settings, documents: Sequence[str]) -> Left:
    lies = await connection.retained([*(f"{own.base_topic}/{kind}/#" for kind in Kind), *documents])
    below = {topic for topic in lies if topic.startswith(f"{own.base_topic}/")}
    writers = {topic: homeassistant.writer(lies[topic]) for topic in lies.keys() - below}
    return Left(
        documents=tuple(sorted(topic for topic, base in writers.items() if base == own.base_topic)),
        topics=tuple(sorted(below)),
        others={base for base in writers.values() if base} - {own.base_topic},
        says_it_runs=lies.get(Topics(own.base_topic).bridge("state")) == b"online",
    )


# --- clearing -----------------------------------------------------------------------------------------------------


async def clear(own: Settings, clock: Clock, devices: Collection[DeviceId] | None = None) -> int:
    """Empty messages on all of it, or all of these devices. Gives how many. Raises BridgeError where some is left."""
    cleared: set[str] = set()
    for _ in range(ROUNDS):
        left = await found(own)
        left = left if devices is None else left.of(own, devices)
        if not left:
            return len(cleared)
        async with connected(own, "purge") as connection:
            await _empty(connection, left, clock)
        cleared |= {*left.documents, *left.topics}
    raise TryLater(f"{len(left)} messages come back, such as {[*left.topics, *left.documents][0]}; who publishes them?")


async def _empty(connection: Connection, left: Left, clock: Clock) -> None:
    refusals: list[str] = []
    outbox = Outbox(lambda _, error: refusals.append(str(error)) if error else None)
    outbox.attach(connection)
    # The values wait until the documents are gone: to Home Assistant an empty message is a bad value (1.8, 1.10).
    for topics in (left.documents, left.topics):
        for topic in topics:
            outbox.retain(Publication(topic, b"", retain=True))
        outbox.pump()
        await _drained(outbox, clock)
    if refusals:
        raise SettingWrong(f"the broker does not let this user clear everything: {refusals[0]}")


async def _drained(outbox: Outbox, clock: Clock) -> None:
    until = clock.monotonic() + PATIENCE
    while not outbox.is_drained:
        if clock.monotonic() > until:
            raise TryLater(f"the broker has not taken everything in {PATIENCE:g} s; try again")
        await clock.sleep(0.02)
