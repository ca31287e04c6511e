"""A look into the database's file from outside: without its lock, and without writing a byte.

The bridge has the file to itself, and its newest writes lie in the write-ahead log beside it. SQLite is shown a copy of
both. Nothing is mended: what is broken is what a person wants to see.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

TRIES = 5
"""A bridge that is at work may write between two of our reads."""

MEMORY = Path("/dev/shm")  # noqa: S108 - the directory made in it is ours alone
"""Where the copy is on no disk: there are tokens in it."""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Glance:
    """Tables with their rows, what is JSON parsed. `trouble`: why they could not be read; then there are none."""

    file: str
    tables: Mapping[str, list[Row]] = field(default_factory=dict)
    integrity: str = ""
    schema_version: int = 0
    sqlite: str = sqlite3.sqlite_version
    trouble: str = ""

    def rows(self, table: str) -> list[Row]:
        return self.tables.get(table, [])


def glance(path: Path) -> Glance:
    """What the file holds now; where it cannot be read, what its backup holds."""
    seen = _seen(path)
    backup = path.with_name(f"{path.name}.bak")
    if not seen.trouble or not backup.exists():
        return seen
    copy = _seen(backup)
    return Glance(copy.file, copy.tables, copy.integrity, copy.schema_version, trouble=seen.trouble)


def _seen(path: Path) -> Glance:
    try:
        with (
            TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as name,
            closing(sqlite3.connect(_copy(path, Path(name)))) as copy,
        ):
            copy.row_factory = sqlite3.Row
            return Glance(path.name, _tables(copy), *_state(copy))
    except (OSError, ValueError, sqlite3.Error) as error:
        return Glance(path.name, trouble=f"{type(error).__name__}: {getattr(error, 'strerror', None) or error}")


def _state(copy: sqlite3.Connection) -> tuple[str, int]:
    found = copy.execute("PRAGMA integrity_check(5)").fetchall()
    return "; ".join(str(row[0]) for row in found), copy.execute("PRAGMA user_version").fetchone()[0]


def _tables(copy: sqlite3.Connection) -> dict[str, list[Row]]:
    names = [row[0] for row in copy.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
    return {
        name: [{key: _parsed(row[key]) for key in row.keys()} for row in copy.execute(f'SELECT * FROM "{name}"')]  # noqa: S608, SIM118 - its own names; a Row iterates over values
        for name in names
    }


def _parsed(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in {"{", "[", '"'}:
        with suppress(ValueError, RecursionError):
            return json.loads(value)
    return value


# --- file and log, copied -----------------------------------------------------------------------------------------


def _copy(path: Path, directory: Path) -> Path:
    """Of the file and its log, as they belong together. Raises OSError, and ValueError for an empty file."""
    if path.is_symlink():
        raise OSError(0, "is a link, which is not followed")
    log = path.with_name(f"{path.name}-wal")
    for _ in range(TRIES):
        before = (_mark(path), _mark(log))
        content, written = path.read_bytes(), log.read_bytes() if log.is_file() else b""
        if (_mark(path), _mark(log)) == before:
            break
    if not content:
        raise ValueError("it is empty")
    (directory / path.name).write_bytes(content)
    (directory / log.name).write_bytes(written)
    return directory / path.name


def _mark(path: Path) -> tuple[int, int] | None:
    with suppress(OSError):
        found = path.stat()
        return found.st_mtime_ns, found.st_size
    return None
