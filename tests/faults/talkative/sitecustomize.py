"""Makes a bridge talk: Python runs this when it starts with this directory in PYTHONPATH.

Every library logs whatever it does, and every other look at a site fails with a bug that names its token.
"""

from __future__ import annotations

import itertools
import logging
from typing import Any

from bridge import logs
from bridge.fleet.sender import Sender

configure, exchange, calls = logs.configure, Sender._exchange, itertools.count(1)


def talkative(*words: Any, **named: Any) -> None:
    configure(*words, **named)
    for name in ("httpx2", "httpcore2", "hpack", "asyncio", "paho", ""):
        logging.getLogger(name).setLevel(logging.DEBUG)


async def clumsy(self: Any, call: Any, token: str, *others: Any) -> Any:
    if "live_status" in call.path and next(calls) % 2 == 0:
        headers = {"Authorization": f"Bearer {token}"}
        raise RuntimeError(f"a bug with {token}, {headers} and {self!r}")
    return await exchange(self, call, token, *others)


logs.configure = talkative
Sender._exchange = clumsy  # type: ignore[method-assign,assignment]
