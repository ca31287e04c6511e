"""`make soak`: 90 simulated days with troubles, deaths and daylight saving both ways; or hours of real ones.

    make soak                                one seed: 45 days of spring with deaths, 45 of autumn in one life
    make soak ARGS="--seed 3 --days 20"      shorter, another life
    make soak ARGS="--real --hours 2"        by the real clock; the network hums, the broker comes and goes

Time is simulated but for calls and messages, which are real; soak_span.py tells what is asked less often for that.
"""

from __future__ import annotations

import argparse
import json
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

FLAT = ("descriptors", "threads", "tasks")
SPREAD = 12
"""So many more than in the first week are no leak: connections come and go."""


def main() -> int:
    given = _arguments().parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    if given.real:
        case, (told, wrong) = "S-2", soak_real.soak(given.hours, given.seed, given.out)
    else:
        case, (told, wrong) = "S-1", simulated(given.days, given.seed, given.out)
    print("\n".join([*told, *(wrong or [f"seed {given.seed}: nothing is wrong"])]))  # noqa: T201
    if given.scorecard:
        _enter(given.scorecard, case, given.seed, told, wrong)
    return 1 if wrong else 0


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make soak ARGS=", description=__doc__)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--real", action="store_true")
    parser.add_argument("--hours", type=float, default=2.0)
    parser.add_argument("--out", type=Path, default=Path("build/soak"), help="where tables and pictures go")
    parser.add_argument("--scorecard", type=Path, help="enter what it came to into this file, JSON")
    return parser


def simulated(days: int, seed: int, out: Path) -> tuple[list[str], list[str]]:
    """Both spans at the same time, each with a process or two of its own. Gives what is told, and what is wrong."""
    spans = [days // 2, days - days // 2]
    with ProcessPoolExecutor(len(WHERES)) as pool:
        outcomes = list(pool.map(soak, WHERES, spans, [seed] * len(WHERES)))
    for each in outcomes:
        figures.write(out / f"soak-{each.name}.csv", each.samples)
        figures.draw(out, each.name, each.samples)
        sys.stderr.write(f"{each.name}: {each.seen}, bills of Tesla and ours {each.bills}\n")
    told = [line for each in outcomes for line in _told(each)]
    return told, [line for each in outcomes for line in (*each.wrong, *_growth(each))]


def _told(outcome: Outcome) -> list[str]:
    samples = outcome.samples
    flat = ", ".join(f"{name} {_range([getattr(each, name) for each in samples])}" for name in FLAT)
    lag = [each.lag_p99 for each in samples]
    return [
        f"{outcome.name}: {outcome.days} days in {outcome.seconds / 60:.1f} min",
        f"{outcome.lives} lives, {outcome.refreshes} token renewals, {outcome.calls} calls",
        f"commands {outcome.results}, lost before the bridge had them {outcome.unsent}",
        _told_of_memory(outcome),
        f"{flat}, loop lag p99 {median(lag):.1f} ms in the middle hour, {max(lag):.0f} ms in the worst",
    ]


def _told_of_memory(outcome: Outcome) -> str:
    resident = [each.rss for each in outcome.samples]
    if not _is_long(_calm(outcome)):
        return f"memory {min(resident)} to {max(resident)} MiB, no life long enough for a slope"
    return f"memory {_memory(outcome):+.2f} MiB a week in the longest life, {_calm(outcome)[-1].rss} MiB at its end"


def _calm(outcome: Outcome) -> list[figures.Sample]:
    """The longest life, once it is warm; all of it when it is too short to say."""
    life = figures.longest_life(outcome.samples)
    return [each for each in life if each.at - life[0].at > WARM_UP] or life


def _memory(outcome: Outcome) -> float:
    return figures.slope(_calm(outcome), lambda each: each.rss)


def _growth(outcome: Outcome) -> list[str]:
    life, calm = figures.longest_life(outcome.samples), _calm(outcome)
    if len(calm) == len(life):
        return []
    growth = _memory(outcome)
    wrong = [f"S-1: memory grows by {growth:.2f} MiB a week"] if growth > GROWTH and _is_long(calm) else []
    for name in FLAT:
        first = max(getattr(each, name) for each in life[: len(life) - len(calm)])
        if getattr(life[-1], name) > first + SPREAD:
            wrong.append(f"S-1: {getattr(life[-1], name)} {name} at the end, {first} at most in the first week")
    return wrong


def _is_long(samples: Sequence[figures.Sample]) -> bool:
    """Two weeks: a page that the allocator takes once is no slope."""
    return samples[-1].at - samples[0].at > 2 * figures.WEEK


def _range(values: Sequence[int]) -> str:
    return f"{min(values)} to {max(values)}"


def _enter(path: Path, case: str, seed: int, told: Sequence[str], wrong: Sequence[str]) -> None:
    """As tests/faults/examination.py does it for tests."""
    rows = json.loads(path.read_text()) if path.exists() else {}
    failed = [f"seed {seed}"] if wrong else []
    row = {"passed": int(not wrong), "failed": failed, "seeds": 1, "figures": list(told)}
    rows.setdefault(case, {})[f"tests/faults/soak.py seed {seed}"] = row
    path.write_text(json.dumps(rows, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    sys.exit(main())
