"""The one SQLite file: tokens, command journal, ledger and last values. The only module that imports sqlite3.

Every write is one transaction. What must never be undone by a power cut (a token, a command about to be sent) is
flushed to the disk before the call returns; what can be rebuilt (a count, a result, a value) is only handed to
the operating system, which survives a crash of the bridge but not one of the machine.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from bridge.errors import SettingWrong

FILE = "fleet2mqtt.sqlite"

SCHEMA = """
CREATE TABLE IF NOT EXISTS secret (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS command (
    id INTEGER PRIMARY KEY,
    identity TEXT,
    fingerprint TEXT NOT NULL,
    request TEXT NOT NULL,
    received_at REAL NOT NULL,
    sent TEXT,
    result TEXT,
    published INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX IF NOT EXISTS command_identity ON command (identity) WHERE identity IS NOT NULL;
CREATE TABLE IF NOT EXISTS spending (
    month TEXT NOT NULL, device TEXT NOT NULL, cost TEXT NOT NULL, calls INTEGER NOT NULL,
    PRIMARY KEY (month, device, cost)
) STRICT;
CREATE TABLE IF NOT EXISTS value (device TEXT PRIMARY KEY, known TEXT NOT NULL) STRICT;
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One command in the journal. `sent` is None until just before the bytes leave; then what was to come true."""

    id: int
    fingerprint: str
    request: Mapping[str, Any]
    sent: Mapping[str, Any] | None
    result: Mapping[str, Any] | None
    published: bool


class Database:
    """Opens <directory>/fleet2mqtt.sqlite, mode 0600, for this process alone. Use it in a `with` block."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / FILE
        self._sqlite: sqlite3.Connection | None = None

    def __enter__(self) -> Self:
        """Raises SettingWrong when the directory cannot be used, or another bridge is using it."""
        try:
            self._open()
        except (OSError, sqlite3.Error) as error:
            raise SettingWrong(_advice(self._path, error)) from None
        return self

    def __exit__(self, *_: object) -> None:
        if self._sqlite:
            self._sqlite.close()

    def _open(self) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600))
        self._path.chmod(0o600)
        self._sqlite = sqlite3.connect(self._path, isolation_level=None, timeout=0.5)
        # One process per data directory: two would spend each other's refresh tokens (reliability.md A2).
        self._sqlite.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._sqlite.execute("PRAGMA journal_mode = WAL")
        self._sqlite.executescript(f"BEGIN IMMEDIATE; {SCHEMA} COMMIT;")

    @contextmanager
    def _transaction(self, *, flushed: bool) -> Iterator[sqlite3.Connection]:
        assert self._sqlite, "used outside its with block"  # noqa: S101 - a bug of ours, not a state of the world
        sqlite = self._sqlite
        sqlite.execute(f"PRAGMA synchronous = {'FULL' if flushed else 'NORMAL'}")
        sqlite.execute("BEGIN")
        try:
            yield sqlite
        except BaseException:
            sqlite.execute("ROLLBACK")
            raise
        sqlite.execute("COMMIT")

    def _rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        assert self._sqlite, "used outside its with block"  # noqa: S101 - a bug of ours, not a state of the world
        return self._sqlite.execute(query, values).fetchall()

    # --- tokens -------------------------------------------------------------------------------------------

    def secret(self, name: str) -> Mapping[str, Any] | None:
        """What was kept under this name, or None."""
        rows = self._rows("SELECT value FROM secret WHERE name = ?", name)
        return json.loads(rows[0][0]) if rows else None

    def keep_secrets(self, secrets: Mapping[str, Mapping[str, Any] | None]) -> None:
        """Keeps all of them or none, on disk when it returns. None removes."""
        with self._transaction(flushed=True) as sqlite:
            for name, value in secrets.items():
                sqlite.execute("DELETE FROM secret WHERE name = ?", (name,))
                if value is not None:
                    sqlite.execute("INSERT INTO secret VALUES (?, ?)", (name, json.dumps(value)))

    # --- the command journal ------------------------------------------------------------------------------

    def journal(
        self,
        *,
        identity: str | None,
        fingerprint: str,
        request: Mapping[str, Any],
        received_at: float,
    ) -> int:
        """Remembers a command that arrived. Gives its number."""
        with self._transaction(flushed=False) as sqlite:
            cursor = sqlite.execute(
                "INSERT INTO command (identity, fingerprint, request, received_at) VALUES (?, ?, ?, ?)",
                (identity, fingerprint, json.dumps(request), received_at),
            )
        return int(cursor.lastrowid or 0)

    def mark_sent(self, number: int, sent: Mapping[str, Any]) -> None:
        """The bytes are about to leave; on disk when it returns."""
        with self._transaction(flushed=True) as sqlite:
            sqlite.execute("UPDATE command SET sent = ? WHERE id = ?", (json.dumps(sent), number))

    def mark_done(self, number: int, result: Mapping[str, Any]) -> None:
        """Its one result, before it is published."""
        with self._transaction(flushed=False) as sqlite:
            sqlite.execute("UPDATE command SET result = ? WHERE id = ?", (json.dumps(result), number))

    def mark_published(self, numbers: Iterable[int]) -> None:
        """The broker took their results."""
        with self._transaction(flushed=False) as sqlite:
            sqlite.executemany("UPDATE command SET published = 1 WHERE id = ?", [(n,) for n in numbers])

    def find_command(self, identity: str) -> Entry | None:
        """The newest command with this identity (correlation data or transaction), or None."""
        return next(iter(self._entries("identity = ? ORDER BY id DESC LIMIT 1", identity)), None)

    def open_commands(self) -> list[Entry]:
        """What an earlier run left behind: no result yet, or one that the broker has not taken."""
        return self._entries("published = 0 ORDER BY id")

    def forget_commands(self, before: float) -> None:
        """Drops what was received earlier than this (seconds since 1970) and is done with."""
        with self._transaction(flushed=False) as sqlite:
            sqlite.execute("DELETE FROM command WHERE published = 1 AND received_at < ?", (before,))

    def _entries(self, where: str, *values: Any) -> list[Entry]:
        columns = "id, fingerprint, request, sent, result, published"
        rows = self._rows(f"SELECT {columns} FROM command WHERE {where}", *values)  # noqa: S608 - constants
        return [
            Entry(id_, fingerprint, json.loads(request), _parsed(sent), _parsed(result), bool(published))
            for id_, fingerprint, request, sent, result, published in rows
        ]

    # --- the ledger ---------------------------------------------------------------------------------------

    def count_call(self, month: str, device: str, cost: str) -> None:
        """One more call of this price class."""
        with self._transaction(flushed=False) as sqlite:
            sqlite.execute(
                "INSERT INTO spending VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET calls = calls + 1",
                (month, device, cost),
            )

    def calls(self, month: str) -> Mapping[tuple[str, str], int]:
        """(device, price class) -> number of calls in a month (`2026-11`)."""
        rows = self._rows("SELECT device, cost, calls FROM spending WHERE month = ?", month)
        return {(device, cost): calls for device, cost, calls in rows}

    # --- last values --------------------------------------------------------------------------------------

    def keep_values(self, values: Mapping[str, Any]) -> None:
        """Device -> what is known of it, so that a restart while a car sleeps loses nothing."""
        with self._transaction(flushed=False) as sqlite:
            rows = [(device, json.dumps(known)) for device, known in values.items()]
            sqlite.executemany("INSERT OR REPLACE INTO value VALUES (?, ?)", rows)

    def values(self) -> Mapping[str, Any]:
        return {device: json.loads(known) for device, known in self._rows("SELECT device, known FROM value")}

    def forget_values(self, device: str) -> None:
        with self._transaction(flushed=False) as sqlite:
            sqlite.execute("DELETE FROM value WHERE device = ?", (device,))


def _parsed(text: str | None) -> Mapping[str, Any] | None:
    return None if text is None else json.loads(text)


def _advice(path: Path, error: Exception) -> str:
    if "locked" in str(error):
        return f"FLEET2MQTT_DATA_DIR: another fleet2mqtt is using {path}; stop it, or give this one its own directory"
    return f"FLEET2MQTT_DATA_DIR: cannot use {path}: {error}"
