"""What the owner sets at run time over MQTT. It is kept across restarts; until then the settings' value counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from typing import Any, Protocol

import structlog

from bridge.catalog import CATALOGUE, validate
from bridge.catalog.options import GROUP, RESTORE, setter
from bridge.errors import NotKept, NotOffered
from bridge.model import DeviceId, Kind, Value

log = structlog.get_logger()

Defaults = Callable[[DeviceId], Mapping[str, Value]]
"""The options of a device, each with the value of the settings; empty for a device that has none."""

Errand = Callable[[DeviceId, Mapping[str, Value]], Any]


class Choices(Protocol):
    """Where they are kept (bridge.database): device -> name -> value. On disk when a write returns."""

    def options(self) -> Mapping[str, Mapping[str, Any]]: ...
    def keep_option(self, device: str, name: str, value: Any) -> None: ...
    def forget_option(self, device: str, name: str) -> None: ...


class Options:
    """`of` a device: what counts now. What must be told when one changes, stands in `effects`."""

    def __init__(
        self,
        *,
        store: Choices,
        defaults: Defaults,
        tell: Callable[[DeviceId, Mapping[str, Value]], None],
        effects: Mapping[str, Callable[[DeviceId], None]],
    ) -> None:
        """`tell` publishes; `effects`: name of an option -> what to do when that of a device has changed."""
        self._store = store
        self._defaults = defaults
        self._tell = tell
        self._effects = effects
        self._chosen = {device: dict(values) for device, values in store.options().items()}

    def of(self, at: DeviceId, name: str) -> Value:
        """Raises NotOffered for an option that the device does not have."""
        self._check(at, name)
        chosen = self.chosen(at, name)
        return self._defaults(at)[name] if chosen is None else chosen

    def chosen(self, at: DeviceId, name: str) -> Value:
        """What the owner has set; None: nothing, so that the settings count."""
        chosen = self._chosen.get(str(at), {}).get(name)
        return chosen if is_sound(at.kind, name, chosen) else None

    def all(self, at: DeviceId) -> dict[str, Value]:
        return {name: self.of(at, name) for name in self._defaults(at)}

    def choose(self, at: DeviceId, name: str, value: Value) -> None:
        """From now on, also after a restart. Raises NotKept, NotOffered; then nothing has changed."""
        self._check(at, name)
        self._keep(self._store.keep_option, str(at), name, value)
        self._chosen.setdefault(str(at), {})[name] = value
        self._changed(at, name)

    def restore(self, at: DeviceId, name: str) -> None:
        """The settings' value counts again. Raises NotKept, NotOffered."""
        self._check(at, name)
        self._keep(self._store.forget_option, str(at), name)
        self._chosen.get(str(at), {}).pop(name, None)
        self._changed(at, name)

    def take_effect(self, devices: Iterable[DeviceId]) -> None:
        """At the start: what was chosen in an earlier run."""
        for at in devices:
            for name in self._effects.keys() & self._chosen.get(str(at), {}).keys() & self._defaults(at).keys():
                self._effects[name](at)

    def errands(self) -> dict[str, Errand]:
        """For the commands of the catalogue."""
        names = {name for kind in Kind for name in names_of(kind)}
        return {setter(name): partial(self._set, name) for name in names} | {RESTORE: self._restore}

    async def _set(self, name: str, at: DeviceId, parameters: Mapping[str, Value]) -> None:
        self.choose(at, name, parameters["value"])

    async def _restore(self, at: DeviceId, parameters: Mapping[str, Value]) -> None:
        self.restore(at, parameters["option"])

    def _check(self, at: DeviceId, name: str) -> None:
        if name not in self._defaults(at):
            raise NotOffered(f"{at} has no {name} of its own")

    def _keep(self, write: Callable[..., None], *what: Value) -> None:
        try:
            write(*what)
        except Exception as error:
            raise NotKept(f"it could not be written down, so it was not changed: {error}") from error

    def _changed(self, at: DeviceId, name: str) -> None:
        value = self.of(at, name)
        log.info("option", device=str(at), option=name, value=value)
        self._tell(at, {name: value})
        if name in self._effects:
            self._effects[name](at)


@cache
def names_of(kind: Kind) -> frozenset[str]:
    """The options in the catalogue."""
    return frozenset(key for key, row in CATALOGUE[kind].entities.items() if row.group == GROUP)


def is_sound(kind: Kind, name: str, value: Value) -> bool:
    """May it be chosen? What an earlier version has kept may not."""
    row = CATALOGUE[kind].entities[name]
    if value is None:
        return False
    try:
        return bool(validate.entity_value(row, {"value": value}, row_limits(kind, name)) == value)
    except ValueError:
        return False


def row_limits(kind: Kind, name: str) -> tuple[float, float] | None:
    own = CATALOGUE[kind].entities[name].limits
    return (own.minimum, own.maximum) if own else None
