"""The one SQLite file: tokens, command journal, ledger, options and last values. `datafile` opens it.

Every write is one transaction. What must never be undone by a power cut (a token, a command about to be sent) is
flushed to the disk before the call returns; what can be rebuilt (a count, a result, a value) is only handed to
the operating system, which survives a crash of the bridge but not one of the machine.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from bridge import datafile
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
CREATE TABLE IF NOT EXISTS spent (
    at TEXT NOT NULL, about TEXT NOT NULL, cost TEXT NOT NULL, calls INTEGER NOT NULL, unanswered INTEGER NOT NULL,
    PRIMARY KEY (at, about, cost)
) STRICT;
CREATE TABLE IF NOT EXISTS block (
    cost TEXT NOT NULL, about TEXT NOT NULL, until REAL NOT NULL, wait REAL NOT NULL, said TEXT NOT NULL,
    PRIMARY KEY (cost, about)
) STRICT;
CREATE TABLE IF NOT EXISTS memory (
    device TEXT NOT NULL, name TEXT NOT NULL, memory TEXT NOT NULL, PRIMARY KEY (device, name)
) STRICT;
CREATE TABLE IF NOT EXISTS option (
    device TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (device, name)
) STRICT;
CREATE TABLE IF NOT EXISTS value (device TEXT PRIMARY KEY, known TEXT NOT NULL) STRICT;
"""

