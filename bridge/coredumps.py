"""What is in memory stays there: no file of it after a crash, and no other process reads it (reliability.md T15)."""

from __future__ import annotations

import ctypes
import resource
import sys
from contextlib import suppress

PR_SET_DUMPABLE = 4
"""prctl(2). It also holds where cores are piped to a program, which are made whatever their limit is (core(5))."""


def forbid() -> None:
    """For the life of the process. On Linux its files in /proc belong to root then, where others could look."""
    with suppress(OSError, ValueError):  # a sandbox that lets nobody set limits sets them itself
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
