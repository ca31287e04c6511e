"""One call that may fail."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bridge.errors import AnswerInvalid, BridgeError


async def failure(read: Callable[..., Awaitable[None]], *values: object) -> BridgeError | None:
    """Makes a call; what it failed with. A bug of ours fails one call like anything else, and no other device."""
    try:
        await read(*values)
    except BridgeError as error:
        return error
    except Exception as bug:  # noqa: BLE001 - whoever is told of the error shows where
        return AnswerInvalid.of_bug("an answer was not understood", bug)
    return None
