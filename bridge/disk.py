"""Private files: 0600 from their first byte, whole or not at all, and on the disk when it is said so."""

from __future__ import annotations

import os
import stat
from pathlib import Path

OTHERS = 0o077
"""What a mode allows to anybody but the owner."""


def private_directory(directory: Path) -> None:
    """Makes what is missing of it, 0700; takes others' rights to one that is ours. Raises OSError.

    A directory with the sticky bit is meant for many users, such as a container's /data: they keep their rights, and
    cannot remove each other's files.
    """
    for each in (*reversed(directory.parents), directory):
        if not each.exists():
            each.mkdir(mode=0o700, exist_ok=True)
    found = directory.stat()
    if found.st_uid == os.geteuid() and found.st_mode & OTHERS and not found.st_mode & stat.S_ISVTX:
        directory.chmod(0o700)


def close_to_others(path: Path) -> None:
    """For a file that was left readable, by a copy or another program. Raises OSError."""
    if path.exists() and path.stat().st_mode & OTHERS:
        path.chmod(0o600)


def create_private(path: Path) -> int:
    """A new empty file, ours alone, whatever the umask says; gives its descriptor. Raises OSError, also for a link."""
    file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_NOFOLLOW, 0o600)
    os.fchmod(file, 0o600)
    return file


def write_private(path: Path, content: bytes) -> None:
    """Takes the place of what was there. Raises OSError, and then nothing has changed."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)  # left behind by a crash
    write_new(new, content)
    try:
        put_in_place(new, path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def write_new(path: Path, content: bytes) -> None:
    """Never takes the place of anything: raises FileExistsError, also for a link. On the disk when it returns.

    Where root writes into another user's directory, as `docker exec` does, the file becomes that user's.
    """
    file = create_private(path)
    try:
        with os.fdopen(file, "wb") as writer:
            owner = path.parent.stat()
            if os.geteuid() == 0 and owner.st_uid != 0:
                os.fchown(file, owner.st_uid, owner.st_gid)
            writer.write(content)
        _flush(path)
        flush_directory(path.parent)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def put_in_place(new: Path, path: Path) -> None:
    """Renames a complete file. On the disk, file and name, when it returns."""
    _flush(new)
    new.replace(path)
    flush_directory(path.parent)


def flush_directory(directory: Path) -> None:
    """What was created, renamed or removed in it stays so when the power goes."""
    _flush(directory)


def _flush(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
