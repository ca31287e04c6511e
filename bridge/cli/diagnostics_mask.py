"""What is personal in a report: replaced by its value wherever it stands, then by what it looks like."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, NamedTuple

from bridge.logs import redact
from bridge.model import DeviceId, Kind
from bridge.redaction import hide_settings, redacted
from bridge.sources.roster import MODELS

PATTERNS = (
    (re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+"), "<e-mail address>"),
    (re.compile(r"(…|(?<![A-Z0-9])[A-HJ-NPR-Z0-9]{11})[A-HJ-NPR-Z0-9]{6}(?![A-Z0-9])"), "<VIN>"),
    (re.compile(r"\b\d{7}-\d{2}-[A-Z]--\w+"), "<DIN>"),
    (re.compile(r"(?<![\d.])\d{1,3}(\.\d{1,3}){3}(?![\d.])"), "<address>"),
    (re.compile(r"(?i)(?<![\w:])[0-9a-f]{1,4}:(?::|(?:[0-9a-f]{1,4}:){2,6}:?)[0-9a-f:]*"), "<address>"),
    (re.compile(r"(?<![\d.:])-?\d{1,3}\.\d{4,}"), "<number>"),
    (re.compile(r"(?<![\d.])\d{9,}(?![\d.])"), "<number>"),
)
"""For what nobody has told us of. Times of day are no addresses, and a fraction of a second is no coordinate."""

SHORT = 6
"""Characters of an id below which it may be a part of anything."""

LARGEST = 10**10
"""Numbers from here on may be a site's or an account's; nothing that is counted comes that far."""


USUAL = frozenset(
    {
        *("fleet2mqtt", "homeassistant", "homeassistant/status", "localhost", "127.0.0.1", "mosquitto"),
        *("bridge", "tesla", "home", *MODELS.values()),
    }
)
"""Tell nothing of anybody, and stand everywhere."""


def _is_usual(text: str) -> bool:
    """Also what is so short that it stands in every time and every number."""
    return text in USUAL or len(text) < 2 or (len(text) < SHORT and text.isdecimal())


class _Known(NamedTuple):
    placeholder: str
    form: str
    """The pattern that finds it."""
    is_key: bool
    """May it be the name of something in what is shown?"""


class Mask:
    """`hide`, `learn`, `label` and `place` teach it; called with JSON it gives the same without what is personal.

    `taken`: placeholder -> how often it took the place of something.
    """

    def __init__(self) -> None:
        self.taken: Counter[str] = Counter()
        self._labels: dict[DeviceId, str] = {}
        self._known: dict[str, _Known] = {}
        self._places: set[str] = set()
        self._patterns: dict[bool, re.Pattern[str]] = {}

    # --- teaching ---------------------------------------------------------------------------------------

    def hide(self, secrets: Iterable[str | None]) -> None:
        """Of these not even the length is shown."""
        hide_settings(secret for secret in secrets if secret)

    def label(self, at: DeviceId) -> str:
        """`vehicle 1`: its name from now on, wherever its VIN, site id or DIN stands."""
        if at.kind is Kind.BRIDGE:
            return "bridge"
        if at not in self._labels:
            number = 1 + sum(each.kind is at.kind for each in self._labels)
            self._labels[at] = f"{at.kind} {number}"
            self.learn(at.id, self._labels[at], is_whole=at.kind is Kind.ACCOUNT or len(at.id) < SHORT)
        return self._labels[at]

    def learn(self, text: str | None, placeholder: str, *, is_whole: bool = False, is_key: bool = True) -> None:
        """`is_whole`: only where it is no part of a word."""
        if text and not _is_usual(text) and text not in self._known:
            form = rf"(?<!\w){re.escape(text)}(?!\w)" if is_whole else re.escape(text)
            self._known[text] = _Known(placeholder, form, is_key)
            self._patterns.clear()

    def place(self, *degrees: float) -> None:
        """Coordinates, however many of their digits are written."""
        for each in degrees:
            whole, _, rest = repr(float(each)).partition(".")
            if len(rest) >= 3:
                self._places.add(f"{whole}.{rest[:3]}")

    # --- masking ----------------------------------------------------------------------------------------

    def __call__(self, found: Any) -> Any:
        match found:
            case bool() | None:
                return found
            case int() | float():
                return self._number(found)
            case Mapping():
                return {self._key(str(key)): self(value) for key, value in found.items()}
            case list() | tuple() | set() | frozenset():
                return [self(each) for each in found]
            case _:
                return self.text(str(found))

    def text(self, said: str) -> str:
        """Secrets first, and what looks like one: a token may hold what looks like something else."""
        said = self._known_removed(self._counted(said, redacted(said)), of_keys=False)
        said = self._counted(said, redact(said))
        for pattern, placeholder in PATTERNS:
            said = pattern.sub(partial(self._instead, placeholder), said)
        return said

    def _key(self, said: str) -> str:
        """What is personal in a name of ours. Usual words stay."""
        return self._counted(said, redact(self._known_removed(redacted(said), of_keys=True)))

    def _number(self, found: float) -> Any:
        is_place = repr(found).startswith(tuple(self._places))
        return self._instead("<number>") if is_place or abs(found) >= LARGEST or str(found) in self._known else found

    def _known_removed(self, said: str, *, of_keys: bool) -> str:
        said = self._pattern(of_keys=of_keys).sub(lambda found: self._instead(self._known[found[0]].placeholder), said)
        for place in self._places:
            said = re.sub(rf"(?<!\d){re.escape(place)}\d*", partial(self._instead, "<number>"), said)
        return said

    def _pattern(self, *, of_keys: bool) -> re.Pattern[str]:
        """Made once for all that is known; the longest first, because one may hold another."""
        if of_keys not in self._patterns:
            forms = [(text, known.form) for text, known in self._known.items() if known.is_key or not of_keys]
            forms.sort(key=lambda each: len(each[0]), reverse=True)
            self._patterns[of_keys] = re.compile("|".join(form for _, form in forms) or "(?!)")
        return self._patterns[of_keys]

    def _counted(self, before: str, after: str) -> str:
        self.taken["<secret>"] += before != after
        return after

    def _instead(self, placeholder: str, _: object = None) -> str:
        self.taken[placeholder] += 1
        return placeholder
