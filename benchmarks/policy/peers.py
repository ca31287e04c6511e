"""What other programs do, from their code (performance.md 6, "What the peers do")."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from benchmarks.policy.protocol import CHARGING, Plain, Policy, Reply, Request
from benchmarks.policy.world import MINUTE

NOT_YET = -1e9


class Fixed(Plain):
    """A simple bridge: vehicle_data every so often; `looks`: only when a free look says online."""

    def __init__(self, interval: float, *, looks: bool = False) -> None:
        self._interval, self._looks, self._due = interval, looks, 0.0

    def next(self, last: Reply | None, now: float) -> Request:
        if self._looks and last and last.kind == "state" and last.is_online:
            return Request(now, "data")
        at, self._due = self._due, self._due + self._interval
        return Request(at, "state" if self._looks else "data")


class Waking(Plain):
    """vehicle_data every so often; a sleeping car is woken for it."""

    def __init__(self, interval: float) -> None:
        self._interval, self._due = interval, 0.0

    def next(self, last: Reply | None, now: float) -> Request:
        if last and last.kind == "state":
            return Request(now, "data" if last.is_online else "wake")
        if last and last.kind == "wake":
            return Request(now, "data")
        at, self._due = self._due, self._due + self._interval
        return Request(at, "state")


class HomeAssistant(Plain):
    """home-assistant/core tesla_fleet: every 600 s a free look, then vehicle_data if online."""

    def next(self, last: Reply | None, now: float) -> Request:
        if last is None:
            return Request(0.0, "state")
        return Request(now, "data") if last.kind == "state" and last.is_online else Request(now + 600, "state")


class Teslajsonpy(Plain):
    """alandtse/tesla 3.27: ticks of 10 s, the free list every 60 s, vehicle_data after 60 s driving, else 660 s."""

    def __init__(self) -> None:
        self._list = self._data = NOT_YET
        self._tick = 0.0
        self._is_online = self._drives = False

    def next(self, last: Reply | None, now: float) -> Request:  # noqa: ARG002 - it keeps its own ticks
        if last and last.kind == "state":
            self._is_online = last.is_online
        elif last and last.status == 200:
            self._data, self._drives = last.at, last.is_driving
        while True:
            at = self._tick
            if at - self._list >= 60:
                self._list = at
                return Request(at, "state")
            self._tick = at + 10
            if self._is_online and at - self._data >= (60 if self._drives else 660):
                self._data = at
                return Request(at, "data")


class Teslamate(Plain):
    """teslamate without streaming: 15 s for 15 min, then left alone for 21 min; 2.5 s driving, 20 s charging."""

    def __init__(self) -> None:
        self._state, self._used = "start", 0.0

    def next(self, last: Reply | None, now: float) -> Request:
        if last is None:
            return Request(0.0, "state")
        if last.kind == "state":
            return self._looked(last, now)
        if last.status != 200:
            self._state = "asleep"
            return Request(now, "state")
        return self._read(last, now)

    def _looked(self, last: Reply, now: float) -> Request:
        if not last.is_online:
            self._state = "asleep"
            return Request(now + 30, "state")
        if self._state in {"asleep", "start"}:
            self._used = now
        return Request(now, "data")

    def _read(self, last: Reply, now: float) -> Request:
        moves = last.is_driving or last.charging == CHARGING
        if moves or last.is_occupied or self._state == "moves":
            self._used = now
        self._state = "moves" if moves else "online"
        if now - self._used >= 15 * MINUTE:
            self._state = "suspended"
            return Request(now + 21 * MINUTE, "state")
        return Request(now + (2.5 if last.is_driving else 20 if moves else 15), "data")


PEERS: Mapping[str, Callable[[], Policy]] = {
    "vehicle_data every 60 s": lambda: Fixed(60),
    "vehicle_data every 5 min": lambda: Fixed(300),
    "look + data every 5 min": lambda: Fixed(300, looks=True),
    "wake + data every 15 min": lambda: Waking(900),
    "teslamate, no streaming": Teslamate,
    "alandtse/tesla": Teslajsonpy,
    "Home Assistant, every 10 min": HomeAssistant,
}
