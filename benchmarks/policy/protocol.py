"""What a policy sees and says. Times in seconds from the first midnight."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol

DISCONNECTED, STOPPED, CHARGING, COMPLETE = "Disconnected", "Stopped", "Charging", "Complete"

PRICES = {"state": 0.0, "data": 1 / 500, "wake": 1 / 50, "signal": 1 / 150_000}
"""US dollars (performance.md 6). Every answer below 500 is billed, a 408 too."""

CREDIT = 10.0
"""US dollars a month and account."""

NEVER = 1e12


class Request(NamedTuple):
    """The next call: `state` is the free look, `data` is vehicle_data, `wake` is wake_up."""

    at: float
    kind: str


class Reply(NamedTuple):
    """What came of a call; `push` is an event of the stream."""

    at: float
    kind: str
    status: int
    is_online: bool
    is_driving: bool = False
    charging: str = DISCONNECTED
    battery: int = 0
    battery_range: float = 0.0
    """Miles, two decimals."""
    place: float = 0.0
    """Metres from home along the road."""
    is_occupied: bool = False
    charge_end: float | None = None
    """From minutes_to_full_charge, up to two minutes off."""
    charge_limit: int = 100
    rate: float = 0.0
    """Percent a second while charging, as the car reports it: 3 % off."""


class Level(NamedTuple):
    """A battery level that is published from then on."""

    at: float
    percent: float


class Policy(Protocol):
    """Asked for the next call after every reply."""

    @property
    def is_pushed(self) -> bool:
        """Does it get the events of the stream?"""
        ...

    def next(self, last: Reply | None, now: float) -> Request: ...

    def levels(self, reply: Reply) -> Iterable[Level]:
        """The battery levels published after this reply, until the next one that carries data."""
        ...


class Plain:
    """Publishes what it reads."""

    is_pushed = False

    def levels(self, reply: Reply) -> Iterable[Level]:
        return (Level(reply.at, reply.battery),)
