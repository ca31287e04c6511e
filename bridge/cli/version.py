"""`fleet2mqtt version`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from bridge.fleet import VERSION


def arguments(_: argparse.ArgumentParser) -> None:
    """None."""


def main(_: argparse.Namespace, __: Sequence[str]) -> int:
    """Prints it."""
    sys.stdout.write(f"fleet2mqtt {VERSION}\n")
    return 0
