"""A disk that is full, read-only or damaged: the house goes on, the owner is told, and no sign-in is lost (F4, F41).

The disks are real ones: small file systems, which only root can mount.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest
from test_starting import run
from whole_house import BASE, CAR, House, empty_house

from bridge.database import FILE, Database

pytestmark = [pytest.mark.case("F4"), pytest.mark.case("F41")]


class Disk:
    """A file system of its own, in memory: half a megabyte that can be filled to its last byte."""

    word = "database or disk is full"
    """What SQLite says of it when there is trouble."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "disk"
        self.path.mkdir()
        self.data = self.path / "data"

    def mount(self) -> None:
        _mount("-t", "tmpfs", "-o", "size=512k", "tmpfs", self.path)

    def umount(self) -> None:
        subprocess.run(["umount", "--lazy", self.path], check=True)

    def begin(self) -> None:
        with (self.path / "other files").open("ab", buffering=0) as file:
            while True:
                try:
                    file.write(bytes(512))
                except OSError:
                    return

    def end(self) -> None:
        (self.path / "other files").unlink()


class Card(Disk):
    """One that turns read-only while it is in use, as memory cards do. It is well again once nobody uses it."""

    word = "disk I/O error"

    def mount(self) -> None:
        image = self.path.with_name("image")
        if not image.exists():
            image.write_bytes(bytes(8 << 20))
            subprocess.run(["mkfs.ext4", "-q", image], check=True)
        _mount("-o", "loop,errors=remount-ro", image, self.path)

    def begin(self) -> None:
        device = subprocess.check_output(["findmnt", "-no", "SOURCE", self.path], text=True).strip()
        Path("/sys/fs/ext4", Path(device).name, "trigger_fs_error").write_text("1")

    def end(self) -> None:
        subprocess.run(["umount", self.path], check=True)
        self.mount()


class Inodes(Disk):
    """One on which there is room, but not for one more file."""

    def mount(self) -> None:
        _mount("-t", "tmpfs", "-o", "size=4m,nr_inodes=32", "tmpfs", self.path)

    def begin(self) -> None:
        for number in range(100):
            try:
                (self.path / f"file {number}").touch(exist_ok=False)
            except OSError:
                return

    def end(self) -> None:
        for file in self.path.glob("file *"):
            file.unlink()


def _mount(*words: str | Path) -> None:
    """Skips, by name, where that is not allowed."""
    if subprocess.run(["mount", *words], check=False).returncode:
        pytest.skip("file systems cannot be mounted here")


@contextmanager
def mounted(disk: Disk) -> Iterator[Disk]:
    disk.mount()
    try:
        yield disk
    finally:
        disk.umount()


