"""A pair of tokens, how long it is good, and what can be read in an access token without trusting it."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from math import inf
from typing import Any, Self

AHEAD = 600.0
"""Seconds before its end at which an access token is renewed at the latest."""

TOLERANCE = 60.0
"""Seconds by which two clocks may differ and still be taken for right (A6)."""


@dataclass(frozen=True, slots=True, repr=False)
class Tokens:
    """One generation of an account's tokens. `expires_at` is None where nobody said; then only a 401 tells.

    `access` may be empty: then there is only the refresh token. Times are of this machine's wall clock.
    """

    access: str
    refresh: str | None
    expires_at: datetime | None
    generation: int
    obtained_at: datetime

    def __repr__(self) -> str:
        return f"<Tokens generation {self.generation}, good until {self.expires_at}>"


@dataclass(frozen=True, slots=True)
class Life:
    """When an access token is to be renewed, and when it ends: seconds of the monotonic clock, which never jumps."""

    due: float
    ends: float

    @classmethod
    def over(cls) -> Self:
        """Of no access token."""
        return cls(-inf, -inf)

    @classmethod
    def fresh(cls, tokens: Tokens, received: float) -> Self:
        """Of a pair that came at `received`: due at 75 % of its life or 10 minutes before its end, the earlier."""
        if not tokens.access:
            return cls.over()
        if tokens.expires_at is None:
            return cls(inf, inf)
        life = (tokens.expires_at - tokens.obtained_at).total_seconds()
        # A token that lives less than 20 minutes must not be due from the start.
        margin = max(life / 4, min(AHEAD, life / 2))
        return cls(received + life - margin, received + life)

    @classmethod
    def recalled(cls, tokens: Tokens, wall: datetime, monotonic: float) -> Self:
        """Of a pair from the disk: its age is the wall clock's word, where that can be true."""
        age = (wall - tokens.obtained_at).total_seconds()
        if tokens.access and tokens.expires_at and (age < -TOLERANCE or is_skewed(tokens)):
            return cls(-inf, inf)
        return cls.fresh(tokens, monotonic - age)


def is_skewed(tokens: Tokens) -> bool:
    """Did this machine's clock and Tesla's differ when they came? Then nobody knows how old they are."""
    issued = claims(tokens.access).issued_at
    return issued is not None and abs((tokens.obtained_at - issued).total_seconds()) > TOLERANCE


@dataclass(frozen=True, slots=True)
class Claims:
    """What an access token says of itself (fleet-api.md 1.7). Empty or None is: it does not say."""

    scopes: frozenset[str]
    audiences: tuple[str, ...]
    ou_code: str | None
    expires_at: datetime | None
    issued_at: datetime | None = None
    subject: str | None = None
    """The account."""
    app: str | None = None
    """The client id of the app that it was given to."""

    @property
    def lifetime(self) -> timedelta | None:
        """By Tesla's clock alone."""
        return self.expires_at - self.issued_at if self.expires_at and self.issued_at else None


@lru_cache(maxsize=8)  # asked with every command, and the same for hours
def claims(access: str) -> Claims:
    """Decoded, not verified: never for a decision about security. Unknown scopes and claims are no error (A9)."""
    found = _payload(access)
    return Claims(
        scopes=frozenset(_words(found.get("scp"))),
        audiences=tuple(_words(found.get("aud"))),
        ou_code=_word(found.get("ou_code")),
        expires_at=_moment(found.get("exp")),
        issued_at=_moment(found.get("iat")),
        subject=_word(found.get("sub")),
        app=_word(found.get("azp")),
    )


def _payload(access: str) -> Mapping[str, Any]:
    parts = access.split(".")
    if len(parts) != 3:
        return {}
    try:
        found = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _word(found: Any) -> str | None:
    return found if isinstance(found, str) else None


def _words(found: Any) -> list[str]:
    if isinstance(found, str):
        return found.split()
    return [word for word in found if isinstance(word, str)] if isinstance(found, list) else []


def _moment(seconds: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
