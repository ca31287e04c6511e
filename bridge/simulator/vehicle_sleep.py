"""Online, asleep, offline: when the car falls asleep and who wakes it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

SLEEPS_AFTER = timedelta(minutes=15)  # fleet-api.md 2.2: so long without a call, before 2021's cars too
FASTEST_WAKE, SLOWEST_WAKE = 8.0, 25.0  # seconds


@dataclass
class Sleep:
    """`quiet_since` is the last thing that kept the car awake; `unreachable` the hand of a test."""

    random: Random
    quiet_since: datetime
    asleep: bool = False
    unreachable: bool = False
    rebooting: bool = False
    wake_at: datetime | None = None
    wake_fails: bool = False

    @property
    def state(self) -> str:
        """`online`, `asleep` or `offline`."""
        if self.unreachable or self.rebooting:
            return "offline"
        return "asleep" if self.asleep else "online"

    @property
    def next_at(self) -> datetime | None:
        """When the state changes by itself."""
        return self.wake_at if self.asleep else self.quiet_since + SLEEPS_AFTER

    def stir(self, now: datetime) -> None:
        """Something happened: the quiet time starts again."""
        self.quiet_since = now

    def rouse(self, now: datetime) -> None:
        """Awake at once, by its own doing."""
        self.asleep, self.wake_at = False, None
        self.stir(now)

    def ask(self, now: datetime) -> None:
        """A wake-up call: online some seconds later, unless it fails; a second call hurries nothing."""
        if self.asleep and not self.wake_at and not self.wake_fails:
            seconds = self.random.uniform(FASTEST_WAKE, SLOWEST_WAKE)
            self.wake_at = now + timedelta(seconds=seconds)

    def settle(self, now: datetime, *, busy: bool) -> None:
        """Wakes, stays awake while `busy`, or falls asleep."""
        if busy or (self.wake_at and now >= self.wake_at):
            self.rouse(now)
        elif not self.asleep and now >= self.quiet_since + SLEEPS_AFTER:
            self.asleep, self.wake_at = True, None
