"""What Tesla counts and charges: every API request by price class (fleet-api.md 6.2)."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from bridge.simulator.answers import Json

Price = Literal["data", "command", "wake", "free"]

MICRO_DOLLARS: dict[Price, int] = {"data": 2_000, "command": 1_000, "wake": 20_000, "free": 0}
CREDIT_USD = 10.0


@dataclass(frozen=True)
class Entry:
    """One request; status 0 means that it never reached Tesla."""

    time: datetime
    price: Price
    method: str
    path: str
    status: int
    device: str | None
    parameters: Json

    @property
    def billed(self) -> bool:
        """Everything below 500 is charged, refusals included."""
        return self.price != "free" and 0 < self.status < 500

    def json(self) -> Json:
        return {**vars(self), "time": self.time.isoformat(), "billed": self.billed}


@dataclass
class Ledger:
    """The requests of this simulation and the bill of each calendar month (UTC)."""

    limit_usd: float = CREDIT_USD
    entries: list[Entry] = field(default_factory=list)
    _billed: defaultdict[str, Counter[Price]] = field(default_factory=lambda: defaultdict(Counter))

    def record(self, entry: Entry) -> None:
        self.entries.append(entry)
        if entry.billed:
            self._billed[_month(entry.time)][entry.price] += 1

    def usage_usd(self, now: datetime) -> float:
        """This month's charges before the credit."""
        counts = self._billed[_month(now)]
        return sum(MICRO_DOLLARS[price] * count for price, count in counts.items()) / 1e6

    def exceeded(self, now: datetime) -> bool:
        return self.usage_usd(now) > self.limit_usd

    def bill(self, now: datetime) -> Json:
        usage = self.usage_usd(now)
        return {
            "month": _month(now),
            "calls": dict(self._billed[_month(now)]),
            "usage_usd": usage,
            "credit_usd": CREDIT_USD,
            "due_usd": round(max(0.0, usage - CREDIT_USD), 2),
            "limit_usd": self.limit_usd,
            "disabled": self.exceeded(now),
        }

    def clear(self) -> None:
        """Forget the requests and the bill."""
        self.entries.clear()
        self._billed.clear()


def _month(time: datetime) -> str:
    return f"{time:%Y-%m}"
