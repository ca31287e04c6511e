"""The calls besides those that polling lives on: rows of what is asked, how often, and where the answer goes."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from bridge.model import DeviceId, Kind
from bridge.sources.answers import Api

Answers = Mapping[DeviceId, Mapping[str, Any]]
"""Device -> what is read of it by the catalogue, keyed by the head of the rows' sources."""


class Asking(NamedTuple):
    """Who is asked about, and what the question needs. `zone`: the site's own time zone, while it is known."""

    api: Api
    at: DeviceId
    now: datetime
    zone: str | None
    devices: Collection[DeviceId]


@dataclass(frozen=True, slots=True)
class Extra:
    """One such call. `<base>/<kind>/<id>/get/<name>` asks for it at once."""

    name: str
    kind: Kind
    ask: Callable[[Asking], Awaitable[Answers]]
    every: float = math.inf
    """Seconds; infinite: only when somebody asks, because it costs money or wears the car out."""
    reaches_car: bool = False
    """The car itself answers: it is not asked while it sleeps."""

    @property
    def is_regular(self) -> bool:
        return math.isfinite(self.every)


EXTRAS: tuple[Extra, ...] = ()


def of(kind: Kind) -> list[Extra]:
    return [extra for extra in EXTRAS if extra.kind is kind]


ON_REQUEST = frozenset(extra.name for extra in EXTRAS if not extra.is_regular)
