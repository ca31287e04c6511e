"""The bridge with a quick watchdog, and a fault put in from outside: SIGUSR1 holds up its loop for ever.

    python hung.py BEAT KIND

BEAT: seconds; KIND: `sleeps`, or `computes` in a library that lets no other thread run.
"""

from __future__ import annotations

import re
import signal
import sys
import time

from bridge import alive, cli


def sleep() -> None:
    time.sleep(1e6)


def compute() -> None:
    re.match(r"(a+)+$", "a" * 60 + "b")


def main(beat: str, kind: str) -> None:
    alive.BEAT = float(beat)
    fault = {"sleeps": sleep, "computes": compute}[kind]
    signal.signal(signal.SIGUSR1, lambda *_: fault())
    sys.argv = ["fleet2mqtt", "run"]
    cli.main()


if __name__ == "__main__":
    main(*sys.argv[1:])
