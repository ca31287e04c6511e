"""The moments at which the whole bridge may be made to die, put in from outside, by name."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

import killable_calls
from killable import _before, _is_token, _once_it_has_left, _put, die

from bridge import datafile
from bridge.commands.journal import Journal
from bridge.database import Database
from bridge.fleet.auth.sources import TokenSource
from bridge.fleet.auth.store import Keeper, StoredTokens
from bridge.fleet.transport import Transport
from bridge.publisher import Publisher

Arm = Callable[[], None]


def arm(name: str) -> None:
    """The next time that this moment comes, the process is gone as if the power were cut."""
    POINTS[name]()


def _is_command(*words: Any) -> bool:
    """A write: to a car or to a site."""
    message = words[2]
    return message.method == "POST" and not _is_token(*words) and not message.url.endswith("wake_up")


def _while_written(*, is_open: bool) -> None:
    """In the middle of a transaction of the tokens: all is written, and nothing is valid yet."""
    original = StoredTokens.keep

    def patched(self: Any, account: str, custody: Any) -> None:
        if custody.is_open is is_open:
            self._secrets._connection.set_trace_callback(lambda said: die() if said == "COMMIT" else None)
        original(self, account, custody)

    _put(StoredTokens, "keep", patched)


def _is_first_use(keeper: Keeper, custody: Any) -> bool:
    return bool(custody.used_at and not keeper.custody.used_at)


def _at_random() -> None:
    signal.setitimer(signal.ITIMER_REAL, Random().uniform(0.005, 3))


TOKENS: Mapping[str, Arm] = {
    "token: while it is noted that a renewal begins": lambda: _while_written(is_open=True),
    "token: when that is noted, and nothing has left": lambda: _before(Transport, "exchange", when=_is_token),
    "token: when the request has left": lambda: _once_it_has_left(_is_token),
    "token: when the answer has come": lambda: _before(Transport, "exchange", when=_is_token, after=True),
    "token: while the new pair is written": lambda: _while_written(is_open=False),
    "token: when it is written, and while it is backed up": lambda: _before(datafile, "put_in_place"),
    "token: before its first use": lambda: _before(TokenSource, "_ask", after=True),
    "token: after its first use": lambda: _before(Keeper, "keep", when=_is_first_use),
}

COMMANDS: Mapping[str, Arm] = {
    "command: before it is noted": lambda: _before(Journal, "accepts"),
    "command: when it is noted": lambda: _before(Journal, "sends"),
    "command: when it is noted as sent, and nothing has left": lambda: _before(Transport, "exchange", when=_is_command),
    "command: when the request has left": lambda: _once_it_has_left(_is_command),
    "command: when the answer has come": lambda: _before(Transport, "exchange", when=_is_command, after=True),
    "command: before the result is noted": lambda: _before(Database, "mark_done"),
    "command: before the result is published": lambda: _before(Publisher, "answer"),
    "command: before it is noted that it was": lambda: _before(Database, "mark_published"),
}

CALLS: Mapping[str, Arm] = {
    f"call: {moment}": point for moment, point in killable_calls.MOMENTS.items() if moment != "at any time"
}

POINTS: Mapping[str, Arm] = {**TOKENS, **COMMANDS, **CALLS, "at any time": _at_random}
