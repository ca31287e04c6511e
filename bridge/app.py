"""The composition root: builds the parts, joins them, runs them in one TaskGroup, stops them in good order.

sources -> Update -> Store -> Change -> publisher -> broker
broker -> topics -> Request -> commands -> Result -> publisher
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from bridge import alive, build, build_broker, systemd
from bridge.accounts import Account, Accounts, Means
from bridge.clock import Clock
from bridge.commands.commander import Commander
from bridge.commands.execution import Executor
from bridge.commands.intents import Intents
from bridge.commands.journal import Journal
from bridge.control import Control, Reach
from bridge.database import Database
from bridge.doctor import Case, Daily, Doctor
from bridge.former_prefix import FormerPrefix
from bridge.goodbye import say_goodbye
from bridge.guard import Guard
from bridge.health import Health
from bridge.herald import Herald
from bridge.household import Household
from bridge.lag import Lag
from bridge.last_values import LastValues
from bridge.learning import Learning
from bridge.listener import Ears, Listener
from bridge.metrics import Watched, served
from bridge.model import Kind, Request, Result, Roster
from bridge.publisher import Publisher
from bridge.restarts import Restarts
from bridge.session import Session
from bridge.settings import Settings
from bridge.sources import extras
from bridge.state import Exact, Store
from bridge.supervision import Part, supervised
from bridge.topics import BRIDGE, Topics

HEARTBEAT = 60.0
"""Seconds between two messages on bridge/health, two looks at freshness, and two savings of values."""


async def run(settings: Settings, clock: Clock, stop: asyncio.Event, *, comes_back: bool = False) -> int:
    """Runs until `stop` is set; gives the exit code. Raises SettingWrong when it cannot start.

    `comes_back`: whoever has started it starts it again when it ends with alive.RESTART.
    """
    tls = await asyncio.to_thread(build_broker.tls, settings.mqtt)
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
        self._settings, self._clock, self._stop = settings, clock, stop
        self._topics = Topics(settings.base_topic, settings.aliases)
        self._store = Store(settings.location)
        self._health = Health(clock)
        self._restarts = Restarts(settings.data_dir, clock, partial(self._health.report, "starts"))
        self._lag = Lag(asyncio.get_running_loop())
        self._listening, self._birth = asyncio.Event(), asyncio.Event()
        self._ledger = build.ledger(settings, database, clock)
        paced = partial(build.pace, settings.polling)
        self._control = Control(
            settings, database, self._ledger, self._health, self._reach(), paced=paced, comes_back=comes_back
        )
        self._accounts = Accounts(build.accounts(settings, database, clock, self._ledger), self._means(database))
        home, commands = settings.homeassistant, settings.commands
        self._household = Household(
            self._accounts, self._store, self._topics, commands.enable, home.command_expiry, location=settings.location
        )
        self._last = LastValues(database, self._store, but={device.at for device in self._household.own})
        self._publisher = Publisher(
            store=self._store,
            topics=self._topics,
            look=self._household.look,
            prefix=home.prefix if home.discovery else None,
            report=self._health.report,
        )
        self._former = FormerPrefix(database, self._publisher.outbox, home.prefix if home.discovery else None)
        deriver = build.deriver(settings, database, Exact(self._store), clock)
        self._learning = Learning(self._store, deriver, self._publisher, clock)
        self._herald = self._news()
        self._commander = self._commands(database)
        self._doctor = Doctor(self._cases, clock)
        self._daily = Daily(self._cases, clock, self._listening, self._herald.tell_of_checks)
        self._listener = Listener(
            topics=self._topics,
            clock=clock,
            time_to_live=commands.time_to_live,
            status_topic=home.status_topic if home.discovery else None,
            ears=self._ears(),
        )
        outbox = self._publisher.outbox
        self._guard = Guard(outbox, self._topics, home.prefix, self._health, clock, raised=self._tell_all)
        self._session = self._conversation(tls)

    def _news(self) -> Herald:
        return Herald(
            clock=self._clock,
            store=self._store,
            topics=self._topics,
            publisher=self._publisher,
            health=self._health,
            ledger=self._ledger,
            learn=self._learning.learn,
            household=self._household,
            accounts=self._accounts,
            control=self._control,
            lag=self._lag,
        )

    def _conversation(self, tls: ssl.SSLContext | None) -> Session:
        return Session(
            mqtt=build_broker.mqtt(self._settings.mqtt, tls, self._topics),
            topics=self._topics,
            listener=self._listener,
            publisher=self._publisher,
            guard=self._guard,
            health=self._health,
            clock=self._clock,
            listening=self._listening,
            birth=self._birth,
            info=self._herald.info,
        )

    def _means(self, database: Database) -> Means:
        return Means(
            clock=self._clock,
            pace=self._control.pace,
            pressure=lambda: self._ledger.pressure,
            listening=self._listening,
            health=self._health,
            data_dir=self._settings.data_dir,
            notes=database,
            is_polled=self._control.is_polled,
            known=self._store.values,
            places=self._settings.places_told,
        )

    def _reach(self) -> Reach:
        return Reach(
            tell=lambda at, answer: self._herald.tell(at, answer),  # noqa: PLW0108 - it is made later
            want=lambda at: self._accounts.want(at),  # noqa: PLW0108 - they are made later
            changed=lambda at: self._accounts.of(at).poller.changed(at),
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
            learn=self._learning.learn,
            want=self._accounts.want,
            local={**self._control.errands(), **extras.buttons(self._accounts.want)},
            compose=lambda job: self._intents.carry_out(job),  # noqa: PLW0108 - they are made later
        )
        self._intents = Intents(executor, database, self._clock, self._herald.tell, self._control.intent_duration)
        return Commander(
            executor=executor,
            journal=journal,
            store=self._store,
            answer=self._answer,
            offer=self._household.offer,
            is_known=self._household.knows,
            rest=self._restarts.rest,
            clock=self._clock,
            interval=self._control.policy.interval,
        )

    def _ears(self) -> Ears:
        return Ears(
            command=self._receive,
            wish=lambda at, group: self._accounts.want(at, group=group),
            birth=self._birth.set,
            clear=self._publisher.clear,
            respond=self._publisher.respond_to,
            verbs={"health": self._herald.health_body, "info": self._herald.info, "republish": self._republish},
            errands={"check": self._doctor.ask},
        )

    async def run(self) -> int:
        """Starts every part, waits until it is to stop, and says goodbye. Gives the exit code."""
        self._last.recall()
        self._control.begin()
        for at in self._intents.sites:
            self._herald.tell(at, self._intents.news(at))
        self._publisher.show(self._household.roster)
        data_dir = self._settings.data_dir
        parts: dict[str, Part] = {
            "broker": self._session.serve,
            "commands": self._commander.run,
            "intents": self._intents.run,
            "heartbeat": self._beat,
            "birth": self._session.answer_births,
            "guard": self._guard.run,
            "sign of life": partial(alive.keep_showing, data_dir, self._clock, lambda: self._health.down("broker")),
            "doctor": self._doctor.serve,
            "daily checks": self._daily.serve,
        }
        for account in self._accounts.all:
            parts |= self._parts_of(account)
        with self._lag, self._metrics(), self._restarts, alive.watched_over(asyncio.get_running_loop()):
            async with self._accounts, supervised(parts, self._clock, self._health.report):
                await self._stop.wait()
                systemd.notify("STOPPING=1")
                await say_goodbye(self._commander, self._publisher, self._clock)
                self._last.keep()
        return alive.RESTART if self._control.is_to_start_again else 0

    def _metrics(self) -> AbstractContextManager[None]:
        """Raises SettingWrong where they cannot be served."""
        own = self._settings.metrics
        at_work = self._commander, self._herald, self._publisher, self._listener, self._listening
        watched = Watched(self._lag, self._health, self._ledger, self._accounts, self._household, *at_work)
        return served(own.host, own.port, watched)

    def _parts_of(self, account: Account) -> dict[str, Part]:
        news = partial(account.watch, lambda: self._show(self._household.roster), self._herald.tell_of_accounts)
        return {
            f"{account.at} tokens": account.mind_tokens,
            f"{account.at} news": news,
            f"{account.at} polling": self._restarts.quiet(account.poller.run),
            f"{account.at} updates": lambda: self._follow_updates(account),
        }

    def _receive(self, request: Request) -> None:
        self._commander.receive(request)
        self._herald.tell(BRIDGE, {"command_queue": self._commander.waiting})

    async def _follow_updates(self, account: Account) -> None:
        async for heard in self._accounts.heard(account):
            if isinstance(heard, Roster):
                self._show(Roster((*self._household.own, *heard.devices)))
            else:
                self._learning.learn(heard)

    def _show(self, now: Roster) -> None:
        """What there is now, and what may be offered of it."""
        gone = self._household.renew(now)
        for device in now.devices:
            if device.at.kind is Kind.ENERGY_SITE:
                self._herald.tell(device.at, self._intents.news(device.at))
        self._former.leave(now.devices)
        self._publisher.show(now)
        self._publisher.bridge("info", self._herald.info())
        for device in now.devices:
            self._herald.tell(device.at, self._control.options.all(device.at))
        for at in gone:
            self._store.forget(at)
            self._health.forget(str(at))
            self._last.forget(at)

    def _answer(self, result: Result, taken: Callable[[], None]) -> None:
        self._publisher.answer(result, taken)
        self._herald.tell_of_command(result)
        self._herald.tell(BRIDGE, {"command_queue": self._commander.waiting})

    async def _beat(self) -> None:
        while True:
            self._learning.pass_minute()
            self._tell_all()
            self._last.keep()
            await self._clock.sleep(HEARTBEAT)

    def _tell_all(self) -> None:
        self._herald.tell_all(self._commander.waiting)

    def _republish(self) -> dict[str, Any]:
        self._publisher.republish()
        return {}

    def _cases(self) -> list[Case]:
        """What the doctor examines: each account, by its own settings."""
        return [build.case(self._settings, account.access, self._clock) for account in self._accounts.all]
