"""Memory of a bridge that has nothing to do, and how long it takes to begin.

Beside it: a process that imports the same third-party modules, connects to the broker, reads the car once and
publishes one value; and the same with nothing but paho and httpx2. In every round they start from nothing, one after
the other, and then rest together.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks.client import Asker
from benchmarks.command import BRIDGE
from benchmarks.names import LEVEL
from benchmarks.proc import proportional, resident
from benchmarks.report import Row
from benchmarks.services import Services, running

ROUNDS = 5
REST = 8.0
"""Seconds from the first value to the look at the memory."""

MIB = 1024 * 1024

FIGURES = (
    ("memory (RSS)", "rss", "MiB", "bare", 1.4),
    ("memory, shared pages in part (PSS)", "pss", "MiB", "bare", 1.4),
    ("start to the first value of the car", "start", "s", "bare", None),
    ("memory (RSS), beside paho and httpx2 alone", "rss", "MiB", "lean", None),
    ("start, beside paho and httpx2 alone", "start", "s", "lean", None),
)


@dataclass(frozen=True, slots=True)
class Seen:
    """One process in one round: memory in MiB, seconds until its first value."""

    rss: float
    pss: float
    start: float


def measure(services: Services) -> list[Row]:
    with Asker(services.broker, f"+/{LEVEL}") as asker:
        modules = _third_party_modules(services, asker)
        rounds = [_round(services, asker, modules, number) for number in range(ROUNDS)]
    return [
        Row(what=what, unit=unit, goal=goal, ours=_column(rounds, "ours", name), bare=_column(rounds, side, name))
        for what, name, unit, side, goal in FIGURES
    ]


def _column(rounds: Sequence[Mapping[str, Seen]], side: str, name: str) -> list[float]:
    return [getattr(seen[side], name) for seen in rounds]


def _third_party_modules(services: Services, asker: Asker) -> Path:
    """Runs a bridge until it works, and has it write down what it has imported."""
    modules = services.directory / "modules"
    command = [sys.executable, "-m", "benchmarks.idle_modules", str(modules), "run"]
    with running(command, env=services.settings("modules", services.directory / "modules-data")):
        assert asker.wait_for(f"modules/{LEVEL}"), "the bridge publishes nothing"
    return modules


def _round(services: Services, asker: Asker, modules: Path, number: int) -> dict[str, Seen]:
    """Starts one side after the other, lets all of them rest, and looks at their memory."""
    # A fresh directory: values from an earlier round would be published before any is read.
    settings = services.settings("ours", services.directory / f"idle-{number}")
    bare = [sys.executable, "-m", "benchmarks.idle_bare", str(services.broker), services.api]
    commands = {"ours": BRIDGE, "bare": [*bare, "bare", str(modules)], "lean": [*bare, "lean", os.devnull]}
    with ExitStack() as stack:
        started = {}
        for side, command in commands.items():
            began = time.perf_counter()
            process = stack.enter_context(running(command, env=settings))
            assert asker.wait_for(f"{side}/{LEVEL}"), f"{side} publishes nothing"
            started[side] = process.pid, time.perf_counter() - began
        asker.rest(REST)
        return {
            side: Seen(resident(pid) / MIB, proportional(pid) / MIB, start) for side, (pid, start) in started.items()
        }
