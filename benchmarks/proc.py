"""What Linux tells of a process: memory in bytes, CPU time in seconds."""

from __future__ import annotations

import re
from pathlib import Path


def resident(pid: int | str = "self") -> int:
    """RSS: everything of it that is in memory, also what other processes use too."""
    return _rollup(pid, "Rss")


def proportional(pid: int | str = "self") -> int:
    """PSS: what is shared counts only in part."""
    return _rollup(pid, "Pss")


def cpu(pid: int) -> float:
    """Time on a CPU so far, of its main thread: where the event loop runs."""
    return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0]) / 1e9


def _rollup(pid: int | str, name: str) -> int:
    found = re.search(
        rf"^{name}:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii"), re.MULTILINE
    )
    assert found, "this kernel has no smaps_rollup"
    return int(found[1]) * 1024
