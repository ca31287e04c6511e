"""The sign of life: a small file that the running bridge keeps fresh for `fleet2mqtt health`, and a word to systemd.

And a watchdog, for where nobody heeds either.

It tells of the program alone. A dead token, or a Tesla that is away, is no reason to restart it: that would cost calls
and heal nothing. Those stand on <base>/bridge/health.
"""

from __future__ import annotations

import asyncio
import faulthandler
import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bridge import systemd
from bridge.clock import Clock

FILE = "alive"
LENGTH = 100
"""Bytes. Always as many, so that a reader never sees half of it."""

PERIOD = 10.0
"""Seconds between two signs."""

STALE = 60.0
"""Seconds after which a sign is none: a busy machine may be late, but not so late."""

GRACE = 300.0
"""Seconds without the broker that are still healthy: it may be on its way through an update."""

BEAT, BEATS = 10.0, 30
"""The watchdog asks the loop every so many seconds, and so often before it gives up."""

RESTART = 75
"""Exit code of a bridge that is to be started again: whoever looks after it takes it for a failure that may pass."""

STALLED = 70
"""Exit code of a bridge whose loop stands still."""

LAST_WORDS = 5.0
"""Seconds for them: whoever takes the log may be stuck, too."""


async def keep_showing(directory: Path, clock: Clock, without_broker: Callable[[], float]) -> None:
    """Runs as long as the bridge does. `without_broker`: for how many seconds it has been so."""
    try:
        while True:
            # The database complains about a full disk; here the sign's age tells.
            with suppress(OSError):
                _show(directory, clock.monotonic(), without_broker())
            systemd.notify("READY=1", "WATCHDOG=1")
            await clock.sleep(PERIOD)
    finally:
        with suppress(OSError):
            (directory / FILE).unlink()


@contextmanager
def watched_over(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """Ends the process when the loop has not turned for `BEATS` beats (reliability.md B13).

    It counts its own pauses and asks no clock: a machine that was suspended, a process that was stopped and a clock
    that was set cost it one of them at most. What keeps even its thread from running is a computation, such as a
    regular expression: that takes processor time, after as much of which the system ends the process by SIGPROF.
    """
    left = threading.Event()
    thread = threading.Thread(target=_watch, args=(loop, left), name="watchdog", daemon=True)
    faulthandler.register(signal.SIGPROF, file=2, chain=True)
    thread.start()
    try:
        yield
    finally:
        left.set()
        thread.join()
        signal.setitimer(signal.ITIMER_PROF, 0)
        faulthandler.unregister(signal.SIGPROF)


def _watch(loop: asyncio.AbstractEventLoop, left: threading.Event) -> None:
    answered, missed = threading.Event(), 0
    answered.set()
    while missed < BEATS:
        signal.setitimer(signal.ITIMER_PROF, BEAT * BEATS)
        if left.wait(BEAT):
            return
        if not answered.is_set():
            missed += 1
            continue
        missed = 0
        answered.clear()
        loop.call_soon_threadsafe(answered.set)
    _give_up()


def _give_up() -> None:
    """A traceback of each thread, without what its variables hold."""
    threading.Timer(LAST_WORDS, os._exit, (STALLED,)).start()
    os.write(2, f"The event loop stands still. It ends with exit code {STALLED}; this is where:\n".encode())
    faulthandler.dump_traceback(file=2)
    os._exit(STALLED)


def trouble(directory: Path, now: float) -> str | None:
    """What is wrong with the bridge that uses this data directory; None: nothing. `now`: of the clock's monotonic."""
    try:
        sign = json.loads((directory / FILE).read_bytes())
    except FileNotFoundError:
        return f"no bridge is running with the data directory {directory}"
    except (OSError, ValueError) as error:
        return f"{directory / FILE} cannot be read: {error}"
    age, alone = now - sign["at"], sign["without_broker"]
    if not 0 <= age <= STALE:
        return "the bridge gives no sign of life; its log may say why"
    return f"no connection to the MQTT broker for {alone:.0f} s" if alone > GRACE else None


def _show(directory: Path, at: float, without_broker: float) -> None:
    """In its place and not flushed: a memory card has to bear it for years."""
    text = json.dumps({"at": round(at, 1), "without_broker": round(without_broker, 1)})
    file = os.open(directory / FILE, os.O_CREAT | os.O_WRONLY | os.O_NOFOLLOW, 0o600)
    with os.fdopen(file, "wb") as sign:
        sign.write(text.ljust(LENGTH).encode())
