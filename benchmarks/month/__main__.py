"""`python -m benchmarks.month`: a month of the whole bridge on a simulated account: bill, sleep, calls."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from benchmarks.month.steps import Steps, silence
from benchmarks.services import Services
from bridge import app, logs
from bridge.cli import demo
from bridge.clock import Clock
from bridge.database import Database
from bridge.simulator import server
from bridge.simulator.cloud import Cloud
from bridge.simulator.faults import Fault
from bridge.simulator.simulation import Simulation, build_cloud

START = datetime(2026, 6, 1, 7, tzinfo=UTC)
"""Midnight in California: Tesla's month, in UTC, and the benchmark's are nearly the same."""

FAULTS: tuple[Fault, ...] = (
    Fault("/vehicle_data", times=1, status=500),
    Fault("/vehicles", times=3, status=503),
    Fault("live_status", times=5, status=502, html=True),
    Fault("vehicle_data", times=1, drop="before"),
    Fault("vehicle_data", times=1, drop="after"),
    Fault("vehicle_data", times=2, status=408, after=False),
    Fault("vehicle_data", times=1, truncate=True),
    Fault("vehicle_data", times=4, status=429, headers={"Retry-After": "300"}),
    Fault("site_info", times=1, body="null"),
    Fault("/oauth2/v3/token", times=2, status=503),
)
"""One of them every few hours, on each day in another order."""


class Sleep:
    """Seconds that each car slept."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.asleep: defaultdict[str, float] = defaultdict(float)

    def passed(self, seconds: float) -> None:
        for car in self.cloud.account.cars:
            if car.state == "asleep":
                self.asleep[car.vin] += seconds
        self.cloud.clock.jump(seconds)
        self.cloud.account.advance(self.cloud.clock.now())


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.month", description=__doc__)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-faults", action="store_true")
    given = parser.parse_args()
    logs.configure("error", as_json=False)
    return asyncio.run(_month(given.days, given.seed, with_faults=not given.no_faults))


async def _month(days: int, seed: int, *, with_faults: bool) -> int:
    began = time.perf_counter()
    simulation = Simulation(seed=seed, speed=0, start=START, tick=False)
    left_alone = _undisturbed(simulation, days)
    async with AsyncExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=".bench-")))
        services = stack.enter_context(Services(directory))
        sleep = Sleep(build_cloud(simulation))
        url = await stack.enter_async_context(server.serve_cloud(sleep.cloud))
        clock = Steps(START, sleep.passed)
        stop = asyncio.Event()
        running = asyncio.create_task(app.run(demo.settings_of(directory, services.broker, url), clock, stop))
        while not sleep.cloud.ledger.entries:  # noqa: ASYNC110 - the ledger is a list, and has no event
            await asyncio.sleep(0.01)  # noqa: TID251 - the broker lives in real time: it has to let the bridge in
        faults = _scattered(sleep.cloud, seed) if with_faults else iter(())
        for day in range(days):
            await _one_day(clock, faults, START + timedelta(days=day))
            _tell_progress(day + 1, days, sleep, began)
        stop.set()
        while not running.done():
            await silence()
            clock._step(1.0)  # noqa: SLF001 - the goodbye waits by this clock too
        await running
        _report(directory, sleep, left_alone, days, clock)
    return 0


async def _one_day(clock: Steps, faults: Iterator[None], day: datetime) -> None:
    for hour in range(3, 25, 3):
        await clock.run(day + timedelta(hours=hour))
        next(faults, None)


def _scattered(cloud: Cloud, seed: int) -> Iterator[None]:
    random = Random(seed)
    while True:
        fault = random.choice(FAULTS)
        cloud.faults.add(Fault(**vars(fault)))
        yield


def _undisturbed(simulation: Simulation, days: int) -> Mapping[str, float]:
    """How long the same cars sleep when nobody asks them anything."""
    sleep = Sleep(build_cloud(simulation))
    for _ in range(days * 24 * 60):
        sleep.passed(60)
    return sleep.asleep


def _tell_progress(day: int, days: int, sleep: Sleep, began: float) -> None:
    bill = sleep.cloud.ledger.usage_usd(sleep.cloud.clock.now())
    sys.stderr.write(f"\rday {day} of {days}, ${bill:.2f} this month, {time.perf_counter() - began:.0f} s   ")
    sys.stderr.flush()


def _report(directory: Path, sleep: Sleep, left_alone: Mapping[str, float], days: int, clock: Clock) -> None:
    entries = sleep.cloud.ledger.entries
    classes = Counter(entry.price for entry in entries)
    refused = Counter(entry.status for entry in entries if entry.status >= 400)
    with Database(directory) as database:
        months = sorted({entry.time.strftime("%Y-%m") for entry in entries})
        ours, unanswered = {month: Counter[str]() for month in months}, {month: Counter[str]() for month in months}
        for at, _, cost, calls, lost in database.calls(months[0]):
            ours[at[:7]][cost] += calls
            unanswered[at[:7]][cost] += lost
    print(f"\n{days} days until {clock.now():%d %B}")
    for month in months:
        theirs = Counter(entry.price for entry in entries if entry.billed and entry.time.strftime("%Y-%m") == month)
        mine = {price: ours[month][price] for price in theirs}
        doubt = {price: number for price, number in unanswered[month].items() if number and price in theirs}
        print(f"bill of {month}: Tesla's {dict(theirs)}, ours {mine}, of them without an answer {doubt}")
    print(f"calls: {dict(classes)}; refused: {dict(refused)}")
    for vin, alone in left_alone.items():
        share = sleep.asleep[vin] / alone if alone else 1
        print(f"{vin}: asleep {sleep.asleep[vin] / 3600:.1f} h, left alone {alone / 3600:.1f} h: {share:.1%}")


if __name__ == "__main__":
    sys.exit(main())
