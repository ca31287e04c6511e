"""A house for tests: a broker, a simulated Tesla account behind real HTTP, the bridge as a process, and a spy."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
from brokers import HOST, PASSWORD, Broker, running_broker
from checker import broken
from history import History, Life
from outside import PATIENCE, Outside
from proxy import Proxy
from spy import Heard, Spy, spying
from subject import CAR, CONNECTOR, OTHER_CAR, SITE, STARTED, examined

from bridge.simulator.cloud import Cloud
from bridge.simulator.server import Simulation, keep_living, serve_cloud
from bridge.simulator.simulation import build_cloud

__all__ = [
    "BASE",
    "CAR",
    "CONNECTOR",
    "OTHER_CAR",
    "SITE",
    "Bridge",
    "House",
    "Tesla",
    "empty_house",
    "house",
    "id_of",
    "message",
    "noon",
]

BASE = "fleet2mqtt"

SPEED = 10.0
"""Simulated seconds in a real one: a car wakes up in 1 to 3 s, a site shows a setting after 0.3 s."""

Json = dict[str, Any]


def id_of(device: str) -> str:
    """`vehicle/<VIN>` -> the VIN."""
    return device.split("/")[1]


def message(transaction: str, **members: Any) -> str:
    """A JSON message: `message("mine", value=80)`."""
    return json.dumps({"transaction": transaction, **members})


class Tesla:
    """The strings behind the stage of the simulated account."""

    def __init__(self, url: str) -> None:
        # The server ends idle connections after five seconds, perhaps at the moment when one is used again.
        self._http = httpx2.Client(base_url=f"{url}/control/", limits=httpx2.Limits(max_keepalive_connections=0))

    def close(self) -> None:
        self._http.close()

    def force(self, device: str, **fields: Any) -> None:
        """Puts a car or a site into a state."""
        kind, id_ = device.split("/")
        self._post(f"{'vehicles' if kind == 'vehicle' else 'sites'}/{id_}", fields)

    def fault(self, match: str, **what: Any) -> None:
        """`match`: a pattern for "METHOD /path"."""
        self._post("faults", {"match": match, **what})

    def heal(self) -> None:
        self._http.delete("faults").raise_for_status()

    def forget(self) -> None:
        """Clears what was asked and done so far."""
        self._http.delete("ledger").raise_for_status()
        self._http.delete("executions").raise_for_status()

    def asked(self, words: str = "") -> list[str]:
        """Every request answered so far, as "METHOD /path"; those that hold the words."""
        lines = [f"{entry['method']} {entry['path']}" for entry in self._get("ledger")["entries"]]
        return [line for line in lines if words in line]

    @property
    def paid_for(self) -> list[str]:
        """Requests that command or wake a car, or write to a site."""
        return self.asked("POST ")

    def done(self, device: str) -> list[tuple[str, Json]]:
        """What a device was told to do: (name, parameters)."""
        return [(each["name"], each["parameters"]) for each in self.executions(device)]

    def executions(self, device: str) -> list[Json]:
        """The same, with what the device answered, and how it was signed."""
        entries = self._get("executions")["executions"]
        return [each for each in entries if each["device"] == id_of(device)]

    def control(self, path: str, **what: Any) -> Json:
        """Any other string."""
        return self._post(path, what)

    def put_to_sleep(self, car: str) -> None:
        """So deep that no call wakes it."""
        self.force(car, sentry_mode=False, state="asleep", wake_fails=True)

    def _get(self, path: str) -> Json:
        answer: Json = self._http.get(path).raise_for_status().json()
        return answer

    def _post(self, path: str, body: Json) -> Json:
        answer = self._http.post(path, json=body)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found


class Bridge:
    """The program as a process. Its settings are environment variables, its log a file."""

    def __init__(self, directory: Path, environment: dict[str, str]) -> None:
        self.directory = directory
        self.environment = environment
        self.lives: list[Life] = []
        self.counts_starts = False
        """Else it is as if ten minutes had passed since it ended: no number of kills makes a crash loop."""

        self._process: subprocess.Popen[bytes] | None = None

    def start(self, **settings: Any) -> None:
        """`settings`: by their names in lower case, `commands_wake_time=10`."""
        assert not self.is_alive, "it would be forgotten and live for ever"
        given = {f"FLEET2MQTT_{name.upper()}": str(value) for name, value in settings.items()}
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                examined().command,
                env=self.environment | given,
                cwd=self.directory,
                stdout=log,
                stderr=log,
            )
        self.lives.append(Life(self._process.pid, perf_counter()))
        STARTED.append(examined().name)

    def settled(self) -> None:
        """It is ready: what it has open now is what it needs."""
        life, process = self.lives[-1], Path("/proc") / str(self.process.pid)
        life.descriptors, life.threads = (len(list((process / each).iterdir())) for each in ("fd", "task"))

    def call(self, *words: str) -> subprocess.CompletedProcess[str]:
        """The same program, called by a person beside it: `call("logout")`."""
        return subprocess.run(
            [*examined().program, *words],
            env=self.environment,
            cwd=self.directory,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def note_end(self) -> None:
        """For the history: has it ended, and how?"""
        if self._process and self.lives[-1].ended is None and (code := self._process.poll()) is not None:
            self.lives[-1].ended, self.lives[-1].code = perf_counter(), code
            if not self.counts_starts:
                with suppress(OSError):  # a disk that takes nothing has no such file either
                    Path(self.environment["FLEET2MQTT_DATA_DIR"], "starts").unlink()

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self._process, "not started"
        return self._process

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def log(self) -> str:
        path = self.directory / "log"
        return path.read_text() if path.exists() else ""

    def kill(self) -> None:
        """Like a power cut."""
        self.lives[-1].is_our_doing = True
        self.process.kill()
        self.process.wait(PATIENCE)
        self.note_end()

    def stop(self) -> int:
        """As Docker and systemd do it. Gives the exit code."""
        self.lives[-1].is_our_doing = True
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE)
        self.note_end()
        return code


class House:
    """Everything under one roof."""

    def __init__(self, broker: Broker, cloud: Cloud, tesla: Tesla, bridge: Bridge, cables: tuple[Proxy, Proxy]) -> None:
        """`cables`: the bridge's, to the account (`api`) and to the broker (`mqtt`)."""
        self.cloud = cloud
        self.spies: list[Spy] = []
        self.history = History(bridge.directory, cloud, self._heard, lives=bridge.lives)
        self.history.environment = bridge.environment
        self.breaks: frozenset[str] = frozenset()
        """Invariants that are broken here on purpose, such as I6 where a bug is made to show its traceback."""

        self.broker = broker
        self.tesla = tesla
        self.bridge = bridge
        self.api, self.mqtt = cables
        self._stack = ExitStack()
        self._numbers = itertools.count(1)
        self._watch()

    def close(self) -> None:
        if self.bridge.is_alive:
            self.bridge.kill()
        self._stack.close()

    def verify(self) -> None:
        """The invariants hold, whatever else has happened."""
        self.bridge.note_end()
        found = broken(self.history, self.breaks)
        assert not found, "\n".join(found)

    def _watch(self) -> None:
        self.spy = self._stack.enter_context(spying(self.broker))
        self.spies.append(self.spy)

    def _heard(self) -> list[Heard]:
        return [each for spy in self.spies for each in spy.messages]

    def watch_anew(self) -> None:
        """The broker has been away."""
        self._stack.close()
        self._watch()

    # --- the bridge's lives -----------------------------------------------------------------------------

    def start(self, **settings: Any) -> None:
        """Returns when commands are heard and everything is known."""
        since = len(self.spy.messages)
        self.bridge.start(**settings)
        self.ready(since)

    def restart(self, **settings: Any) -> None:
        if self.bridge.is_alive:
            self.bridge.kill()
        self.start(**settings)

    def begin_anew(self) -> None:
        """The bridge lives, and nothing has been asked of it yet."""
        if not self.bridge.is_alive:
            self.start()
        self.tesla.forget()

    def ready(self, since: int = 0, seconds: float = PATIENCE) -> None:
        wanted = {f"{BASE}/{topic}" for topic in examined().known}

        def is_ready() -> bool:
            assert self.bridge.is_alive, self.bridge.log
            return wanted <= {each.topic for each in self.spy.messages[since:]}

        self.spy.until(is_ready, "the bridge to be ready", seconds)
        self.bridge.settled()

    # --- talk -------------------------------------------------------------------------------------------

    def send(self, device: str, name: str, payload: bytes | str, **properties: Any) -> None:
        self.spy.publish(f"{BASE}/{device}/set/{name}", payload, **properties)

    def ask(self, device: str, name: str, payload: bytes | str, **properties: Any) -> Json:
        """Sends a command and waits for its result, which is known by its correlation data."""
        correlation = properties.setdefault("CorrelationData", b"%d" % next(self._numbers))
        self.send(device, name, payload, **properties)
        body: Json = self.result(device, name, correlation).body
        return body

    def result(self, device: str, name: str, correlation: bytes) -> Heard:
        def found() -> Heard | None:
            return next((each for each in self.results(device, name) if each.correlation == correlation), None)

        heard: Heard = self.spy.until(found, f"a result of {name}")
        return heard

    def results(self, device: str, name: str, since: int = 0) -> list[Heard]:
        return self.spy.on(f"{BASE}/{device}/result/{name}", since)

    def results_of(self, transaction: str, since: int = 0) -> list[Json]:
        """Every result that tells this transaction, from message number `since` on."""
        heard = [each for each in self.spy.messages[since:] if "/result/" in each.topic]
        return [body for each in heard if (body := each.body)["transaction"] == transaction]

    def one_result_of(self, transaction: str) -> Json:
        """The one there is, once whatever else was on its way has come."""
        self.spy.until(lambda: self.results_of(transaction), f"a result of {transaction}")
        self.ask(CAR, "no_such_thing", "?")
        (result,) = self.results_of(transaction)
        return result

    def value(self, device: str, place: str) -> str | None:
        """What is retained: `charge/charge_limit`."""
        return self.spy.retained.get(f"{BASE}/{device}/{place}")

    def comes_to(self, device: str, place: str, value: str, seconds: float = PATIENCE) -> None:
        self.spy.until(lambda: self.value(device, place) == value, f"{place} = {value}", seconds)

    def look(self, device: str) -> None:
        """Asks for fresh data and waits until Tesla was asked for it."""
        call = "vehicle_data" if device.startswith("vehicle") else "site_info"
        asked = f"{id_of(device)}/{call}"
        before = len(self.tesla.asked(asked))
        self.spy.publish(f"{BASE}/{device}/get/charge")
        self.spy.until(lambda: len(self.tesla.asked(asked)) > before, "a look")


