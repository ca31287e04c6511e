"""Secrets by their value: what this process was told or handed, and what is left of a text that holds one.

`bridge/logs.py` knows what tokens look like. This knows the ones we have, however they look (reliability.md E7).
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable
from itertools import chain
from urllib.parse import quote, quote_plus

HIDDEN = "<secret>"

SHORTEST = 4
"""Characters. A shorter password is in every other word; hiding it would show where it stands."""

_settings: set[str] = set()
_recent: deque[str] = deque(maxlen=64)
"""Tokens come and go, four pairs a day; those of two weeks are long dead."""

_forms: tuple[str, ...] = ()


def hide(*secrets: str | None) -> None:
    """Tokens, codes and whatever else came from outside: from now on none of them is shown."""
    _recent.extend(secret for secret in _long_enough(secrets) if secret not in _recent)
    _renew()


def hide_settings(secrets: Iterable[str]) -> None:
    """What the owner has set: for the life of the process."""
    _settings.update(_long_enough(secrets))
    _renew()


def redacted(text: str) -> str:
    """The text without them. Costs about a tenth of a microsecond for each secret."""
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
