"""Secrets and places by their value: what this process was told or handed, and what is left of a text that holds one.

`bridge/logs.py` knows what tokens look like. This knows the ones we have, however they look (reliability.md E7).
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from itertools import chain
from urllib.parse import quote, quote_plus

HIDDEN = "<secret>"
HIDDEN_PLACE = "null"
"""A line of JSON may hold it as a number."""

SHORTEST = 4
"""Characters. A shorter password is in every other word; hiding it would show where it stands."""

SHORTEST_ID = 8
"""Characters. A shorter number is in every other word, and nobody's secret."""

_settings: set[str] = set()
_recent: deque[str] = deque(maxlen=64)
"""Tokens come and go, four pairs a day; those of a week are long dead. What is in use is told again at each renewal."""

_ids: dict[str, str] = {}

_zones: set[float] = set()
_recent_places: deque[float] = deque(maxlen=64)
"""Degrees: where cars were last, as Tesla told it."""

_degrees: re.Pattern[str] | None = None

_forms: tuple[str, ...] = ()


def hide(*secrets: str | None) -> None:
    """Tokens, codes and whatever else came from outside: from now on none of them is shown."""
    for secret in _long_enough(secrets):
        with suppress(ValueError):
            _recent.remove(secret)  # to be the newest again
        _recent.append(secret)
    _renew()


def hide_settings(secrets: Iterable[str]) -> None:
    """What the owner has set: for the life of the process."""
    _settings.update(_long_enough(secrets))
    _renew()


def hide_places(*degrees: float) -> None:
    """Where a car was last: from now on it is not shown, written with three decimals or more."""
    new = [number for number in degrees if _is_telling(number) and number not in _recent_places]
    _recent_places.extend(new)
    if new:
        _renew_degrees()


def hide_zones(degrees: Iterable[float]) -> None:
    """Where the owner's zones are: for the life of the process."""
    _zones.update(filter(_is_telling, degrees))
    _renew_degrees()


def shorten_ids(ids: Iterable[str]) -> None:
    """Of devices: from now on the log shows the last four characters of each."""
    _ids.update({each: f"…{each[-4:]}" for each in ids if len(each) >= SHORTEST_ID})


def shortened(text: str) -> str:
    """The text without whole ids: for the log only, since topics and answers name devices."""
    for each, end in _ids.items():
        text = text.replace(each, end)
    return text


def redacted(text: str) -> str:
    """The text without them. Costs about a tenth of a microsecond for each secret."""
    if _degrees:
        text = _degrees.sub(HIDDEN_PLACE, text)
    for form in _forms:
        if form in text:
            text = text.replace(form, HIDDEN)
    return text


def _long_enough(secrets: Iterable[str | None]) -> list[str]:
    return [secret for secret in secrets if secret and len(secret) >= SHORTEST]


def _renew() -> None:
    """In one step, because the log may be written by another thread. The longest first: one may hold another."""
    global _forms  # noqa: PLW0603 - what must not be shown is the whole process's business
    found = set(chain.from_iterable(map(_written, chain(_settings, _recent))))
    _forms = tuple(sorted(found, key=len, reverse=True))


def _written(secret: str) -> set[str]:
    """As it is, in JSON, in Python's repr, in a form and in a URL; mostly they are the same."""
    return {secret, json.dumps(secret)[1:-1], repr(secret)[1:-1], quote_plus(secret), quote(secret, safe="")}


def _is_telling(degrees: float) -> bool:
    """A whole number is in every other word, and tells no more than a country."""
    return degrees != round(degrees, 1)


def _renew_degrees() -> None:
    global _degrees  # noqa: PLW0603 - what must not be shown is the whole process's business
    heads = sorted({head for number in chain(_zones, _recent_places) for head in _heads(number)})
    _degrees = re.compile(rf"(?<![\d.])(?<!\d:)-?(?:{'|'.join(map(re.escape, heads))})\d*") if heads else None


def _heads(degrees: float) -> set[str]:
    """How it begins with three decimals, about 100 m: cut off, or rounded."""
    size = abs(degrees)
    return {f"{int(size * 1000) / 1000:.3f}", f"{size:.3f}"}
