"""What is heard, and all that follows from it, into the store and out to the broker."""

from __future__ import annotations

from bridge.clock import Clock
from bridge.derived.deriver import Deriver
from bridge.model import Change, Update
from bridge.publisher import Publisher
from bridge.redaction import hide_places
from bridge.state import Store


class Learning:
    """`learn` for every update; `pass_minute` for what changes because time passes."""

    def __init__(self, store: Store, deriver: Deriver, publisher: Publisher, clock: Clock) -> None:
        self._store = store
        self._deriver = deriver
        self._publisher = publisher
        self._clock = clock

    def learn(self, update: Update) -> None:
        """Whatever follows from it is learnt as well, and published with it."""
        _hide(update)
        changed, happenings = self._deriver.learn(update, self._store.apply, self._clock.monotonic())
        if changed:
            self._publisher.change(Change(update.device, changed))
        for happening in happenings:
            self._publisher.happened(happening)

    def pass_minute(self) -> None:
        for at, values, happenings in self._deriver.passed():
            self.learn(Update(at, values, self._clock.monotonic(), "derived"))
            for happening in happenings:
                self._publisher.happened(happening)


def _hide(update: Update) -> None:
    """Whatever is logged from now on does not tell where it is."""
    for key in PLACES & update.values.keys():
        if place := update.values[key]:
            hide_places(place["latitude"], place["longitude"])


PLACES = frozenset({"position", "route_position", "origin_position"})
