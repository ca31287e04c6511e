"""`make soak`: 90 simulated days with troubles, deaths and daylight saving both ways; or hours of real ones.

    make soak                                one seed, 45 days of spring with deaths, 45 of autumn in one life
    make soak ARGS="--seed 3 --days 20"      shorter, another life
    make soak ARGS="--real --hours 2"        by the real clock, with the real broker's restarts

Time is simulated but for calls and messages, which are real; see soak_span.py for what is asked less often for that.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import median

import soak_figures as figures
import soak_real
from soak_span import WHERES, Outcome, soak

WARM_UP = 7 * 86_400.0
GROWTH = 1.0
"""MiB in a simulated week (reliability.md 4.5, S-1)."""

SPREAD = 12
"""So many descriptors or tasks more than in the first week are no leak: connections come and go."""


FLAT = ("descriptors", "threads", "tasks")


def main() -> int:
    given = _arguments().parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    if given.real:
        return soak_real.main(given.hours, given.seed, given.out)
    days = [given.days // 2, given.days - given.days // 2]
    with ProcessPoolExecutor(len(WHERES)) as pool:
        outcomes = list(pool.map(soak, WHERES, days, [given.seed] * len(WHERES)))
    wrong = [line for each in outcomes for line in report(each, given.out)]
    print("\n".join(wrong) or f"seed {given.seed}: nothing is wrong")  # noqa: T201
    return 1 if wrong else 0


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make soak ARGS=", description=__doc__)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--real", action="store_true")
    parser.add_argument("--hours", type=float, default=2.0)
    parser.add_argument("--out", type=Path, default=Path("docs/pictures"), help="where tables and pictures go")
    return parser


def report(outcome: Outcome, out: Path) -> list[str]:
    """Tells it, draws it, and gives what is wrong with it."""
    samples = outcome.samples
    life = [each for each in figures.longest_life(samples) if each.at - samples[0].at > WARM_UP or outcome.days < 14]
    growth = figures.slope(life, lambda each: each.rss)
    figures.write(out / f"soak-{outcome.name}.csv", samples)
    figures.draw(out, outcome.name, samples)
    lines = [
        f"{outcome.name}: {outcome.days} days in {outcome.seconds / 60:.1f} min",
        f"  {outcome.lives} lives, {outcome.refreshes} token renewals, {outcome.calls} calls",
        f"  troubles: {outcome.seen}",
        f"  commands: {outcome.results}, lost on the way: {outcome.unsent}",
        f"  bill of the month, Tesla's and ours: {outcome.bills}",
        f"  memory: {samples[0].rss} to {samples[-1].rss} MiB, {growth:+.3f} MiB a week over {len(life)} h of one life",
        *(f"  {name}: {_range([getattr(each, name) for each in samples])}" for name in FLAT),
        f"  loop lag: {_lag([each.lag_p99 for each in samples])} ms in the worst hundredth, by its own doing",
    ]
    print("\n".join(lines))  # noqa: T201
    return outcome.wrong + _growth(outcome, life, growth)


def _growth(outcome: Outcome, life: Sequence[figures.Sample], growth: float) -> list[str]:
    if outcome.days < 14:
        return []  # too short to tell
    wrong = [f"S-1: memory grows by {growth:.2f} MiB a week"] if growth > GROWTH else []
    for name in FLAT:
        first = max(getattr(each, name) for each in life[:168])
        if getattr(life[-1], name) > first + SPREAD:
            wrong.append(f"S-1: {getattr(life[-1], name)} {name} at the end, {first} at most in the first week")
    return wrong


def _lag(values: Sequence[float]) -> str:
    return f"{median(values):.1f} (middle hour) to {max(values):.0f} (worst hour)"


def _range(values: Sequence[int]) -> str:
    return f"{min(values)} to {max(values)}"


if __name__ == "__main__":
    sys.exit(main())
