"""What a program without a bridge in it reaches on this machine at this moment: a measure for its figures."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from spy import client
from whole_house import BASE, House

ROOT = Path(__file__).parents[2]


def share(figures: Sequence[float], part: float) -> float:
    """So large at most is this part of them: 0.99 is the 99th percentile."""
    return sorted(figures)[min(len(figures) - 1, int(part * len(figures)))]


def seconds_to_publish(one: House, sizes: Sequence[int]) -> float:
    """For a bare client, until the spy has heard as many messages as long as these."""
    sender, since, began = client("bridge", "bare"), len(one.spy.messages), perf_counter()
    sender.max_inflight_messages_set(200)
    sender.connect(one.broker.host, one.broker.port)
    sender.loop_start()
    for number, size in enumerate(sizes):
        last = sender.publish(f"{BASE}/bare/{number}", bytes(size), qos=1)
        if number % 200 == 0:  # faster, and the broker drops what the spy has not read
            last.wait_for_publish(60)
    one.spy.until(lambda: len(one.spy.messages) >= since + len(sizes), "what a bare client sends", 60)
    sender.disconnect()
    sender.loop_stop()
    return one.spy.messages[-1].at - began


@contextmanager
def idle_loop() -> Iterator[list[float]]:
    """Beside what is measured, an event loop with nothing to do. At the end the list has its p99 lateness, seconds."""
    found: list[float] = []
    program = (sys.executable, str(Path(__file__).with_name("idle_loop.py")))
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        yield found
        found.append(float(process.communicate("stop\n", timeout=20)[0]))
