"""Runs the whole program on recorded answers and tells what became of every field in them.

    python tools/recorded.py DIRECTORY [TIME] > page.md   # TIME: on the day of the recorded history

Simulator with `--from`, embedded broker, bridge; then each field of each file, with the topic and the value that a
listener finds on the broker, or why it is left out.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from bridge import app, logs
from bridge.broker import embedded_broker
from bridge.catalog import CATALOGUE
from bridge.catalog.left_out import reason
from bridge.clock import Clock, ScaledClock, SystemClock
from bridge.model import Kind
from bridge.mqtt import BrokerAddress, Mqtt
from bridge.settings import MqttSettings, RegionName, Settings, TeslaSettings
from bridge.simulator.server import Simulation, serve

QUIET = 3.0
"""Seconds without a new topic after which everything is taken to have been published."""


def main() -> int:
    """Prints the page; 1 when a field is neither published nor left out for a reason."""
    logs.configure("error", as_json=False)
    directory = Path(sys.argv[1])
    clock = ScaledClock(datetime.fromisoformat(sys.argv[2]), 1.0) if len(sys.argv) > 2 else SystemClock()
    topics = asyncio.run(_published(directory, clock))
    missing = 0
    for file in sorted(directory.glob("*.json")):
        rows = list(_rows(json.loads(file.read_text(encoding="utf-8")), topics))
        missing += sum(1 for row in rows if row[2] == "MISSING")
        _print(file.name, rows)
    return 1 if missing else 0


def _print(name: str, rows: list[tuple[str, str, str]]) -> None:
    values = sum(1 for row in rows if row[1])
    sys.stdout.write(f"\n## {name}\n\n{len(rows)} fields: {values} published, {len(rows) - values} left out.\n\n")
    sys.stdout.write("| field | topic | value, or why not |\n| --- | --- | --- |\n")
    for row in rows:
        sys.stdout.write(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |\n")


async def _published(directory: Path, clock: Clock) -> Mapping[str, str]:
    """Every topic of the bridge, as another client hears it."""
    with tempfile.TemporaryDirectory() as data:
        async with embedded_broker() as port, serve(Simulation(from_directory=directory)) as url:
            stop = asyncio.Event()
            bridge = asyncio.create_task(app.run(_settings(Path(data), port, url), clock, stop))
            topics = await _listen(port)
            stop.set()
            await bridge
    return topics


async def _listen(port: int) -> Mapping[str, str]:
    topics: dict[str, str] = {}
    async with Mqtt(BrokerAddress("127.0.0.1", port, client_id="recorded"), will=None).connected() as connection:
        await connection.subscribe(["fleet2mqtt/#"])
        try:
            while True:
                message = await asyncio.wait_for(anext(connection.messages), QUIET)
                topics[message.topic.removeprefix("fleet2mqtt/")] = message.payload.decode()
        except TimeoutError:
            return topics


def _settings(data: Path, port: int, url: str) -> Settings:
    tesla = TeslaSettings(region=RegionName.SIMULATED, simulator_url=url, client_id="simulated-client")
    return Settings.model_construct(
        **{name: field.default for name, field in Settings.model_fields.items()}
        | {
            "data_dir": data,
            "mqtt": MqttSettings(host="127.0.0.1", port=port),
            "tesla": tesla.model_copy(update={"refresh_token": _secret("simulated-refresh-token")}),
        }
    )


def _secret(text: str) -> Any:
    from pydantic import SecretStr  # noqa: PLC0415 - one use

    return SecretStr(text)


def _rows(recorded: Any, topics: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    for kind, path in _paths(recorded):
        sources = CATALOGUE[kind].entities.values()
        keys = [row for row in sources if path == row.source or path.startswith(row.source + ".")]
        place = next((row for row in keys if row.source == path), keys[0] if keys else None)
        if place:
            found = [
                name for name in topics if name.startswith(f"{kind}/") and name.endswith(f"/{place.group}/{place.key}")
            ]
            yield path, f"{kind}/…/{place.group}/{place.key}", ", ".join(sorted({topics[name] for name in found}))[:80]
        else:
            yield path, "", reason(path) or "MISSING"


def _paths(recorded: Any) -> Iterator[tuple[Kind, str]]:
    """Each leaf once, as the catalogue names it."""
    body = recorded["response"]
    seen: dict[tuple[Kind, str], None] = {}
    for kind, path in _named(body):
        seen[kind, path] = None
    yield from seen


def _named(body: Any) -> Iterator[tuple[Kind, str]]:
    if isinstance(body, list):
        for product in body:
            yield from _vehicle(product) if "vin" in product else _leaves(Kind.ENERGY_SITE, product, "product")
    elif "vin" in body:
        yield from _vehicle(body)
    elif "time_series" in body:
        for bucket in body["time_series"]:
            yield from _leaves(Kind.ENERGY_SITE, bucket, "energy_history")
        rest = {key: value for key, value in body.items() if key != "time_series"}
        yield from _leaves(Kind.ENERGY_SITE, rest, "energy_history")
    else:
        for connector in body.get("wall_connectors", ()):
            yield from _leaves(Kind.WALL_CONNECTOR, connector, "wall_connector")
        rest = {key: value for key, value in body.items() if key != "wall_connectors"}
        yield from _leaves(Kind.ENERGY_SITE, rest, "live_status")


def _vehicle(entry: Mapping[str, Any]) -> Iterator[tuple[Kind, str]]:
    for key, value in entry.items():
        is_group = isinstance(value, Mapping) and key != "granular_access"
        yield from _leaves(Kind.VEHICLE, value, key) if is_group else _leaves(Kind.VEHICLE, {key: value}, "vehicle")


def _leaves(kind: Kind, value: Any, path: str) -> Iterator[tuple[Kind, str]]:
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _leaves(kind, inner, f"{path}.{key}")
    else:
        yield kind, path


if __name__ == "__main__":
    sys.exit(main())
