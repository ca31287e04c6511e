"""Tells what the bridge knows of itself, of its accounts, and of how each device does: every minute, and on news."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from bridge import catalog, news
from bridge.accounts import Accounts
from bridge.clock import Clock
from bridge.control import Control
from bridge.fleet import VERSION
from bridge.freshness import by_group, freshness
from bridge.health import Health
from bridge.household import Household
from bridge.lag import Lag
from bridge.ledger import Ledger
from bridge.model import Device, DeviceId, Happening, Kind, Outcome, Result, Update
from bridge.publisher import Publisher
from bridge.settings import FIRST
from bridge.state import Store
from bridge.topics import BRIDGE, Topics


class Herald:
    """`learn` takes what it tells like any other update."""

    def __init__(
        self,
        *,
        clock: Clock,
        store: Store,
        topics: Topics,
        publisher: Publisher,
        health: Health,
        ledger: Ledger,
        learn: Callable[[Update], None],
        household: Household,
        accounts: Accounts,
        control: Control,
        lag: Lag,
    ) -> None:
        self._clock = clock
        self._store = store
        self._topics = topics
        self._publisher = publisher
        self._health = health
        self._ledger = ledger
        self._learn = learn
        self._household = household
        self._accounts = accounts
        self._control = control
        self._lag = lag
        self.results: Counter[str] = Counter()
        """Commands that have ended since the start, by outcome."""
        self._started = clock.now()

    def tell(self, at: DeviceId, answer: Mapping[str, Any]) -> None:
        """The `bridge` answer of a device: as much of it as there is to tell now."""
        values = catalog.read(at.kind, {"bridge": answer})
        self._learn(Update(at, values, self._clock.monotonic(), "bridge"))

    def tell_all(self, waiting: int) -> None:
        """All there is to tell, and whether each device can be served. `waiting`: commands."""
        for device in self._household.roster.devices:
            self._tell_of(device)
            if device.at.kind not in {Kind.BRIDGE, Kind.ACCOUNT}:
                at = device.at
                self._publisher.available(at, is_available=self._accounts.of(at).can_serve(at.kind))
        self.tell_of_accounts()
        self.tell(
            BRIDGE, {"version": VERSION, "started_at": self._started, "devices": len(self._household.roster.devices)}
        )
        self.tell(BRIDGE, news.bridge(self._health, waiting, is_restartable=self._control.comes_back))
        self._publisher.bridge("health", self.health_body() | news.month(self._ledger.month()))

    def _tell_of(self, device: Device) -> None:
        at, now = device.at, self._clock.now()
        self.tell(at, freshness(at.kind, self._store.values(at), now) | self._last_error(at))
        self.tell(at, self._control.options.all(at))
        if at.kind is Kind.VEHICLE:
            self.tell(at, news.car(self._ledger.share(at.id)))
        if at.kind not in {Kind.BRIDGE, Kind.ACCOUNT}:
            self.tell(at, by_group(at.kind, self._store.learned(at), self._clock.monotonic(), now))

    def tell_of_accounts(self) -> None:
        for account in self._accounts.all:
            self.tell(account.at, news.account(self._health, account.standing, self._ledger.month()))

    def tell_of_checks(self, account: str, answer: Mapping[str, bool]) -> None:
        """What the daily look at an account has found; an empty name is the first one's."""
        self.tell(DeviceId(Kind.ACCOUNT, account or FIRST), answer)

    def tell_of_command(self, result: Result) -> None:
        """A command has ended: the last one of its device, and an event."""
        at, name = result.request.device, result.request.name[:64]
        self.results[result.outcome.value] += 1
        if not self._household.has(at):
            return
        if result.outcome is not Outcome.OK:
            self._health.note(str(at), f"{name}: {result.message or result.reason}")
        self.tell(at, news.command(result) | self._last_error(at))
        facts = {"command": name, "reason": result.reason, "message": result.message}
        self._publisher.happened(Happening(at, result.outcome.value, facts))

    def health_body(self) -> dict[str, Any]:
        """For <base>/bridge/health."""
        return self._health.body() | {"warnings": self._control.warnings(), "loop_lag_ms": news.lateness(self._lag)}

    def info(self) -> dict[str, Any]:
        """For <base>/bridge/info."""
        return news.info(self._household.roster, self._topics, VERSION, self._started)

    def _last_error(self, at: DeviceId) -> dict[str, Any]:
        """Nothing where there was none since the start: an earlier run's is still shown."""
        text = self._health.last_error(str(at))
        return {"last_error": text} if text else {}
