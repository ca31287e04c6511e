"""Works out the derived values when something changes or a minute has passed, and keeps their memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import structlog

from bridge.derived.frame import Derivation, Derived, Known, Scene
from bridge.model import Change, DeviceId, Happening, Kind, Update, Value
from bridge.trying import Trying

log = structlog.get_logger()


class Memories(Protocol):
    """What outlives the process (bridge.database): device -> name of a derivation -> its memory."""

    def memories(self) -> Mapping[str, Mapping[str, Any]]: ...
    def remember(self, device: str, name: str, memory: Mapping[str, Any]) -> None: ...


class Deriver:
    """`of` a change, or of a minute that has `passed`: the values that follow from it, and what has happened.

    Memory is on disk before a value that stands on it is given out: a counter that was published never runs
    backwards, whenever the bridge is killed.
    """

    def __init__(
        self, derivations: Iterable[Derivation], memories: Memories, known: Known, now: Callable[[], datetime]
    ) -> None:
        self._derivations = tuple(derivations)
        self._readers = _readers(self._derivations)
        self._memories = memories
        self._saving = Trying("what derived values stand on could not be saved")
        self._broken: set[str] = set()
        """Derivations whose bug the log has told of."""
        self._known = known
        self._now = now
        self._memory: dict[tuple[str, str], Mapping[str, Any]] = {
            (device, name): memory
            for device, by_name in memories.memories().items()
            for name, memory in by_name.items()
        }

    def learn(
        self, update: Update, apply: Callable[[Update], Change | None], at: float
    ) -> tuple[dict[str, Value], list[Happening]]:
        """Applies an update and all that follows from it, at this time: what has changed, and what has happened.

        Together, so that a group of values is published once.
        """
        changed: dict[str, Value] = {}
        happened: list[Happening] = []
        if change := apply(update):
            changed |= change.values
            for values, happenings in self.of(change):
                happened += happenings
                if values:
                    more, later = self.learn(Update(update.device, values, at, "derived"), apply, at)
                    changed |= more
                    happened += later
        return changed, happened

    def of(self, change: Change) -> Iterator[tuple[dict[str, Value], list[Happening]]]:
        """Whatever follows at once; what follows from that, the caller asks for with the change that it makes."""
        changed, readers = frozenset(change.values) | change.unseen, self._readers[change.device.kind]
        for number in sorted({number for key in changed for number in readers.get(key, ())}):
            yield self._derive(self._derivations[number], change.device, changed)

    def passed(self) -> Iterator[tuple[DeviceId, dict[str, Value], list[Happening]]]:
        """What changes because time has passed."""
        for row in self._derivations:
            for at in [at for at in self._known if row.passes and at.kind is row.kind]:
                yield at, *self._derive(row, at, frozenset())

    def _derive(
        self, row: Derivation, at: DeviceId, changed: frozenset[str]
    ) -> tuple[dict[str, Value], list[Happening]]:
        memory, known = self._memory.get((str(at), row.name), {}), self._known[at]
        try:
            found = row.derive(Scene(at, known, memory, self._now(), changed, self._known))
        except Exception:  # a bug of ours costs these values, never the others
            if row.name not in self._broken:
                log.exception("a value could not be derived", device=str(at), derivation=row.name)
            self._broken.add(row.name)
            return {}, []
        if found.memory is not None and found.memory != memory:
            self._remember(at, row.name, found)
        # The Store drops what is equal; most is the same, and need not get there.
        news = {key: value for key, value in found.values.items() if key not in known or known[key] is not value}
        return news, [Happening(at, event.type, event.facts) for event in found.events]

    def _remember(self, at: DeviceId, name: str, found: Derived) -> None:
        assert found.memory is not None  # noqa: S101 - the caller has looked
        self._memory[str(at), name] = found.memory
        with self._saving:  # a full disk is no reason to fall silent (F4)
            self._memories.remember(str(at), name, found.memory)


def _readers(derivations: Sequence[Derivation]) -> Mapping[Kind, Mapping[str, Sequence[int]]]:
    """Kind -> key of an entity -> the places of the derivations that read it."""
    found: dict[Kind, dict[str, list[int]]] = {kind: {} for kind in Kind}
    for number, row in enumerate(derivations):
        for key in row.inputs:
            found[row.kind].setdefault(key, []).append(number)
    return found
