"""How often Tesla is asked: what is fixed, and what a profile changes (docs/decisions/0013). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

BLOCKED = 3600.0
"""Seconds until Tesla is asked again that blocks this program: asking more often prolongs it (reliability.md A10)."""

WISHED_FOR = 300.0
"""Seconds that a wish for a car that is not online lasts: a command may have woken it before the list shows that."""


class Profile(StrEnum):
    """How much of the money buys how much freshness."""

    ECO = "eco"
    BALANCED = "balanced"
    LIVE = "live"


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between calls. The settings of the same names, and what is fixed (docs/decisions/0013)."""

    state: float = 30
    driving: float = 60
    charging: float = 3600
    """What happens in between is estimated; the end is read when it is due."""
    parked: float = 1320
    live: float = 60
    info: float = 900
    history: float = 300
    products: float = 3600
    occupied: tuple[float, ...] = (30, 30, 30, 30, 45, 60, 90)
    """Somebody in a parked car mostly drives off within minutes; longer looking would only keep it awake."""
    probes: tuple[float, ...] = (60, 150, 270)
    """After a drive: when the cable is plugged in, when the doors are locked."""
    charge_probes: tuple[float, ...] = (900,)
    """After a charge began: two readings tell its rate."""
    likely: float = 240
    """While it is awake at an hour at which it often drives off."""
    careless: tuple[float, ...] = (360,)
    """After waking for nothing, if reading does not keep it awake: a drive may begin that the list does not show."""
    event: float = 10
    """After something was expected to happen."""
    drowsy: float = 150
    """After a car should have fallen asleep."""
    longest_silence: float = 3600
    """Between looks at a car that stays awake for nothing."""
    late: float = 60
    """When it has not happened by then."""
    longest_wait: float = 900
    soonest: float = 10
    """However often fresh data is wanted: a hundred wishes are one call."""
    least: float = 0.1
    """However little money is left, a drive and a charge are read so often: this share of what is usual."""


PROFILES: Mapping[Profile, Mapping[str, Any]] = {
    Profile.ECO: {"driving": 240, "state": 15, "probes": (90, 270)},
    Profile.BALANCED: {"driving": 60, "state": 15},
    Profile.LIVE: {"driving": 38, "state": 15},
}
"""What a profile changes in the pace."""


def paced(profile: Profile, own: Mapping[str, Any]) -> Pace:
    """What is set counts, then the profile; None is not set."""
    return Pace(**{**PROFILES[profile], **{name: value for name, value in own.items() if value is not None}})
