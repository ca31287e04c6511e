"""One span of the accelerated soak: a household of two cars and a site, its troubles, its commands, its deaths."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import soak_figures as figures
from checker import broken
from crash_points import POINTS
from driven import Died, DrivenHouse, driven_house
from soak_troubles import BROKER_AWAY, DISK_FULL, HOUR, TROUBLES, Weather, disk
from spy import Heard
from whole_house import BASE, CAR, OTHER_CAR, SITE, message

from bridge.catalog import CATALOGUE
from bridge.database import Database
from bridge.model import Kind
from bridge.prices import LIST

MEMORY = Path("/dev/shm")  # noqa: S108 - where a disk is not waited for; the directory in it is ours alone

SETTINGS: dict[str, Any] = {
    # What a household has, and not the kit's: limits, wakes and pauses are part of what is soaked.
    "tesla_limits": "data=60,command=30,wake=3",
    "commands_wakes_a_day": 10,
    "commands_interval": 5,
    # Calls take real time, all others none: 90 days of the free list every 15 s would be half a million of them.
    "polling_profile": "eco",
    "polling_state": 300,
    "polling_live": 300,
    "polling_info": 3600,
    "polling_history": 3600,
}

PERIODS = {
    "bridge.app.HEARTBEAT": 600.0,
    "bridge.alive.PERIOD": 600.0,
    "bridge.accounts.LOOK": 60.0,
    "bridge.fleet.auth.inbox.LOOK": 60.0,
}
"""Instead of 60, 10, 5 and 5 s: looks at the clock and at files, which cost the most and change the least."""

APART = {"I4", "I7", "I10"}
"""Invariants that go by real time or by a first life's first answers; `Span` looks after what they are for."""


class Where(NamedTuple):
    """A span: its name, where the account lives, its first day, and how often a day the bridge is killed."""

    name: str
    region: str
    start: datetime
    kills: float


WHERES = (
    # The clocks go forward in California on 8 March 2026, and back in Germany on 25 October.
    Where("spring", "na", datetime(2026, 2, 18, 8, tzinfo=UTC), 3.0),
    Where("autumn", "eu", datetime(2026, 9, 22, 22, tzinfo=UTC), 0.0),
)


@dataclass
class Asked:
    """A command of ours. `heard`: its results, each once."""

    device: str
    name: str
    at: datetime
    heard: set[tuple[str, str]] = field(default_factory=set)


@dataclass
class Outcome:
    """What a span came to."""

    name: str
    days: int
    seconds: float
    wrong: list[str]
    seen: dict[str, int]
    lives: int
    refreshes: int
    results: dict[str, int]
    unsent: int
    calls: int
    bills: dict[str, tuple[float, float]]
    """Month -> Tesla's, ours, in US dollars."""
    samples: list[figures.Sample]


