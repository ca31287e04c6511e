"""Memory of a bridge that has nothing to do, and how long it takes to begin.

Beside it: a process that imports the same third-party modules, connects to the broker, reads the car once and
publishes one value. Both start from nothing in every round, one after the other, and then rest together.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import NamedTuple

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
    ("memory (RSS)", "MiB", 1.4),
    ("memory, shared pages in part (PSS)", "MiB", 1.4),
    ("start to the first value of the car", "s", None),
)


class Seen(NamedTuple):
    """One process in one round, in the order of `FIGURES`."""

    rss: float
    pss: float
    start: float


def measure(services: Services) -> list[Row]:
    with Asker(services.broker, f"+/{LEVEL}") as asker:
        modules = _third_party_modules(services, asker)
        rounds = [_round(services, asker, modules, number) for number in range(ROUNDS)]
    return [
        Row(
            what=what,
            unit=unit,
            goal=goal,
            ours=[ours[at] for ours, _ in rounds],
            bare=[bare[at] for _, bare in rounds],
        )
        for at, (what, unit, goal) in enumerate(FIGURES)
    ]


def _third_party_modules(services: Services, asker: Asker) -> Path:
    """Runs a bridge until it works, and has it write down what it has imported."""
    modules = services.directory / "modules"
    command = [sys.executable, "-m", "benchmarks.idle_modules", str(modules), "run"]
    with running(command, env=services.settings("modules", services.directory / "modules-data")):
        assert asker.wait_for(f"modules/{LEVEL}"), "the bridge publishes nothing"
    return modules


def _round(services: Services, asker: Asker, modules: Path, number: int) -> tuple[Seen, Seen]:
    # A fresh directory: values from an earlier round would be published before any is read.
    settings = services.settings("ours", services.directory / f"idle-{number}")
    bare_command = [sys.executable, "-m", "benchmarks.idle_bare", str(services.broker), services.api, str(modules)]
    began = time.perf_counter()
    with running(BRIDGE, env=settings) as ours:
        ours_start = _wait(asker, "ours", began)
        began = time.perf_counter()
        with running(bare_command) as bare:
            bare_start = _wait(asker, "bare", began)
            asker.rest(REST)
            return _look(ours.pid, ours_start), _look(bare.pid, bare_start)


def _wait(asker: Asker, base: str, began: float) -> float:
    assert asker.wait_for(f"{base}/{LEVEL}"), f"{base} publishes nothing"
    return time.perf_counter() - began


def _look(pid: int, start: float) -> Seen:
    return Seen(resident(pid) / MIB, proportional(pid) / MIB, start)
