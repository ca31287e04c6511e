"""SIGTERM before the program is at work: a clean end, whoever makes something else of it (F42)."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator

import pytest

from bridge import cli


@pytest.fixture(autouse=True)
def _handler_of_before() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["fleet2mqtt", "run"])


def told_to_end() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.usefixtures("words")
@pytest.mark.case("F42")
def test_a_library_that_makes_an_error_of_it_costs_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """As pydantic does while it builds a model; found by `make faults ARGS="-k test_stopping --seed 5"`."""

    def build(_: object) -> int:
        try:
            told_to_end()
        except SystemExit as end:
            raise RuntimeError(f"SystemExit: {end}") from end
        return 0

    monkeypatch.setattr(cli, "_run", build)
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 128 + signal.SIGTERM


@pytest.mark.usefixtures("words")
def test_an_error_of_its_own_is_still_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> int:
        raise RuntimeError("a bug")

    monkeypatch.setattr(cli, "_run", fail)
    with pytest.raises(RuntimeError, match="a bug"):
        cli.main()
