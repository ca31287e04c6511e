"""Reads the pages of the documentation: what in them can be true or false."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parent.parent
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/**/*.md")), ROOT / "mosquitto/README.md"]


@dataclass(frozen=True)
class Row:
    """One row of a table below a heading: column -> text, with its back-quotes."""

    heading: str
    cells: dict[str, str]


@dataclass(frozen=True)
class Page:
    """A page: `words` is code within a sentence, `fences` are language and content of blocks of code."""

    path: Path
    words: tuple[str, ...]
    fences: tuple[tuple[str, str], ...]
    links: tuple[str, ...]
    headings: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def code(self) -> tuple[str, ...]:
        return (*self.words, *(content for _, content in self.fences))

    @property
    def lines(self) -> Iterator[str]:
        """What one could type into a terminal."""
        for code in self.code:
            yield from (line.removeprefix("$ ").strip() for line in code.splitlines())

    @property
    def anchors(self) -> set[str]:
        """As GitHub makes them of headings."""
        return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in self.headings}

    def table(self, heading: str) -> list[Row]:
        return [row for row in self.rows if row.heading == heading]


@cache
def page(path: Path) -> Page:
    tokens = MarkdownIt().enable("table").parse(path.read_text())
    inner = [child for token in tokens for child in token.children or ()]
    named = {"link_open": "href", "image": "src"}
    return Page(
        path,
        words=tuple(token.content for token in inner if token.type == "code_inline"),
        fences=tuple((token.info, token.content) for token in tokens if token.type == "fence"),
        links=tuple(str(token.attrGet(named[token.type])) for token in inner if token.type in named),
        headings=tuple(after.content for before, after in pairwise(tokens) if before.type == "heading_open"),
        rows=tuple(_rows(tokens)),
    )


def _rows(tokens: list[Token]) -> Iterator[Row]:
    heading, columns, cells = "", [""], [""]
    for before, token in pairwise(tokens):
        match before.type:
            case "heading_open":
                heading = token.content
            case "tr_open":
                cells = []
            case "th_open" | "td_open":
                cells.append(token.content if token.type == "inline" else "")
            case "thead_close":
                columns = cells
            case "tr_close" if token.type != "thead_close":
                yield Row(heading, dict(zip(columns, cells, strict=True)))
