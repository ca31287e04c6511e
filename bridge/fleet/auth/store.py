"""What must outlive the process, of one account: its tokens, and when to ask for others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog

from bridge.clock import Clock
from bridge.fleet.auth.tokens import Tokens
from bridge.fleet.notes import Notes
from bridge.trying import Trying

GRACE = timedelta(hours=24)
"""Tesla keeps the refresh token used last good for so long, for clients that lost the answer (fleet-api.md 1.6)."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Custody:
    """The state of one account's tokens. It is written as a whole or not at all."""

    newest: Tokens | None = None
    previous: Tokens | None = None
    """What the newest was got with; kept until the newest has worked (reliability.md A1)."""
    begun_at: datetime | None = None
    """When a renewal was last begun."""
    is_open: bool = False
    """How that ended is not known."""
    stored_at: datetime | None = None
    used_at: datetime | None = None
    """When the newest was first on disk, and first taken by Tesla."""
    pause: Mapping[str, Any] | None = None
    """Why nobody is asked for tokens now, and how long (auth/pause.py)."""
    is_refused: bool = False
    """Tesla takes the newest's access token no longer, whatever it says of its age."""
    adopted: str = ""
    """Mark of the last sign-in that was handed over (auth/inbox.py)."""


class TokenStore(Protocol):
    """Where tokens outlive the process."""

    def load(self, account: str) -> Custody: ...

    def keep(self, account: str, custody: Custody) -> None:
        """All of it or nothing; on disk when it returns."""
        ...


class Keeper:
    """One account's custody, in memory and on disk. `unsaved` says why the disk is behind; empty while it is not."""

    def __init__(self, store: TokenStore, account: str, clock: Clock) -> None:
        self._store = store
        self._account = account
        self._clock = clock
        self.custody = self._on_disk = store.load(account)
        self.unsaved = ""
        self._behind_since: datetime | None = None

    @property
    def safe(self) -> Tokens | None:
        """While new tokens could not be saved: the newest on disk. None once Tesla may take them no longer.

        They stay good for `GRACE` after they were used first, and a renewal made with them leaves them so. One made
        with what is in memory alone would make them worthless, and a power cut then costs the sign-in (F4).
        """
        is_good = self._behind_since is not None and self._clock.now() - self._behind_since < GRACE
        return self._on_disk.newest if is_good else None

    def replace(self, custody: Custody) -> None:
        """On disk first. Raises what the store raises, and then nothing has changed."""
        self._store.keep(self._account, custody)
        if self.unsaved:
            log.info("the tokens are saved")
        self.custody = self._on_disk = custody
        self.unsaved, self._behind_since = "", None

    def keep(self, custody: Custody) -> bool:
        """In memory first: whatever the store raises, what is there must live on (F4). Gives whether it is on disk."""
        self.custody = custody
        try:
            self.replace(replace(custody, stored_at=custody.stored_at or self._clock.now()))
        except Exception as error:  # noqa: BLE001 - a full disk must not cost the access token as well
            if not self.unsaved:
                log.error("tokens cannot be saved; a restart now may need a sign-in", error=str(error))  # noqa: TRY400 - the trace says nothing more
            self.unsaved, self._behind_since = str(error), self._behind_since or self._clock.now()
        return not self.unsaved

    def catch_up(self) -> None:
        """Tries once more to write what could not be written."""
        if self.unsaved:
            self.keep(self.custody)


class Secrets(Notes, Protocol):
    """Those that are worth a copy."""

    def back_up(self) -> None: ...


class StoredTokens:
    """The TokenStore that the bridge runs with."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._backing_up = Trying("the tokens are saved, but could not be backed up")

    def load(self, account: str) -> Custody:
        newest = self._secrets.secret(f"tokens {account}")
        renewal = self._secrets.secret(f"renewal {account}") or {}
        return Custody(
            newest=_tokens(newest),
            previous=_tokens(self._secrets.secret(f"previous tokens {account}")),
            begun_at=_moment(renewal.get("begun_at")),
            is_open=renewal.get("is_open", False),
            stored_at=_moment(newest.get("stored_at")) if newest else None,
            used_at=_moment(newest.get("used_at")) if newest else None,
            pause=renewal.get("pause"),
            is_refused=renewal.get("is_refused", False),
            adopted=renewal.get("adopted", ""),
        )

    def keep(self, account: str, custody: Custody) -> None:
        """On disk when it returns; new tokens are backed up too, as far as the disk allows."""
        before = self._secrets.secret(f"tokens {account}")
        newest = _written(custody.newest)
        if newest:
            newest |= {"stored_at": _text(custody.stored_at), "used_at": _text(custody.used_at)}
        renewal = {
            "begun_at": _text(custody.begun_at),
            "is_open": custody.is_open,
            "pause": custody.pause,
            "is_refused": custody.is_refused,
            "adopted": custody.adopted,
        }
        previous = _written(custody.previous)
        self._secrets.keep_secrets(
            {f"tokens {account}": newest, f"previous tokens {account}": previous, f"renewal {account}": renewal}
        )
        if _generation(before) != _generation(newest):
            self._back_up()

    def _back_up(self) -> None:
        with self._backing_up:  # the original is on disk, and that is what counts
            self._secrets.back_up()


def _generation(written: Mapping[str, Any] | None) -> int | None:
    return written["generation"] if written else None


def _written(tokens: Tokens | None) -> dict[str, Any] | None:
    if tokens is None:
        return None
    return {
        "access": tokens.access,
        "refresh": tokens.refresh,
        "expires_at": _text(tokens.expires_at),
        "generation": tokens.generation,
        "obtained_at": tokens.obtained_at.isoformat(),
    }


def _tokens(written: Mapping[str, Any] | None) -> Tokens | None:
    if written is None:
        return None
    return Tokens(
        access=written["access"],
        refresh=written["refresh"],
        expires_at=_moment(written["expires_at"]),
        generation=written["generation"],
        obtained_at=datetime.fromisoformat(written["obtained_at"]),
    )


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
