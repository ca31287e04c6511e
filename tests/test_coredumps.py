"""What is in memory does not get out of it (reliability.md T15)."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import ctypes
import os
import resource
from pathlib import Path
from prometheus_client import CollectorRegistry, ProcessCollector
from bridge import coredumps

PR_GET_DUMPABLE = 3
prctl = ctypes.CDLL(None).prctl
if not os.geteuid():  # of root's processes /proc tells root everything anyway
    os.setgid(65534)
    os.setuid(65534)
prctl(coredumps.PR_SET_DUMPABLE, 1, 0, 0, 0)
owner = Path("/proc/self/environ").stat().st_uid
coredumps.forbid()
print(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), *resource.getrlimit(resource.RLIMIT_CORE))
print(owner == os.geteuid(), Path("/proc/self/environ").stat().st_uid)
print(*sorted(metric.name for metric in ProcessCollector(registry=CollectorRegistry()).collect()))
"""


def test_no_core_is_written_and_the_process_can_still_be_measured_by_itself() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    dumpable, owner, measured = done.stdout.splitlines()
    assert dumpable == "0 0 0"
    assert owner == "True 0", "it was its user's, and now none of his other programs may look into it"
    assert {"process_open_fds", "process_resident_memory_bytes"} <= set(measured.split())
