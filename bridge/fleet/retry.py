"""What is tried again, how often and how soon. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from bridge.errors import NotSent, RateLimited, ServerFailed

TRIES = 3
FIRST_WAIT = 0.5
"""Seconds before the second try, doubled before the third, and up to doubled again by chance."""

SHORT = 5.0
"""Seconds; a 429 that asks for more is the caller's to know."""

# A write is repeated only if provably nothing has left: a lost answer may mean that it was done (C1).
_AGAIN: Mapping[bool, tuple[type[Exception], ...]] = {
    True: (NotSent,),
    False: (NotSent, ServerFailed, RateLimited),
}


def pause(error: Exception, tries: int, *, write: bool, random: Random) -> float | None:
    """Seconds to wait after so many tries, the last of which has failed so; None: it is not tried again."""
    if tries >= TRIES or not isinstance(error, _AGAIN[write]):
        return None
    if isinstance(error, RateLimited):
        return error.wait if error.wait <= SHORT else None
    # With a floor: full jitter has been seen to collapse to no wait at all (reliability.md B3).
    return random.uniform(1, 2) * FIRST_WAIT * 2.0 ** (tries - 1)