FOLD = (
    """INSERT INTO spent
    SELECT substr(at, 1, 10) AS day, about, cost, sum(calls), sum(unanswered) FROM spent
    WHERE length(at) > 10 AND at < ? GROUP BY day, about, cost
    ON CONFLICT DO UPDATE SET calls = calls + excluded.calls, unanswered = unanswered + excluded.unanswered""",
    "DELETE FROM spent WHERE length(at) > 10 AND at < ?",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One command in the journal. `sent` is None until just before the bytes leave; then what was to come true."""

    id: int
    fingerprint: str
    request: Mapping[str, Any]
    sent: Mapping[str, Any] | None
    result: Mapping[str, Any] | None
    published: bool


class InUse(SettingWrong):
    """Another bridge has the directory to itself."""


class Database:
    """Opens <directory>/fleet2mqtt.sqlite, mode 0600, for this process alone. Use it in a `with` block."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / FILE
        self._sqlite: sqlite3.Connection | None = None
        self._flushes: bool | None = None

    def __enter__(self) -> Self:
        """Raises SettingWrong when the directory cannot be used; InUse, when another bridge is using it."""
        try:
            self._sqlite = datafile.opened(self._path, SCHEMA)
        except (OSError, sqlite3.Error) as error:
            kind = InUse if datafile.is_taken(error) else SettingWrong
            raise kind(f"FLEET2MQTT_DATA_DIR: {datafile.advice(self._path, error)}") from None
        return self

    def __exit__(self, *_: object) -> None:
        if self._sqlite:
            self._sqlite.close()

    def _write(self, statement: str, *values: Any, flushed: bool = False) -> sqlite3.Cursor:
        """One statement, which SQLite makes a transaction of its own."""
        return self._prepared(flushed=flushed).execute(statement, values)

    @contextmanager
    def _transaction(self, *, flushed: bool = False) -> Iterator[sqlite3.Connection]:
        """Several statements: all of them or none."""
        sqlite = self._prepared(flushed=flushed)
        sqlite.execute("BEGIN")
        try:
            yield sqlite
            sqlite.execute("COMMIT")
        except BaseException:
            sqlite.rollback()
            raise

    def _prepared(self, *, flushed: bool) -> sqlite3.Connection:
        """The connection, so that the next transaction is flushed to the disk, or not."""
        sqlite = self._connection
        if flushed is not self._flushes:
            sqlite.execute(f"PRAGMA synchronous = {'FULL' if flushed else 'NORMAL'}")
            self._flushes = flushed
        return sqlite

    @property
    def _connection(self) -> sqlite3.Connection:
        assert self._sqlite, "used outside its with block"  # noqa: S101 - a bug of ours, not a state of the world
        return self._sqlite

    def _rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        return self._connection.execute(query, values).fetchall()

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
        if None in secrets.values():
            self.wipe()

    def back_up(self) -> None:
        """Copies tokens and counts to a file beside the database, whole or not at all."""
        datafile.back_up(self._connection, self._path, SCHEMA)

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
        statement = "INSERT INTO command (identity, fingerprint, request, received_at) VALUES (?, ?, ?, ?)"
        cursor = self._write(statement, identity, fingerprint, json.dumps(request), received_at)
        return int(cursor.lastrowid or 0)

    def mark_sent(self, number: int, sent: Mapping[str, Any]) -> None:
        """The bytes are about to leave; on disk when it returns."""
        self._write("UPDATE command SET sent = ? WHERE id = ?", json.dumps(sent), number, flushed=True)

    def mark_done(self, number: int, result: Mapping[str, Any]) -> None:
        """Its one result, before it is published."""
        self._write("UPDATE command SET result = ? WHERE id = ?", json.dumps(result), number)

    def mark_published(self, number: int) -> None:
        """The broker took its result."""
        self._write("UPDATE command SET published = 1 WHERE id = ?", number)

    def find_command(self, identity: str) -> Entry | None:
        """The newest command with this identity (correlation data or transaction), or None."""
        return next(iter(self._entries("identity = ? ORDER BY id DESC LIMIT 1", identity)), None)

    def open_commands(self) -> list[Entry]:
        """What an earlier run left behind: no result yet, or one that the broker has not taken."""
        return self._entries("published = 0 ORDER BY id")

    def forget_commands(self, before: float) -> None:
        """Drops what was received earlier than this (seconds since 1970) and has ended."""
        self._write("DELETE FROM command WHERE (published = 1 OR result IS NOT NULL) AND received_at < ?", before)

    def _entries(self, where: str, *values: Any) -> list[Entry]:
        columns = "id, fingerprint, request, sent, result, published"
        rows = self._rows(f"SELECT {columns} FROM command WHERE {where}", *values)  # noqa: S608 - constants
        return [
            Entry(id_, fingerprint, json.loads(request), _parsed(sent), _parsed(result), bool(published))
            for id_, fingerprint, request, sent, result, published in rows
        ]

    # --- the ledger ---------------------------------------------------------------------------------------

    def keep_calls(self, counts: Iterable[tuple[str, str, str, int, int]]) -> None:
        """Hour or day, device, price class -> how many calls, and how many of them got no answer."""
        sqlite = self._prepared(flushed=False)
        sqlite.executemany("INSERT OR REPLACE INTO spent VALUES (?, ?, ?, ?, ?)", counts)

    def fold_calls(self, before: str) -> None:
        """Adds up the hours of each day before this one: the days alone are kept for good."""
        with self._transaction() as sqlite:
            for statement in FOLD:
                sqlite.execute(statement, (before,))

    def calls(self, since: str) -> list[tuple[str, str, str, int, int]]:
        """What `keep_calls` was given, from this day or hour on (`2026-11-22`, `2026-11-22T18`)."""
        return self._rows("SELECT * FROM spent WHERE at >= ?", since)

    def keep_block(self, block: tuple[str, str, float, float, str]) -> None:
        """Price class, device or account, until when (seconds since 1970), seconds asked for, what was said."""
        self._write("INSERT OR REPLACE INTO block VALUES (?, ?, ?, ?, ?)", *block)

    def drop_block(self, cost: str, about: str) -> None:
        self._write("DELETE FROM block WHERE cost = ? AND about = ?", cost, about)

    def blocks(self) -> list[tuple[str, str, float, float, str]]:
        """What `keep_block` was given."""
        return self._rows("SELECT * FROM block")

    # --- last values --------------------------------------------------------------------------------------

    def keep_values(self, values: Mapping[str, Any]) -> None:
        """Device -> what is known of it, so that a restart while a car sleeps loses nothing."""
        with self._transaction() as sqlite:
            rows = [(device, json.dumps(known)) for device, known in values.items()]
            sqlite.executemany("INSERT OR REPLACE INTO value VALUES (?, ?)", rows)

    def values(self) -> Mapping[str, Any]:
        return {device: json.loads(known) for device, known in self._rows("SELECT device, known FROM value")}

    def forget_values(self, device: str) -> None:
        self._write("DELETE FROM value WHERE device = ?", device)

    def wipe(self) -> None:
        """What was written over is in the log of writes, too: it goes from there."""
        self._write("PRAGMA wal_checkpoint(TRUNCATE)")

    # --- what derived values stand on -----------------------------------------------------------------------

    def remember(self, device: str, name: str, memory: Mapping[str, Any]) -> None:
        """On disk when it returns."""
        statement = "INSERT OR REPLACE INTO memory VALUES (?, ?, ?)"
        self._write(statement, device, name, json.dumps(memory), flushed=True)

    def memories(self) -> Mapping[str, Mapping[str, Any]]:
        """Device -> name of a derivation -> its memory."""
        found: dict[str, dict[str, Any]] = {}
        for device, name, memory in self._rows("SELECT device, name, memory FROM memory"):
            found.setdefault(device, {})[name] = json.loads(memory)
        return found

    def forget_memory(self, name: str) -> None:
        """That of one derivation, of every device."""
        self._write("DELETE FROM memory WHERE name = ?", name)

    # --- what the owner has chosen --------------------------------------------------------------------------

    def keep_option(self, device: str, name: str, value: Any) -> None:
        """On disk when it returns."""
        self._write("INSERT OR REPLACE INTO option VALUES (?, ?, ?)", device, name, json.dumps(value), flushed=True)

    def forget_option(self, device: str, name: str) -> None:
        """On disk when it returns."""
        self._write("DELETE FROM option WHERE device = ? AND name = ?", device, name, flushed=True)

    def options(self) -> Mapping[str, Mapping[str, Any]]:
        """Device -> name of an option -> its value."""
        found: dict[str, dict[str, Any]] = {}
        for device, name, value in self._rows("SELECT device, name, value FROM option"):
            found.setdefault(device, {})[name] = json.loads(value)
        return found


def backed_up(directory: Path, name: str) -> Mapping[str, Any] | None:
    """A secret as the backup has it: to look at, also while another process holds the database."""
    rows = datafile.read_backup(directory / FILE, "SELECT value FROM secret WHERE name = ?", name)
    return _parsed(rows[0][0]) if rows else None


def backed_up_calls(directory: Path) -> list[tuple[str, str, str, int, int]]:
    """What `Database.calls` gave when the backup was made, also while another process holds the database."""
    return datafile.read_backup(directory / FILE, "SELECT * FROM spent")


def _parsed(text: str | None) -> Mapping[str, Any] | None:
    return None if text is None else json.loads(text)
