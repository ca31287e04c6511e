"""A commander on its own desk: a Tesla that does what a test says, a clock that hurries, the results in a list."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple

from fakes import FakeClock

from bridge.catalog import read
from bridge.catalog.energy_site.settings import NO_GRID_CHARGING
from bridge.catalog.offer import Offer
from bridge.commands.admission import Job
from bridge.commands.commander import Commander
from bridge.commands.execution import Executor
from bridge.commands.intents import Intents
from bridge.commands.journal import Journal
from bridge.commands.local import Errands
from bridge.commands.waking import Policy
from bridge.database import Database
from bridge.errors import BridgeError, NotSent, SigningRequired, VehicleUnavailable
from bridge.fleet.answers import CommandAnswer
from bridge.model import DeviceId, Kind, Request, Result, Update, Value
from bridge.state import Store
from bridge.topics import BRIDGE

CAR = DeviceId(Kind.VEHICLE, "LRW3F7EK4NC700001")
OTHER_CAR = DeviceId(Kind.VEHICLE, "5YJYGDEE1MF700002")
ACCOUNT = DeviceId(Kind.ACCOUNT, "tesla")
SITE = DeviceId(Kind.ENERGY_SITE, "2252000000000001")
DONE = CommandAnswer(result=True, reason="")

EFFECTS: Mapping[str, tuple[str, str, str]] = {
    "command/set_charge_limit": ("charge_state", "percent", "charge_limit_soc"),
    "command/set_charging_amps": ("charge_state", "charging_amps", "charge_current_request"),
    "backup": ("site_info", "backup_reserve_percent", "backup_reserve_percent"),
    "operation": ("site_info", "default_real_mode", "default_real_mode"),
}
"""Endpoint -> the group, the parameter and the field that it changes."""


class Asked(NamedTuple):
    """One call that reached Tesla."""

    what: str
    device: str
    body: Mapping[str, Any]


class Tesla:
    """Does what it is asked, unless an answer stands in line: a refusal, or an error to raise.

    `effective` False: says yes and does nothing. `lossy` True: an error in line comes after the deed. `failing`:
    endpoint -> what it answers each time, without doing it.
    """

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.answers: deque[CommandAnswer | BridgeError] = deque()
        self.states: deque[str] = deque(["online"])
        self.car: dict[str, dict[str, Any]] = {"charge_state": {}, "climate_state": {}, "vehicle_state": {}}
        self.failing: dict[str, CommandAnswer | BridgeError] = {}
        self.site: dict[str, Any] = {
            "backup_reserve_percent": 20,
            "default_real_mode": "self_consumption",
            "installation_time_zone": "Europe/Berlin",
            "components": {NO_GRID_CHARGING: True, "customer_preferred_export_rule": "pv_only"},
        }
        self.is_down = False
        self.live: dict[str, Any] = {"percentage_charged": 50.0, "battery_power": 0}
        self.readable = True
        self.read_fails: BridgeError | None = None
        self.meanwhile: Callable[[], None] = lambda: None
        """What happens in the world while a look or a read is answered."""
        self.key_missing = False
        self.effective = True
        self.lossy = False
        self.wake_fails: BridgeError | None = None
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.may_be_read = asyncio.Event()
        self.may_be_read.set()

    @property
    def writes(self) -> list[Asked]:
        return [each for each in self.asked if each.what.startswith("command/") or each.device == SITE.id]

    @property
    def wakes(self) -> int:
        return sum(each.what == "wake_up" for each in self.asked)

    async def vehicle(self, vin: str) -> Mapping[str, Any]:
        """Each look takes the next state from the line, the last one for ever."""
        self.meanwhile()
        state = self.states.popleft() if len(self.states) > 1 else self.states[0]
        return {"vin": vin, "state": state}

    async def vehicle_data(self, vin: str, groups: Collection[str]) -> Mapping[str, Any]:
        await self.may_be_read.wait()
        if not self.readable:
            raise VehicleUnavailable("asleep")
        if self.read_fails:
            raise self.read_fails
        return {name: self.car[name] for name in groups}

    async def wake_up(self, vin: str, *, not_after: float) -> Mapping[str, Any]:
        self.asked.append(Asked("wake_up", vin, {}))
        if self.wake_fails:
            raise self.wake_fails
        return {}

    async def check_key(self, vin: str) -> None:
        self.meanwhile()
        if self.key_missing:
            raise SigningRequired("the app's key is not in the car")

    async def command(self, vin: str, endpoint: str, body: Mapping[str, Any], *, not_after: float) -> CommandAnswer:
        return await self._write(vin, endpoint, body)

    async def energy_write(
        self, site: str, endpoint: str, body: Mapping[str, Any], *, not_after: float
    ) -> CommandAnswer:
        return await self._write(site, endpoint, body)

    async def site_info(self, site: str) -> Mapping[str, Any]:
        self.meanwhile()
        if self.is_down:
            raise NotSent("no connection")
        return deepcopy(self.site)

    async def live_status(self, site: str) -> Mapping[str, Any]:
        return self.live

    async def _write(self, device: str, endpoint: str, body: Mapping[str, Any]) -> CommandAnswer:
        self.asked.append(Asked(endpoint, device, dict(body)))
        await self.may_answer.wait()
        answer = self.answers.popleft() if self.answers else self.failing.get(endpoint, DONE)
        if endpoint not in self.failing and (self.lossy or (isinstance(answer, CommandAnswer) and answer.result)):
            self._take_effect(endpoint, body)
        if isinstance(answer, BridgeError):
            raise answer
        return answer

    def _take_effect(self, endpoint: str, body: Mapping[str, Any]) -> None:
        if self.effective and endpoint in EFFECTS:
            group, parameter, field = EFFECTS[endpoint]
            target = self.site if group == "site_info" else self.car[group]
            target[field] = body[parameter]
        if self.effective and endpoint == "grid_import_export":
            self.site["components"].update(body)
        if self.effective and endpoint == "time_of_use_settings":
            self.site |= body["tou_settings"]


class Desk:
    """Send requests, read results. `broker_takes` False: results are published, and nobody acknowledges them."""

    def __init__(
        self,
        database: Database,
        tesla: Tesla,
        clock: FakeClock,
        *,
        offer: Offer,
        policy: Policy,
        local: Errands,
        rest: float,
    ) -> None:
        self.wanted: list[DeviceId] = []
        self.tesla = tesla
        self.clock = clock
        self._database = database
        self.store = Store()
        self.results: list[Result] = []
        self.broker_takes = True
        self.journal = Journal(database, clock)
        executor = self.executor = Executor(
            api=lambda _: tesla,
            clock=clock,
            journal=self.journal,
            store=self.store,
            policy=policy,
            learn=self._learn,
            want=lambda device, _after: self.wanted.append(device),
            local=local,
            compose=self._compose,
        )
        self.duration = 120.0
        self.intents = Intents(executor, database, clock, self._tell, lambda _: self.duration)
        self.commander = Commander(
            executor=executor,
            journal=self.journal,
            store=self.store,
            answer=self._answer,
            offer=lambda _: offer,
            is_known=lambda at: at in {CAR, OTHER_CAR, SITE, ACCOUNT, BRIDGE},
            rest=lambda: clock.sleep(rest),
            clock=clock,
            interval=policy.interval,
        )

    def knows(self, device: DeviceId = CAR, **values: Value) -> None:
        """What a poll has just seen of a device."""
        self._learn(Update(device, values, self.clock.monotonic(), "poll"))

    def send(
        self, name: str, payload: str | bytes = "", device: DeviceId = CAR, *, life: float = 90, **given: Any
    ) -> None:
        data = payload.encode() if isinstance(payload, str) else payload
        now, until = self.clock.now(), self.clock.monotonic() + life
        self.commander.receive(
            Request(device=device, name=name, payload=data, received_at=now, deadline=until, **given)
        )

    async def ask(self, name: str, payload: str | bytes = "", device: DeviceId = CAR, **given: Any) -> Result:
        """Sends, and waits for the result."""
        count = len(self.results)
        self.send(name, payload, device, **given)
        return (await self.heard(count + 1))[count]

    async def heard(self, count: int) -> list[Result]:
        """The results, once there are so many."""
        await self.until(lambda: len(self.results) >= count)
        return self.results

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not condition():
                await self.idle()

    async def idle(self) -> None:
        """Everybody does what they can do now."""
        for _ in range(20):
            await asyncio.sleep(0)  # noqa: TID251 - gives way to other tasks; no time passes

    def make_disk_fail(self, *, fails: bool = True) -> None:
        """As when the file system has become read-only."""
        assert self._database._sqlite
        self._database._sqlite.execute(f"PRAGMA query_only = {fails:d}")

    async def _compose(self, job: Job) -> Result:
        return await self.intents.carry_out(job)

    def _tell(self, at: DeviceId, answer: Mapping[str, Any]) -> None:
        self._learn(Update(at, read(at.kind, {"bridge": answer}), self.clock.monotonic(), "bridge"))

    def _learn(self, update: Update) -> None:
        self.store.apply(update)

    def _answer(self, result: Result, taken: Callable[[], None]) -> None:
        self.results.append(result)
        if self.broker_takes:
            taken()


@asynccontextmanager
async def desk(
    directory: Path,
    *,
    tesla: Tesla | None = None,
    clock: FakeClock | None = None,
    offer: Offer | None = None,
    policy: Policy | None = None,
    local: Errands | None = None,
    rest: float = 0.0,
) -> AsyncIterator[Desk]:
    """One life of a bridge's commander; the next one on the same directory finds its journal.

    `rest`: seconds for which a crash loop keeps it from asking Tesla anything of its own accord.
    """
    with Database(directory) as database:
        clock = clock or FakeClock(hurries=True)
        one = Desk(
            database,
            tesla or Tesla(),
            clock,
            offer=offer or Offer(),
            policy=policy or Policy(),
            local=local or {},
            rest=rest,
        )
        running = asyncio.create_task(one.commander.run())
        await one.idle()
        try:
            yield one
        finally:
            running.cancel()
            await asyncio.wait({running})
