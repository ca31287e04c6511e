"""The database's file when it, or its disk, is not as it should be (E2, F41, S18)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.database import FILE, Database
from bridge.errors import SettingWrong

pytestmark = pytest.mark.case("F41")

TOKENS = {"refresh": "the newest"}
CALLS = ("2026-11-22T18", "a", "data", 1, 0)
BLOCK = ("data", "a", 1.8e9, 60.0, "")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """One in which a bridge has lived: tokens, counts, a command and a value."""
    with Database(tmp_path) as database:
        database.keep_secrets({"tokens": TOKENS})
        database.keep_calls([CALLS])
        database.keep_block(BLOCK)
        database.keep_values({"vehicle/a": {"level": list(range(5000))}})
        database.journal(identity="i", fingerprint="f", request={}, received_at=1)
        database.back_up()
    return tmp_path


def garbled(file: Path) -> None:
    file.write_bytes(b"\xff" * file.stat().st_size)


def zeroed(file: Path) -> None:
    file.write_bytes(bytes(file.stat().st_size))


def emptied(file: Path) -> None:
    file.write_bytes(b"")


def cut_in_half(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def with_a_bad_page(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[4096:8192] = b"\xa5" * 4096
    file.write_bytes(content)


def gone(file: Path) -> None:
    file.unlink()


DAMAGE = (garbled, zeroed, emptied, cut_in_half, with_a_bad_page, gone)


# --- damage -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("damage", DAMAGE)
def test_tokens_and_counts_come_back_from_the_backup(
    directory: Path, damage: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    damage(directory / FILE)
    with Database(directory) as database:
        assert database.secret("tokens") == TOKENS
        assert (database.calls("2026-11"), database.blocks()) == ([CALLS], [BLOCK])
        assert database.open_commands() == []
        database.keep_secrets({"tokens": {"refresh": "newer"}})
    assert "tokens and counts are back from its backup" in capsys.readouterr().out
    with Database(directory) as database:
        assert database.secret("tokens") == {"refresh": "newer"}


@pytest.mark.parametrize("damage", DAMAGE[:-1])
def test_what_was_damaged_is_kept_however_often(directory: Path, damage: Callable[[Path], None]) -> None:
    kept = []
    for _ in range(3):
        damage(directory / FILE)
        kept.append((directory / FILE).read_bytes())
        with Database(directory):
            pass
    assert [(directory / f"{FILE}.broken-{number}").read_bytes() for number in (1, 2, 3)] == kept


@pytest.mark.parametrize("damage", [garbled, zeroed, cut_in_half, with_a_bad_page])
def test_without_a_backup_it_is_told_and_left_alone(directory: Path, damage: Callable[[Path], None]) -> None:
    (directory / f"{FILE}.bak").unlink()
    damage(directory / FILE)
    content = (directory / FILE).read_bytes()
    with pytest.raises(SettingWrong, match=r"cannot use .*There is no backup.*move it away, and sign in again"):
        Database(directory).__enter__()
    assert (directory / FILE).read_bytes() == content


def test_a_backup_that_is_damaged_too_is_told_and_both_are_there(directory: Path) -> None:
    for name in (FILE, f"{FILE}.bak"):
        garbled(directory / name)
    with pytest.raises(SettingWrong, match="FLEET2MQTT_DATA_DIR: cannot use"):
        Database(directory).__enter__()
    assert (directory / FILE).exists()
    assert (directory / f"{FILE}.broken-1").exists()


def test_an_emptied_file_is_damaged_though_its_log_of_writes_is_still_there(directory: Path) -> None:
    """SQLite throws the log of an empty database away unread. A sound file is never empty while there is one."""
    log = directory / f"{FILE}-wal"
    with Database(directory) as database:
        database.keep_secrets({"more": TOKENS})
        assert (directory / FILE).stat().st_size > 0
        killed_now = log.read_bytes()
    emptied(directory / FILE)
    log.write_bytes(killed_now)
    with Database(directory) as database:
        assert database.secret("tokens") == TOKENS
    assert (directory / f"{FILE}.broken-1-wal").read_bytes() == killed_now


def test_a_backup_is_whole_or_not_at_all(directory: Path) -> None:
    """What a crash left half written is in nobody's way."""
    (directory / f"{FILE}.new").write_bytes(b"half of it")
    with Database(directory) as database:
        database.keep_secrets({"tokens": {"refresh": "newer"}})
        database.back_up()
    gone(directory / FILE)
    with Database(directory) as database:
        assert database.secret("tokens") == {"refresh": "newer"}


# --- who may have it ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["", "-wal", "-journal", "-shm", ".bak"])
def test_no_link_is_followed(directory: Path, suffix: str) -> None:
    link = directory / f"{FILE}{suffix}"
    link.unlink(missing_ok=True)
    link.symlink_to(directory / "elsewhere")
    with pytest.raises(SettingWrong, match="is a link, which is not followed"):
        Database(directory).__enter__()
    assert not (directory / "elsewhere").exists()


PRIVATE = """
import os, sys
from pathlib import Path
from bridge.database import Database
os.umask(0)
directory = Path(sys.argv[1])
modes = []
def look(*_):
    modes.extend(oct(path.stat().st_mode & 0o777) for path in directory.iterdir())
sys.addaudithook(lambda event, words: event == "open" and look())
with Database(directory) as database:
    database.keep_secrets({"tokens": {"refresh": "x"}})
    database.back_up()
    look()
print(len(modes), *set(modes))
"""


def test_every_file_is_private_from_its_first_byte_whatever_the_umask(tmp_path: Path) -> None:
    """Looked at whenever a file is opened: none is ever made with another mode and set right afterwards."""
    count, *modes = subprocess.check_output([sys.executable, "-c", PRIVATE, str(tmp_path)], text=True).split()
    assert int(count) > 5
    assert modes == ["0o600"]


ANOTHER_USER = """
import os, sys
from pathlib import Path
from bridge.database import Database
os.chdir(sys.argv[1])
os.setgroups([]), os.setgid(54321), os.setuid(54321)
Database(Path("data")).__enter__()
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to be somebody else")
@pytest.mark.parametrize("mode", [0o700, 0o755])
def test_another_users_directory_is_told_with_both_users(tmp_path: Path, mode: int) -> None:
    tmp_path.chmod(0o755)
    with Database(tmp_path / "data"):
        pass
    for path in (tmp_path / "data", *(tmp_path / "data").iterdir()):
        os.chown(path, 12345, 12345)
    (tmp_path / "data").chmod(mode)
    ended = subprocess.run(
        [sys.executable, "-c", ANOTHER_USER, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert "it belongs to user 12345, and this is user 54321: chown it, or run as that user" in ended.stderr
