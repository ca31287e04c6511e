"""The sign of life: a small file that the running bridge keeps fresh for `fleet2mqtt health`, and a word to systemd.

It tells of the program alone. A dead token, or a Tesla that is away, is no reason to restart it: that would cost calls
and heal nothing. Those stand on <base>/bridge/health.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
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
