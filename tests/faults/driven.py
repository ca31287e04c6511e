"""A house whose time the test drives: bridge and simulated account look at one clock, and the bridge dies on order.

    with driven_house(directory, START) as one:
        one.start()
        one.time.run_for(3600)                    # the bridge jumps from sleeper to sleeper, as fast as it can
        one.time.set_wrong(+3600)                 # its machine's clock, not Tesla's
        one.bridge.crash_at("token: when the answer has come")

Needs Mosquitto.
"""

from __future__ import annotations

import asyncio
import json
import select
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from brokers import running_broker
from history import Life
from outside import Outside
from proxy import Proxy
from shared_time import SharedTime
from subject import examined
from uvicorn import Config
from whole_house import BASE, CAR, OTHER_CAR, Bridge, House, Tesla, environment

from bridge.simulator import app, server, simulation
from bridge.simulator.clock import SimulatedTime
from bridge.simulator.cloud import Cloud
from bridge.simulator.simulation import Simulation, build_cloud

FOLDERS = ("tests", "tests/e2e", "tests/faults")
ROOT = Path(__file__).parents[2]

PATIENCE = 600.0
"""Real seconds that one order may take: days go by in it."""

GOODBYE = 60.0
"""Seconds of the bridge's time that it may take to stop."""


class Died(Exception):
    """The bridge ended in the middle of an order; `code` is its exit code, minus a signal's number if one ended it."""

    def __init__(self, code: int) -> None:
        super().__init__(f"the bridge ended with {code}")
        self.code = code


class AccountTime(SimulatedTime):
    """The true time, for the simulated account."""

    def __init__(self, shared: SharedTime) -> None:
        super().__init__(shared.true_now, speed=0)
        self._shared = shared

    def now(self) -> datetime:
        return self._shared.true_now

    async def sleep(self, seconds: float) -> None:
        """Of a time that stands still while Tesla is asked, the seconds are real."""
        await asyncio.sleep(seconds / (self._shared.speed or 1.0))  # noqa: TID251 - see above

    def jump(self, seconds: float) -> None:
        raise AssertionError("drive the house's time")

    def simulated(self, seconds: float) -> float:
        return seconds * (self._shared.speed or 1.0)


