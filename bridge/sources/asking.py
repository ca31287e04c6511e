"""What a row of `extras` is: a call besides those that polling lives on, and where its answer goes."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from bridge.catalog.places import Place
from bridge.model import DeviceId, Kind, Value
from bridge.sources.answers import Api

Answers = Mapping[DeviceId, Mapping[str, Any]]
"""Device -> what is read of it by the catalogue, keyed by the head of the rows' sources."""

DAY = 86_400.0

WEEK = 7 * DAY


class Asking(NamedTuple):
    """Who is asked about, and what the question needs. `zone`: the site's own time zone, while it is known."""

    api: Api
    at: DeviceId
    now: datetime
    zone: str | None
    devices: Collection[DeviceId]
    known: Mapping[str, Value] = {}
    """What is known of it by now."""
    places: Collection[Place] = frozenset(Place)
    """In which ways it is let out where cars are."""
    has_place: bool = True
    """Does the sign-in cover where cars are? Without it a question for that would be refused or not answered."""


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
    place: Place | None = None
    """How all that it tells would tell where a car is: it is not asked when that is not let out. None: it does not."""
    cost: str = "free"
    """Price class in the ledger."""
    tells: str = ""
    """What it is for, for the docs."""

    @property
    def is_regular(self) -> bool:
        return math.isfinite(self.every)
