"""What will happen to the car at a known moment."""

from collections.abc import Callable
from datetime import datetime
from heapq import heappop, heappush

Act = Callable[[], None]


class Agenda:
    """Acts in order of their time; acts of the same moment in the order they were put in."""

    def __init__(self) -> None:
        self._entries: list[tuple[datetime, int, Act]] = []
        self._count = 0

    def at(self, when: datetime, act: Act) -> None:
        """Puts an act in; one that is due already happens in the next step."""
        self._count += 1
        heappush(self._entries, (when, self._count, act))

    @property
    def next_at(self) -> datetime | None:
        """When the first act is due."""
        return self._entries[0][0] if self._entries else None

    def run(self, now: datetime) -> None:
        """Does all that is due, including what these acts put in for now."""
        while self._entries and self._entries[0][0] <= now:
            heappop(self._entries)[2]()
