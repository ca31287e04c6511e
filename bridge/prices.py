"""Tesla's price list: what a call of each class costs and how many a minute are allowed. `prices.toml` holds it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class PriceList:
    """`dollars`: US dollars a call, by price class. `credit`: US dollars a month that Tesla does not charge."""

    as_of: date
    dollars: Mapping[str, float]
    credit: float
    per_minute: Mapping[str, int] = field(default_factory=dict)
    """Calls a minute to one device, by price class."""

    def altered(self, dollars: Mapping[str, float], per_minute: Mapping[str, int]) -> PriceList:
        """With the owner's own figures. Raises ValueError for a class that the list does not know."""
        if unknown := (dollars.keys() | per_minute.keys()) - self.dollars.keys():
            raise ValueError(f"{', '.join(sorted(unknown))}: is none of {', '.join(self.dollars)}")
        return replace(self, dollars={**self.dollars, **dollars}, per_minute={**self.per_minute, **per_minute})

    def cost(self, calls: Mapping[str, int]) -> float:
        """US dollars of so many calls by class, before the credit."""
        return round(sum(self.dollars[cost] * number for cost, number in calls.items()), 4)


def _read() -> PriceList:
    found: dict[str, Any] = tomllib.loads(files("bridge").joinpath("prices.toml").read_text("utf-8"))
    dollars = {cost: float(row["dollars"]) for cost, row in found["price"].items()}
    return PriceList(found["as_of"], dollars, float(found["credit"]), found["per_minute"])


LIST = _read()
PRICES, CREDIT = LIST.dollars, LIST.credit
