"""How late the event loop is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

from bridge.lag import KEPT, PERIOD, Lag


class SlowLoop:
    """Calls back so many seconds late."""

    def __init__(self) -> None:
        self.now = 100.0
        self._next: tuple[float, Callable[..., None], tuple[float, ...]] | None = None

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: Callable[..., None], /, *args: float) -> SlowLoop:
        self._next = when, callback, args
        return self

    def cancel(self) -> None:
        self._next = None

    def turn(self, late: float = 0.0) -> None:
        assert self._next, "nothing is planned"
        when, callback, args = self._next
        self.now = when + late
        callback(*args)

    @property
    def is_idle(self) -> bool:
        return self._next is None


def test_nothing_is_known_before_the_first_measurement() -> None:
    with Lag(SlowLoop()) as lag:
        assert lag.quantile(1) is None


def test_quantiles_are_those_of_the_last_measurements() -> None:
    loop = SlowLoop()
    with Lag(loop) as lag:
        for number in range(100):
            loop.turn(late=number / 1000)
        found = [lag.quantile(share) for share in (0.5, 0.99, 1.0)]
        assert found == pytest.approx([0.049, 0.098, 0.099])


def test_what_is_five_minutes_old_is_forgotten() -> None:
    loop = SlowLoop()
    assert KEPT * PERIOD == 300
    with Lag(loop) as lag:
        loop.turn(late=9)
        for _ in range(KEPT - 1):
            loop.turn()
        assert lag.quantile(1) == pytest.approx(9)
        loop.turn()
        assert lag.quantile(1) == 0


def test_nothing_is_measured_any_more_when_it_is_left() -> None:
    loop = SlowLoop()
    with Lag(loop):
        loop.turn()
    assert loop.is_idle


async def test_a_loop_that_is_held_up_is_late() -> None:
    with Lag(asyncio.get_running_loop()) as lag:
        await asyncio.sleep(PERIOD / 2)  # noqa: TID251 - it is the loop's own time that is measured
        time.sleep(PERIOD)  # noqa: ASYNC251 - this is the fault
        await asyncio.sleep(0.01)  # noqa: TID251 - as above
        late = lag.quantile(1)
        assert late is not None
        assert late >= PERIOD / 4
