"""A pair of tokens, and what can be read in an access token without trusting it."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

_AHEAD = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, repr=False)
class Tokens:
    """One generation of an account's tokens. `expires_at` is None where nobody said; then only a 401 tells."""

    access: str
    refresh: str | None
    expires_at: datetime | None
    generation: int
    obtained_at: datetime

    def __repr__(self) -> str:
        return f"<Tokens generation {self.generation}, good until {self.expires_at}>"

    def is_good(self, now: datetime) -> bool:
        """Not expired."""
        return bool(self.access) and (self.expires_at is None or now < self.expires_at)

    def is_due(self, now: datetime) -> bool:
        """Time to renew: at 75 % of its life and 10 minutes before its end, whichever comes first."""
        if not self.is_good(now) or self.expires_at is None:
            return not self.is_good(now)
        life = self.expires_at - self.obtained_at
        # A token that lives less than 20 minutes must not be due from the start.
        margin = max(life / 4, min(_AHEAD, life / 2))
        return now >= self.expires_at - margin


@dataclass(frozen=True, slots=True)
class Claims:
    """What an access token says of itself (fleet-api.md 1.7). Empty or None is: it does not say."""

    scopes: frozenset[str]
    audiences: tuple[str, ...]
    ou_code: str | None
    expires_at: datetime | None


@lru_cache(maxsize=8)  # asked with every command, and the same for hours
def claims(access: str) -> Claims:
    """Decoded, not verified: never for a decision about security. Unknown scopes and claims are no error (A9)."""
    found = _payload(access)
    ou_code = found.get("ou_code")
    return Claims(
        scopes=frozenset(_words(found.get("scp"))),
        audiences=tuple(_words(found.get("aud"))),
        ou_code=ou_code if isinstance(ou_code, str) else None,
        expires_at=_moment(found.get("exp")),
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


def _words(found: Any) -> list[str]:
    if isinstance(found, str):
        return found.split()
    return [word for word in found if isinstance(word, str)] if isinstance(found, list) else []


def _moment(seconds: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
