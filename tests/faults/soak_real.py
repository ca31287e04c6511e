"""S-2: the bridge by the real clock, on a network that hums, with a broker that is restarted every ten minutes."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import soak_figures as figures
from network_faults import Latency, Reset, Slice
from whole_house import BASE, CAR, SITE, House, empty_house, message

WARM_UP = 300.0
"""Seconds until all connections and caches are there."""


class Real:
    """One house, and what happens in it when."""

    def __init__(self, one: House, random: Random) -> None:
        self.one = one
        self.random = random
        self.samples: list[figures.Sample] = []
        self.asked: list[str] = []
        self.restarts = 0
        self._began = time.perf_counter()

    def live(self, seconds: float) -> None:
        # What to do, every so many real seconds.
        habits: list[tuple[float, Callable[[], None]]] = [(15, self._sample), (60, self._ask), (600, self._restart)]
        due = [15.0, 30.0, 600.0]  # half a minute from every restart: a command must not meet one
        while (passed := self.passed) < seconds:
            assert self.one.bridge.is_alive, self.one.bridge.log[-3000:]
            for number, (every, do) in enumerate(habits):
                if passed >= due[number]:
                    due[number] += every
                    do()
            time.sleep(0.5)

    @property
    def passed(self) -> float:
        return time.perf_counter() - self._began

    def _ask(self) -> None:
        transaction = f"real-{len(self.asked)}"
        self.asked.append(transaction)
        device, name = self.random.choice(((CAR, "charge_limit"), (SITE, "backup_reserve")))
        self.one.send(device, name, message(transaction, value=50 + len(self.asked) % 40))

    def _restart(self) -> None:
        """The spy is there again before the bridge, which waits at least a second."""
        self.restarts += 1
        self.random.choice((self.one.broker.stop, self.one.broker.kill))()
        self.one.broker.start()
        self.one.watch_anew()
        last = self.samples[-1]
        sys.stderr.write(
            f"{last.at / 60:.0f} min: {last.rss} MiB, {last.descriptors} descriptors, {last.calls} calls\n"
        )

    def _sample(self) -> None:
        one = self.one
        rss, descriptors, threads = figures.look(one.bridge.process.pid)
        lag_p99, lag_max = self._told_lag()
        self.samples.append(
            figures.Sample(
                at=self.passed,
                life=1,
                rss=rss,
                descriptors=descriptors,
                threads=threads,
                tasks=None,
                lag_p99=lag_p99,
                lag_max=lag_max,
                database=figures.size(Path(one.bridge.environment["FLEET2MQTT_DATA_DIR"])),
                calls=len(one.cloud.ledger.entries),
                bill=round(one.cloud.ledger.usage_usd(one.cloud.clock.now()), 3),
            )
        )

    def _told_lag(self) -> tuple[float, float]:
        """Of bridge/health: the worst hundredth and the worst of the last five minutes."""
        told = [each for each in self.one.spy.messages if each.topic == f"{BASE}/bridge/health"]
        lag = json.loads(told[-1].payload)["loop_lag_ms"] if told else {}
        return float(lag.get("p99") or 0), float(lag.get("max") or 0)

    def told(self, hours: float) -> str:
        calm = [each for each in self.samples if each.at > WARM_UP] or self.samples
        growth = figures.slope(calm, lambda each: each.rss) / figures.WEEK * 3600
        descriptors, threads = [each.descriptors for each in calm], [each.threads for each in calm]
        return (
            f"{hours:g} h by the real clock, {self.restarts} restarts of the broker, {len(self.asked)} commands, "
            f"{calm[0].rss} to {calm[-1].rss} MiB ({growth:+.2f} an hour), "
            f"descriptors {min(descriptors)} to {max(descriptors)}, threads {min(threads)} to {max(threads)}, "
            f"loop lag p99 at most {max(each.lag_p99 for each in calm):.0f} ms"
        )

    def wrong(self) -> list[str]:
        """Of results and descriptors; the house's invariants are looked at when it is left."""
        told = {name: {str(each) for each in self._results(name)} for name in self.asked}
        wrong = [f"{name} has {len(results)} results" for name, results in told.items() if len(results) != 1]
        calm = [each for each in self.samples if each.at > WARM_UP]
        half = len(calm) // 2
        for what in ("descriptors", "threads"):
            before, after = (
                max((getattr(each, what) for each in part), default=0) for part in (calm[:half], calm[half:])
            )
            if after > before + 4:
                wrong.append(f"{what}: {before} at most in the first half, {after} in the second")
        return wrong

    def _results(self, transaction: str) -> list[tuple[str, str]]:
        bodies = [body for _, _, _, body in self.one.history.results if body["transaction"] == transaction]
        return [(body["outcome"], body["finished_at"]) for body in bodies]


def soak(hours: float, seed: int, out: Path) -> tuple[list[str], list[str]]:
    """What is told, and what is wrong."""
    with tempfile.TemporaryDirectory(prefix="soak-") as name, empty_house(Path(name), speed=1.0) as one:
        one.start(tesla_limits="data=60,command=30,wake=3", commands_interval=5)
        for cable in (one.api, one.mqtt):
            cable.add(Latency(0.05, jitter=0.05))
            cable.add(Slice(200, chance=0.2))
        one.api.add(Reset(20_000, chance=0.05))
        real = Real(one, Random(seed))
        real.live(hours * 3600)
        time.sleep(30)  # the last command's time
        wrong = real.wrong()
    figures.write(out / "soak-real.csv", real.samples)
    figures.draw(out, "real", real.samples, unit=60.0)
    return [real.told(hours)], wrong
