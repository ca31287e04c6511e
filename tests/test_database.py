"""The one file on disk: private, ours alone, and whole after a kill."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.database import FILE, Database
from bridge.errors import SettingWrong


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path) as opened:
        yield opened


def journal(database: Database, identity: str | None = None, received_at: float = 1.0) -> int:
    return database.journal(identity=identity, fingerprint="f", request={"name": "honk"}, received_at=received_at)


# --- the file ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mask", [0o000, 0o077])
def test_only_its_owner_can_read_it(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        with Database(tmp_path / "new") as database:
            database.keep_secrets({"token": {"refresh": "x"}})
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "new").iterdir()}
    finally:
        os.umask(before)
    assert modes[FILE] == 0o600
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_a_file_that_others_could_read_is_made_private(tmp_path: Path) -> None:
    (tmp_path / FILE).touch(mode=0o644)
    with Database(tmp_path):
        assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / FILE).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SettingWrong, match="FLEET2MQTT_DATA_DIR"), Database(tmp_path):
        pass
    assert not (tmp_path / "elsewhere").exists()


def test_a_second_bridge_is_refused_and_told_what_to_do(tmp_path: Path) -> None:
    with Database(tmp_path), pytest.raises(SettingWrong, match=r"FLEET2MQTT_DATA_DIR: another fleet2mqtt is using"):
        Database(tmp_path).__enter__()
    with Database(tmp_path):
        pass


@pytest.mark.parametrize("content", [b"this is no database, though it is long enough to be one" * 99, b"\xff" * 4096])
def test_a_file_that_is_no_database_is_told_and_left_alone(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(SettingWrong, match="FLEET2MQTT_DATA_DIR: cannot use"), Database(tmp_path):
        pass
    assert (tmp_path / FILE).read_bytes() == content


def test_a_directory_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingWrong, match="FLEET2MQTT_DATA_DIR: cannot use"), Database(tmp_path / "file" / "data"):
        pass


# --- tokens, counts and values ----------------------------------------------------------------------------


def test_secrets_are_kept_all_or_none(database: Database) -> None:
    database.keep_secrets({"new": {"refresh": "2"}, "old": {"refresh": "1"}})
    with pytest.raises(TypeError):
        database.keep_secrets({"new": {"refresh": "3"}, "old": {"refresh": {1, 2}}})
    assert (database.secret("new"), database.secret("old")) == ({"refresh": "2"}, {"refresh": "1"})
    database.keep_secrets({"old": None})
    assert database.secret("old") is None
    assert database.secret("never") is None


def test_calls_are_kept_by_time_device_and_price(database: Database) -> None:
    old, new = ("2026-11-02T08", "a", "data", 3, 1), ("2026-12-01T08", "a", "wake", 1, 0)
    database.keep_calls([("2026-11-02T08", "a", "data", 2, 0)])
    database.keep_calls([old, new])
    assert database.calls("2026-11") == [old, new]
    assert database.calls("2026-12") == [new]


def test_the_hours_of_old_days_are_added_up_once(database: Database) -> None:
    database.keep_calls([("2026-11-02T08", "a", "data", 3, 1), ("2026-11-02T09", "a", "data", 2, 1)])
    database.keep_calls([("2026-11-02", "a", "data", 10, 0), ("2026-11-03T00", "a", "data", 1, 0)])
    for _ in range(2):
        database.fold_calls("2026-11-03")
        assert database.calls("2026") == [("2026-11-02", "a", "data", 15, 2), ("2026-11-03T00", "a", "data", 1, 0)]


def test_blocks_survive_until_they_are_dropped(tmp_path: Path) -> None:
    block = ("paid", "home", 1.5e9, 900.0, "pay")
    with Database(tmp_path) as database:
        database.keep_block(("paid", "home", 1.4e9, 60.0, ""))
        database.keep_block(block)
    with Database(tmp_path) as database:
        assert database.blocks() == [block]
        database.drop_block("paid", "home")
        assert database.blocks() == []


def test_values_survive_until_they_are_forgotten(tmp_path: Path) -> None:
    known = {"vehicle/a": {"battery_level": 0, "name": "Zoë", "gone": None}, "vehicle/b": {}}
    with Database(tmp_path) as database:
        database.keep_values(known)
    with Database(tmp_path) as database:
        assert database.values() == known
        database.forget_values("vehicle/a")
        assert database.values() == {"vehicle/b": {}}


# --- the journal ------------------------------------------------------------------------------------------


def test_a_command_is_open_until_the_broker_has_its_result(database: Database) -> None:
    number = journal(database)
    assert [(each.sent, each.result) for each in database.open_commands()] == [(None, None)]
    database.mark_sent(number, {"expected": {"charge_limit": 80}})
    database.mark_done(number, {"outcome": "ok"})
    (entry,) = database.open_commands()
    assert (entry.request, entry.sent, entry.result) == (
        {"name": "honk"},
        {"expected": {"charge_limit": 80}},
        {"outcome": "ok"},
    )
    database.mark_published(number)
    assert database.open_commands() == []


def test_the_newest_command_of_an_identity_is_found(database: Database) -> None:
    journal(database, "other")
    first, second = journal(database, "same"), journal(database, "same")
    found = database.find_command("same")
    assert found
    assert first < second == found.id
    assert database.find_command("unknown") is None


def test_only_what_is_old_and_done_with_is_dropped(database: Database) -> None:
    """Done with is what has ended: a broker that takes no results must not make the file grow for ever."""
    old, untold, new, open_ = (
        journal(database, name, at) for name, at in (("old", 1), ("untold", 1), ("new", 100), ("open", 1))
    )
    database.mark_published(old)
    database.mark_done(untold, {"outcome": "ok"})
    database.mark_published(new)
    database.forget_commands(before=50)
    assert database.find_command("old") is None
    assert database.find_command("untold") is None
    assert database.find_command("new")
    assert [each.id for each in database.open_commands()] == [open_]


# --- a kill -----------------------------------------------------------------------------------------------

WRITER = """
import itertools, sys
from pathlib import Path
from bridge.database import Database
with Database(Path(sys.argv[1])) as database:
    for n in itertools.count(1):
        database.keep_secrets({"newest": {"n": n}, "previous": {"n": n - 1}})
        number = database.journal(identity=str(n), fingerprint="f", request={}, received_at=n)
        database.mark_sent(number, {"expected": {}})
        print(n, flush=True)
"""


@pytest.mark.parametrize("count", [1, 5, 40])
def test_whatever_was_on_disk_before_a_kill_is_there_after_it(tmp_path: Path, count: int) -> None:
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout
    for _ in range(count):
        writer.stdout.readline()
    writer.send_signal(signal.SIGKILL)
    said = [count, *map(int, writer.stdout.read().split())][-1]
    writer.stdout.close()
    writer.wait(10)
    with Database(tmp_path) as database:
        newest, previous = _number(database.secret("newest")), _number(database.secret("previous"))
        assert said <= newest == previous + 1
        entry = database.find_command(str(said))
        assert entry
        assert json.dumps(entry.sent) == '{"expected": {}}'


def _number(kept: Any) -> int:
    assert kept
    return int(kept["n"])
