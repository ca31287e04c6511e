"""`fleet2mqtt demo`: broker, simulated account and bridge on this machine, and a look at what happens."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from rich.console import Console
from rich.live import Live

from bridge import app, logs
from bridge.broker import embedded_broker
from bridge.cli.stopping import until_stopped
from bridge.cli.view import View
from bridge.clock import ScaledClock
from bridge.errors import BrokerLost
from bridge.mqtt import BrokerAddress, Mqtt
from bridge.settings import CommandSettings, MqttSettings, PollingSettings, RegionName, Settings, TeslaSettings
from bridge.simulator.server import Simulation, serve

START = datetime.fromisoformat("2026-07-01T16:50:00-07:00")
"""A summer Wednesday before the drive home: within minutes there is driving, charging and a setting sun."""

BASE = "fleet2mqtt"
CAR = "vehicle/5YJYGDEE1MF700002"
SITE = "energy_site/2252000000000001"


@dataclass(frozen=True, slots=True)
class Options:
    """`speed`: how much faster time runs. `port` 0: a free one. `plain`: lines instead of a picture."""

    speed: float
    port: int
    seed: int
    plain: bool
    start: datetime

    @classmethod
    def of(cls, given: argparse.Namespace) -> Self:
        return cls(given.speed, given.port, given.seed, given.plain or not sys.stdout.isatty(), given.start)


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--speed", type=float, default=30.0, help="how much faster time runs (30)")
    parser.add_argument("--port", type=int, default=0, help="port of the broker (a free one)")
    parser.add_argument("--seed", type=int, default=1, help="another seed, another day (1)")
    parser.add_argument("--start", type=datetime.fromisoformat, default=START, help="when the day begins")
    parser.add_argument("--plain", action="store_true", help="lines instead of a live picture")


def main(given: argparse.Namespace, _: Sequence[str]) -> int:
    """Runs until Ctrl-C."""
    return until_stopped(lambda stop: run(Options.of(given), stop))


async def run(options: Options, stop: asyncio.Event) -> int:
    """Runs until Ctrl-C; everything it made is gone afterwards."""
    began = time.perf_counter()
    logs.configure("warning", as_json=False)
    async with AsyncExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fleet2mqtt-demo-")))
        port = await stack.enter_async_context(embedded_broker(options.port))
        simulation = Simulation(seed=options.seed, speed=options.speed, start=options.start)
        clock = ScaledClock(options.start, options.speed)
        url = await stack.enter_async_context(serve(simulation))
        bridge = asyncio.create_task(app.run(settings_of(directory, port, url, options.speed), clock, stop))
        watch = asyncio.create_task(_watch(options, port, url, began))
        await asyncio.wait({bridge, watch}, return_when=asyncio.FIRST_COMPLETED)
        stop.set()
        await bridge
        watch.cancel()
        with suppress(asyncio.CancelledError):
            await watch
    sys.stdout.write("Stopped.\n")
    return 0


def settings_of(directory: Path, port: int, url: str, speed: float = 1.0) -> Settings:
    """What a person would set, and nothing from their own environment."""
    return Settings.model_construct(
        base_topic=BASE,
        data_dir=directory,
        aliases={},
        mqtt=MqttSettings(host="127.0.0.1", port=port),
        tesla=TeslaSettings(
            region=RegionName.SIMULATED,
            simulator_url=url,
            client_id="simulated-client",
            refresh_token="simulated-refresh-token",  # noqa: S106 - worth nothing
        ),
        homeassistant=Settings.model_fields["homeassistant"].default,
        polling=PollingSettings(),
        # Time runs fast: what is 90 s for the car is a moment for the person who waits for the answer.
        commands=CommandSettings(time_to_live=min(600, 90 * max(1.0, speed / 10))),
        log=Settings.model_fields["log"].default,
    )


async def _watch(options: Options, port: int, url: str, began: float) -> None:
    """Listens like any other client and shows what it hears."""
    view = View(BASE, _hints(port, url, options.speed))
    broker = Mqtt(BrokerAddress("127.0.0.1", port, client_id="fleet2mqtt-demo", largest=2_000_000), will=None)
    with suppress(BrokerLost):
        async with broker.connected() as connection:
            await connection.subscribe([f"{BASE}/#", "homeassistant/device/+/config"])
            if options.plain:
                await _print_lines(view, connection.messages, began)
            else:
                await _show_picture(view, connection.messages, began)


async def _print_lines(view: View, messages: object, began: float) -> None:
    Console().print("\n".join(view.hints), highlight=False, soft_wrap=True)
    told = 0
    async for message in messages:  # type: ignore[attr-defined]  # Inbox
        line = view.hear(message.topic, message.payload, _now(), time.perf_counter() - began)
        if line:
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
        told = _tell_figures(view, told)


def _tell_figures(view: View, told: int) -> int:
    """Now and then: how much there is by now."""
    if len(view.values) < told + 100:
        return told
    sys.stdout.write(f"({view.summary()})\n")
    return len(view.values)


async def _show_picture(view: View, messages: object, began: float) -> None:
    with Live(view.render(), screen=True, auto_refresh=False) as live:
        drawn = 0.0
        async for message in messages:  # type: ignore[attr-defined]  # Inbox
            view.hear(message.topic, message.payload, _now(), time.perf_counter() - began)
            if time.perf_counter() - drawn > 0.1:
                drawn = time.perf_counter()
                live.update(view.render(), refresh=True)


def _now() -> str:
    return time.strftime("%H:%M:%S")


def _hints(port: int, url: str, speed: float) -> tuple[str, ...]:
    send = f"fleet2mqtt send --mqtt-port {port}"
    return (
        f"A broker is at 127.0.0.1:{port}, a simulated Tesla account at {url}; time runs {speed:g} times as fast.",
        "Stop with Ctrl-C. From another terminal:",
        f"  .venv/bin/{send} {CAR}/charging true",
        "or with any MQTT 5 client:",
        f"  mosquitto_sub -V 5 -p {port} -v -t '{BASE}/#'",
        f"  mosquitto_pub -V 5 -p {port} -t {BASE}/{CAR}/set/charge_limit -m 90",
        f"  mosquitto_pub -V 5 -p {port} -t {BASE}/{SITE}/set/backup_reserve -m 30",
    )
