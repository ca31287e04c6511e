"""The checker finds each invariant broken, and nothing in a history in which nothing is wrong."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from checker import INVARIANTS, TIME_TO_LIVE, broken
from history import History, Life
from spy import Heard
from subject import CAR, SITE

from bridge.database import Database
from bridge.simulator.cloud import Execution
from bridge.simulator.ledger import Entry
from bridge.simulator.simulation import Simulation, build_cloud

VIN = CAR.split("/")[1]
NOON = datetime(2026, 6, 1, 19, tzinfo=UTC)
LONG_AGO = perf_counter() - 3 * TIME_TO_LIVE


@dataclass
class Story:
    """A history that is written by hand: one bridge that came online and has ended nothing."""

    directory: Path
    messages: list[Heard] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.cloud = build_cloud(Simulation(start=NOON, tick=False))
        life = Life(os.getpid(), LONG_AGO - 100)
        self.history = History(self.directory, self.cloud, lambda: self.messages, lives=[life])
        self.answers(200)
        self.says("bridge/state", "online")

    def says(self, topic: str, payload: str, *, at: float = LONG_AGO, retain: bool = False) -> None:
        self.messages.append(Heard(at, f"fleet2mqtt/{topic}", payload.encode(), retain, None, None))

    def answers(self, status: int, cost: Any = "free") -> None:
        """Tesla does, to a read."""
        self.cloud.ledger.record(Entry(NOON, cost, "GET", "/api/1/products", status, None, {}))
        self.history._entries.tape[-1] = (LONG_AGO - 50, self.history._entries.tape[-1][1])

    def asks(self, transaction: str = "mine", *, at: float = LONG_AGO + 1, retain: bool = False) -> None:
        """For the horn, once more."""
        self.says(f"{CAR}/set/honk_horn", json.dumps({"transaction": transaction}), at=at, retain=retain)

    def does(self, device: str = VIN, name: str = "command/honk_horn", *, at: float = LONG_AGO + 2) -> None:
        self.cloud.executions.append(Execution(NOON, device, name, {}, None))
        self.history._executions.tape[-1] = (at, self.history._executions.tape[-1][1])

    def tells(self, outcome: str = "ok", *, transaction: str = "mine", finished_at: str = "now") -> None:
        body = {"transaction": transaction, "outcome": outcome, "reason": None, "finished_at": finished_at}
        self.says(f"{CAR}/result/honk_horn", json.dumps(body), at=LONG_AGO + 3)

    def logs(self, text: str) -> None:
        with (self.directory / "log").open("a") as log:
            log.write(f"{text}\n")

    @property
    def life(self) -> Life:
        return self.history.lives[-1]

    @property
    def wrong(self) -> set[str]:
        return {each.split(":")[0] for each in broken(self.history)}


@pytest.fixture
def fair(tmp_path: Path) -> Story:
    """Asked once, done once, told once."""
    story = Story(tmp_path)
    story.asks()
    story.does()
    story.tells()
    return story


def twice(story: Story) -> None:
    story.does()


def three_times_at_a_site(story: Story) -> None:
    """Twice is allowed there: it may not show the first one."""
    story.says(f"{SITE}/set/backup_reserve", "30", at=LONG_AGO + 1)
    for _ in range(3):
        story.does(SITE.split("/")[1], "backup")


def unasked(story: Story) -> None:
    story.does(name="command/flash_lights")


def asked_by_a_retained_message(story: Story) -> None:
    story.says(f"{CAR}/set/flash_lights", "PRESS", at=LONG_AGO + 1, retain=True)
    story.does(name="command/flash_lights")


def too_late(story: Story) -> None:
    story.says(f"{CAR}/set/flash_lights", "PRESS", at=LONG_AGO + 1)
    story.does(name="command/flash_lights", at=LONG_AGO + 2 + TIME_TO_LIVE)


def a_token_that_nobody_takes(story: Story) -> None:
    with Database(story.history.data) as database:
        database.keep_secrets({"tokens": {"refresh": f"NA_{'0' * 64}"}})


def two_results(story: Story) -> None:
    story.tells("refused", finished_at="later")


def no_result(story: Story) -> None:
    story.asks("another")
    story.does()


def over_the_budget(story: Story) -> None:
    for _ in range(200):
        story.answers(200, "wake")
    story.history.environment["FLEET2MQTT_TESLA_BUDGET"] = "3"


def a_token_in_the_log(story: Story) -> None:
    story.logs(f"debug the token is {story.cloud.tokens._lineages[0].newest}")


def a_vin_in_the_log(story: Story) -> None:
    story.logs(f"info {VIN} drives")


def a_value_that_is_none(story: Story) -> None:
    story.says(f"{CAR}/charge/battery_level", "nan")


def a_value_before_any_answer(story: Story) -> None:
    story.says(f"{CAR}/charge/battery_level", "0", at=LONG_AGO - 60)


def descriptors_that_stay_open(story: Story) -> None:
    story.life.descriptors, story.life.threads = -100, 1


def threads_that_stay(story: Story) -> None:
    story.life.descriptors, story.life.threads = 1000, -100


def an_end_without_a_word(story: Story) -> None:
    story.life.ended, story.life.code = perf_counter(), 1


def a_traceback(story: Story) -> None:
    story.logs("Traceback (most recent call last):")


def the_same_again_and_again(story: Story) -> None:
    for second in range(20):
        story.logs(f"2026-06-01T19:00:{second:02} [warning  ] Tesla is away")


WRONGS: Mapping[Callable[[Story], None], str] = {
    twice: "I1",
    three_times_at_a_site: "I1",
    unasked: "I2",
    asked_by_a_retained_message: "I2",
    too_late: "I2",
    a_token_that_nobody_takes: "I3",
    two_results: "I4",
    no_result: "I4",
    over_the_budget: "I5",
    a_token_in_the_log: "I6",
    a_vin_in_the_log: "I6",
    a_value_that_is_none: "I7",
    a_value_before_any_answer: "I7",
    descriptors_that_stay_open: "I8",
    threads_that_stay: "I8",
    an_end_without_a_word: "I9",
    a_traceback: "I9",
    the_same_again_and_again: "I10",
}


def test_a_fair_history_is_fair(fair: Story) -> None:
    assert broken(fair.history) == []


@pytest.mark.parametrize("wrong", WRONGS, ids=lambda each: each.__name__)
def test_what_is_wrong_is_found(fair: Story, wrong: Callable[[Story], None]) -> None:
    wrong(fair)
    assert WRONGS[wrong] in fair.wrong


def test_each_invariant_has_its_wrong() -> None:
    assert set(WRONGS.values()) == set(INVARIANTS)
