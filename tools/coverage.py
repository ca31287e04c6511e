"""docs/coverage.md: which of the values and controls that exist anywhere are here (reference/entities.md).

tools/coverage.txt has a line for each row of the reference: its number, and the keys that are it here, or `-` and the
reason why there is none. With --check the page is compared.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from bridge.catalog import CATALOGUE
from bridge.catalog.rows import STREAMED, Command, Composite, Entity, Event
from bridge.cli.pages.tables import GENERATED, code, table
from bridge.model import Kind

ROOT = Path(__file__).parents[1]
LIST = ROOT / "tools" / "coverage.txt"
PAGE = ROOT / "docs" / "coverage.md"

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

WORDS = ("offered", "gated", "streamed", "left out")

_ABOUT = """Everything that some program offers of a Tesla and a Powerwall was listed once: 645 values and
controls. This is what became of them here. *Gated*: offered to devices that have it. *Streamed*: only Fleet Telemetry
tells it; the row is there and comes alive with the stream. [entities.md](entities.md) has the rows themselves."""


class Row(NamedTuple):
    """A row of the reference: its number, our keys, or the reason why there are none."""

    number: str
    keys: tuple[str, ...]
    reason: str

    @property
    def section(self) -> str:
        return self.number[0]

    @property
    def word(self) -> str:
        """What became of it. Raises KeyError for a key that does not exist."""
        if not self.keys:
            return "left out"
        return max(
            (_word(key, SECTIONS[self.section][1]) for key in self.keys), key=("streamed", "gated", "offered").index
        )


def _word(key: str, kind: Kind) -> str:
    row = _row(key, kind)
    if isinstance(row, Entity) and row.source == STREAMED:
        return "streamed"
    return "gated" if row.needs or (isinstance(row, Command) and row.dangerous) else "offered"


def _row(key: str, kind: Kind) -> Entity | Command | Composite | Event:
    """Of this kind, or of another if it says so: `account/signed_in`."""
    other, _, name = key.rpartition("/")
    catalogue = CATALOGUE[Kind(other) if other else kind]
    found: dict[str, Entity | Command | Composite | Event] = {**catalogue.commands, **catalogue.entities}
    found |= {composite.key: composite for composite in catalogue.composites}
    found |= {event.key: event for event in catalogue.events if event.key not in found}
    return found[name]


def rows() -> list[Row]:
    found = []
    for line in LIST.read_text().splitlines():
        number, what = line.split(maxsplit=1)
        reason = what.removeprefix("- ") if what.startswith("- ") else ""
        found.append(Row(number, () if reason else tuple(what.split()), reason))
    return found


def page() -> str:
    lines = [
        GENERATED.replace("bridge/catalog", "bridge/catalog and from tools/coverage.txt"),
        "# Coverage",
        "",
        _ABOUT,
        "",
    ]
    lines += table(("section", "rows", *WORDS), _counts())
    lines += ["", "## Left out, and why", ""]
    lines += table(("row", "reason"), ((row.number, row.reason) for row in rows() if row.reason))
    lines += ["", "## Where each row is", ""]
    lines += table(("row", "here", ""), ((row.number, code(row.keys), row.word) for row in rows() if row.keys))
    return "\n".join(lines) + "\n"


def _counts() -> Iterator[tuple[str, ...]]:
    total: Counter[str] = Counter()
    for section, members in groupby(rows(), key=lambda row: row.section):
        words = Counter(row.word for row in members)
        total += words
        yield f"{section} {SECTIONS[section][0]}", str(words.total()), *(str(words[word]) for word in WORDS)
    yield "all", str(total.total()), *(str(total[word]) for word in WORDS)


def main() -> int:
    if "--check" in sys.argv:
        same = PAGE.exists() and PAGE.read_text() == page()
        if not same:
            sys.stderr.write("docs/coverage.md is not what the tables say: run `make docs`\n")
        return 0 if same else 1
    PAGE.write_text(page())
    return 0


if __name__ == "__main__":
    sys.exit(main())
