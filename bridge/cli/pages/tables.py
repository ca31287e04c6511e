"""Markdown tables, and the words that the generated pages share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bridge.model import Kind

HEADINGS: Mapping[Kind, str] = {
    Kind.VEHICLE: "Vehicle",
    Kind.ENERGY_SITE: "Energy site",
    Kind.WALL_CONNECTOR: "Wall connector",
    Kind.ACCOUNT: "Account",
    Kind.BRIDGE: "Bridge",
}

GENERATED = "<!-- Written by `make docs` from the tables in bridge/catalog. Change those, not this page. -->\n"

TIME = "07:30"


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', '/') for cell in row)} |"


def code(names: Iterable[Any]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def middle(minimum: float, maximum: float, step: float) -> float:
    """An example that hurts nobody who tries it: not 100 % of everything."""
    return round(minimum + step * round((maximum - minimum) / 2 / step), 2)


def price(dollars: float) -> str:
    return f"${dollars:g}" if dollars else "free"
