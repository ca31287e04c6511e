"""The composition root: builds the parts, joins them, runs them in one TaskGroup, stops them in good order.

sources -> Update -> Store -> Change -> publisher -> broker
broker -> topics -> Request -> commands -> Result -> publisher
"""

from __future__ import annotations

import asyncio
import math
import ssl
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from bridge import alive, build, catalog, news, systemd
from bridge.catalog.offer import Offer
from bridge.clock import Clock
from bridge.commands.commander import Commander
from bridge.commands.execution import Executor
from bridge.commands.journal import Journal
from bridge.database import Database
from bridge.errors import AccountLimited, SignInRequired
from bridge.fleet import VERSION
from bridge.freshness import freshness
from bridge.health import Health
from bridge.homeassistant import Look
from bridge.ledger import Ledger
from bridge.listener import Ears, Listener
from bridge.model import Device, DeviceId, Kind, Result, Roster, Update
from bridge.mqtt import Message, Mqtt, Publication
from bridge.publisher import Publisher
from bridge.session import Session
from bridge.settings import Settings
from bridge.sources.poll import ACCOUNT, Poller
from bridge.state import Store, kept, recalled
from bridge.topics import Topics

log = structlog.get_logger()

BRIDGE = DeviceId(Kind.BRIDGE, "bridge")
OWN_DEVICES = (
    Device(BRIDGE, "fleet2mqtt", model="Fleet API to MQTT bridge", software=VERSION),
    Device(ACCOUNT, "Tesla account", model="Fleet API account", via=BRIDGE),
)

HEARTBEAT = 60.0
"""Seconds between two messages on bridge/health, two looks at freshness, and two savings of values."""

LAST_ANSWERS, LAST_WORDS = 3.0, 2.0
"""Seconds that sent commands, and then undelivered messages, are given when the bridge is stopped: with the 5 that a
silent broker is given after that, less than the 10 after which Docker kills.
"""

AGAIN = 10.0
"""Seconds before a part that failed is started again."""


async def run(settings: Settings, clock: Clock, stop: asyncio.Event) -> None:
    """Runs until `stop` is set. Raises SettingWrong when it cannot start."""
    tls = await asyncio.to_thread(build.tls, settings.mqtt)
    with Database(settings.data_dir) as database:
        await Bridge(settings, clock, database, tls).run(stop)


