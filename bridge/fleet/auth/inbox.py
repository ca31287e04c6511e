"""The one way in for new tokens: `login`, `import` and `logout` leave a file, whoever holds the database takes it up.

They run beside a bridge, or while none runs, and often in another container or as another user; only one process may
hold the database. The file is `sign-in-<account>.json` in the data directory.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog

from bridge.clock import Clock
from bridge.disk import flush_directory, private_directory, write_private
from bridge.errors import BridgeError, SettingWrong
from bridge.fleet.auth.sources import TokenSource
from bridge.fleet.auth.tokens import Tokens
from bridge.redaction import hide

LOOK = 5.0
"""Seconds between two looks. A look costs one `stat` as long as nothing is there."""

LARGEST = 65536
"""Bytes of a file that is read."""

ACCOUNT = re.compile(r"[A-Za-z0-9_-]{1,64}")

log = structlog.get_logger()

Report = Callable[[str, BridgeError | None], None]
"""Of health: what is wrong with a part, or that all is well."""


@dataclass(frozen=True, slots=True, repr=False)
class Handed:
    """A sign-in, or with `tokens` None a sign-out. `mark` tells one file from any other."""

    tokens: Tokens | None
    simulated: bool
    mark: str


# --- handing over -------------------------------------------------------------------------------------------------


def hand_over(directory: Path, account: str, tokens: Tokens | None, *, simulated: bool = False) -> Path:
    """Leaves a sign-in, or with None a sign-out, for the bridge: 0600 from its first byte on, whole or not at all.

    `simulated`: the tokens are the simulator's. A sign-in that was left before and not taken up is replaced. Gives the
    file's path. Raises SettingWrong when the data directory cannot be written.
    """
    path = _path(directory, account)
    body = {"account": account, "simulated": simulated, "tokens": _written(tokens) if tokens else None}
    if tokens:
        hide(tokens.access, tokens.refresh)
    try:
        private_directory(directory)
        write_private(path, json.dumps(body).encode())
    except OSError as error:
        raise SettingWrong(f"FLEET2MQTT_DATA_DIR: cannot write {path}: {error.strerror}") from None
    return path


def _path(directory: Path, account: str) -> Path:
    if not ACCOUNT.fullmatch(account):
        raise SettingWrong(f"{account!r} is no name of an account: letters, digits, - and _ only")
    return directory / f"sign-in-{account}.json"


# --- taking up ----------------------------------------------------------------------------------------------------


class Inbox:
    """What is handed over for one account. Only the holder of the database may look into it."""

    def __init__(self, directory: Path, account: str, tokens: TokenSource) -> None:
        self._path = _path(directory, account)
        self._account = account
        self._tokens = tokens
        self._told: tuple[int, int] | None = None

    async def mind(self, clock: Clock, report: Report, resume: Callable[[], None]) -> None:
        """Never ends: takes up what is handed over, then calls `resume`; and lets the tokens be kept in order."""
        while True:
            if self.deliver():
                resume()
            self._tokens.tend()
            report("tokens", self._tokens.trouble)
            await clock.sleep(LOOK)

    def deliver(self) -> bool:
        """Gives what is there to the source, and removes it when it is in the database. Was there anything new?

        What cannot be taken up stays, and is told once.
        """
        try:
            found = self._path.lstat()
        except OSError:
            return False
        is_new = False
        try:
            is_new = self._take()
            self._remove()
        except Exception as error:  # noqa: BLE001 - nothing that lies there may stop the bridge
            self._tell((found.st_ino, found.st_mtime_ns), error)
        return is_new

    def _take(self) -> bool:
        handed = take(self._path.parent, self._account)
        if handed.simulated is not self._tokens.region.simulated:
            raise SettingWrong("it is of a simulated account and this is a real one, or the other way round")
        if self._tokens.has_taken(handed.mark):  # a crash came between taking and removing
            return False
        if handed.tokens:
            self._tokens.adopt(handed.tokens, handed.mark)
        else:
            self._tokens.forget(handed.mark)
        return True

    def _remove(self) -> None:
        try:
            self._path.unlink()
            flush_directory(self._path.parent)
        except OSError as error:
            raise SettingWrong(f"it was taken up, but cannot be removed: {error.strerror}") from None

    def _tell(self, which: tuple[int, int], error: Exception) -> None:
        if which != self._told:
            log.error("a sign-in was handed over, with a problem", file=str(self._path), problem=str(error))
        self._told = which


def take(directory: Path, account: str) -> Handed:
    """What was handed over. Raises OSError, or SettingWrong for what must not be believed."""
    path = _path(directory, account)
    content = _read(path)
    try:
        body = json.loads(content)
        tokens = _tokens(body["tokens"]) if body["tokens"] is not None else None
        owner, simulated = body["account"], bool(body["simulated"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise SettingWrong("it is not what `fleet2mqtt login` writes; remove it and sign in again") from None
    if tokens:
        hide(tokens.access, tokens.refresh)
    if owner != account:
        raise SettingWrong(f"it is the account {owner!r}'s; remove it and sign in again")
    return Handed(tokens, simulated, hashlib.sha256(content).hexdigest())


def _read(path: Path) -> bytes:
    try:
        # Without waiting: in the place of a file may be a pipe.
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        what = "it is a link, which is not followed" if path.is_symlink() else f"it cannot be read: {error.strerror}"
        raise SettingWrong(f"{what}; remove it and sign in again") from None
    try:
        _check(os.fstat(file), path.parent.stat())
        return os.read(file, LARGEST)
    finally:
        os.close(file)


def _check(found: os.stat_result, directory: os.stat_result) -> None:
    """Whoever can write it decides whose cars are shown."""
    if not stat.S_ISREG(found.st_mode):
        raise SettingWrong("it is no file; remove it")
    if found.st_uid not in {os.geteuid(), directory.st_uid, 0}:
        raise SettingWrong(f"it belongs to user {found.st_uid}, and this is user {os.geteuid()}; remove it")
    if found.st_mode & 0o077:
        raise SettingWrong("others may read or write it; if it is yours, chmod 600 it")


def _written(tokens: Tokens) -> dict[str, Any]:
    return {
        "access": tokens.access,
        "refresh": tokens.refresh,
        "expires_at": tokens.expires_at.isoformat() if tokens.expires_at else None,
        "obtained_at": tokens.obtained_at.isoformat(),
    }


def _tokens(written: Any) -> Tokens:
    access, refresh, expires_at = written["access"], written["refresh"], written["expires_at"]
    if not isinstance(access, str) or not isinstance(refresh, str | None) or not (access or refresh):
        raise TypeError
    return Tokens(
        access=access,
        refresh=refresh,
        expires_at=_moment(expires_at) if expires_at else None,
        generation=0,
        obtained_at=_moment(written["obtained_at"]),
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
