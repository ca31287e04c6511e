"""What the owner can set on the bridge itself: rows whose value is kept here, and the local commands that set it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bridge.catalog.builders import group
from bridge.catalog.rows import Command, Entity, Parameter
from bridge.catalog.writes import Write, sets

GROUP = "options"

RESTORE = "restore_default"
"""The command that gives an option back to the settings."""


def option(key: str) -> Write:
    """Writing the entity `key` calls its own local command."""
    return sets(setter(key), "value")


def setter(key: str) -> str:
    """The name of the command that sets an option."""
    return f"choose_{key}"


def options(*rows: Entity) -> tuple[Entity, ...]:
    return group(GROUP, rows)


def commands(rows: Iterable[Entity]) -> tuple[Command, ...]:
    """One command for each option, reached through its entity only; and one that restores any of them."""
    rows = tuple(rows)
    names = Parameter(name="option", type=str, choices=tuple(row.key for row in rows))
    restore = local(RESTORE, "Restore default", names, note="The value of the settings counts again.")
    return (*(_set(row) for row in rows), restore)


def local(name: str, title: str, *parameters: Parameter, **traits: Any) -> Command:
    """A command that the bridge carries out itself, for nothing."""
    return Command(
        name=name,
        title=title,
        endpoint="",
        parameters=parameters,
        scopes=(),
        cost="free",
        wakes=False,
        is_local=True,
        **traits,
    )


def _set(row: Entity) -> Command:
    kind: type[bool | float | str] = str if row.options else float if row.limits else bool
    value = Parameter(name="value", type=kind, choices=row.options)
    return local(setter(row.key), f"Set {row.name.lower()}", value, direct=False)
