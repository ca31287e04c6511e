"""`fleet2mqtt run` with a clock that is driven from outside, and with a moment at which it dies.

python driven_bridge.py TIME-FILE

Settings as for `fleet2mqtt run`; `FAULTS_CRASH` names a row of crash_points.py; `FAULTS_PERIODS` gives constants of
modules other values, as JSON: {"bridge.app.HEARTBEAT": 300}.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from importlib import import_module
from pathlib import Path

import crash_points
import resolver
from driven_clock import DrivenClock
from shared_time import SharedTime

from bridge import app, logs, settings
from bridge.cli.stopping import until_stopped


def main(time: Path) -> int:
    own = settings.load(())
    logs.configure(own.log.level, as_json=own.log.format is settings.LogFormat.JSON)
    if names := os.environ.get("FAULTS_NAMES"):
        resolver.arm(Path(names))
    if moment := os.environ.get("FAULTS_CRASH"):
        crash_points.arm(moment)

    for name, seconds in json.loads(os.environ.get("FAULTS_PERIODS", "{}")).items():
        module, _, constant = name.rpartition(".")
        assert hasattr(import_module(module), constant), name
        setattr(import_module(module), constant, seconds)

    async def work(stop: asyncio.Event) -> int:
        clock = DrivenClock(SharedTime(time))
        driving = asyncio.create_task(clock.drive())
        try:
            return await app.run(own, clock, stop)
        finally:
            driving.cancel()

    return until_stopped(work)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