class Bridge:
    """All the parts. The constructor shows how they are joined."""

    def __init__(self, settings: Settings, clock: Clock, database: Database, tls: ssl.SSLContext | None) -> None:
        self._settings = settings
        self._clock = clock
        self._database = database
        self._started = clock.now()
        self._topics = Topics(settings.base_topic, settings.aliases)
        self._store = Store()
        self._health = Health(clock)
        self._roster = Roster(OWN_DEVICES)
        self._listening = asyncio.Event()
        self._birth = asyncio.Event()
        self._ledger = Ledger(store=database, clock=clock, budget=settings.tesla.budget)
        self._tokens, self._api = build.account(settings.tesla, database, clock, self._ledger)
        home = settings.homeassistant
        self._publisher = Publisher(store=self._store, look=self._look, prefix=home.prefix if home.discovery else None)
        self._poller = Poller(
            api=self._api,
            clock=clock,
            pace=build.pace(settings.polling),
            scopes=self._scopes,
            listening=self._listening,
            report=self._health.report,
        )
        self._commander = self._commands(database)
        self._listener = Listener(
            topics=self._topics,
            clock=clock,
            time_to_live=settings.commands.time_to_live,
            status_topic=home.status_topic if home.discovery else None,
            ears=self._ears(),
        )
        will = Publication(self._topics.bridge("state"), b"offline", retain=True, content_type="text/plain")
        self._session = Session(
            mqtt=Mqtt(build.broker_address(settings.mqtt, tls), will=will),
            listener=self._listener,
            publisher=self._publisher,
            health=self._health,
            clock=clock,
            listening=self._listening,
            birth=self._birth,
            info=self._info,
        )

    def _commands(self, database: Database) -> Commander:
        journal = Journal(database, self._clock)
        executor = Executor(
            api=self._api,
            clock=self._clock,
            journal=journal,
            store=self._store,
            policy=build.policy(self._settings.commands),
            learn=self._learn,
            want=self._poller.want,
        )
        return Commander(
            executor=executor,
            journal=journal,
            store=self._store,
            answer=self._answer,
            offer=self._offer,
            is_known=self._is_known,
        )

    def _ears(self) -> Ears:
        return Ears(
            command=self._commander.receive,
            wish=self._poller.want,
            birth=self._birth.set,
            clear=self._publisher.clear,
            respond=self._respond,
            verbs={"health": self._health.body, "info": self._info, "republish": self._republish},
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Starts every part, waits for `stop`, and says goodbye."""
        self._recall_values()
        self._publisher.show(self._roster)
        parts = {
            "broker": self._session.serve,
            "polling": self._poller.run,
            "updates": self._follow_updates,
            "commands": self._commander.run,
            "heartbeat": self._beat,
            "birth": self._session.answer_births,
            "sign of life": self._show_life,
        }
        async with self._api, asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._supervise(name, part), name=name) for name, part in parts.items()]
            await stop.wait()
            systemd.notify("STOPPING=1")
            await self._say_goodbye()
            for task in tasks:
                task.cancel()

    async def _supervise(self, name: str, part: Any) -> None:
        """A bug in one part must not silence the others: it is logged, and the part begins anew."""
        while True:
            try:
                await part()
            except Exception:
                log.exception("a part failed and is started again", part=name)
            await self._clock.sleep(AGAIN)

    # --- in ---------------------------------------------------------------------------------------------

    async def _follow_updates(self) -> None:
        async for heard in self._poller.updates():
            if isinstance(heard, Roster):
                self._show(heard)
            else:
                self._learn(heard)

    def _learn(self, update: Update) -> None:
        if change := self._store.apply(update):
            self._publisher.change(change)

    def _show(self, roster: Roster) -> None:
        now = Roster((*OWN_DEVICES, *roster.devices))
        gone = {device.at for device in self._roster.devices} - {device.at for device in now.devices}
        if now != self._roster:
            log.info("devices of the account", names=[device.name for device in roster.devices])
        self._roster = now
        self._publisher.show(now)
        self._publisher.bridge("info", self._info())
        for at in gone:
            self._store.forget(at)
            self._health.forget(str(at))
            self._database.forget_values(str(at))

    def _answer(self, result: Result, taken: Callable[[], None]) -> None:
        self._publisher.answer(result, taken)
        at = result.request.device
        if any(device.at == at for device in self._roster.devices):
            self._tell(at, {"last_command": result.request.name[:64], "last_command_outcome": result.outcome.value})

    # --- the end ----------------------------------------------------------------------------------------

    async def _say_goodbye(self) -> None:
        """Running commands get their answers, then everything goes offline; the rest is in the journal."""
        await self._commander.stop(LAST_ANSWERS)
        self._publisher.bridge("state", "offline")
        await self._patiently(lambda: self._publisher.is_drained)
        self._keep_values()

    async def _patiently(self, is_done: Any) -> None:
        try:
            async with asyncio.timeout(LAST_WORDS):
                while not is_done():
                    await self._clock.sleep(0.02)
        except TimeoutError:
            log.warning("stopping without waiting any longer")

    # --- the bridge's own news --------------------------------------------------------------------------

    async def _beat(self) -> None:
        while True:
            self._tell_of_itself()
            self._keep_values()
            await self._clock.sleep(HEARTBEAT)

    async def _show_life(self) -> None:
        await alive.keep_showing(self._settings.data_dir, self._clock, lambda: self._health.down("broker"))

    def _tell_of_itself(self) -> None:
        for device in self._roster.devices:
            at = device.at
            self._tell(at, freshness(at.kind, self._store.values(at), self._clock.now()))
            if at not in {BRIDGE, ACCOUNT}:
                self._publisher.available(at, is_available=not isinstance(self._health.blocker, _blocks(at.kind)))
        self._tell(
            ACCOUNT, news.account(self._health, self._ledger.month(), self._api.region.name, self._tokens.expires_at)
        )
        self._tell(BRIDGE, {"version": VERSION, "started_at": self._started, "devices": len(self._roster.devices)})
        self._publisher.bridge("health", self._health.body() | news.month(self._ledger.month()))

    def _tell(self, at: DeviceId, answer: Mapping[str, Any]) -> None:
        values = catalog.read(at.kind, {"bridge": answer})
        self._learn(Update(at, values, self._clock.monotonic(), "bridge"))

    def _info(self) -> dict[str, Any]:
        return news.info(self._roster, self._topics, VERSION, self._started)

    def _republish(self) -> dict[str, Any]:
        self._publisher.republish()
        return {}

    def _respond(self, verb: str, body: Mapping[str, Any], message: Message) -> None:
        self._publisher.respond(verb, body, response_topic=message.response_topic, correlation=message.correlation)

    # --- what decides -----------------------------------------------------------------------------------

    def _is_known(self, at: DeviceId) -> bool | None:
        """Is it in the account, or was it when last seen? None until Tesla has listed the devices."""
        if any(device.at == at for device in self._roster.devices) or at in self._store.devices():
            return True
        return None if self._roster.devices == OWN_DEVICES else False

    def _scopes(self) -> frozenset[str] | None:
        """What the token holds; None while it is not known."""
        return self._tokens.scopes or None

    def _offer(self) -> Offer:
        return Offer(enabled_commands=self._settings.commands.enable, scopes=self._scopes())

    def _look(self) -> Look:
        expiry = self._settings.homeassistant.command_expiry
        return Look(self._topics, VERSION, command_expiry=expiry, offer=self._offer())

    # --- across a restart -------------------------------------------------------------------------------

    def _recall_values(self) -> None:
        """Older than anything that will be heard, so that everything newer wins."""
        for at, values in recalled(self._database.values()).items():
            self._store.apply(Update(at, values, -math.inf, "restart"))

    def _keep_values(self) -> None:
        own = {BRIDGE, ACCOUNT}
        known = {at: self._store.values(at) for at in self._store.devices() if at not in own}
        self._database.keep_values(kept(known))


def _blocks(kind: Kind) -> tuple[type[Exception], ...]:
    """What keeps a device from being served. At Tesla's limit only cars are: calls to sites are free."""
    return (SignInRequired, AccountLimited) if kind is Kind.VEHICLE else (SignInRequired,)
