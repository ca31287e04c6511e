"""Tokens as the database keeps them: the newest generation, the one before, and a renewal that was begun."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from bridge.fleet.auth.tokens import Tokens


class Secrets(Protocol):
    """Named secrets on disk. `keep_secrets` keeps all or none, and has flushed when it returns."""

    def secret(self, name: str) -> Mapping[str, Any] | None: ...
    def keep_secrets(self, secrets: Mapping[str, Mapping[str, Any] | None]) -> None: ...


class StoredTokens:
    """The TokenStore that the bridge runs with."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets

    def load(self, account: str) -> Tokens | None:
        return _tokens(self._secrets.secret(f"tokens {account}"))

    def previous(self, account: str) -> Tokens | None:
        return _tokens(self._secrets.secret(f"previous tokens {account}"))

    def begin(self, account: str, generation: int) -> None:
        self._secrets.keep_secrets({f"renewal {account}": {"generation": generation}})

    def save(self, account: str, tokens: Tokens) -> None:
        before = self._secrets.secret(f"tokens {account}")
        kept: dict[str, Mapping[str, Any] | None] = {f"tokens {account}": _written(tokens)}
        if before and before["generation"] != tokens.generation:
            kept[f"previous tokens {account}"] = before
        self._secrets.keep_secrets(kept | {f"renewal {account}": None})


def _written(tokens: Tokens) -> dict[str, Any]:
    return {
        "access": tokens.access,
        "refresh": tokens.refresh,
        "expires_at": tokens.expires_at.isoformat() if tokens.expires_at else None,
        "generation": tokens.generation,
        "obtained_at": tokens.obtained_at.isoformat(),
    }


def _tokens(written: Mapping[str, Any] | None) -> Tokens | None:
    if written is None:
        return None
    expires_at = written["expires_at"]
    return Tokens(
        access=written["access"],
        refresh=written["refresh"],
        expires_at=datetime.fromisoformat(expires_at) if expires_at else None,
        generation=written["generation"],
        obtained_at=datetime.fromisoformat(written["obtained_at"]),
    )
