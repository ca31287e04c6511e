"""The arguments of `fleet2mqtt simulate-policy`, and what it prints."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.policy import cost, table
from benchmarks.policy.lives import LIVES
from benchmarks.policy.plot import plot
from benchmarks.policy.world import World

FULL_DAYS, FULL_SEEDS = 14, (1, 2, 3, 4, 5)


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--life", action="append", choices=[*LIVES, "all"], help="may be given several times")
    parser.add_argument("--seed", action="append", type=int, help="may be given several times; 1 without it")
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--whole", action="store_true", help="also a car whose range tells whole percents only")
    parser.add_argument("--full", action="store_true", help="as in docs/decisions/0013: takes half an hour")
    parser.add_argument("--ours", action="store_true", help="the bridge's rows only")
    parser.add_argument("--markdown", action="store_true", help="the rows as those of a Markdown table")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="only the picture of the modern world, SVG")


def run(given: argparse.Namespace) -> None:
    """Prints a table for each life and world. The first one needs no more than a minute."""
    if given.full:
        given.days, given.seed, given.whole = FULL_DAYS, FULL_SEEDS, True
        given.life = given.life or ["all"]
    if given.plot:
        _plot(given.plot, World(days=given.days, is_strict=False))
        return
    for life in LIVES if "all" in (given.life or ()) else given.life or ["reference"]:
        for world in _worlds(given):
            _show(life, world, given)
    _print(f"\nof the machine: {cost.measure()}")


def _worlds(given: argparse.Namespace) -> Iterator[World]:
    for is_strict in (True, False):
        for has_fraction in (True, False) if given.whole else (True,):
            yield World(days=given.days, is_strict=is_strict, has_fraction=has_fraction)


def _show(life: str, world: World, given: argparse.Namespace) -> None:
    sleep = "strict: a data call keeps the car awake" if world.is_strict else "modern: it sleeps though it is polled"
    fraction = "battery_range is fine" if world.has_fraction else "battery_range tells whole percents only"
    seeds = given.seed or [1]
    _print(f"\n{life}; {sleep}; {fraction}; {world.days} days, seeds {list(seeds)}")
    _print(table.MARKDOWN if given.markdown else table.HEAD)
    if sys.stderr.isatty():
        print("the limits, a few seconds for each seed ...", file=sys.stderr, end="\r", flush=True)
    is_short = given.ours or not world.has_fraction or life != "reference"
    for row in table.rows(table.OURS if is_short else table.ALL, life, world, seeds):
        _print(row.markdown() if given.markdown else str(row))


def _print(line: str) -> None:
    print(line, flush=True)


def _plot(file: Path, world: World) -> None:
    _print(table.HEAD)
    rows = []
    for row in table.rows(table.ALL, "reference", world, [1]):
        _print(str(row))
        rows.append(row)
    shown = [row for row in rows if row.result.name not in {*table.LIMIT, *table.OBSERVED}]
    front = table.front("reference", world.days, 1).charging.points
    file.write_text(plot("A month of the reference car, modern world; dashed: who knows the future", shown, front))
