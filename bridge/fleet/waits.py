"""How long a 429 asks us to wait (fleet-api.md 6.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

SHORTEST = 1.0
LONGEST = 24 * 3600.0
DEFAULT = 60.0
"""Seconds, when the answer names no time."""

_SECONDS = re.compile(r"\d{1,12}(\.\d+)?")
_RETRY_IN = re.compile(r"retry in (\d{1,12})", re.IGNORECASE)
_EPOCH = 1e9  # more seconds than this are a moment, not a wait


def wait(headers: Mapping[str, str], text: str, now: datetime) -> float:
    """Seconds: the first usable of Retry-After, any `*reset` header, `Retry in N`. Between 1 s and 24 h."""
    seconds = next((found for found in _candidates(headers, text, now) if found is not None), DEFAULT)
    return min(max(seconds, SHORTEST), LONGEST)


def _candidates(headers: Mapping[str, str], text: str, now: datetime) -> Iterator[float | None]:
    yield _seconds(headers.get("retry-after", ""), now)
    # The class names inside `RateLimit-*-Reset` are not documented, so they are found by their end.
    for name, value in headers.items():
        if name.endswith("reset"):
            yield _seconds(value, now)
    match = _RETRY_IN.search(text)
    yield float(match[1]) if match else None


def _seconds(value: str, now: datetime) -> float | None:
    if _SECONDS.fullmatch(value.strip()):
        number = float(value)
        return number - now.timestamp() if number > _EPOCH else number
    return _seconds_until(value, now)


def _seconds_until(date: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
    except (ValueError, OverflowError):
        return None
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now).total_seconds()
