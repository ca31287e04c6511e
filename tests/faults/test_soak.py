"""The soak's own parts: each trouble can be borne and passes, and what grows is found."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
import soak_figures as figures
from brokers import has_mosquitto
from driven import DrivenHouse, driven_house
from soak_figures import Sample
from soak_span import PERIODS, SETTINGS, WHERES
from soak_troubles import HOUR, TROUBLES, Trouble, Weather


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DrivenHouse]:
    if not has_mosquitto():
        pytest.skip("Mosquitto is not installed")
    with driven_house(tmp_path_factory.mktemp("soak"), WHERES[0].start) as made:
        made.bridge.start(**SETTINGS, periods=PERIODS)
        made.time.run_for(HOUR)
        yield made


@pytest.mark.mosquitto
@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda each: each.name)
def test_a_trouble_passes(one: DrivenHouse, trouble: Trouble) -> None:
    weather = Weather(one, Random(1), [trouble])
    weather.change()
    one.time.run_for(HOUR)
    weather.clear_up()
    one.time.run_for(HOUR)
    asked = len(one.tesla.asked("live_status"))
    one.time.run_for(HOUR)
    assert len(one.tesla.asked("live_status")) >= asked + 10
    one.comes_to("bridge", "state", "online")


def sample(day: float, rss: float, life: int = 1) -> Sample:
    return Sample(day * 86_400, life, rss, 10, 1, 160, 1.0, 2.0, 1.0, 0, 0.0)


def test_a_slope_is_of_a_week() -> None:
    assert figures.slope([sample(day, 70 + day) for day in range(20)], lambda each: each.rss) == pytest.approx(7)
    assert figures.slope([sample(day, 70) for day in range(20)], lambda each: each.rss) == 0


def test_only_the_longest_life_tells_of_growth() -> None:
    lives = [sample(0, 70, 1), sample(1, 70, 2), sample(2, 71, 2), sample(3, 70, 3)]
    assert [each.at / 86_400 for each in figures.longest_life(lives)] == [1, 2]


def test_a_new_life_begins_a_new_line() -> None:
    picture = figures.picture("Memory", [sample(0, 70, 1), sample(1, 70, 1), sample(2, 70, 2)], figures.PICTURES[0][2])
    line = next(text for text in picture.splitlines() if text.startswith("<path"))
    assert (line.count("M"), line.count("L")) == (2, 1)
