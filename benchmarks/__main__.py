"""Runs the benchmarks that are named, or all; prints a table and one line of JSON for each."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks import command, idle, report, state
from benchmarks.services import Services

BENCHMARKS: dict[str, tuple[str, Callable[[Services], list[report.Row]]]] = {
    "command": ("Command path: MQTT message -> HTTP POST -> MQTT result", command.measure),
    "state": ("State path: vehicle_data body -> changed topics, acknowledged by the broker", state.measure),
    "idle": ("Idle footprint: memory and start of `fleet2mqtt run`", idle.measure),
}

ROOT = Path(__file__).parent.parent


def main() -> None:
    names = sys.argv[1:] or list(BENCHMARKS)
    if unknown := set(names) - set(BENCHMARKS):
        sys.exit(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    if not shutil.which("mosquitto", path=Services.PATH):
        sys.exit("the benchmarks need the Mosquitto broker: apt install mosquitto")
    # In the checkout, because the journal must be on a disk like the one it will live on; /tmp is often memory.
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=ROOT) as directory, Services(Path(directory)) as services:
        for name in names:
            title, measure = BENCHMARKS[name]
            report.show(name, title, measure(services))


if __name__ == "__main__":
    main()
