"""The shipped policy in whole simulated lives (benchmarks/policy): bill, sleep, staleness."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from benchmarks.policy.limit import Clairvoyant
from benchmarks.policy.lives import LIVES
from benchmarks.policy.ours import Ours
from benchmarks.policy.peers import PEERS
from benchmarks.policy.play import Game, play
from benchmarks.policy.score import Score, score
from benchmarks.policy.world import DAY, World
from bridge.pace import Pace, Profile, paced

WORLD = World(days=7)


def _scored(life: str, profile: Profile, world: World = WORLD, seed: int = 1) -> tuple[Game, Score]:
    truth = LIVES[life](world, seed)
    game = play(Ours(paced(profile, {})), truth)
    return game, score(profile, game)


@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize("is_strict", [True, False])
def test_in_no_life_is_a_sleeping_car_read_again_or_woken(life: str, *, is_strict: bool) -> None:
    game, _ = _scored(life, Profile.BALANCED, replace(WORLD, is_strict=is_strict))
    assert game.refused <= 1, "at most one, in the very second in which it falls asleep"
    assert game.calls["wake"] == 0


@pytest.mark.parametrize("life", ["reference", "commuter"])
@pytest.mark.parametrize("profile", Profile)
def test_the_car_sleeps_as_if_nobody_polled(life: str, profile: Profile) -> None:
    _, result = _scored(life, profile)
    assert result.asleep >= 0.99


@pytest.mark.parametrize(("profile", "dollars"), [(Profile.ECO, 3), (Profile.BALANCED, 7), (Profile.LIVE, 10)])
@pytest.mark.parametrize("life", ["reference", "commuter"])
def test_what_a_month_costs(life: str, profile: Profile, dollars: float) -> None:
    assert _scored(life, profile)[1].dollars <= dollars


@pytest.mark.parametrize("life", ["errands", "two drivers"])
def test_the_freshest_profile_keeps_a_busy_month_inside_the_credit_and_leaves_a_tenth_for_commands(life: str) -> None:
    game, result = _scored(life, Profile.LIVE, World(days=30, is_strict=False))
    assert result.dollars <= 9.1
    assert game.read[-1].at > 29 * DAY, "it gets slower, it does not stop"


def test_a_charge_is_known_within_a_minute_and_so_is_its_end() -> None:
    _, result = _scored("reference", Profile.BALANCED)
    assert result.delay["drive start"] <= 20
    assert result.delay["charge start"] <= 60
    assert result.delay["charge end"] <= 60


@pytest.mark.parametrize("profile", Profile)
def test_estimates_make_the_level_truer_and_cost_nothing_more(profile: Profile) -> None:
    truth = LIVES["commuter"](WORLD, 1)
    with_, without = (score("", play(Ours(paced(profile, {}), has_estimates=each), truth)) for each in (True, False))
    assert with_.mean["battery"] < without.mean["battery"] / 5
    assert with_.dollars == without.dollars


@pytest.mark.parametrize("is_strict", [True, False])
def test_no_other_program_is_both_cheaper_and_fresher(*, is_strict: bool) -> None:
    truth = LIVES["reference"](replace(WORLD, is_strict=is_strict), 1)
    ours = [score(profile, play(Ours(paced(profile, {})), truth)) for profile in Profile]
    others = [score(name, play(make(), truth)) for name, make in PEERS.items()]
    assert not [
        (other.name, one.name)
        for other in others
        for one in ours
        if other.dollars <= one.dollars and other.stale <= one.stale
    ]


def test_data_calls_are_never_closer_than_the_soonest() -> None:
    game, _ = _scored("errands", Profile.LIVE)
    assert min(later.at - one.at for one, later in pairwise(game.read)) >= Pace().soonest


def test_who_knows_the_future_never_misses_anything() -> None:
    """The yardstick itself."""
    truth = LIVES["commuter"](WORLD, 1)
    result = score("", play(Clairvoyant(truth, 60, 1800), truth))
    assert max(result.delay.values()) < 3
    assert result.asleep == pytest.approx(1, abs=0.001)
