"""`fleet2mqtt simulate-policy`: the shipped polling policy beside others, in simulated lives. Needs the checkout."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType

from bridge.errors import SettingWrong

ROOT = Path(__file__).parents[2]
"""Of the checkout. The simulation stands in `benchmarks`, which is no part of the installed package."""


def arguments(parser: argparse.ArgumentParser) -> None:
    _simulation().arguments(parser)


def main(options: argparse.Namespace, _: Sequence[str]) -> int:
    _simulation().run(options)
    return 0


def _simulation() -> ModuleType:
    if not (ROOT / "benchmarks/policy").is_dir():
        raise SettingWrong("simulate-policy needs the source of fleet2mqtt: clone its repository, and call it there")
    sys.path.insert(0, str(ROOT))
    return import_module("benchmarks.policy.command")
