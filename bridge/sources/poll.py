"""Asks Tesla, at the times that `schedule` gives, and yields what it hears. One task per device."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from dataclasses import replace
from operator import attrgetter
from typing import Any

from bridge import catalog, schedule
from bridge.catalog.places import Place
from bridge.clock import Clock, pause
from bridge.errors import BridgeError, VehicleUnavailable
from bridge.model import Connectivity, Device, DeviceId, Kind, Roster, Update, Value
from bridge.pace import Pace
from bridge.schedule import VehicleHistory
from bridge.sources import answers, extras, roster
from bridge.sources.asker import Asker
from bridge.sources.asking import Asking, Extra
from bridge.sources.estimates import Estimates
from bridge.sources.failure import failure
from bridge.sources.rounds import Rounds
from bridge.sources.sites import Sites


class Poller:
    """One account's. `run` asks and never ends; `updates` yields what was heard; `want` asks for fresh data soon."""

    def __init__(
        self,
        *,
        account: DeviceId,
        api: answers.Api,
        clock: Clock,
        pace: Callable[[DeviceId], Pace],
        scopes: Callable[[], Collection[str] | None],
        listening: asyncio.Event,
        report: Callable[[str, BridgeError | None], None],
        is_ours: Callable[[DeviceId], bool] = lambda _: True,
        is_polled: Callable[[DeviceId], bool] = lambda _: True,
        pressure: Callable[[], float] = lambda: 0.0,
        known: Callable[[DeviceId], Mapping[str, Value]] = lambda _: {},
        places: Collection[Place] = frozenset(Place),
        besides: Iterable[Extra] = extras.EXTRAS,
    ) -> None:
        """While nobody is `listening`, nothing is asked: reading for nobody costs money (reliability.md D5).

        What is not `is_ours`, another account asks about. Of a car that is not `is_polled`, data is read on wish only.
        `pace`, `is_polled` and `pressure` are asked at every decision: `changed` lets a new answer count at once.
        `known`: the values of a device; `places`: in which ways it is let out where cars are.
        """
        self._known = known
        self._places = places
        self._is_polled = is_polled
        self._account = account
        self._is_ours = is_ours
        self._api = api
        self._clock = clock
        self._pace = pace
        self._scopes = scopes
        self._listening = listening
        self._report = report
        self._pressure = pressure
        self._heard: asyncio.Queue[Update | Roster] = asyncio.Queue()
        self._estimates = Estimates(clock, self._heard.put_nowait)
        self._vehicles: dict[DeviceId, VehicleHistory] = {}
        self._rounds = Rounds(clock=clock, pace=pace, listening=listening, report=report)
        self._devices: dict[DeviceId, Device] = {}
        self._missing = roster.Missing()
        self._sites = Sites(api=api, clock=clock, learn=self._learn, connector=self._connector, want=self.want)
        self._nudges: defaultdict[DeviceId, asyncio.Event] = defaultdict(asyncio.Event)
        self._tasks: dict[DeviceId, asyncio.Task[None]] = {}
        self._asker = Asker(
            besides,
            clock=clock,
            pace=pace(account),
            listening=listening,
            asking=self._asking,
            sleeps=self._sleeps,
            learn=self._learn,
        )

    @property
    def devices(self) -> Collection[DeviceId]:
        """Those that it asks about."""
        return self._devices.keys()

    async def updates(self) -> AsyncIterator[Update | Roster]:
        while True:
            yield await self._heard.get()

    def want(self, device: DeviceId, after: float = 0.0, group: str = "") -> None:
        """Fresh data of a device, so many seconds from now; no car is woken for it. `group`: of one extra call only."""
        if group and self._asker.want(device, group, after):
            return
        wish = self._clock.monotonic() + after
        if self._rounds.want(device, group, wish):
            return
        history = self._vehicles.get(device)
        if history and history.wanted_at and history.wanted_at < wish:
            self._vehicles[device] = replace(history, wanted_at=wish)  # its task wakes for the other one, and waits on
        else:
            self._change(device, wanted_at=wish)

    def changed(self, device: DeviceId) -> None:
        """Its pace is another one now, or its polling was switched on or off."""
        self._nudge(device)
        self._nudge(self._account)

    def look_again(self) -> None:
        """All is due, also what was put off: somebody has signed in, or the account shows more now, or less.

        But for the data of a car whose polling is off: nobody has asked for it.
        """
        for device in (self._account, *self._devices):
            is_left_alone = device.kind is Kind.VEHICLE and not self._is_polled(device)
            wish = {} if is_left_alone else {"wanted_at": self._clock.monotonic()}
            self._change(device, not_before=0.0, **wish)
            self._asker.look_again(device)

    def leave(self, devices: Collection[DeviceId]) -> None:
        """These are asked about no longer."""
        for at in devices:
            self._drop(at)
        self._announce()

    def _change(self, device: DeviceId, **what: Any) -> None:
        if device in self._vehicles:
            self._vehicles[device] = replace(self._vehicles[device], **what)
        self._rounds.change(device, **what)
        self._nudge(device)

    async def run(self) -> None:
        """Finds the devices and polls each in a task of its own."""
        self._tasks.clear()  # those of a run that failed have ended with it
        async with asyncio.TaskGroup() as group:
            products = self._paced(self._account, attrgetter("products"))
            group.create_task(self._rounds.repeat(self._account, "products", products, self._read_products, group))
            group.create_task(self._rounds.repeat(self._account, "vehicles", self._between_lists, self._read_vehicles))
            self._asker.start(self._account, group)

    # --- the account ------------------------------------------------------------------------------------

    async def _read_products(self, group: asyncio.TaskGroup) -> None:
        asked = self._clock.monotonic()
        products = await self._api.products()
        listed = {device.at: device for device in roster.devices(products) if self._is_ours(device.at)}
        self._devices |= listed
        self.leave(self._missing.gone(self._devices, listed, asked))
        for at in self._devices:
            self._start(at, group)
        for product in products:
            if isinstance(product, Mapping):
                self._saw_entry(product, asked)

    def _announce(self) -> None:
        self._heard.put_nowait(Roster(tuple(self._devices.values())))

    def _drop(self, at: DeviceId) -> None:
        for device in list(self._devices.values()):
            if at in {device.at, device.via}:
                self._devices.pop(device.at)
        self._vehicles.pop(at, None)
        self._estimates.forget(at)
        if task := self._tasks.pop(at, None):
            task.cancel()

    def _start(self, at: DeviceId, group: asyncio.TaskGroup) -> None:
        if at in self._tasks or at.kind is Kind.WALL_CONNECTOR:
            return
        if at.kind is Kind.VEHICLE:
            self._vehicles.setdefault(at, VehicleHistory())  # after a failure of ours nothing is paid for again
            self._tasks[at] = group.create_task(self._follow_vehicle(at))
        else:
            self._tasks[at] = group.create_task(self._follow_site(at))

    def _paced(self, at: DeviceId, interval: Callable[[Pace], float]) -> Callable[[], float]:
        return lambda: interval(self._pace(at))

    def _between_lists(self) -> float:
        """Seconds: the list is read for the car that wants it most often."""
        polled = filter(self._is_polled, self._vehicles)
        return min((self._pace(at).state for at in polled), default=self._pace(self._account).state)

    async def _read_vehicles(self) -> None:
        """One free call tells the state of every car."""
        if not self._vehicles:
            return
        asked = self._clock.monotonic()
        for entry in await self._api.vehicles():
            if isinstance(entry, Mapping):
                self._saw_entry(entry, asked)

    def _saw_entry(self, entry: Mapping[str, Any], asked: float) -> None:
        at = DeviceId(Kind.VEHICLE, str(entry.get("vin")))
        if at in self._vehicles:
            values = catalog.read(Kind.VEHICLE, {"vehicle": entry})
            self._heard.put_nowait(Update(at, values, asked, "poll"))
            self._set_vehicle(at, schedule.saw_state(self._vehicles[at], answers.connectivity(entry), asked))

    def _sleeps(self, at: DeviceId) -> bool:
        return at in self._vehicles and self._vehicles[at].connectivity is not Connectivity.ONLINE

    def _set_vehicle(self, at: DeviceId, history: VehicleHistory) -> None:
        if history != self._vehicles[at]:
            self._vehicles[at] = history
            self._nudge(at)

    # --- one car ----------------------------------------------------------------------------------------

    async def _follow_vehicle(self, at: DeviceId) -> None:
        async with asyncio.TaskGroup() as group:
            self._asker.start(at, group)
            group.create_task(self._estimates.follow(at))
            group.create_task(self._follow_data(at))

    async def _follow_data(self, at: DeviceId) -> None:
        while at in self._vehicles:
            due = self._next_data(at)
            wait = self._pace(at).products if due is None else due - self._clock.monotonic()
            if wait > 0:
                await pause(self._clock, wait, self._nudges[at])
            elif self._listening.is_set():
                await self._attempt_data(at)
            else:
                await self._listening.wait()
                # It may have fallen asleep meanwhile: the free list is asked first (reliability.md B1).
                self._set_vehicle(at, schedule.saw_state(self._vehicles[at], None, self._clock.monotonic()))

    def _next_data(self, at: DeviceId) -> float | None:
        history, pace = self._vehicles[at], self._pace(at)
        if self._is_polled(at):
            return schedule.next_data(history, pace, self._pressure())
        return schedule.next_wish(history, pace)

    async def _attempt_data(self, at: DeviceId) -> None:
        error = await failure(self._read_data, at)
        now = self._clock.monotonic()
        if error:
            # A 408 is put off too: it is billed, and the list may say `online` for long (reliability.md B1).
            self._vehicles[at] = schedule.put_off(self._vehicles[at], error, now, self._pace(at))
        if isinstance(error, VehicleUnavailable):
            # The list will tell whether it sleeps or is out of reach; either way it is left alone, and all is well.
            self._learn(at, {"vehicle": {"state": Connectivity.ASLEEP}}, now)
            self._set_vehicle(at, schedule.saw_state(self._vehicles[at], Connectivity.ASLEEP, now))
            error = None
        self._report(f"{at} data", error)

    async def _read_data(self, at: DeviceId) -> None:
        asked = self._clock.monotonic()
        body = await self._api.vehicle_data(at.id, answers.groups(has_place=self._has_place()))
        seen = {**answers.seen(answers.newest(body) or self._clock.now()), "battery_level_estimated": False}
        values = self._learn(at, {"vehicle": body, **body, "bridge": seen}, asked)
        doing, is_plugged = schedule.activity(values), bool(values.get("plugged_in"))
        is_starting = values.get("charging_state") == "starting"
        expected = self._estimates.saw(at, body.get("charge_state"), doing, asked)
        now, before = self._clock.monotonic(), self._vehicles[at]
        history = schedule.saw_data(before, doing, asked, now, expected, is_plugged=is_plugged, is_starting=is_starting)
        self._set_vehicle(at, history)

    def _asking(self, at: DeviceId) -> Asking:
        zone, known = self._sites.zone(at), self._known(at)
        has_place = self._has_place()
        return Asking(self._api, at, self._clock.now(), zone, self.devices, known, self._places, has_place=has_place)

    def _has_place(self) -> bool:
        scopes = self._scopes()
        return bool(self._places) and (scopes is None or "vehicle_location" in scopes)

    # --- one site ---------------------------------------------------------------------------------------

    async def _follow_site(self, at: DeviceId) -> None:
        async with asyncio.TaskGroup() as group:
            for name, interval, read in self._sites.calls:
                group.create_task(self._rounds.repeat(at, name, self._paced(at, interval), read, at))
            self._asker.start(at, group)

    def _connector(self, connector: Mapping[str, Any], site: DeviceId) -> DeviceId:
        """The products list may not name it: then it is found here."""
        device = roster.wall_connector(connector["din"], site, connector)
        if device.at not in self._devices and self._is_ours(device.at):
            self._devices[device.at] = device
            self._announce()
        return device.at

    # --- for all ----------------------------------------------------------------------------------------

    def _nudge(self, at: DeviceId) -> None:
        self._rounds.nudge(at)
        if at in self._nudges:
            self._nudges[at].set()

    def _learn(self, at: DeviceId, answer: Mapping[str, Any], asked: float) -> Mapping[str, Value]:
        values = catalog.read(at.kind, answer)
        self._heard.put_nowait(Update(at, values, asked, "poll"))
        return values
