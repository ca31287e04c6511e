"""Broker, simulated account and bridge, with a time that can be made to pass quickly."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
from brokers import HOST, PASSWORD, Broker, running_broker
from outside import Outside
from paho.mqtt import publish
from spy import spying
from whole_house import BASE, CAR, OTHER_CAR, Tesla, id_of

from bridge import app
from bridge.catalog import CATALOGUE
from bridge.settings import CommandSettings, MqttSettings, RegionName, Settings, TeslaSettings
from bridge.simulator.clock import SimulatedTime
from bridge.simulator.server import Simulation, serve
from bridge.simulator.vehicle_body import DOORS, WINDOWS

NOON = datetime.fromisoformat("2026-07-01T12:00:00-07:00")
SPEED = 20.0

AT_REST = {
    "state": "online",
    "place": "home",
    "plugged": True,
    "charging": False,
    "climate_on": False,
    "software_update": "",
    "ft": 0,
    "rt": 0,
    **dict.fromkeys((*DOORS, *WINDOWS), 0),
}
"""A car at home that is awake, and that nothing keeps awake."""

EVERYTHING_FITTED = {
    "car_type": "cybertruck",
    "has_air_suspension": True,
    "has_seat_cooling": True,
    "sun_roof_installed": 1,
    "third_row_seats": "FuturisFoldFlat",
}
"""No car is like this: so every row of the catalogue is an entity of one of the two."""

HOME = (37.4419, -122.1430, 200.0)
"""Where the simulated account lives."""

ALL_COMMANDS = tuple(name for each in CATALOGUE.values() for name in each.commands)


class BridgeTime:
    """The bridge's Clock: as fast as the account's time, and moved forward together with it."""

    def __init__(self) -> None:
        self._time = SimulatedTime(NOON, SPEED)

    def now(self) -> datetime:
        return self._time.now()

    def monotonic(self) -> float:
        return (self.now() - NOON).total_seconds()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)  # noqa: TID251 - like any clock's, the shortest sleep lets others run
        await self._time.sleep(seconds)

    async def jump(self, seconds: float) -> None:
        self._time.jump(seconds)


class Household:
    """What there is besides Home Assistant."""

    def __init__(self, outside: Outside, broker: Broker, url: str, directory: Path) -> None:
        self.broker = broker
        self.tesla = Tesla(url)
        self._stack = ExitStack()
        self.spy = self._stack.enter_context(spying(broker))
        self._url = url
        self._outside = outside
        self._clock = BridgeTime()
        self._settings = _settings(directory, broker, url)
        self._stop = asyncio.Event()
        self._bridge: asyncio.Task[int] | None = None

    # --- the bridge's life ------------------------------------------------------------------------------

    def start_bridge(self) -> None:
        self._outside.run(self._start())

    def stop_bridge(self) -> None:
        self._outside.run(self._end())

    async def _start(self) -> None:
        self._stop.clear()
        self._bridge = asyncio.create_task(app.run(self._settings, self._clock, self._stop))

    async def _end(self) -> None:
        self._stop.set()
        if self._bridge:
            await self._bridge

    # --- what happens to it -----------------------------------------------------------------------------

    @property
    def retained(self) -> dict[str, str]:
        return self.spy.retained

    def put(self, device: str, **fields: Any) -> None:
        """Puts a car or a site into a state, and asks the bridge for fresh data."""
        self.tesla.force(device, **fields)
        self.spy.publish(f"{BASE}/{device}/get/charge")

    def spoil(self, topic: str, payload: str) -> None:
        """What a worse bridge would publish."""
        login: Any = {"username": "bridge", "password": PASSWORD}
        publish.single(topic, payload, hostname=HOST, port=self.broker.port, client_id="worse", auth=login)

    def limit(self, usd: float) -> None:
        """What the account may cost in a month: Tesla serves nothing beyond it."""
        self._control("bill", {"limit_usd": usd})

    def pass_time(self, hours: float, *, step: float = 180, pause: float = 0.1) -> None:
        """Lets so many hours pass, `step` seconds at once, with a real `pause` after each."""
        for _ in range(int(hours * 3600 / step)):
            self._control("time", {"jump_s": step})
            self._outside.run(self._clock.jump(step))
            time.sleep(pause)

    def sell(self, car: str, *, left: tuple[str, str]) -> None:
        """Tesla lists the car no more, but only what is `left`: a car and a site."""
        kept = [self._control(f"vehicles/{id_of(left[0])}", {}), self._control(f"sites/{id_of(left[1])}", {})]
        assert id_of(car) not in str(kept)
        kept[0].pop("state")  # it lives on; the other list tells how
        answer = {"response": kept, "count": len(kept)}
        self._control("faults", {"match": "GET /api/1/products", "body": json.dumps(answer)})

    def restart_broker(self) -> None:
        """As after a power cut."""
        self._stack.close()
        self.broker.kill()
        self.broker.start()
        self.spy = self._stack.enter_context(spying(self.broker))

    def close(self) -> None:
        self._stack.close()
        self.tesla.close()

    def _control(self, path: str, body: dict[str, Any]) -> Any:
        return httpx2.post(f"{self._url}/control/{path}", json=body).raise_for_status().json()


def _settings(directory: Path, broker: Broker, url: str) -> Settings:
    """What a person would set who dares everything; nothing from the environment."""
    fields = Settings.model_fields
    return Settings.model_construct(
        **{name: field.get_default(call_default_factory=True, validated_data={}) for name, field in fields.items()}
        | {
            "data_dir": directory,
            "mqtt": MqttSettings(host=HOST, port=broker.port, username="bridge", password=PASSWORD),
            "tesla": TeslaSettings(
                region=RegionName.SIMULATED,
                simulator_url=url,
                client_id="simulated-client",
                refresh_token="simulated-refresh-token",
            ),
            "zones": {"home": HOME},
            "commands": CommandSettings(time_to_live=600, enable=ALL_COMMANDS),
        }
    )


@contextmanager
def household(directory: Path) -> Iterator[Household]:
    """One that runs: both cars are at home, plugged in, awake and not charging."""
    with household_without_bridge(directory) as one:
        one.start_bridge()
        yield one


@contextmanager
def household_without_bridge(directory: Path) -> Iterator[Household]:
    """The same before the bridge is started."""
    (directory / "broker").mkdir(parents=True)
    with Outside() as outside, running_broker(directory / "broker") as broker:
        url = outside.enter(serve(Simulation(start=NOON, speed=SPEED)))
        one = Household(outside, broker, url, directory / "data")
        for car in (CAR, OTHER_CAR):
            one.tesla.force(car, **AT_REST, battery_level=50, sentry_mode=True)
        one.tesla.force(OTHER_CAR, equipment=EVERYTHING_FITTED)
        try:
            yield one
        finally:
            one.stop_bridge()
            one.close()
