"""`fleet2mqtt run`: the bridge."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence

from bridge import app, logs, settings
from bridge.cli.stopping import until_stopped
from bridge.clock import SystemClock


def arguments(_: argparse.ArgumentParser) -> None:
    """Settings only."""


def main(_: argparse.Namespace, flags: Sequence[str]) -> int:
    """Runs until it is stopped. Raises SettingWrong when it cannot start."""
    own = settings.load(flags)
    logs.configure(own.log.level, as_json=own.log.format is settings.LogFormat.JSON)

    async def work(stop: asyncio.Event) -> int:
        await app.run(own, SystemClock(), stop)
        return 0

    return until_stopped(work)
