"""A bridge's token side as a process that dies at a given moment. The moments are put in from outside, here.

    python killable.py DIRECTORY URL

forks a life for each line on standard input: the name of a moment, or `live`; then how it ended: 0, or minus a signal.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from random import Random
from ssl import PROTOCOL_TLS_CLIENT, SSLContext
from typing import Any

from bridge import datafile, logs
from bridge.clock import SystemClock
from bridge.database import FILE, Database
from bridge.fleet import transport
from bridge.fleet.auth.grants import RefreshToken
from bridge.fleet.auth.sources import TokenSource
from bridge.fleet.auth.store import StoredTokens
from bridge.fleet.client import FleetClient
from bridge.fleet.home import Home
from bridge.fleet.hosts import simulated
from bridge.fleet.transport import Transport
from bridge.ledger import Ledger

Arm = Callable[[Database], None]
"""Puts a moment in."""


def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


# --- the moments --------------------------------------------------------------------------------------------------


def _before(owner: Any, name: str, *, when: Callable[..., bool] = lambda *_: True, after: bool = False) -> None:
    """Dies when a function is called, or `after` it has done its work."""
    original = getattr(owner, name)

    if asyncio.iscoroutinefunction(original):

        @wraps(original)
        async def patched(*words: Any) -> Any:
            if when(*words) and not after:
                die()
            result = await original(*words)
            if when(*words):
                die()
            return result

    else:

        @wraps(original)
        def patched(*words: Any) -> Any:
            return die() if when(*words) else original(*words)

    _put(owner, name, patched)


def _put(owner: Any, name: str, patched: Any) -> None:
    setattr(owner, name, patched)


def _is_token(_self: object, _region: object, message: transport.Message, *_: object) -> bool:
    return message.url.endswith("/token")


def _is_call(*words: Any) -> bool:
    return not _is_token(*words) and not words[2].url.endswith("openid-configuration")


def _at_commit(number: int) -> Arm:
    """In the middle of a transaction: all is written, and nothing is valid yet."""

    def arm(database: Database) -> None:
        seen = itertools.count(1)
        database._connection.set_trace_callback(
            lambda said: die() if said == "COMMIT" and next(seen) == number else None
        )

    return arm


def _once_it_has_left(is_it: Callable[..., bool]) -> None:
    """The request is on its way, whole; whether Tesla's server has it is its own affair."""

    async def note(self: Any, event: str, details: Any) -> None:
        if event.endswith("send_request_body.complete"):
            die()

    exchange = Transport.exchange

    async def watched(*words: Any) -> Any:
        if is_it(*words):
            _put(transport._Progress, "note", note)
        return await exchange(*words)

    _put(Transport, "exchange", watched)


def _at_random(_: Database) -> None:
    signal.setitimer(signal.ITIMER_REAL, Random().uniform(0.001, 0.08))  # its signal ends the process like any kill


MOMENTS: dict[str, Arm] = {
    "while it is noted that a renewal begins": _at_commit(1),
    "when that is noted, and nothing has left": lambda _: _before(Transport, "exchange", when=_is_token),
    "when the request has left": lambda _: _once_it_has_left(_is_token),
    "when the answer has come": lambda _: _before(Transport, "exchange", when=_is_token, after=True),
    "while the new pair is written": _at_commit(2),
    "when it is written, and while it is backed up": lambda _: _before(datafile, "put_in_place"),
    "before its first use": lambda _: _before(Transport, "exchange", when=_is_call),
    "after its first use": lambda _: _before(Transport, "exchange", when=_is_call, after=True),
    "at any time": _at_random,
}


# --- a life -------------------------------------------------------------------------------------------------------


async def live(directory: Path, url: str, arm: Arm) -> None:
    """Goes on where the last life has ended; renews once, and once more, at some moment of which it may die."""
    clock = SystemClock()
    with Database(directory) as database:
        http = Transport(clock, trust=lambda: SSLContext(PROTOCOL_TLS_CLIENT))
        grant = RefreshToken("simulated-client", "simulated-refresh-token")
        store, region = StoredTokens(database), simulated(url)
        tokens = TokenSource(account="tesla", grant=grant, store=store, region=region, http=http, clock=clock)
        ledger = Ledger(store=database, clock=clock, budget=10)
        home = Home(region, clock)
        async with FleetClient(tokens=tokens, home=home, clock=clock, ledger=ledger, http=http) as client:
            await client.products()
            tokens.tend()
            await tokens.refresh(await tokens.access())
            used = await tokens.access()
            arm(database)
            await tokens.refresh(used)
            await client.products()


def main(directory: Path, url: str) -> None:
    for line in sys.stdin:
        child = os.fork()
        if not child:
            logs.configure("error", as_json=False)
            asyncio.run(live(directory, url, MOMENTS.get(line.strip(), lambda _: None)))
            os._exit(any(directory.glob(f"{FILE}.broken-*")))
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        sys.stdout.write(f"{status}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
