"""One call that may fail."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from bridge.errors import AnswerInvalid, BridgeError

log = structlog.get_logger()


async def failure(read: Callable[..., Awaitable[None]], *values: object) -> BridgeError | None:
    """Makes a call; what it failed with. A bug of ours fails one call like anything else, and no other device."""
    try:
        await read(*values)
    except BridgeError as error:
        return error
    except Exception as bug:
        log.exception("an answer was not understood")
        return AnswerInvalid(f"an answer was not understood: {type(bug).__name__}")
    return None
