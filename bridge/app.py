"""The composition root: builds the parts, joins them, runs them in one TaskGroup, stops them in good order.

sources -> Update -> Store -> Change -> publisher -> broker
broker -> topics -> Request -> commands -> Result -> publisher
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

import structlog

from bridge import alive, build, catalog, news, systemd
from bridge.accounts import Account, Accounts, Means
from bridge.catalog.offer import Offer
from bridge.clock import Clock
from bridge.commands.admission import Job
from bridge.commands.commander import Commander
from bridge.commands.execution import Executor
from bridge.commands.intents import Intents
from bridge.commands.journal import Journal
from bridge.components import Look
from bridge.control import Control, Reach
from bridge.database import Database
from bridge.derived import derivations
from bridge.derived.deriver import Deriver
from bridge.doctor import Case, Daily, Doctor
from bridge.fleet import VERSION
from bridge.freshness import by_group, freshness
from bridge.goodbye import say_goodbye
from bridge.health import Health
from bridge.last_values import LastValues
from bridge.listener import Ears, Listener
from bridge.model import (
    Change,
    Device,
    DeviceId,
    Happening,
    Kind,
    Outcome,
    Request,
    Result,
    Roster,
    Update,
    Value,
)
from bridge.mqtt import Message, Mqtt, Publication
from bridge.publisher import Publisher
from bridge.session import Session
from bridge.settings import FIRST, Settings
from bridge.sources import extras
from bridge.state import Store
from bridge.topics import BRIDGE, Topics

log = structlog.get_logger()

Part = Callable[[], Awaitable[None]]
"""What runs for as long as the bridge does."""

HEARTBEAT = 60.0
"""Seconds between two messages on bridge/health, two looks at freshness, and two savings of values."""

AGAIN = 10.0
"""Seconds before a part that failed is started again."""


RESTART = 75
"""Exit code of a bridge that is to be started again: whoever looks after it takes it for a failure that may pass."""


async def run(settings: Settings, clock: Clock, stop: asyncio.Event, *, comes_back: bool = False) -> int:
    """Runs until `stop` is set; gives the exit code. Raises SettingWrong when it cannot start.

    `comes_back`: whoever has started it starts it again when it ends with RESTART.
    """
    tls = await asyncio.to_thread(build.tls, settings.mqtt)
    with Database(settings.data_dir) as database:
        return await Bridge(settings, clock, database, tls, stop, comes_back=comes_back).run()


class Bridge:
    """All the parts. The constructor shows how they are joined."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        database: Database,
        tls: ssl.SSLContext | None,
        stop: asyncio.Event,
        *,
        comes_back: bool = False,
    ) -> None:
        self._stop = stop
        self._settings = settings
        self._clock = clock
        self._database = database
        self._started = clock.now()
        self._topics = Topics(settings.base_topic, settings.aliases)
        self._store = Store()
        self._deriver = Deriver(derivations(settings.zones), database, self._store.all, clock.now)
        self._health = Health(clock)
        self._listening = asyncio.Event()
        self._birth = asyncio.Event()
        self._ledger = build.ledger(settings, database, clock)
        self._control = Control(settings, database, self._ledger, self._health, self._reach(), comes_back=comes_back)
        self._accounts = Accounts(build.accounts(settings, database, clock, self._ledger), self._means(database))
        self._own = (
            Device(BRIDGE, "fleet2mqtt", model="Fleet API to MQTT bridge", software=VERSION),
            *(replace(account.device, via=BRIDGE) for account in self._accounts.all),
        )
        self._roster = Roster(self._own)
        home = settings.homeassistant
        self._last = LastValues(database, self._store, but={device.at for device in self._own})
        self._publisher = Publisher(
            store=self._store,
            topics=self._topics,
            look=self._look,
            prefix=home.prefix if home.discovery else None,
            report=self._health.report,
        )
        self._commander = self._commands(database)
        self._doctor = Doctor(self._cases, clock)
        self._daily = Daily(self._cases, clock, self._listening, self._found)
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

    def _means(self, database: Database) -> Means:
        pace = build.pace(self._settings.polling)
        return Means(
            clock=self._clock,
            pace=lambda _: pace,
            listening=self._listening,
            health=self._health,
            data_dir=self._settings.data_dir,
            notes=database,
            is_polled=self._control.is_polled,
            known=self._store.values,
        )

    def _reach(self) -> Reach:
        return Reach(
            tell=self._tell,
            want=self._wish,
            values=self._store.values,
            republish=self._republish,
            stop=self._stop.set,
        )

    def _commands(self, database: Database) -> Commander:
        journal = Journal(database, self._clock)
        executor = Executor(
            api=lambda at: self._accounts.of(at).api,
            clock=self._clock,
            journal=journal,
            store=self._store,
            policy=self._control.policy,
            learn=self._learn,
            want=self._accounts.want,
            local={
                **self._control.errands(),
                **extras.buttons(self._accounts.want),
                "set_intent_duration": self._choose_duration,
            },
            compose=self._compose,
        )
        self._intents = Intents(executor, database, self._clock, self._tell)
        return Commander(
            executor=executor,
            journal=journal,
            store=self._store,
            answer=self._answer,
            offer=self._offer,
            is_known=self._is_known,
            clock=self._clock,
            interval=self._control.policy.interval,
        )

    def _ears(self) -> Ears:
        return Ears(
            command=self._receive,
            wish=self._wish,
            birth=self._birth.set,
            clear=self._publisher.clear,
            respond=self._respond,
            verbs={"health": self._health_body, "info": self._info, "republish": self._republish},
            errands={"check": self._doctor.ask},
        )

    async def run(self) -> int:
        """Starts every part, waits until it is to stop, and says goodbye. Gives the exit code."""
        self._last.recall()
        self._control.begin()
        for at in self._intents.sites:
            self._tell(at, self._intents.news(at))
        self._publisher.show(self._roster)
        parts: dict[str, Part] = {
            "broker": self._session.serve,
            "commands": self._commander.run,
            "intents": self._intents.run,
            "heartbeat": self._beat,
            "birth": self._session.answer_births,
            "sign of life": self._show_life,
            "doctor": self._doctor.serve,
            "daily checks": self._daily.serve,
        }
        for account in self._accounts.all:
            parts |= self._parts_of(account)
        async with self._accounts, asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._supervise(name, part), name=name) for name, part in parts.items()]
            await self._stop.wait()
            systemd.notify("STOPPING=1")
            await say_goodbye(self._commander, self._publisher, self._clock)
            self._last.keep()
            for task in tasks:
                task.cancel()
        return RESTART if self._control.is_to_start_again else 0

    def _parts_of(self, account: Account) -> dict[str, Part]:
        return {
            f"{account.at} tokens": account.mind_tokens,
            f"{account.at} news": lambda: account.watch(lambda: self._show(self._roster), self._tell_of_accounts),
            f"{account.at} polling": account.poller.run,
            f"{account.at} updates": lambda: self._follow_updates(account),
        }

    async def _supervise(self, name: str, part: Part) -> None:
        """A bug in one part must not silence the others: it is logged, and the part begins anew."""
        while True:
            try:
                await part()
            except Exception:
                log.exception("a part failed and is started again", part=name)
            await self._clock.sleep(AGAIN)

    def _wish(self, at: DeviceId, group: str = "") -> None:
        self._accounts.want(at, group=group)

    def _receive(self, request: Request) -> None:
        self._commander.receive(request)
        self._tell(BRIDGE, {"command_queue": self._commander.waiting})

    # --- in ---------------------------------------------------------------------------------------------

    async def _follow_updates(self, account: Account) -> None:
        async for heard in self._accounts.heard(account):
            if isinstance(heard, Roster):
                self._show(Roster((*self._own, *heard.devices)))
            else:
                self._learn(heard)

    def _learn(self, update: Update) -> None:
        """Whatever follows from it is learnt as well."""
        changed, happenings = self._deriver.learn(update, self._store.apply, self._clock.monotonic())
        if changed:
            self._publisher.change(Change(update.device, changed))
        for happening in happenings:
            self._publisher.happened(happening)

    def _show(self, now: Roster) -> None:
        """What there is now, and what may be offered of it."""
        gone = {device.at for device in self._roster.devices} - {device.at for device in now.devices}
        if now != self._roster:
            log.info("devices of the account", names=[device.name for device in now.devices if device not in self._own])
        self._roster = now
        for device in now.devices:
            if device.at.kind is Kind.ENERGY_SITE:
                self._tell(device.at, self._intents.news(device.at))
        self._publisher.show(now)
        self._publisher.bridge("info", self._info())
        for device in now.devices:
            self._tell(device.at, self._control.options.all(device.at))
        for at in gone:
            self._store.forget(at)
            self._health.forget(str(at))
            self._last.forget(at)

    def _answer(self, result: Result, taken: Callable[[], None]) -> None:
        self._publisher.answer(result, taken)
        at, name = result.request.device, result.request.name[:64]
        if any(device.at == at for device in self._roster.devices):
            if result.outcome is not Outcome.OK:
                self._health.note(str(at), f"{name}: {result.message or result.reason}")
            self._tell(at, news.command(result) | self._last_error(at))
            facts = {"command": name, "reason": result.reason, "message": result.message}
            self._publisher.happened(Happening(at, result.outcome.value, facts))
        self._tell(BRIDGE, {"command_queue": self._commander.waiting})

    # --- the bridge's own news --------------------------------------------------------------------------

    async def _beat(self) -> None:
        while True:
            self._tell_of_itself()
            self._last.keep()
            await self._clock.sleep(HEARTBEAT)

    async def _show_life(self) -> None:
        await alive.keep_showing(self._settings.data_dir, self._clock, lambda: self._health.down("broker"))

    def _tell_of_itself(self) -> None:
        for at, values, happenings in self._deriver.passed():
            self._learn(Update(at, values, self._clock.monotonic(), "derived"))
            for happening in happenings:
                self._publisher.happened(happening)
        for device in self._roster.devices:
            at = device.at
            self._tell(at, freshness(at.kind, self._store.values(at), self._clock.now()) | self._last_error(at))
            self._tell(at, self._control.options.all(at))
            if at.kind is Kind.VEHICLE:
                self._tell(at, news.car(self._ledger.share(at.id)))
            if device not in self._own:
                self._tell(at, by_group(at.kind, self._store.learned(at), self._clock.monotonic(), self._clock.now()))
                self._publisher.available(at, is_available=self._accounts.of(at).can_serve(at.kind))
        self._tell_of_accounts()
        self._tell(BRIDGE, {"version": VERSION, "started_at": self._started, "devices": len(self._roster.devices)})
        self._tell(BRIDGE, news.bridge(self._health, self._commander.waiting, is_restartable=self._control.comes_back))
        self._publisher.bridge("health", self._health_body() | news.month(self._ledger.month()))

    def _health_body(self) -> dict[str, Any]:
        return self._health.body() | {"warnings": self._control.warnings()}

    def _last_error(self, at: DeviceId) -> dict[str, Any]:
        """Nothing where there was none since the start: an earlier run's is still shown."""
        text = self._health.last_error(str(at))
        return {"last_error": text} if text else {}

    def _tell_of_accounts(self) -> None:
        for account in self._accounts.all:
            self._tell(account.at, news.account(self._health, account.standing, self._ledger.month()))

    def _tell(self, at: DeviceId, answer: Mapping[str, Any]) -> None:
        values = catalog.read(at.kind, {"bridge": answer})
        self._learn(Update(at, values, self._clock.monotonic(), "bridge"))

    def _info(self) -> dict[str, Any]:
        return news.info(self._roster, self._topics, VERSION, self._started)

    def _republish(self) -> dict[str, Any]:
        self._publisher.republish()
        return {}

    async def _choose_duration(self, at: DeviceId, parameters: Mapping[str, Value]) -> None:
        await self._intents.choose_duration(at, parameters)

    async def _compose(self, job: Job) -> Result:
        return await self._intents.carry_out(job)

    def _respond(self, verb: str, body: Mapping[str, Any], message: Message) -> None:
        self._publisher.respond(verb, body, response_topic=message.response_topic, correlation=message.correlation)

    # --- what decides -----------------------------------------------------------------------------------

    def _cases(self) -> list[Case]:
        """Each account, for the doctor."""
        return [build.case(self._settings, account.access, self._clock) for account in self._accounts.all]

    def _found(self, account: str, answer: Mapping[str, bool]) -> None:
        self._tell(DeviceId(Kind.ACCOUNT, account or FIRST), answer)

    def _is_known(self, at: DeviceId) -> bool | None:
        """Is it in the account, or was it when last seen? None until Tesla has listed the devices."""
        if any(device.at == at for device in self._roster.devices) or at in self._store.devices():
            return True
        return False if self._accounts.have_listed else None

    def _offer(self, at: DeviceId) -> Offer:
        return self._accounts.of(at).offer(self._settings.commands.enable)

    def _look(self, at: DeviceId) -> Look:
        expiry = self._settings.homeassistant.command_expiry
        return Look(self._topics, VERSION, command_expiry=expiry, offer=self._offer(at))