@contextmanager
def house(directory: Path, **settings: Any) -> Iterator[House]:
    """A house with a running bridge; both cars are at home, plugged in, awake and not charging."""
    with empty_house(directory) as one:
        one.start(**settings)
        yield one


@contextmanager
def empty_house(
    directory: Path,
    *,
    extra: str = "",
    speed: float = SPEED,
    cars: int = 2,
    sites: int = 1,
    start: datetime | None = None,
) -> Iterator[House]:
    """A house whose bridge is not started yet.

    `extra`: further lines of Mosquitto's configuration; `speed`: how fast the account's time runs; `start`: when it
    begins, else at noon.
    """
    (directory / "broker").mkdir()
    with Outside() as outside, running_broker(directory / "broker", extra=extra) as broker:
        cloud = build_cloud(Simulation(start=start or noon(), speed=speed, cars=cars, sites=sites))
        url = outside.enter(_living(cloud))
        tesla = Tesla(url)
        for car in (CAR, OTHER_CAR):
            tesla.force(
                car, place="home", plugged=True, charging=False, battery_level=50, sentry_mode=True, state="online"
            )
        api, mqtt = (outside.enter(Proxy(outside, port)) for port in (int(url.rsplit(":", 1)[1]), broker.port))
        bridge = Bridge(directory, environment(directory, api.port, mqtt.port))
        one = House(broker, cloud, tesla, bridge, (api, mqtt))
        try:
            yield one
            one.verify()
        finally:
            one.close()
            tesla.close()


