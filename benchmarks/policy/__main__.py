"""`python -m benchmarks.policy`: the table of policies; with `--plot FILE` a picture too."""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.policy import table
from benchmarks.policy.lives import LIVES
from benchmarks.policy.plot import plot
from benchmarks.policy.world import World


def main() -> None:
    given = _arguments()
    if given.plot:
        _plot(given.plot, World(days=given.days, is_strict=False))
        return
    for life in given.life or ["reference"]:
        for is_strict in (True, False):
            for has_fraction in (True, False):
                world = World(days=given.days, is_strict=is_strict, has_fraction=has_fraction)
                policies = {**table.ALL} if has_fraction and not given.ours else {**table.OURS}
                _show(life, world, given.seed or [1, 2, 3], policies)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.policy", description=__doc__)
    parser.add_argument("--life", action="append", choices=LIVES, help="may be given several times")
    parser.add_argument("--seed", action="append", type=int, help="may be given several times; 1, 2 and 3 without it")
    parser.add_argument("--days", type=int, default=14)
    parser.add_argument("--ours", action="store_true", help="the bridge's rows only")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="only the picture of the modern world, SVG")
    return parser.parse_args()


def _show(life: str, world: World, seeds: list[int], policies: dict[str, table.Make]) -> None:
    sleep = "strict: a data call keeps the car awake" if world.is_strict else "modern: it sleeps though it is polled"
    fraction = "battery_range is fine" if world.has_fraction else "battery_range tells whole percents only"
    print(f"\n{life}; {sleep}; {fraction}; {world.days} days, seeds {seeds}\n{table.HEAD}", flush=True)
    for row in table.rows(policies, life, world, seeds):
        print(row, flush=True)


def _plot(file: Path, world: World) -> None:
    rows = table.rows({**table.ALL}, "reference", world, [1])
    print(table.HEAD, *rows, sep="\n")
    shown = [row for row in rows if not row.result.name.startswith("clairvoyant")]
    front = table.front("reference", world.days, 1).charging.points
    file.write_text(plot("A month of the reference car, modern world; dashed: who knows the future", shown, front))


if __name__ == "__main__":
    main()
