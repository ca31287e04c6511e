"""Rows: the peers', ours, the limit's; in one world and life, over several seeds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from statistics import fmean

from benchmarks.policy.limit import Clairvoyant, Limits, limits
from benchmarks.policy.lives import LIVES
from benchmarks.policy.ours import Ours
from benchmarks.policy.peers import PEERS
from benchmarks.policy.play import play
from benchmarks.policy.protocol import Policy
from benchmarks.policy.score import Score, score
from benchmarks.policy.world import Truth, World
from bridge.pace import Profile, paced

Make = Callable[[Truth], Policy]

HEAD = (
    f"{'policy':30} {'data/d':>7} {'408/d':>6} {'$/month':>8} {'asleep':>7} | {'S':>7} "
    f"{'battery':>8} {'charging':>8} {'place':>7} | {'drive':>5} {'end':>5} {'charge':>6} {'end':>5} | "
    f"{'x limit':>7} {'x obs':>6} {'x all':>6}"
)


@dataclass(frozen=True)
class Row:
    """Means over the seeds."""

    result: Score
    multiples: tuple[float, float, float]

    def __str__(self) -> str:
        one = self.result
        return (
            f"{one.name:30} {one.calls.get('data', 0.0):7.0f} {one.refused:6.1f} {one.dollars:8.2f} {one.asleep:7.1%}"
            f" | {one.stale:7.2f} {one.mean['battery']:8.2f} {one.mean['charging']:8.2f} {one.mean['place']:7.2f} | "
            + " ".join(f"{seconds:5.0f}" for seconds in one.delay.values())
            + " | "
            + " ".join(f"{times:6.2f}" for times in self.multiples)
        )

    def markdown(self) -> str:
        one = self.result
        cells = (
            one.name,
            f"{one.calls.get('data', 0.0):.0f}",
            f"{one.dollars:.2f}",
            f"{one.asleep:.1%}",
            f"{one.stale:.2f}",
            f"{one.mean['battery']:.2f}",
            f"{one.mean['place']:.2f}",
            " / ".join(f"{seconds:.0f}" for seconds in one.delay.values()),
            *(f"{times:.2f}" for times in self.multiples),
        )
        return f"| {' | '.join(cells)} |"


MARKDOWN = (
    "| policy | data a day | $ a month | asleep, of what it could | S, s | battery, s | place, s "
    "| drive start / end, charge start / end, s | x limit | x obs | x all |\n|" + " --- |" * 11
)


def ours(profile: Profile, *, has_estimates: bool = True) -> Make:
    return lambda _: Ours(paced(profile, {}), has_estimates=has_estimates)


def clairvoyant(driving: float) -> Make:
    return lambda truth: Clairvoyant(truth, driving, 1800)


OURS: Mapping[str, Make] = {f"ours, {profile}": ours(profile) for profile in Profile}
OBSERVED: Mapping[str, Make] = {
    f"ours, {profile}, observed only": ours(profile, has_estimates=False) for profile in Profile
}
LIMIT: Mapping[str, Make] = {f"clairvoyant, drives {d} s": clairvoyant(d) for d in (240, 60, 32)}


def _others() -> Iterator[tuple[str, Make]]:
    for name, make in PEERS.items():
        yield name, lambda _, make=make: make()  # type: ignore[misc]


ALL: Mapping[str, Make] = {**dict(_others()), **OBSERVED, **OURS, **LIMIT}


def rows(policies: Mapping[str, Make], life: str, world: World, seeds: Sequence[int]) -> Iterator[Row]:
    """Each policy in the same lives."""
    truths = [LIVES[life](world, seed) for seed in seeds]
    fronts = [front(life, world.days, seed) for seed in seeds]
    for name, make in policies.items():
        results = [score(name, play(make(truth), truth)) for truth in truths]
        multiples = [limit.of(result) for limit, result in zip(fronts, results, strict=True)]
        yield Row(_mean(results), tuple(fmean(each) for each in zip(*multiples, strict=True)))  # type: ignore[arg-type]


@cache
def front(life: str, days: int, seed: int) -> Limits:
    """Who knows the future reads only cars that are awake: all worlds are one to it."""
    return limits(LIVES[life](World(days=days), seed))


def _mean(results: Sequence[Score]) -> Score:
    def of(each: Callable[[Score], Mapping[str, float]]) -> dict[str, float]:
        return {key: fmean(each(result).get(key, 0.0) for result in results) for key in each(results[0])}

    return replace(
        results[0],
        dollars=fmean(result.dollars for result in results),
        refused=fmean(result.refused for result in results),
        asleep=fmean(result.asleep for result in results),
        hours=fmean(result.hours for result in results),
        calls=of(lambda result: result.calls),
        mean=of(lambda result: result.mean),
        delay=of(lambda result: result.delay),
    )
