"""`fleet2mqtt health`: is the bridge on this machine well? For the container's health check."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from bridge import alive, settings
from bridge.clock import SystemClock


def arguments(_: argparse.ArgumentParser) -> None:
    """Settings only."""


def main(_: argparse.Namespace, flags: Sequence[str]) -> int:
    """Prints one line. Gives 0 when it is well, else 1."""
    trouble = alive.trouble(settings.load(flags, with_broker=False).data_dir, SystemClock().monotonic())
    sys.stdout.write(f"{trouble or 'healthy'}\n")
    return 1 if trouble else 0
