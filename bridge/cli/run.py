"""`fleet2mqtt run`: the bridge."""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Sequence

from bridge import app, coredumps, logs, settings, systemd
from bridge.cli.stopping import until_stopped
from bridge.clock import SystemClock
from bridge.settings import addon


def arguments(_: argparse.ArgumentParser) -> None:
    """Settings only."""


def main(_: argparse.Namespace, flags: Sequence[str]) -> int:
    """Runs until it is stopped. Raises SettingWrong when it cannot start."""
    coredumps.forbid()
    own = settings.load(flags)
    logs.configure(own.log.level, as_json=own.log.format is settings.LogFormat.JSON)

    async def work(stop: asyncio.Event) -> int:
        return await app.run(own, SystemClock(), stop, comes_back=_comes_back())

    return until_stopped(work)


def _comes_back() -> bool:
    """Does somebody start the program again when it fails? Of Home Assistant's Supervisor only its owner knows."""
    return systemd.is_there() or (os.getpid() == 1 and not addon.is_one())
