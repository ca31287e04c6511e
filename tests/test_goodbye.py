"""The bridge's last words, on a loop that counts its waiting instead of doing it: to the second, whoever is silent."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest
from command_desk import Desk, desk
from house import Wire, desk as publishing_desk

from bridge.clock import SystemClock
from bridge.goodbye import GOODBYE, LAST_WORDS, say_goodbye
from bridge.model import Outcome
from bridge.mqtt import Publication, Taken
from bridge.topics import Topics

OFFLINE = (Topics().bridge("state"), b"offline")
PROMISED = 5.0
"""Seconds, with the end of the program."""


class _Counting(selectors.DefaultSelector):
    """Returns at once, and counts the seconds that it would have waited."""

    waited = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        self.waited += 0 if ready else timeout or 0
        return ready


def run(work: Coroutine[Any, Any, None]) -> None:
    selector = _Counting()

    def loop() -> asyncio.AbstractEventLoop:
        made = asyncio.SelectorEventLoop(selector)
        made.time = lambda: selector.waited  # type: ignore[method-assign]  # that is what it is for
        return made

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(work)


class Prompt(Wire):
    """A broker that acknowledges everything at once."""

    def publish(self, publication: Publication, taken: Taken | None = None) -> None:
        super().publish(publication, taken)
        asyncio.get_running_loop().call_soon(self.answer)


async def goodbye(one: Desk, broker: Wire) -> float:
    """Seconds that it takes, with this desk's results published to this broker."""
    publisher = publishing_desk().publisher
    publisher.attach(broker)
    one.commander._answer = publisher.answer
    loop = asyncio.get_running_loop()
    began = loop.time()
    await say_goodbye(one.commander, publisher, SystemClock())
    return loop.time() - began


async def send_one(one: Desk) -> None:
    """Tesla has it and does not answer."""
    one.tesla.may_answer.clear()
    one.knows(connectivity="online")
    one.send("charge_limit", "80")
    await one.until(lambda: len(one.tesla.writes) == 1)


def said(broker: Wire) -> list[tuple[str, bytes]]:
    return [(each.topic, each.payload) for each in broker.published]


def test_with_nothing_under_way_it_takes_no_time(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as one:
            broker = Prompt()
            assert await goodbye(one, broker) < 0.1
            assert said(broker)[-1] == OFFLINE

    run(work())


def test_a_silent_tesla_is_given_up_so_early_that_the_result_and_the_last_word_get_out(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as one:
            await send_one(one)
            broker = Prompt()
            assert await goodbye(one, broker) == pytest.approx(GOODBYE - LAST_WORDS, abs=0.1)
            assert b"unconfirmed" in said(broker)[-2][1]
            assert said(broker)[-1] == OFFLINE
            assert one.journal.left_behind() == []

    run(work())


@pytest.mark.parametrize("answers_after", [None, 0.5, 2.5], ids=lambda seconds: f"Tesla answers after {seconds} s")
def test_a_silent_broker_gets_what_is_left_of_one_deadline_and_the_result_stays_in_the_journal(
    tmp_path: Path, answers_after: float | None
) -> None:
    async def work() -> None:
        async with desk(tmp_path) as one:
            await send_one(one)
            if answers_after:
                asyncio.get_running_loop().call_later(answers_after, one.tesla.may_answer.set)
            assert await goodbye(one, Wire()) == pytest.approx(GOODBYE, abs=0.1)
        async with desk(tmp_path) as next_life:
            (result,) = await next_life.heard(1)
            assert result.outcome is (Outcome.OK if answers_after else Outcome.UNCONFIRMED)

    run(work())


def test_all_of_it_fits_into_what_is_promised() -> None:
    assert GOODBYE + 1 <= PROMISED
