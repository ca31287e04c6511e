"""An event loop with nothing to do, until a line comes; tells how late it was, p99 in seconds."""

from __future__ import annotations

import asyncio
import sys

from bridge.lag import Lag


async def idle() -> float:
    with Lag(asyncio.get_running_loop()) as lag:
        await asyncio.to_thread(sys.stdin.readline)
        return lag.quantile(0.99) or 0.0


if __name__ == "__main__":
    sys.stdout.write(str(asyncio.run(idle())))
