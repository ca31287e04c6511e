"""When the grid was away, and when a storm is expected."""

from collections import deque
from datetime import datetime
from random import Random
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

Json = dict[str, Any]
DAY = 86_400
STORM_LASTS = DAY


class Outage(NamedTuple):
    """Epoch and seconds."""

    start: float
    seconds: float


def past_outages(seed: int, start: float, days: int) -> list[Outage]:
    """About one short outage in a hundred days before `start`; too short to show in the energy."""
    dice = Random(f"outages {seed}")
    drawn = (Outage(start - dice.uniform(1, days) * DAY, dice.randint(20, 240)) for _ in range(days // 100))
    return sorted(drawn)


class Outages:
    """The outages that are over, and the one that lasts, if any."""

    def __init__(self, over: list[Outage]) -> None:
        self.over = deque(over, maxlen=200)
        self._since: float | None = None

    def begin(self, epoch: float) -> None:
        if self._since is None:
            self._since = epoch

    def end(self, epoch: float) -> None:
        if self._since is not None:
            self.over.append(Outage(self._since, epoch - self._since))
            self._since = None


class Storm:
    """A storm the weather service warns of; it passes by itself after a day."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._begin: float | None = None

    def announce(self, epoch: float) -> None:
        self._begin = epoch

    def cancel(self) -> None:
        self._begin = None

    def active(self, epoch: float) -> bool:
        return self._begin is not None and self._begin <= epoch < self._begin + STORM_LASTS

    def states(self, epoch: float, *, opted_out: bool) -> list[Json]:
        """The storm_mode_states of live_status (fleet-api.md 4.2)."""
        if self._begin is None or not self.active(epoch):
            return []
        event: Json = {
            "watch_event_id": f"storm-{int(self._begin)}",
            "start_time": self._local(self._begin),
            "end_time": self._local(self._begin + STORM_LASTS),
            "storm_type": "thunderstorm",
            "opted_out": opted_out,
        }
        return [event]

    def _local(self, epoch: float) -> str:
        return datetime.fromtimestamp(int(epoch), self._zone).isoformat()
