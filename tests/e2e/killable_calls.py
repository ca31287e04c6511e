"""A bridge's calls as a process that dies around one of them. Run like killable.py, which has the tools for it.

python killable_calls.py DIRECTORY URL
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from random import Random
from ssl import PROTOCOL_TLS_CLIENT, SSLContext
from typing import Any

from killable import _before

from bridge import logs
from bridge.clock import SystemClock
from bridge.database import Database
from bridge.errors import BridgeError
from bridge.fleet.auth.grants import RefreshToken
from bridge.fleet.auth.sources import TokenSource
from bridge.fleet.auth.store import StoredTokens
from bridge.fleet.client import FleetClient
from bridge.fleet.home import Home
from bridge.fleet.hosts import simulated
from bridge.fleet.transport import Transport
from bridge.ledger import Ledger
from bridge.prices import LIST

FAST = LIST.altered({}, {"data": 10**6, "command": 10**6, "wake": 10**6})


def _is_paid(*words: Any) -> bool:
    url: str = words[2].url
    return url.endswith(("vehicle_data", "flash_lights", "wake_up"))


def _at_random() -> None:
    signal.setitimer(signal.ITIMER_REAL, Random().uniform(0.005, 0.15))


MOMENTS: Mapping[str, Callable[[], None]] = {
    "before it leaves": lambda: _before(Transport, "exchange", when=_is_paid),
    "when the answer has come": lambda: _before(Transport, "exchange", when=_is_paid, after=True),
    "before its outcome is entered": lambda: _before(Ledger, "end", when=lambda *words: words[1].key[2] != "free"),
    "at any time": _at_random,
}


async def live(directory: Path, url: str, arm: Callable[[], None]) -> None:
    """Makes one call of each class, answered well or not; may die at one of them."""
    clock = SystemClock()
    with Database(directory) as database:
        http = Transport(clock, trust=lambda: SSLContext(PROTOCOL_TLS_CLIENT))
        grant, region = RefreshToken("simulated-client", "simulated-refresh-token"), simulated(url)
        tokens = TokenSource(
            account="tesla", grant=grant, store=StoredTokens(database), region=region, http=http, clock=clock
        )
        ledger = Ledger(store=database, clock=clock, budget=1000, prices=FAST)
        async with FleetClient(
            tokens=tokens, home=Home(region, clock), clock=clock, ledger=ledger, http=http
        ) as client:
            vin = next(each["vin"] for each in await client.products() if "vin" in each)
            arm()
            with suppress(BridgeError):
                await client.vehicle_data(vin, ("charge_state",))
            with suppress(BridgeError):
                await client.command(vin, "command/flash_lights", {})
            with suppress(BridgeError):
                await client.wake_up(vin)


def main(directory: Path, url: str) -> None:
    for line in sys.stdin:
        child = os.fork()
        if not child:
            logs.configure("error", as_json=False)
            asyncio.run(live(directory, url, MOMENTS.get(line.strip(), lambda: None)))
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        sys.stdout.write(f"{status}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
