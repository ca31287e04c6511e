"""Rate limits per device and minute (fleet-api.md 6.1)."""

from collections import defaultdict, deque
from datetime import datetime, timedelta
from math import ceil

from bridge.simulator.answers import Refused
from bridge.simulator.ledger import Price

PER_MINUTE: dict[Price, int] = {"data": 60, "wake": 3, "command": 30}
MINUTE = timedelta(minutes=1)


class Limits:
    """The requests of the last minute per price class and device."""

    def __init__(self) -> None:
        self.per_minute = dict(PER_MINUTE)
        self._recent: defaultdict[tuple[Price, str], deque[datetime]] = defaultdict(deque)

    def admit(self, price: Price, device: str, now: datetime) -> None:
        """Count one request; Refused with 429 when the minute is full."""
        limit = self.per_minute.get(price)
        if limit is None:
            return
        recent = self._recent[price, device]
        while recent and now - recent[0] >= MINUTE:
            recent.popleft()
        if len(recent) >= limit:
            raise _too_many(price, limit, ceil((recent[0] + MINUTE - now).total_seconds()))
        recent.append(now)


def _too_many(price: Price, limit: int, seconds: int) -> Refused:
    # The class names inside these headers were never captured; clients read them by their ending.
    name = f"RateLimit-{price.capitalize()}"
    headers = {
        "retry-after": str(seconds),
        f"{name}-Limit": str(limit),
        f"{name}-Remaining": "0",
        f"{name}-Reset": str(seconds),
    }
    return Refused(429, f"Retry in {seconds} seconds", headers)
