"""A look into the database's file from outside: without its lock, and without writing a byte.

The bridge has the file to itself, and its newest writes lie in the write-ahead log beside it. Both are read into memory
and put together there (sqlite.org/fileformat2.html 4). Nothing is mended: what is broken is what a person wants to see.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TRIES = 5
"""A bridge that is at work may write between two of our reads."""

HEADER, FRAME = 32, 24
"""Bytes before the first frame of the log, and before each page in it."""

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
        image = _image(path)
        with closing(sqlite3.connect(":memory:")) as memory:
            memory.deserialize(image)
            memory.row_factory = sqlite3.Row
            return Glance(path.name, _tables(memory), *_state(memory))
    except (OSError, ValueError, sqlite3.Error) as error:
        return Glance(path.name, trouble=f"{type(error).__name__}: {getattr(error, 'strerror', None) or error}")


def _state(memory: sqlite3.Connection) -> tuple[str, int]:
    found = memory.execute("PRAGMA integrity_check(5)").fetchall()
    return "; ".join(str(row[0]) for row in found), memory.execute("PRAGMA user_version").fetchone()[0]


def _tables(memory: sqlite3.Connection) -> dict[str, list[Row]]:
    names = [row[0] for row in memory.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
    return {
        name: [{key: _parsed(row[key]) for key in row.keys()} for row in memory.execute(f'SELECT * FROM "{name}"')]  # noqa: S608, SIM118 - its own names; a Row iterates over values
        for name in names
    }


def _parsed(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in {"{", "[", '"'}:
        with suppress(ValueError, RecursionError):
            return json.loads(value)
    return value


# --- file and log, put together -----------------------------------------------------------------------------------


def _image(path: Path) -> bytes:
    """Raises OSError, and ValueError for what is no database."""
    if path.is_symlink():
        raise OSError(0, "is a link, which is not followed")
    log = path.with_name(f"{path.name}-wal")
    for _ in range(TRIES):
        before = (_mark(path), _mark(log))
        image, written = bytearray(path.read_bytes()), log.read_bytes() if log.is_file() else b""
        if (_mark(path), _mark(log)) == before:
            break
    _put_in(image, written)
    if len(image) < 100:
        raise ValueError("it is empty")
    image[18:20] = b"\1\1"  # a database in memory has no log
    return bytes(image)


def _mark(path: Path) -> tuple[int, int] | None:
    with suppress(OSError):
        found = path.stat()
        return found.st_mtime_ns, found.st_size
    return None


def _put_in(image: bytearray, log: bytes) -> None:
    """The pages of every complete transaction."""
    size, pending = int.from_bytes(log[8:12], "big"), dict[int, bytes]()
    for number, pages, page in _frames(log, size):
        pending[number] = page
        if pages:  # the last of a transaction tells how many pages there are now
            image.extend(bytes(max(0, pages * size - len(image))))
            for each, content in pending.items():
                image[(each - 1) * size : each * size] = content
            del image[pages * size :]
            pending.clear()


def _frames(log: bytes, size: int) -> Iterator[tuple[int, int, bytes]]:
    """Number of a page, pages in all or 0, its content; up to the first frame of an earlier round."""
    for at in range(HEADER, len(log) - FRAME - size + 1, FRAME + size):
        head = log[at : at + FRAME]
        if head[8:16] != log[16:24]:
            return
        number, pages = int.from_bytes(head[:4], "big"), int.from_bytes(head[4:8], "big")
        yield number, pages, log[at + FRAME : at + FRAME + size]