@asynccontextmanager
async def _living(cloud: Cloud) -> AsyncIterator[str]:
    """The account behind a port, and its life."""
    async with serve_cloud(cloud) as url:
        life = asyncio.create_task(keep_living(cloud))
        yield url
        life.cancel()


def environment(directory: Path, api: int, mqtt: int) -> dict[str, str]:
    """What the bridge needs, and nothing of ours."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("FLEET2MQTT_")}
    return others | {
        "FLEET2MQTT_MQTT_HOST": HOST,
        "FLEET2MQTT_MQTT_PORT": str(mqtt),
        "FLEET2MQTT_MQTT_USERNAME": "bridge",
        "FLEET2MQTT_MQTT_PASSWORD": PASSWORD,
        "FLEET2MQTT_TESLA_REGION": "simulated",
        "FLEET2MQTT_TESLA_SIMULATOR_URL": f"http://{HOST}:{api}",
        "FLEET2MQTT_TESLA_CLIENT_ID": "simulated-client",
        "FLEET2MQTT_TESLA_REFRESH_TOKEN": "simulated-refresh-token",
        "FLEET2MQTT_DATA_DIR": str(directory / "data"),
        # A test does in seconds what a household does in days.
        "FLEET2MQTT_TESLA_LIMITS": "data=100000,command=100000,wake=100000",
        "FLEET2MQTT_COMMANDS_WAKES_A_DAY": "100000",
        "FLEET2MQTT_COMMANDS_INTERVAL": "0",
    }


def noon() -> datetime:
    """Noon where the simulated account lives, on the day that the bridge takes it for: nobody drives then.

    If that day ends while a test runs, it is noon of the next one: a site knows its yesterday, but no tomorrow.
    """
    soon = datetime.now(UTC) + timedelta(minutes=10)  # noqa: TID251 - the bridge's day
    return soon.astimezone(ZoneInfo("America/Los_Angeles")).replace(hour=12, minute=0, second=0, microsecond=0)
