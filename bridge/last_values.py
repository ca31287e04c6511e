"""What was known last, across a restart: a car may sleep for days, and Tesla tells nothing of a sleeping one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Protocol

from bridge.model import DeviceId
from bridge.state import Store, kept, kept_as, recalled
from bridge.trying import Trying


class Shelf(Protocol):
    """Where values are kept (bridge.database)."""

    def keep_values(self, values: Mapping[str, Any]) -> None: ...
    def values(self) -> Mapping[str, Any]: ...
    def forget_values(self, device: str) -> None: ...
    def wipe(self) -> None: ...


class LastValues:
    """Those of every device `but` the bridge's own, of which nothing outlives it."""

    def __init__(self, shelf: Shelf, store: Store, but: Collection[DeviceId]) -> None:
        self._shelf = shelf
        self._store = store
        self._but = but
        self._saving = Trying("the last values could not be saved")

    def recall(self) -> None:
        """Older than anything that will be heard, so that everything newer wins; then only what may be seen is kept."""
        known = recalled(self._shelf.values())
        for at, values in known.items():
            self._store.recall(at, values)
        if any(values != self._store.values(at) for at, values in known.items()):
            self.keep()  # the owner lets out less than before
            self._shelf.wipe()

    def keep(self) -> None:
        known = {at: self._store.values(at) for at in self._store.devices() if at not in self._but}
        with self._saving:  # a full disk is no reason to fall silent (F4)
            self._shelf.keep_values(kept(known))

    def forget(self, at: DeviceId) -> None:
        """A device that has left the account."""
        self._shelf.forget_values(kept_as(at))
