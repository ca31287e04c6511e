"""`fleet2mqtt catalog`: the tables as Markdown."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from bridge.cli.pages import PAGES


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("table", choices=sorted(PAGES), help="which table")


def main(options: argparse.Namespace, _: Sequence[str]) -> int:
    """Prints a page."""
    sys.stdout.write(PAGES[options.table]())
    return 0
