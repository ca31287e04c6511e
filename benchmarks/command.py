"""How long a command takes, seen by who sent it; beside a loop of paho and httpx2 that does nothing else.

Every side is a process of its own, with the same broker and the same tiny API. One command at a time.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks.client import Asker
from benchmarks.report import Row
from benchmarks.services import Services, child, running

ROUNDS = 10
COMMANDS = 60
"""In a round, for each side."""

MEMORY = Path("/dev/shm")  # noqa: S108 - memory that looks like a disk, on every Linux

BRIDGE = [str(Path(sys.executable).with_name("fleet2mqtt")), "run"]
FORGETFUL = [sys.executable, "-m", "benchmarks.command_forgetful"]
BARE = "bare"

GOALS = {"disk": 1.5}

SIDES = {
    "disk": "button, journal on disk (as the bridge runs)",
    "memory": "button, journal in memory",
    "none": "button, no journal and no ledger",
}
SETTING = "setting, whose new value is published too"


def measure(services: Services) -> list[Row]:
    with ExitStack() as stack:
        sides = _start(services, stack)
        asker = stack.enter_context(Asker(services.broker, "+/vehicle/+/result/+"))
        for side in (BARE, *sides):
            _wait_until_ready(asker, side)
        presses = _rounds(asker, (BARE, *sides), "flash_lights", ("PRESS",))
        limits = _rounds(asker, (BARE, "disk"), "charge_limit", ("70", "71"))
    rows = [
        Row(what=SIDES[side], unit="ms", ours=presses[side], bare=presses[BARE], goal=GOALS.get(side)) for side in sides
    ]
    return [*rows, Row(what=SETTING, unit="ms", ours=limits["disk"], bare=limits[BARE])]


def _start(services: Services, stack: ExitStack) -> list[str]:
    """Starts every side. Gives those of `SIDES` that this machine can run; each name is a base topic too."""
    stack.enter_context(child("benchmarks.command_bare", services.broker, services.api, BARE))
    stack.enter_context(running(BRIDGE, env=services.settings("disk", services.directory / "disk")))
    stack.enter_context(running(FORGETFUL, env=services.settings("none", services.directory / "none")))
    if not MEMORY.is_dir():
        return ["disk", "none"]
    memory = stack.enter_context(tempfile.TemporaryDirectory(prefix="fleet2mqtt-bench-", dir=MEMORY))
    stack.enter_context(running(BRIDGE, env=services.settings("memory", Path(memory))))
    return ["disk", "memory", "none"]


def _wait_until_ready(asker: Asker, side: str) -> None:
    """Connected, and it knows the car."""
    for _ in range(100):
        answer = asker.ask(side, "flash_lights", "PRESS", patience=0.2)
        if answer and answer.outcome == "ok":
            return
        asker.rest(0.1)
    raise TimeoutError(f"{side} does not carry out commands")


def _rounds(asker: Asker, sides: Sequence[str], name: str, payloads: Sequence[str]) -> dict[str, list[float]]:
    """Milliseconds of every command, by side; the sides take turns."""
    took: dict[str, list[float]] = {side: [] for side in sides}
    for _ in range(ROUNDS):
        for side in sides:
            for number in range(COMMANDS):
                answer = asker.ask(side, name, payloads[number % len(payloads)])
                assert answer
                assert answer.outcome == "ok", answer
                took[side].append(answer.seconds * 1000)
    return took
