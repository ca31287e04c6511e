"""`fleet2mqtt simulate`: a simulated Tesla account behind a port."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from bridge.cli.stopping import until_stopped
from bridge.errors import SettingWrong
from bridge.simulator.cloud import KEY_PAGE
from bridge.simulator.server import Simulation, serve


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, default=8085, help="port to listen on; 0: a free one (8085)")
    parser.add_argument("--speed", type=float, default=1.0, help="how much faster time runs (1)")
    parser.add_argument("--start", type=datetime.fromisoformat, help="when it begins, ISO 8601 with offset (now)")
    parser.add_argument("--seed", type=int, default=1, help="another seed, another life (1)")
    parser.add_argument("--cars", type=int, default=2, help="how many cars (2)")
    parser.add_argument("--sites", type=int, default=1, help="how many energy sites (1)")
    parser.add_argument("--region", choices=("na", "eu", "cn"), default="na", help="where the account lives (na)")
    parser.add_argument("--key-page", default=KEY_PAGE, help=f"where every domain's key is served ({KEY_PAGE})")
    parser.add_argument("--from", type=Path, dest="directory", metavar="DIR", help="serve recorded answers")


def main(options: argparse.Namespace, _: Sequence[str]) -> int:
    """Serves until stopped."""
    return until_stopped(lambda stop: _run(options, stop))


async def _run(options: argparse.Namespace, stop: asyncio.Event) -> int:
    """Serves until stopped. Raises SettingWrong for a port or a directory that cannot be used."""
    simulation = Simulation(
        seed=options.seed,
        speed=options.speed,
        start=options.start,
        cars=options.cars,
        sites=options.sites,
        region=options.region,
        key_page=options.key_page,
        from_directory=options.directory,
    )
    try:
        async with serve(simulation, options.host, options.port) as url:
            _say(url)
            await stop.wait()
    except (OSError, ValueError) as error:
        raise SettingWrong(str(error)) from None
    return 0


def _say(url: str) -> None:
    """The address and the settings that a bridge needs to use it."""
    lines = (
        f"A simulated Tesla account is at {url}. Stop it with Ctrl-C. A bridge uses it with:",
        "  FLEET2MQTT_TESLA_REGION=simulated",
        f"  FLEET2MQTT_TESLA_SIMULATOR_URL={url}",
        "  FLEET2MQTT_TESLA_CLIENT_ID=simulated-client",
        "  FLEET2MQTT_TESLA_CLIENT_SECRET=simulated-secret",
        "  FLEET2MQTT_TESLA_REFRESH_TOKEN=simulated-refresh-token",
    )
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
