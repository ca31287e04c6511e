"""What may be posted for a new access token, how to tell one form from another, and what comes of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.errors import SignInRequired
from bridge.fleet.auth.endpoint import Granted
from bridge.fleet.auth.grants import Grant
from bridge.fleet.auth.tokens import Tokens, claims
from bridge.fleet.hosts import Region


@dataclass(frozen=True, slots=True, repr=False)
class Way:
    """One form, and the tokens it was made of. `mark` is the same for the same form, and tells nothing else of it."""

    tokens: Tokens | None
    form: Mapping[str, str]
    mark: str


def ways(grant: Grant, region: Region, candidates: Iterable[Tokens | None]) -> list[Way]:
    """In their order, and nothing twice. None is possible only as the first: there are no tokens yet."""
    found: dict[str, Way] = {}
    for number, tokens in enumerate(candidates):
        if tokens or not number:
            with suppress(SignInRequired):
                form = grant.fields(tokens, region)
                found.setdefault(_mark(form), Way(tokens, form, _mark(form)))
    return list(found.values())


def received(granted: Granted, used: Tokens | None, generation: int, now: datetime) -> Tokens:
    """What was given for it. Without a new refresh token the one that was `used` stays good (RFC 6749, 6)."""
    said = claims(granted.access)
    lifetime = timedelta(seconds=granted.lifetime) if granted.lifetime else said.lifetime
    return Tokens(
        access=granted.access,
        refresh=granted.refresh or (used.refresh if used else None),
        expires_at=now + lifetime if lifetime else said.expires_at,
        generation=generation,
        obtained_at=now,
    )


def _mark(form: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(dict(form), sort_keys=True).encode()).hexdigest()