class DrivenBridge(Bridge):
    """The program as a process, but with our clock and our crash points."""

    def __init__(self, directory: Path, environment: dict[str, str], shared: SharedTime, file: Path) -> None:
        super().__init__(directory, environment)
        self._shared = shared
        self._file = file

    def start(self, *, crash: str = "", periods: Mapping[str, float] | None = None, **settings: Any) -> None:
        """Returns when the clock waits for orders; the bridge has not done anything yet.

        `crash`: see `crash_at`. `periods`: "bridge.app.HEARTBEAT" -> seconds; what is done every few seconds in a house
        needs not be done as often in one whose days last seconds.
        """
        assert not self.is_alive, "it would be forgotten and live for ever"
        given = {f"FLEET2MQTT_{name.upper()}": str(value) for name, value in settings.items()}
        faults = {"FAULTS_CRASH": crash, "FAULTS_PERIODS": json.dumps(periods or {})}
        paths = {"PYTHONPATH": ":".join([str(ROOT), *(str(ROOT / each) for each in FOLDERS)])}
        confined = {"IN_IMAGE_WRITES": str(self._file)}
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*examined().python, str(Path(__file__).with_name("driven_bridge.py")), str(self._file)],
                env=self.environment | paths | given | faults | confined,
                cwd=self.directory,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        self.lives.append(Life(self._process.pid, time.perf_counter(), is_our_doing=bool(crash)))
        self.hear()

    def tell(self, **order: Any) -> None:
        assert self.process.stdin
        try:
            self.process.stdin.write(json.dumps(order).encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise self._ended() from None

    def hear(self, patience: float = PATIENCE) -> dict[str, Any]:
        """The next report. Raises Died."""
        assert self.process.stdout
        ready, _, _ = select.select([self.process.stdout], [], [], patience)
        assert ready, f"no report within {patience:g} real seconds"
        line = self.process.stdout.readline()
        if not line:
            raise self._ended()
        report: dict[str, Any] = json.loads(line)
        assert "stuck" not in report, report["stuck"]
        return report

    def crash_at(self, point: str) -> None:
        """A row of crash_points.py: the next time that it comes."""
        self.lives[-1].is_our_doing = True
        self.tell(crash=point)

    def kill(self) -> None:
        super().kill()
        self._ended()

    def stop(self) -> int:
        """As Docker and systemd do it, with the time that it needs. Gives the exit code."""
        self.lives[-1].is_our_doing = True
        self.process.terminate()
        try:
            self.tell(run=self._shared.elapsed + GOODBYE)
            self.hear()
        except Died as end:
            return end.code
        raise AssertionError(f"it does not stop in {GOODBYE:g} s")

    def _ended(self) -> Died:
        for pipe in (self.process.stdin, self.process.stdout):
            with suppress(BrokenPipeError):  # an order that was too late
                pipe and pipe.close()
        code = self.process.wait(PATIENCE)
        self.note_end()
        return Died(code)


class DrivenTime:
    """Drives the time of a house, whether its bridge lives or not."""

    def __init__(self, shared: SharedTime, bridge: DrivenBridge) -> None:
        self.shared = shared
        self._bridge = bridge
        self.report: dict[str, Any] = {}
        """What the bridge told of itself last: tasks, steps, lag_p99_ms, lag_max_ms."""

    @property
    def now(self) -> datetime:
        """The true time."""
        return self.shared.true_now

    def run_for(self, seconds: float) -> None:
        """The bridge lives through so many seconds; without a bridge they just pass. Raises Died."""
        self.start_to_run(seconds)
        self.wait()

    def start_to_run(self, seconds: float) -> None:
        """The same, and returns at once; `wait` is to follow."""
        assert not self.shared.speed, "time flows; hold it first"
        if self._bridge.is_alive:
            self._bridge.tell(run=self.shared.elapsed + seconds)
        else:
            self.shared.move(seconds)

    def wait(self) -> None:
        """Until the bridge has run as far as it was told to. Raises Died."""
        if self._bridge.is_alive:
            self.report = self._bridge.hear()

    def flow(self, speed: float = 1.0) -> None:
        """From now on time runs by itself, also while Tesla or the broker is silent."""
        self.shared.flow(speed)
        if self._bridge.is_alive:
            self._bridge.tell()

    def hold(self) -> None:
        """Time stands still again; waits until the bridge has done what there was to do."""
        self.shared.flow(0)
        self.run_for(0)

    def set_wrong(self, error: float) -> None:
        """The clock of the bridge's machine is set, so many seconds ahead of the truth; elapsed time goes on evenly."""
        self.shared.set_wrong(error)

    def suspend(self, seconds: float) -> None:
        """The bridge's machine sleeps: for its programs the time is gone at once."""
        self.shared.move(seconds)


class DrivenHouse(House):
    """A house with driven time."""

    bridge: DrivenBridge
    time: DrivenTime

    def start(self, **settings: Any) -> None:
        """Returns when commands are heard and everything is known."""
        since = len(self.spy.messages)
        self.bridge.start(**settings)
        self.time.run_for(90)
        self.ready(since)

    def hear_out(self) -> None:
        """Returns when the spy has heard all that the broker has: with a broker that is killed it would be gone."""
        number = len(self.spy.messages)
        self.spy.publish(f"{BASE}/bridge/request/marker", b"%d" % number)
        self.spy.until(lambda: any("/marker" in each.topic for each in self.spy.messages[number:]), "a marker")


def account(shared: SharedTime, **options: Any) -> Cloud:
    """A simulated account that lives by our time, and only when it is asked."""
    with mock.patch.object(simulation, "SimulatedTime", return_value=AccountTime(shared)):
        return build_cloud(Simulation(start=shared.true_now, tick=False, **options))


@contextmanager
def served(outside: Outside, cloud: Cloud) -> Iterator[str]:
    """Its URL. Its answers carry the date that it is there."""

    def build(cloud: Cloud) -> Any:
        return _dated(app.build(cloud), cloud)

    with mock.patch.object(server, "build", build), mock.patch.object(server, "Config", _UNDATED):
        url = outside.enter(server.serve_cloud(cloud))
    yield url


_UNDATED = partial(Config, date_header=False)


def _dated(asgi: Any, cloud: Cloud) -> Any:
    async def dated(scope: Any, receive: Any, send: Any) -> None:
        async def with_date(message: Any) -> None:
            if message["type"] == "http.response.start":
                date = f"{cloud.clock.now():%a, %d %b %Y %H:%M:%S} GMT".encode()
                message = {**message, "headers": [*message["headers"], (b"date", date)]}
            await send(message)

        await asgi(scope, receive, with_date)

    return dated


@contextmanager
def driven_house(directory: Path, start: datetime, **options: Any) -> Iterator[DrivenHouse]:
    """Its bridge is not started yet. `start`: the true time; `options`: of the Simulation."""
    (directory / "broker").mkdir()
    file = directory / "time"
    shared = SharedTime.create(file, start)
    cloud = account(shared, **options)
    with Outside() as outside, running_broker(directory / "broker") as broker, served(outside, cloud) as url:
        api, mqtt = (outside.enter(Proxy(outside, port)) for port in (int(url.rsplit(":", 1)[1]), broker.port))
        bridge = DrivenBridge(directory, environment(directory, api.port, mqtt.port), shared, file)
        tesla = Tesla(url)
        one = DrivenHouse(broker, cloud, tesla, bridge, (api, mqtt))
        one.bridge, one.time = bridge, DrivenTime(shared, bridge)
        try:
            yield one
            one.verify()
        finally:
            one.close()
            tesla.close()


@contextmanager
def settled_house(directory: Path, start: datetime, **options: Any) -> Iterator[DrivenHouse]:
    """The same, settled, for a test."""
    if examined().is_naive:
        pytest.skip("only the bridge can be driven")
    with driven_house(directory, start, **options) as made:
        settle(made)
        yield made


def settle(one: DrivenHouse) -> None:
    """Both cars at home, plugged in and awake."""
    for car in (CAR, OTHER_CAR):
        one.tesla.force(
            car, place="home", plugged=True, charging=False, battery_level=50, sentry_mode=True, state="online"
        )


def speed(one: DrivenHouse, seconds: float) -> float:
    """Simulated days in a real minute, measured over so many simulated seconds."""
    began = time.perf_counter()
    one.time.run_for(seconds)
    return seconds / 86_400 / ((time.perf_counter() - began) / 60)
