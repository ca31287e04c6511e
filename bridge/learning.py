"""What is heard, and all that follows from it, into the store and out to the broker."""

from __future__ import annotations

from bridge.clock import Clock
from bridge.derived.deriver import Deriver
from bridge.model import Change, Update
from bridge.publisher import Publisher
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