@pytest.fixture(params=[Disk, Card], ids=["full", "read-only"])
def small(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    with mounted(request.param(tmp_path)) as disk:
        yield disk


@pytest.fixture
def one(tmp_path: Path, small: Disk) -> Iterator[House]:
    with empty_house(tmp_path) as running:
        running.bridge.environment["FLEET2MQTT_DATA_DIR"] = str(small.data)
        running.start()
        yield running
        if running.bridge.is_alive:
            running.bridge.kill()


def newest(directory: Path) -> str:
    """The refresh token on disk. Nobody else may have it open."""
    with Database(directory) as database:
        found = database.secret("tokens simulated tesla")
        assert found
        return str(found["refresh"])


def problem(one: House) -> str:
    """What health says, when it is asked."""
    topic = f"{BASE}/bridge/response/health"
    before = len(one.spy.on(topic))
    one.spy.publish(f"{BASE}/bridge/request/health")
    one.spy.until(lambda: len(one.spy.on(topic)) > before, "an answer")
    return str(one.spy.on(topic)[-1].body["data"]["problem"])


def renew(one: House) -> None:
    """Tesla takes the access token back: the next call needs a new one."""
    one.tesla._post("revoke", {})
    one.look(CAR)


# --- while it runs ------------------------------------------------------------------------------------------------


def test_it_goes_on_and_tells_the_owner(one: House, small: Disk) -> None:
    """F4: Tesla has put new tokens in place, and they cannot be written."""
    small.begin()
    renew(one)
    one.spy.until(lambda: f"new tokens cannot be saved ({small.word})" in problem(one), "a word of it")
    one.look(CAR)
    refusal = one.ask(CAR, "charge_limit", "70")
    assert (refusal["outcome"], refusal["reason"]) == ("unavailable", "disk")
    assert one.bridge.log.count("tokens cannot be saved") == 2, "what happened, and that it is a trouble: once each"
    assert one.bridge.stop() == 0
    small.end()
    one.start()
    assert one.ask(CAR, "charge_limit", "72")["outcome"] == "ok"


@pytest.mark.parametrize("small", [Disk], ids=["full"], indirect=True)
def test_tokens_are_saved_as_soon_as_there_is_room(one: House, small: Disk) -> None:
    before = small.data / f"{FILE}.bak"
    content = before.read_bytes()
    small.begin()
    renew(one)
    one.spy.until(lambda: "new tokens" in problem(one), "a word of it")
    assert before.read_bytes() == content
    small.end()
    one.spy.until(lambda: "the tokens are saved" in one.bridge.log, "the tokens on disk")
    one.spy.until(lambda: "tokens" not in problem(one), "health")
    assert before.read_bytes() != content
    assert one.ask(CAR, "charge_limit", "71")["outcome"] == "ok"


def test_a_kill_before_there_is_room_costs_no_sign_in(one: House, small: Disk) -> None:
    """Tesla keeps the pair on disk good for a day (fleet-api.md 1.6)."""
    small.begin()
    renew(one)
    one.bridge.kill()
    small.end()
    one.start()
    assert one.ask(CAR, "charge_limit", "70")["outcome"] == "ok"


@pytest.mark.parametrize("small", [Inodes], ids=["no more files"], indirect=True)
def test_without_room_for_a_file_tokens_are_kept_and_the_old_backup_stays(one: House, small: Disk) -> None:
    before = small.data / f"{FILE}.bak"
    content = before.read_bytes()
    small.begin()
    renew(one)
    assert one.ask(CAR, "charge_limit", "70")["outcome"] == "ok"
    assert before.read_bytes() == content
    one.bridge.kill()
    small.end()
    one.start()
    assert one.ask(CAR, "charge_limit", "71")["outcome"] == "ok"


# --- at the start -------------------------------------------------------------------------------------------------


def test_a_disk_that_takes_nothing_is_told_in_one_line(tmp_path: Path, small: Disk) -> None:
    small.begin()
    ended = run(tmp_path, DATA_DIR=str(small.data))
    assert ended.returncode == 2
    (line,) = ended.stderr.splitlines()
    what = {Disk: "full: free some space", Card: "read-only"}[type(small)]
    assert line.startswith(f"fleet2mqtt: FLEET2MQTT_DATA_DIR: cannot use {small.data / FILE}: the disk is {what}")


@pytest.mark.parametrize("small", [Disk], ids=["full"], indirect=True)
def test_a_full_disk_with_tokens_on_it_is_no_reason_not_to_start(one: House, small: Disk) -> None:
    """What is there can be read, and the house is served."""
    one.bridge.kill()
    small.begin()
    one.start()
    one.look(CAR)
    small.end()
    assert one.ask(CAR, "charge_limit", "70")["outcome"] == "ok"


@pytest.mark.parametrize("small", [Card], ids=["read-only"], indirect=True)
def test_a_read_only_disk_with_tokens_on_it_is_told(one: House, small: Disk) -> None:
    """Without a lock on the file another bridge could be using the same tokens."""
    one.bridge.kill()
    before = newest(small.data)
    small.begin()
    ended = run(one.bridge.directory, DATA_DIR=str(small.data))
    assert (ended.returncode, len(ended.stderr.splitlines())) == (2, 1)
    assert "the disk is read-only. What is in the file is unharmed" in ended.stderr
    small.end()
    assert newest(small.data) == before


@pytest.mark.parametrize("small", [Disk], ids=["good"], indirect=True)
@pytest.mark.parametrize("damage", ["zeroed", "empty", "gone", "garbage"])
def test_a_damaged_database_costs_no_sign_in(one: House, small: Disk, damage: str) -> None:
    one.bridge.stop()
    before, file = newest(small.data), small.data / FILE
    if damage == "gone":
        file.unlink()
    else:
        size = file.stat().st_size
        file.write_bytes({"zeroed": bytes(size), "empty": b"", "garbage": Random(1).randbytes(size)}[damage])
    one.start(tesla_refresh_token="not-used-any-more")
    assert "the database was damaged; tokens and counts are back from its backup" in one.bridge.log
    assert one.ask(CAR, "charge_limit", "70")["outcome"] == "ok"
    one.bridge.kill()
    assert newest(small.data) != before, "it was renewed, and not lost"
