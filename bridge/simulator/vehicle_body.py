"""Doors, windows, trunks, locks, who sits inside, and what a passer-by notices."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

DOORS = ("df", "dr", "pf", "pr")
WINDOWS = ("fd_window", "fp_window", "rd_window", "rp_window")
# Any number but 0 is open (fleet-api.md 2.2); cars send other numbers than 1 for trunks.
TRUNK_OPEN = 16
REMOTE_START = timedelta(minutes=2)


@dataclass
class Body:
    """What is open, locked and switched on; `noticed` tells (what, when) of lights, horn and the like."""

    locked: bool = True
    doors: dict[str, int] = field(default_factory=lambda: dict.fromkeys(DOORS, 0))
    windows: dict[str, int] = field(default_factory=lambda: dict.fromkeys(WINDOWS, 0))
    front_trunk: int = 0
    rear_trunk: int = 0
    sun_roof_percent: int = 0
    tonneau_percent: int = 0
    user_present: bool = False
    sentry: bool = False
    started_until: datetime | None = None
    noticed: deque[tuple[str, datetime]] = field(default_factory=lambda: deque(maxlen=50))

    @property
    def remote_started(self) -> bool:
        """`remote_start`: somebody may drive off without a key."""
        return self.started_until is not None

    def expire(self, now: datetime) -> None:
        """Ends a remote start that nobody used."""
        if self.started_until and now >= self.started_until:
            self.started_until = None

    def step_in(self) -> None:
        """The driver opens the door and sits down."""
        self.locked = False
        self.doors["df"] = 1
        self.user_present = True

    def close_all(self) -> None:
        """Ready to drive."""
        self.doors = dict.fromkeys(self.doors, 0)
        self.windows = dict.fromkeys(self.windows, 0)
        self.front_trunk = self.rear_trunk = self.sun_roof_percent = self.tonneau_percent = 0

    def step_out(self) -> None:
        """The driver walks away; the door falls shut."""
        self.doors["df"] = 0
        self.user_present = False


@dataclass
class Tyres:
    """Pressures in bar at 15 °C by wheel, and how warm the tyres are, °C."""

    degrees: float
    seen_at: datetime
    cold: dict[str, float] = field(default_factory=lambda: {"fl": 2.9, "fr": 2.9, "rl": 2.875, "rr": 2.875})

    RECOMMENDED = 2.9
    SOFT_WARNING = 2.5
    HARD_WARNING = 2.1
    STEP = 0.025

    def pressure(self, wheel: str) -> float:
        """Warmer air presses more; the sensor counts in steps."""
        exact = (self.cold[wheel] + 1.013) * (self.degrees + 273) / 288 - 1.013
        return round(round(exact / self.STEP) * self.STEP, 3)

    def flow(self, outside: float, seconds: float, now: datetime, *, driving: bool) -> None:
        """They warm up in a drive and cool down after it; only turning wheels report."""
        target = outside + (18 if driving else 0)
        self.degrees = target + (self.degrees - target) * 0.5 ** (seconds / 900)
        if driving:
            self.seen_at = now
