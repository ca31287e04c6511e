"""How long a command takes, seen by who sent it; beside a loop of paho and httpx2 that does nothing else.

Every side is a process of its own, with the same broker and the same tiny API. One command at a time.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.client import Asker
from benchmarks.proc import cpu
from benchmarks.report import Row
from benchmarks.services import Services, child, running

ROUNDS = 10
COMMANDS = 60
"""In a round, for each side."""

MEMORY = Path("/dev/shm")  # noqa: S108 - memory that looks like a disk, on every Linux

BRIDGE = [str(Path(sys.executable).with_name("fleet2mqtt")), "run"]
FORGETFUL = [sys.executable, "-m", "benchmarks.command_forgetful"]
BARE = "bare"

SIDES = {
    "disk": "button, journal on disk (as the bridge runs)",
    "memory": "button, journal in memory",
    "none": "button, no journal and no ledger",
}
"""What is compared with the bare loop. The names are base topics too."""

GOALS = {"disk": 1.5}


class Took(NamedTuple):
    """Milliseconds by side: of every command, and of CPU time for a command in each round."""

    latency: dict[str, list[float]]
    cpu: dict[str, list[float]]


def measure(services: Services) -> list[Row]:
    with ExitStack() as stack:
        pids = _start(services, stack)
        asker = stack.enter_context(Asker(services.broker, "+/vehicle/+/result/+"))
        for side in pids:
            _wait_until_ready(asker, side)
        button = _rounds(asker, pids, "flash_lights", ("PRESS",))
        setting = _rounds(asker, {side: pids[side] for side in (BARE, "disk")}, "charge_limit", ("70", "71"))
    return [
        *(_row(SIDES[side], button.latency, side, GOALS.get(side)) for side in pids if side != BARE),
        _row("button, CPU of the bridge", button.cpu, "disk"),
        _row("setting, whose new value is published too", setting.latency, "disk"),
    ]


def _row(what: str, took: dict[str, list[float]], side: str, goal: float | None = None) -> Row:
    return Row(what=what, unit="ms", ours=took[side], bare=took[BARE], goal=goal)


def _start(services: Services, stack: ExitStack) -> dict[str, int]:
    """Starts every side that this machine can run: its name and process id."""
    places = {side: services.directory / side for side in SIDES}
    if MEMORY.is_dir():
        places["memory"] = Path(stack.enter_context(TemporaryDirectory(prefix="fleet2mqtt-bench-", dir=MEMORY)))
    else:
        del places["memory"]
    bare = stack.enter_context(child("benchmarks.command_bare", services.broker, services.api, BARE))
    pids = {BARE: bare.pid}
    for side, place in places.items():
        command = FORGETFUL if side == "none" else BRIDGE
        pids[side] = stack.enter_context(running(command, env=services.settings(side, place))).pid
    return pids


def _wait_until_ready(asker: Asker, side: str) -> None:
    """Connected, and it knows the car."""
    for _ in range(100):
        answer = asker.ask(side, "flash_lights", "PRESS", patience=0.2)
        if answer and answer.outcome == "ok":
            return
        asker.rest(0.1)
    raise TimeoutError(f"{side} does not carry out commands")


def _rounds(asker: Asker, pids: Mapping[str, int], name: str, payloads: Sequence[str]) -> Took:
    """The sides take turns."""
    took = Took({side: [] for side in pids}, {side: [] for side in pids})
    for _ in range(ROUNDS):
        for side, pid in pids.items():
            before = cpu(pid)
            took.latency[side] += _ask(asker, side, name, payloads)
            took.cpu[side].append((cpu(pid) - before) * 1000 / COMMANDS)
    return took


def _ask(asker: Asker, side: str, name: str, payloads: Sequence[str]) -> Iterator[float]:
    """Milliseconds of each command of a round."""
    for number in range(COMMANDS):
        answer = asker.ask(side, name, payloads[number % len(payloads)])
        assert answer
        assert answer.outcome == "ok", answer
        yield answer.seconds * 1000
