"""The database's file: opened for this process alone, and given back from its backup when it is damaged.

Nothing is ever deleted. What cannot be read is kept aside as `.broken-1`, `.broken-2`, ...
"""

from __future__ import annotations

import errno
import itertools
import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import structlog

from bridge.disk import close_to_others, create_private, private_directory, put_in_place

PATIENCE = 0.2
"""Seconds to wait for another process that has the file open."""

BACKED_UP: Mapping[str, str] = {
    "SELECT * FROM secret": "INSERT INTO secret VALUES (?, ?)",
    "SELECT * FROM spent": "INSERT INTO spent VALUES (?, ?, ?, ?, ?)",
    "SELECT * FROM block": "INSERT INTO block VALUES (?, ?, ?, ?, ?)",
    "SELECT * FROM option": "INSERT INTO option VALUES (?, ?, ?)",
}
"""What a person would miss: tokens, counts and options. A journal of yesterday would answer commands a second time."""

log = structlog.get_logger()


class _Damaged(sqlite3.DatabaseError):
    """Found by us. What SQLite itself finds has a code."""


# --- opening ----------------------------------------------------------------------------------------------------


def opened(path: Path, schema: str) -> sqlite3.Connection:
    """The file, 0600, with its tables. Raises OSError and sqlite3.Error, for `advice`."""
    private_directory(path.parent)
    _refuse_links(path)
    for each in (path, *_companions(path), _backup(path)):
        close_to_others(each)
    try:
        if _backup(path).exists() and not _has_content(path):
            raise _Damaged("it is empty or gone")
        return _connected(path, schema)
    except sqlite3.DatabaseError as error:
        if not _is_damage(error) or not _backup(path).exists():
            raise
        return _restored(path, schema, str(error))


def _connected(path: Path, schema: str) -> sqlite3.Connection:
    os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600))
    sqlite = sqlite3.connect(path, isolation_level=None, timeout=PATIENCE)
    try:
        _prepare(sqlite, schema)
    except BaseException:
        sqlite.close()
        raise
    return sqlite


def _prepare(sqlite: sqlite3.Connection, schema: str) -> None:
    # One process per data directory: two would spend each other's refresh tokens (reliability.md A2).
    sqlite.execute("PRAGMA locking_mode = EXCLUSIVE")
    sqlite.execute("PRAGMA journal_mode = WAL")
    sqlite.execute("PRAGMA wal_autocheckpoint = 200")
    # What is deleted may be a token, and must not be found in the file afterwards.
    sqlite.execute("PRAGMA secure_delete = ON")
    sqlite.executescript(f"BEGIN IMMEDIATE; {schema} COMMIT;")
    problem = sqlite.execute("PRAGMA quick_check(1)").fetchone()[0]
    if problem != "ok":
        raise _Damaged(" ".join(problem.split()))


def _refuse_links(path: Path) -> None:
    for each in (path, *_companions(path), _backup(path)):
        if each.is_symlink():
            raise OSError(errno.ELOOP, f"{each.name} is a link, which is not followed")


def _has_content(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


# --- the backup -------------------------------------------------------------------------------------------------


def back_up(sqlite: sqlite3.Connection, path: Path, schema: str) -> None:
    """Copies what a person would miss to `<path>.bak`, whole or not at all."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)  # left behind by a crash
    os.close(create_private(new))
    with closing(sqlite3.connect(new, isolation_level=None)) as copy:
        copy.executescript(f"PRAGMA journal_mode = OFF; BEGIN; {schema}")
        for select, insert in BACKED_UP.items():
            copy.executemany(insert, sqlite.execute(select))
        copy.execute("COMMIT")
    put_in_place(new, _backup(path))


def read_backup(path: Path, query: str, *values: str) -> list[tuple[Any, ...]]:
    """Rows of the backup, which is only ever replaced as a whole. None where it has no such table, or is not there."""
    backup = _backup(path)
    if not backup.is_file() or backup.is_symlink():
        return []
    try:
        with closing(sqlite3.connect(f"{backup.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as copy:
            return copy.execute(query, values).fetchall()
    except sqlite3.Error:
        return []


def _restored(path: Path, schema: str, problem: str) -> sqlite3.Connection:
    names = (path.with_name(f"{path.name}.broken-{number}") for number in itertools.count(1))
    aside = next(name for name in names if not name.exists())
    for old, new in zip((path, *_companions(path)), (aside, *_companions(aside)), strict=True):
        if old.exists():
            old.replace(new)
    put_in_place(_backup(path), path)
    sqlite = _connected(path, schema)
    back_up(sqlite, path, schema)
    log.error(
        "the database was damaged; tokens and counts are back from its backup, the command journal is lost",
        problem=problem,
        kept_aside=str(aside),
    )
    return sqlite


def _backup(path: Path) -> Path:
    return path.with_name(f"{path.name}.bak")


def _companions(path: Path) -> tuple[Path, ...]:
    """What SQLite writes beside it; the write-ahead log first."""
    return tuple(path.with_name(path.name + suffix) for suffix in ("-wal", "-journal", "-shm"))


# --- what to say ------------------------------------------------------------------------------------------------


def is_taken(error: Exception) -> bool:
    """Does another process have the file to itself?"""
    return "locked" in str(error)


def advice(path: Path, error: OSError | sqlite3.Error) -> str:
    """What is wrong with the file or its disk, and what to do."""
    if is_taken(error):
        return f"another fleet2mqtt is using {path}; stop it, or give this one its own directory"
    return f"cannot use {path}: {_remedy(path, error)}"


def _remedy(path: Path, error: OSError | sqlite3.Error) -> str:
    number = getattr(error, "errno", 0)
    if isinstance(error, sqlite3.Error) and _is_damage(error):
        return f"{error}. There is no backup. It is left as it is: move it away, and sign in again"
    if number in {errno.ENOSPC, errno.EDQUOT} or "is full" in str(error):
        return "the disk is full: free some space. What is in the file is unharmed"
    if number == errno.EROFS or "readonly" in str(error):
        return "the disk is read-only. What is in the file is unharmed"
    if isinstance(error, PermissionError):
        return f"it belongs to {_owner(path)}, and this is user {os.geteuid()}: chown it, or run as that user"
    return str(error)


def _is_damage(error: sqlite3.Error) -> bool:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the other bits are details
    return isinstance(error, _Damaged) or code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def _owner(path: Path) -> str:
    """Of the file, or of the first directory above it that we may look at."""
    for each in (path, *path.parents):
        with suppress(OSError):
            return f"user {each.stat().st_uid}"
    return "somebody else"
