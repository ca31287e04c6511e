"""How large the code is: lines of tables and of everything else, lengths of functions and files.

With --check it fails where the design's limits are passed (median below 10 lines, 90 % below 25, none above 50; no file
above 300 but the tables).
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
TABLES = (
    "bridge/catalog/account.py",
    "bridge/catalog/vehicle/",
    "bridge/catalog/energy_site/",
    "bridge/simulator/recorded",
    "bridge/cli/pages/names_rows.py",
)
PARTS = {"tables": "bridge/catalog", "simulator": "bridge/simulator", "bridge": "bridge"}
"""Part -> where it is; a file belongs to the first that fits."""

LONGEST_FUNCTION, LONGEST_FILE, LARGEST_MEDIAN, LARGEST_NINTH = 50, 300, 10, 25


class Function(NamedTuple):
    """A function or method: where, and how many lines it has without its docstring."""

    where: str
    lines: int


def main() -> int:
    files = {path.relative_to(ROOT).as_posix(): path.read_text() for path in sorted(ROOT.glob("bridge/**/*.py"))}
    functions = [function for name, text in files.items() for function in _functions(name, text)]
    lengths = [function.lines for function in functions]
    for part in PARTS:
        mine = [name for name in files if _part(name) == part]
        print(f"{part:10} {len(mine):4} files {sum(_count(files[name]) for name in mine):6} lines")  # noqa: T201
    middle, ninth = median(lengths), quantiles(lengths, n=10)[-1]
    longest = max(functions, key=lambda function: function.lines)
    told = f"{len(lengths)} functions: median {middle:g} lines, 90 % up to {ninth:g}, longest {longest.lines}"
    print(f"{told} ({longest.where})")  # noqa: T201
    broken = [f"{each.where}: {each.lines} lines" for each in functions if each.lines > LONGEST_FUNCTION]
    broken += [f"{name}: {_count(text)} lines" for name, text in files.items() if _is_long(name, text)]
    broken += ["functions are too long on the whole"] if middle >= LARGEST_MEDIAN or ninth > LARGEST_NINTH else []
    sys.stderr.writelines(f"too long: {line}\n" for line in broken)
    return 1 if broken and "--check" in sys.argv else 0


def _part(name: str) -> str:
    return next(part for part, place in PARTS.items() if name.startswith(place))


def _count(text: str) -> int:
    """Lines that are not blank."""
    return sum(bool(line.strip()) for line in text.splitlines())


def _is_long(name: str, text: str) -> bool:
    return not name.startswith(TABLES) and len(text.splitlines()) > LONGEST_FILE


def _functions(name: str, text: str) -> Iterator[Function]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
            lines = (node.end_lineno or 0) - first.lineno + 1
            yield Function(f"{name} {node.name}", lines)


if __name__ == "__main__":
    sys.exit(main())
