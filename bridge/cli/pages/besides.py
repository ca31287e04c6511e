"""The table of the calls besides polling, a part of docs/cost-and-sleep.md."""

from __future__ import annotations

import re

from bridge.cli.pages.tables import HEADINGS, price, table
from bridge.prices import PRICES
from bridge.sources.asking import DAY, Extra
from bridge.sources.extras import EXTRAS

BEGIN = "<!-- Written by `make docs` from EXTRAS in bridge/sources: begin -->"
END = "<!-- end -->"

_HEAD = ("`get/<name>`", "of", "what it tells", "price", "when", "a car that sleeps")


def besides(page: str) -> str:
    """The page, with the table between its two marks as the rows say."""
    rows = "\n".join(table(_HEAD, map(_row, EXTRAS)))
    return re.sub(
        rf"({re.escape(BEGIN)}\n).*?({END})", lambda found: f"{found[1]}\n{rows}\n\n{found[2]}", page, flags=re.DOTALL
    )


def _row(extra: Extra) -> tuple[str, ...]:
    return (
        f"`{extra.name}`",
        HEADINGS[extra.kind].lower(),
        extra.tells,
        price(PRICES[extra.cost]),
        _when(extra),
        "is not asked" if extra.reaches_car else "is not reached",
    )


def _when(extra: Extra) -> str:
    if not extra.is_regular:
        return "only on request"
    if extra.every < DAY:
        return f"every {extra.every / 60:g} min"
    return "once a day" if extra.every == DAY else f"every {extra.every / DAY:g} days"
