"""The one way in for new tokens: a file that is whole, private and believed by nobody without a look."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from account import STORED, Shelf
from inbox_desk import NAME, NEW, desk
from token_world import sign_out

from bridge.clock import SystemClock
from bridge.errors import SettingWrong, SignInRequired
from bridge.fleet.auth.inbox import LOOK, Inbox, hand_over, take
from bridge.fleet.auth.tokens import Tokens

# --- handing over -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tokens", [NEW, replace(NEW, access="", expires_at=None), replace(NEW, refresh=None), None])
def test_what_is_handed_over_is_what_is_taken(tmp_path: Path, tokens: Tokens | None) -> None:
    path = hand_over(tmp_path / "data", "my-second_1", tokens)
    assert path == tmp_path / "data" / "sign-in-my-second_1.json"
    handed = take(tmp_path / "data", "my-second_1")
    assert (handed.tokens, handed.simulated) == (tokens, False)
    assert path.exists(), "it is removed by whoever has put it into the database"


@pytest.mark.parametrize("name", ["", "../home", "home/x", "home.json", "zoë", "a b", "a\n", "x" * 65, "$home"])
def test_a_name_that_could_lead_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingWrong, match="no name of an account"):
        hand_over(tmp_path, name, NEW)
    with pytest.raises(SettingWrong, match="no name of an account"):
        Inbox(tmp_path, name, None)  # type: ignore[arg-type]  # it does not get that far
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mask", [0o000, 0o077])
def test_the_file_is_private_whatever_the_umask(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        path = hand_over(tmp_path / "new", "home", NEW)
    finally:
        os.umask(before)
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert [each.name for each in path.parent.iterdir()] == [NAME]


@pytest.mark.parametrize("name", [NAME, f"{NAME}.new"])
def test_a_link_in_its_place_is_replaced_and_not_followed(tmp_path: Path, name: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("precious")
    (tmp_path / name).symlink_to(elsewhere)
    path = hand_over(tmp_path, "home", NEW)
    assert not path.is_symlink()
    assert elsewhere.read_text() == "precious"


def test_a_later_sign_in_replaces_one_that_was_not_taken_up(tmp_path: Path) -> None:
    hand_over(tmp_path, "home", NEW)
    hand_over(tmp_path, "home", replace(NEW, refresh="later"))
    found = take(tmp_path, "home").tokens
    assert found
    assert found.refresh == "later"


def test_a_directory_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingWrong, match=r"FLEET2MQTT_DATA_DIR: cannot write .*sign-in-home\.json"):
        hand_over(tmp_path / "file", "home", NEW)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, who works for somebody else")
def test_root_leaves_it_to_the_user_whose_directory_it_is(tmp_path: Path) -> None:
    """`docker exec` is root; the bridge may be somebody else."""
    os.chown(tmp_path, 12345, 54321)
    found = hand_over(tmp_path, "home", NEW).stat()
    assert (found.st_uid, found.st_gid) == (12345, 54321)


KILLED = """
import os, signal, sys
from datetime import datetime, UTC
from pathlib import Path
from bridge.fleet.auth.inbox import hand_over
from bridge.fleet.auth.tokens import Tokens
calls = 0
def audit(event, words):
    global calls
    if event.startswith(("os.", "open")):
        calls += 1
        if calls == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(audit)
hand_over(Path(sys.argv[1]), "home", Tokens("a" * 9000, "r", None, 0, datetime.now(UTC)))
print(calls)
"""


def test_a_kill_at_any_moment_leaves_all_of_it_or_nothing(tmp_path: Path) -> None:
    """At every call of the system that Python announces. What was there before stays until then."""
    outcomes = set()
    for number in range(1, 100):
        directory = tmp_path / str(number)
        hand_over(directory, "home", NEW)
        ended = subprocess.run([sys.executable, "-c", KILLED, str(directory), str(number)], check=False)
        found = take(directory, "home").tokens
        assert found
        outcomes.add(found.refresh)
        if ended.returncode == 0:
            break
        assert ended.returncode == -signal.SIGKILL
    assert number > 5
    assert outcomes == {"new-refresh", "r"}


# --- taking up ----------------------------------------------------------------------------------------------------


async def test_a_bridge_that_runs_takes_it_up_and_removes_it(tmp_path: Path) -> None:
    async with desk(tmp_path, Shelf(replace(STORED, refresh="dead", expires_at=STORED.obtained_at))) as at:
        await sign_out(at.here, at.source)
        assert not at.inbox.deliver()
        at.leave()
        assert at.inbox.deliver()
        assert await at.source.access() == "new-access"
        assert at.here.shelf.newest
        assert (at.here.shelf.newest.refresh, at.here.shelf.newest.generation) == ("new-refresh", 8)
        assert (at.files, at.inbox.deliver()) == ([], False)


async def test_it_looks_every_few_seconds_and_has_what_was_put_off_resumed(tmp_path: Path) -> None:
    told: list[Any] = []
    async with desk(tmp_path) as at:
        clock = at.here.clock
        minding = at.inbox.mind(clock, lambda *report: told.append(report), lambda: told.append("resume"))
        task = asyncio.create_task(minding)
        await clock.run(LOOK)
        at.leave()
        await clock.run(LOOK)
        task.cancel()
        assert await at.source.access() == "new-access"
    assert told == [("tokens", None), ("tokens", None), "resume", ("tokens", None)]


async def test_a_sign_out_forgets_everything(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        at.leave(None)
        assert at.inbox.deliver()
        with pytest.raises(SignInRequired, match="signed out by"):
            await at.source.access()
        assert (at.here.shelf.newest, at.files) == (None, [])


async def test_after_a_crash_between_taking_and_removing_it_is_not_taken_twice(tmp_path: Path) -> None:
    """The refresh token may have been used in between."""
    async with desk(tmp_path) as at:
        content = at.leave().read_bytes()
        at.inbox.deliver()
        at.here.clock.advance(7 * 3600)
        at.here.desk.good = {"new-refresh"}
        assert await at.source.access() == "access-1"
        (tmp_path / NAME).write_bytes(content)
        (tmp_path / NAME).chmod(0o600)
        at.restart()
        assert not at.inbox.deliver()
        assert await at.source.access() == "access-1"
        assert at.files == []


async def test_a_disk_that_is_full_leaves_it_until_there_is_room(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with desk(tmp_path) as at:
        at.leave()
        at.here.shelf.fails = OSError("no space left on device")
        for _ in range(3):
            assert not at.inbox.deliver()
        assert await at.source.access() == "access-0"
        assert at.files == [NAME]
        at.here.shelf.fails = None
        assert at.inbox.deliver()
        assert await at.source.access() == "new-access"
    assert capsys.readouterr().out.count("no space left") == 1


def test_looking_costs_next_to_nothing(tmp_path: Path) -> None:
    inbox, clock = Inbox(tmp_path, "home", None), SystemClock()  # type: ignore[arg-type]  # it is not asked
    began = clock.monotonic()
    for _ in range(1000):
        inbox.deliver()
    assert clock.monotonic() - began < 0.5
