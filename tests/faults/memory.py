"""How much memory a process has, as the kernel tells it (proc(5))."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MIB = 2**20


@dataclass
class Memory:
    """In MiB: what it had before, and by how much its peak was above that."""

    before: float
    growth: float = 0.0


@contextmanager
def watched(pid: int) -> Iterator[Memory]:
    """Its peak while the context lasts; known when it ends."""
    (Path("/proc") / str(pid) / "clear_refs").write_text("5")  # the peak begins anew
    memory = Memory(_status(pid, "VmRSS"))
    yield memory
    memory.growth = _status(pid, "VmHWM") - memory.before


def _status(pid: int, name: str) -> float:
    text = (Path("/proc") / str(pid) / "status").read_text()
    found = re.search(rf"{name}:\s+(\d+) kB", text)
    assert found
    return int(found[1]) * 1024 / MIB
