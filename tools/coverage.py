"""docs/coverage.md: which of the values and controls that exist anywhere are here; with --check it is compared.

The reference is a list of 645 of them, in the sections below. tools/coverage.txt has a line for each: its number, our
keys, the row itself first, and after a dash what is to be said; without a key, what it is and why it is not here.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from bridge.catalog import CATALOGUE
from bridge.catalog.offer import Offer
from bridge.catalog.rows import STREAMED, Command, Composite, Entity, Event
from bridge.cli.pages.tables import GENERATED, code, table
from bridge.components import Look, components
from bridge.model import DeviceId, Kind
from bridge.topics import Topics

LIST = Path(__file__).with_suffix(".txt")
PAGE = LIST.parents[1] / "docs" / "coverage.md"

SECTIONS: Mapping[str, tuple[str, Kind]] = {
    "A": ("Battery and charging", Kind.VEHICLE),
    "B": ("Climate", Kind.VEHICLE),
    "C": ("Doors, windows, locks", Kind.VEHICLE),
    "D": ("Driving, place, route", Kind.VEHICLE),
    "E": ("Tyres", Kind.VEHICLE),
    "F": ("Security and modes", Kind.VEHICLE),
    "G": ("Media", Kind.VEHICLE),
    "H": ("Software and configuration", Kind.VEHICLE),
    "I": ("Powertrain", Kind.VEHICLE),
    "J": ("Cybertruck, Powershare, Semi", Kind.VEHICLE),
    "K": ("Buttons", Kind.VEHICLE),
    "L": ("Sleep, freshness, cost", Kind.VEHICLE),
    "M": ("Energy site now", Kind.ENERGY_SITE),
    "N": ("Energy site settings", Kind.ENERGY_SITE),
    "O": ("Energy site controls", Kind.ENERGY_SITE),
    "P": ("Energy history", Kind.ENERGY_SITE),
    "Q": ("Wall connector", Kind.WALL_CONNECTOR),
    "R": ("Only in the local network", Kind.ENERGY_SITE),
    "S": ("Bridge and account", Kind.BRIDGE),
    "T": ("Charging history, orders", Kind.ACCOUNT),
}

OFFERED, GATED, LATER, LEFT_OUT = WORDS = ("offered", "gated", "streamed-only", "left out")

_ABOUT = """# Coverage

All that some program offers of a Tesla and a Powerwall, or that Tesla tells, was listed once: 645 values and controls.
This is what became of them here; [entities.md](entities.md) and [commands.md](commands.md) tell more of each.

- **offered**: every device of its kind has it. What Tesla does not tell is unknown; some is asked for only on request.
- **gated**: offered to a device that has it (a sunroof, a battery), or once you have enabled the command by name, or
  where Tesla takes a command in signed form alone, once the bridge has a key.
- **streamed-only**: only Fleet Telemetry tells it. The row has its topic and comes alive with the stream.
- **left out**: not here, with the reason.
"""

NOTHING = Offer(signs=False)
"""No dangerous command is enabled, and there is no key."""

Thing = Entity | Command | Composite | Event


class Row(NamedTuple):
    """A row of the reference: its number, our keys (the row itself first), and what is to be said of it."""

    number: str
    keys: tuple[str, ...]
    note: str

    @property
    def word(self) -> str:
        """What became of it. Raises KeyError for a key that does not exist."""
        words = [_word(key, SECTIONS[self.number[0]][1]) for key in self.keys]
        return words[0] if words else LEFT_OUT


def _word(key: str, kind: Kind) -> str:
    """Of this kind, or of another if it says so: `account/signed_in`."""
    other, _, name = key.rpartition("/")
    kind = Kind(other or kind)
    row = _every(kind)[name]
    told = [CATALOGUE[kind].entities[key] for key in row.states.values()] if isinstance(row, Composite) else [row]
    if any(isinstance(each, Entity) and each.source == STREAMED for each in told):
        return LATER
    return OFFERED if name in _shown(kind) or _needs_no_component(row) else GATED


@cache
def _every(kind: Kind) -> Mapping[str, Thing]:
    """An entity comes before a command of the same name, as on the set topic, and a command before an event."""
    entities, commands, composites, events = CATALOGUE[kind]
    found: dict[str, Thing] = {event.key: event for event in events}
    return found | {row.key: row for row in composites} | dict(commands) | dict(entities)


@cache
def _shown(kind: Kind) -> frozenset[str]:
    """What Home Assistant is told of a device that has nothing special."""
    return frozenset(dict(components(DeviceId(kind, "ID"), {}, Look(Topics(), version="", offer=NOTHING), {})))


def _needs_no_component(row: Thing) -> bool:
    """Is it a topic alone, or a command without a button, that all devices have?"""
    if isinstance(row, Command):
        return not row.button and not row.needs and NOTHING.allows(row)
    return isinstance(row, Entity) and not row.component and not row.needs


def rows() -> Iterator[Row]:
    for line in LIST.read_text().splitlines():
        left, _, note = line.partition(" - ")
        number, *keys = left.split()
        yield Row(number, tuple(keys), note)


def page() -> str:
    lines = [GENERATED.replace("bridge/catalog", "bridge/catalog and tools/coverage.txt"), _ABOUT]
    lines += table(("section", "rows", *WORDS), _counts())
    lines += ["", "## Left out, and why", ""]
    lines += table(("row", "what, and why not"), ((row.number, row.note) for row in rows() if not row.keys))
    lines += ["", "## Where each row is", ""]
    here = ((row.number, code(row.keys), row.word, row.note) for row in rows() if row.keys)
    return "\n".join([*lines, *table(("row", "here", "", "note"), here), ""])


def _counts() -> Iterator[tuple[str, ...]]:
    for letter, (name, _) in SECTIONS.items():
        yield _count(f"{letter} {name}", [row.word for row in rows() if row.number[0] == letter])
    yield _count("all", [row.word for row in rows()])


def _count(name: str, words: list[str]) -> tuple[str, ...]:
    return (name, str(len(words)), *(str(words.count(word)) for word in WORDS))


def main() -> None:
    if "--check" in sys.argv:
        sys.exit(None if PAGE.read_text() == page() else "docs/coverage.md is not what the tables say: run `make docs`")
    PAGE.write_text(page())


if __name__ == "__main__":
    main()
