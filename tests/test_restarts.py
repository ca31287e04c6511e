"""A crash loop asks Tesla for nothing after its fifth start (E4, F43)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from fakes import FakeClock

from bridge.errors import BridgeError, StartedOften
from bridge.restarts import FILE, FREE, WINDOW, Restarts, wait_at

pytestmark = pytest.mark.case("F43")


class Lives:
    """Starts of one program after another, on one data directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.clock = FakeClock()
        self.told: list[BridgeError | None] = []

    def begin(self, seconds_later: float = 0.0) -> Restarts:
        self.clock.advance(seconds_later)
        self.told.clear()
        return Restarts(self.directory, self.clock, self.told.append).__enter__()


@pytest.fixture
def lives(tmp_path: Path) -> Lives:
    return Lives(tmp_path)


@pytest.mark.parametrize(
    ("starts", "seconds"), [(1, 0), (5, 0), (6, 30), (7, 60), (8, 120), (9, 240), (10, 300), (99, 300)]
)
def test_the_wait_grows_from_the_sixth_start_on(starts: int, seconds: float) -> None:
    assert wait_at(starts) == seconds


async def test_what_is_to_be_quiet_begins_when_the_wait_is_over(lives: Lives) -> None:
    for _ in range(FREE):
        lives.begin(10)
        assert lives.told == []
    sixth, begun = lives.begin(10), asyncio.Event()

    async def ask() -> None:
        begun.set()

    asking = asyncio.create_task(sixth.quiet(ask)())
    await lives.clock.run(29)
    (said,) = lives.told
    assert isinstance(said, StartedOften)
    assert "started 6 times within 10 minutes" in str(said)
    assert not begun.is_set()
    await lives.clock.run(2)
    await asking
    assert begun.is_set()
    assert lives.told[1:] == [None]


def test_starts_that_are_far_apart_are_none(lives: Lives) -> None:
    for _ in range(20):
        lives.begin(WINDOW / FREE)
        assert lives.told == []


def test_a_stop_in_good_order_makes_the_next_start_an_ordinary_one(lives: Lives) -> None:
    for _ in range(20):
        lives.begin().__exit__(None)
        assert lives.told == []


def test_an_end_by_a_bug_does_not(lives: Lives) -> None:
    for _ in range(FREE + 1):
        lives.begin().__exit__(ValueError)
    assert lives.told


@pytest.mark.parametrize("content", [b"", b"\0\0\0", b"[", b"7", b'["x"]', b"[null]", b"{}"])
def test_a_damaged_file_counts_for_nothing_and_is_written_anew(lives: Lives, content: bytes) -> None:
    (lives.directory / FILE).write_bytes(content)
    for _ in range(FREE):
        lives.begin()
        assert lives.told == []
    lives.begin()
    assert lives.told


def test_starts_that_lie_in_the_future_are_not_believed(lives: Lives) -> None:
    """The clock was wrong, or is."""
    for _ in range(FREE):
        lives.begin()
    lives.clock.set_wall(lives.clock.now() - timedelta(days=365))
    lives.begin()
    assert lives.told == []


def test_a_directory_that_cannot_be_written_keeps_nobody_from_starting(lives: Lives) -> None:
    (lives.directory / FILE).mkdir()
    lives.begin()
    assert lives.told == []