def soak(where: Where, days: int, seed: int) -> Outcome:
    began = time.perf_counter()
    random = Random(f"{where.name} {seed}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started and mounted must not outlive us
    directory = Path(tempfile.mkdtemp(prefix="soak-", dir=MEMORY if MEMORY.is_dir() else None))
    try:
        with (
            disk(directory / "disk") as small,
            driven_house(directory, where.start, region=where.region, seed=seed) as one,
        ):
            one.breaks = frozenset(APART)
            # Straight to the broker: the cable would take as much of a processor as the bridge.
            one.bridge.environment |= {
                "FLEET2MQTT_DATA_DIR": str(directory / "disk" / "data"),
                "FLEET2MQTT_MQTT_PORT": str(one.broker.port),
            }
            troubles = [*TROUBLES, small.trouble] if small else TROUBLES
            span = Span(one, where, random, Weather(one, random, troubles))
            span.live(days)
            return span.outcome(days, time.perf_counter() - began)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


class Span:
    """Hour after hour."""

    def __init__(self, one: DrivenHouse, where: Where, random: Random, weather: Weather) -> None:
        self._one = one
        self._where = where
        self._random = random
        self._weather = weather
        self._data = Path(one.bridge.environment["FLEET2MQTT_DATA_DIR"])
        self._asked: dict[str, Asked] = {}
        self._results: Counter[str] = Counter()
        self._unsent = 0
        self._refreshes: set[int] = set()
        self._bills: dict[str, tuple[float, float]] = {}
        self._doomed = False
        self._told = 0
        self._parent = os.getppid()
        self.wrong: list[str] = []
        self.samples: list[figures.Sample] = []

    def live(self, days: int) -> None:
        began = time.perf_counter()
        self._start()
        for day in range(days):
            for _ in range(24):
                self._hour()
            self._turn_page()
            self._tell_progress(day + 1, days, time.perf_counter() - began)
        self._weather.clear_up()
        self._run(HOUR)
        self._after_death(self._stop())

    def _hour(self) -> None:
        if os.getppid() != self._parent:
            sys.exit("nobody waits for it any more")
        first = self._random.uniform(60, HOUR / 2)
        self._run(first)
        self._weather.change(but=DISK_FULL if self._doomed else "")
        if self._random.random() < 0.3 and not self._weather.has(BROKER_AWAY):
            self._ask()
        if self._random.random() < self._where.kills / 24:
            self._doom()
        self._run(HOUR - first)
        if self._one.bridge.is_alive:
            self._sample()

    # --- the bridge's lives -------------------------------------------------------------------------------

    def _start(self) -> None:
        self._doomed = False
        self._one.bridge.start(**SETTINGS, periods=PERIODS)

    def _run(self, seconds: float) -> None:
        until = self._one.time.shared.elapsed + seconds
        try:
            self._one.time.run_for(seconds)
        except Died as end:
            self._after_death(end.code)
            away = self._random.choice((0.0, 0.0, 60.0, 2 * HOUR))
            self._one.time.run_for(away)
            self._start()
            self._run(max(0.0, until - self._one.time.shared.elapsed))

    def _doom(self) -> None:
        """It will die at some point that comes, or at any.

        Not while the disk is full: the bridge goes on then, and what it has counted is lost with it (ledger.py).
        """
        if self._doomed or self._weather.has(DISK_FULL):
            return
        self._doomed = True
        self._one.bridge.crash_at(self._random.choice(list(POINTS)))

    def _stop(self) -> int:
        return self._one.bridge.stop()

    def _after_death(self, code: int) -> None:
        if code not in {0, -9, -14}:
            self.wrong.append(f"I9: it ended with {code}\n{self._one.bridge.log[-2000:]}")
        if not self._weather.has(BROKER_AWAY):
            self._one.hear_out()
        self.wrong += broken(self._one.history, self._one.breaks)
        self._compare_bills()

    def _compare_bills(self) -> None:
        """The ledger is never below the bill."""
        ledger = self._one.cloud.ledger
        with Database(self._data) as database:
            rows = database.calls("2026-01-01")
        for month, theirs in ledger._billed.items():
            ours: Counter[str] = Counter()
            for at, _, cost, calls, _ in rows:
                ours[cost] += calls if at.startswith(month) else 0
            if month < f"{self._one.time.now:%Y-%m}" and month in self._bills:
                continue
            self.wrong += [
                f"I5: {month}: Tesla bills {number} {cost} calls, we count {ours[cost]}"
                for cost, number in theirs.items()
                if ours[cost] < number
            ]
            self._bills[month] = LIST.cost({str(cost): number for cost, number in theirs.items()}), LIST.cost(ours)

    # --- commands -----------------------------------------------------------------------------------------

    def _ask(self) -> None:
        number = len(self._asked) + self._unsent + sum(self._results.values())
        device, name, value = self._random.choice(
            (
                (CAR, "charge_limit", 50 + number % 50),
                (CAR, "charge_current", 5 + number % 11),
                (OTHER_CAR, "charge_limit", 50 + number % 50),
                (SITE, "backup_reserve", number % 80),
                (CAR, "flash_lights", None),
            )
        )
        transaction = f"soak-{self._where.name}-{number}-{self._random.randrange(10**9)}"
        self._asked[transaction] = Asked(device, name, self._one.time.now)
        self._one.send(device, name, message(transaction, **({} if value is None else {"value": value})))

    def _hear(self, heard: Sequence[Heard]) -> None:
        for each in heard:
            if "/result/" not in each.topic:
                continue
            asked = self._asked.get(each.body["transaction"])
            if asked:
                asked.heard.add((each.body["outcome"], each.body["finished_at"]))

    def _settle_commands(self) -> None:
        """Those of yesterday and before have had their time."""
        for transaction, asked in list(self._asked.items()):
            if (self._one.time.now - asked.at).total_seconds() < 8 * HOUR:
                continue
            del self._asked[transaction]
            if len(asked.heard) > 1:
                self.wrong.append(f"I4: {asked.name} {transaction} has {len(asked.heard)} results: {asked.heard}")
            for outcome, _ in sorted(asked.heard)[:1]:
                self._results[outcome] += 1
            if not asked.heard:
                self._expect_unsent(transaction, asked)

    def _expect_unsent(self, transaction: str, asked: Asked) -> None:
        """Nobody has heard of it: it was lost before the bridge had it, and nothing was done."""
        self._unsent += 1
        call = {"charge_limit": "set_charge_limit", "charge_current": "set_charging_amps", "backup_reserve": "backup"}
        name = call.get(asked.name, asked.name)
        for each in self._one.cloud.executions:
            near = 0 <= (each.time - asked.at).total_seconds() < 120
            if near and each.name.endswith(name) and asked.device.endswith(each.device):
                self.wrong.append(f"I4: {asked.name} {transaction} was done and has no result")

    # --- a day ends ---------------------------------------------------------------------------------------

    def _turn_page(self) -> None:
        one = self._one
        if not self._weather.has(BROKER_AWAY):
            one.hear_out()
        heard = one._heard()
        self._hear(heard)
        self._settle_commands()
        self.wrong += _counters(heard)
        self.wrong += broken(one.history, one.breaks)
        self._refreshes.add(max(line.generation for line in one.cloud.tokens._lineages))
        one.spies[:] = [one.spy]
        one.spy.messages.clear()
        one.history.forget()
        if len(self.wrong) > 20:
            raise AssertionError("\n".join(self.wrong))

    def _sample(self) -> None:
        one, report = self._one, self._one.time.report
        rss, descriptors, threads = figures.look(one.bridge.process.pid)
        self.samples.append(
            figures.Sample(
                at=(one.time.now - self._where.start).total_seconds(),
                life=len(one.bridge.lives),
                rss=rss,
                descriptors=descriptors,
                threads=threads,
                tasks=int(report["tasks"]),
                lag_p99=report["lag_p99_ms"],
                lag_max=report["lag_max_ms"],
                database=figures.size(self._data),
                calls=len(one.cloud.ledger.entries),
                bill=round(one.cloud.ledger.usage_usd(one.time.now), 3),
            )
        )

    def _tell_progress(self, day: int, days: int, seconds: float) -> None:
        last = self.samples[-1] if self.samples else None
        told = (
            f"${last.bill:.2f}, {last.rss:.1f} MiB, {last.descriptors} descriptors, {last.tasks} tasks" if last else ""
        )
        sys.stderr.write(
            f"{self._where.name} day {day} of {days}, {seconds:.0f} s: {told}, "
            f"{len(self._one.bridge.lives)} lives, {sum(self._results.values())} results, {len(self.wrong)} wrong\n"
        )
        sys.stderr.writelines(f"  {line}\n" for line in self.wrong[self._told :])
        self._told = len(self.wrong)
        sys.stderr.flush()

    def outcome(self, days: int, seconds: float) -> Outcome:
        return Outcome(
            name=self._where.name,
            days=days,
            seconds=seconds,
            wrong=self.wrong,
            seen=self._weather.seen,
            lives=len(self._one.bridge.lives),
            refreshes=max(self._refreshes, default=0),
            results=dict(self._results),
            unsent=self._unsent,
            calls=len(self._one.cloud.ledger.entries),
            bills=self._bills,
            samples=self.samples,
        )


def _counters(heard: Sequence[Heard]) -> list[str]:
    """What only counts up is never negative, also on the day that has 23 hours or 25."""
    keys = {
        f"{kind}/{key}"
        for kind in Kind
        for key, row in CATALOGUE[kind].entities.items()
        if row.state_class in {"total", "total_increasing"} and key != "trip_energy"  # a descent gives some back
    }
    wrong = {}
    for each in heard:
        parts = each.topic.removeprefix(f"{BASE}/").split("/")
        if len(parts) == 4 and f"{parts[0]}/{parts[3]}" in keys and each.payload.startswith(b"-"):
            wrong[each.topic] = f"I7: {each.topic} is {each.text}"
    return list(wrong.values())
