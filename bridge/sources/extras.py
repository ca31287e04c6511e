"""The calls besides those that polling lives on: rows of what is asked, how often, and where the answer goes."""

from __future__ import annotations

from bridge.model import Kind
from bridge.sources.asking import Answers, Asking, Extra
from bridge.sources.extras_site import SITE_EXTRAS

__all__ = ["EXTRAS", "ON_REQUEST", "Answers", "Asking", "Extra", "of"]

EXTRAS: tuple[Extra, ...] = (*SITE_EXTRAS,)


def of(kind: Kind) -> list[Extra]:
    return [extra for extra in EXTRAS if extra.kind is kind]


ON_REQUEST = frozenset(extra.name for extra in EXTRAS if not extra.is_regular)
