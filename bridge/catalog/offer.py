"""Which rows of a device are offered: what it has, what the token may do, what the owner has enabled. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from bridge.catalog.rows import Command, Entity
from bridge.model import Value


@dataclass(frozen=True, slots=True)
class Offer:
    """What decides which rows are offered, besides the device itself."""

    enabled_commands: Collection[str] = ()
    """Dangerous commands that the owner has enabled."""
    scopes: Collection[str] | None = None
    """What the token holds; None: not known, so nothing is hidden."""

    def is_enabled(self, command: Command) -> bool:
        return not command.dangerous or command.name in self.enabled_commands

    def in_scope(self, command: Command) -> bool:
        return self.scopes is None or any(scope in self.scopes for scope in command.scopes)

    def allows(self, command: Command) -> bool:
        return self.is_enabled(command) and self.in_scope(command)

    def shows(self, entity: Entity, commands: Collection[Command], values: Mapping[str, Value]) -> bool:
        """Is the entity a component for Home Assistant? `commands`: those that writing to it can call."""
        if not has(entity.needs, values):
            return False
        if entity.scope and self.scopes is not None and entity.scope not in self.scopes:
            return False
        # A lock can always lock and a cover can always tell; any other without its command would be dead.
        is_useful_anyway = entity.write is None or entity.component in {"lock", "cover"}
        return is_useful_anyway or any(self.allows(command) for command in commands)


def has(needs: str | None, values: Mapping[str, Value]) -> bool:
    """Does the device have what a row needs?"""
    return needs is None or values.get(needs) not in _ABSENT


_ABSENT = (None, False, 0, "", "none")


def limits(entity: Entity, values: Mapping[str, Value]) -> tuple[float, float] | None:
    """The range of a number now: the device's own limits where it tells them; None for rows without a range."""
    own = entity.limits
    if own is None:
        return None
    minimum = _known(values, own.minimum_from, own.minimum)
    return minimum, max(minimum, _known(values, own.maximum_from, own.maximum))


def _known(values: Mapping[str, Value], key: str | None, otherwise: float) -> float:
    value = values.get(key) if key else None
    return value if isinstance(value, int | float) else otherwise
