"""A look into the database of a bridge that runs: as it is now, without its lock, and without a byte written."""

from __future__ import annotations

from pathlib import Path

from bridge.database import FILE, Database
from bridge.glance import glance

CAR = "vehicle/LRW3F7EK4NC700001"


def bytes_of(directory: Path) -> dict[str, tuple[bytes, int]]:
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in directory.iterdir()}


def test_what_a_running_bridge_has_just_written_is_seen(tmp_path: Path) -> None:
    with Database(tmp_path) as database:
        database.keep_values({CAR: {"battery_level": 80}})
        assert b"battery_level" not in (tmp_path / FILE).read_bytes()
        before = bytes_of(tmp_path)
        seen = glance(tmp_path / FILE)
        assert bytes_of(tmp_path) == before
        assert seen.rows("value") == [{"device": CAR, "known": {"battery_level": 80}}]
        assert (seen.integrity, seen.trouble) == ("ok", "")
        database.keep_values({CAR: {"battery_level": 79}})
        assert database.values() == {CAR: {"battery_level": 79}}


def test_through_many_rounds_of_its_log_it_is_what_the_bridge_itself_sees(tmp_path: Path) -> None:
    with Database(tmp_path) as database:
        for number in range(900):
            database.keep_values({f"vehicle/{number % 70}": {"level": number, "text": "x" * 900}})
            if number % 7 == 0:
                database.forget_values(f"vehicle/{number % 50}")
            if number % 29 == 0:
                seen = glance(tmp_path / FILE)
                assert {row["device"]: row["known"] for row in seen.rows("value")} == database.values()
                assert seen.integrity == "ok"


def test_a_transaction_that_is_not_complete_is_not_there(tmp_path: Path) -> None:
    with Database(tmp_path) as database:
        database.keep_values({CAR: {"battery_level": 80}})
        log = tmp_path / f"{FILE}-wal"
        whole = log.read_bytes()
        database.keep_values({CAR: {"battery_level": 79}})
        cut = log.read_bytes()[: len(whole) + 2000]
    other = tmp_path / "other"
    other.mkdir()
    (other / FILE).write_bytes((tmp_path / FILE).read_bytes())
    (other / f"{FILE}-wal").write_bytes(cut)
    assert glance(other / FILE).rows("value")[0]["known"] == {"battery_level": 80}


def test_a_bridge_that_has_ended_is_seen_too(tmp_path: Path) -> None:
    with Database(tmp_path) as database:
        database.keep_values({CAR: {}})
    assert glance(tmp_path / FILE).rows("value")


def test_a_damaged_file_is_told_and_its_backup_is_shown(tmp_path: Path) -> None:
    with Database(tmp_path) as database:
        database.keep_calls([("2026-11-22", CAR, "data", 3, 0)])
        database.back_up()
    (tmp_path / FILE).write_bytes(b"no database at all" * 100)
    seen = glance(tmp_path / FILE)
    assert seen.file == f"{FILE}.bak"
    assert "file is not a database" in seen.trouble
    assert seen.rows("spent")[0]["calls"] == 3


def test_where_there_is_none_nothing_is_made(tmp_path: Path) -> None:
    seen = glance(tmp_path / "data" / FILE)
    assert "No such file" in seen.trouble
    assert not list(tmp_path.iterdir())


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"secret")
    (tmp_path / FILE).symlink_to(tmp_path / "elsewhere")
    assert "is a link" in glance(tmp_path / FILE).trouble
