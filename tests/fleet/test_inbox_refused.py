"""A file in the inbox that is not believed: it is told once, and left where it is (S18)."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from inbox_desk import NAME, desk


def _rewritten(**changes: Any) -> Callable[[Path], None]:
    def rewrite(path: Path) -> None:
        body = json.loads(path.read_text())
        path.write_text(json.dumps(body | changes))

    return rewrite


def _content(content: bytes) -> Callable[[Path], None]:
    def rewrite(path: Path) -> None:
        path.write_bytes(content)

    return rewrite


def _link(path: Path) -> None:
    path.rename(path.with_name("real"))
    path.symlink_to(path.with_name("real"))


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


def _directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


WRITTEN = {"access": "a", "refresh": "r", "expires_at": None, "obtained_at": "2026-07-01T12:00:00+00:00"}
REFUSED: dict[str, tuple[Callable[[Path], None], str]] = {
    "a link": (_link, "it is a link, which is not followed"),
    "a pipe": (_pipe, "it is no file"),
    "a directory": (_directory, "it is no file"),
    "others may read it": (lambda path: path.chmod(0o640), "chmod 600 it"),
    "others may write it": (lambda path: path.chmod(0o602), "chmod 600 it"),
    "empty": (_content(b""), "it is not what `fleet2mqtt login` writes"),
    "no JSON": (_content(b"{"), "it is not what"),
    "no text": (_content(b"\xff\xfe"), "it is not what"),
    "a list": (_content(b"[]"), "it is not what"),
    "deep": (_content(b"[" * 60000), "it is not what"),
    "huge": (_content(b'{"account": "' + b"x" * 200000 + b'"}'), "it is not what"),
    "without tokens": (_content(b'{"account": "home", "simulated": true}'), "it is not what"),
    "tokens of the wrong type": (_rewritten(tokens=["a", "b"]), "it is not what"),
    "an empty pair": (_rewritten(tokens=WRITTEN | {"access": "", "refresh": None}), "it is not what"),
    "a token that is a number": (_rewritten(tokens=WRITTEN | {"refresh": 7}), "it is not what"),
    "a time that is none": (_rewritten(tokens=WRITTEN | {"obtained_at": "soon"}), "it is not what"),
    "another account's": (_rewritten(account="parents"), "it is the account 'parents's"),
    "a real account's": (_rewritten(simulated=False), "it is of a simulated account and this is a real one, or"),
}


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize(("spoil", "words"), REFUSED.values(), ids=REFUSED)
async def test_it_is_refused_told_once_and_left_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], spoil: Callable[[Path], None], words: str
) -> None:
    async with desk(tmp_path) as at:
        spoil(at.leave())
        before = _open_files()
        for _ in range(3):
            assert not at.inbox.deliver()
        assert _open_files() <= before
        assert await at.source.access() == "access-0"
        assert NAME in at.files
    (line,) = capsys.readouterr().out.splitlines()
    assert words.replace("'", "") in line.replace("'", "").replace("\\", "")
    assert NAME in line
    assert not re.search("new-access|new-refresh", line)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to be somebody else")
async def test_another_users_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with desk(tmp_path) as at:
        os.chown(at.leave(), 12345, 12345)
        assert not at.inbox.deliver()
        assert await at.source.access() == "access-0"
    assert "it belongs to user 12345" in capsys.readouterr().out


async def test_a_refused_one_that_is_put_right_is_taken_up(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        path = at.leave()
        path.chmod(0o644)
        assert not at.inbox.deliver()
        path.chmod(0o600)
        assert at.inbox.deliver()
