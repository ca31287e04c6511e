"""docs/scorecard.md: what became of each fault and security case; with --check it is compared.

tests/faults/cases.toml has the cases, docs/scorecard/*.json what they came to when `make scorecard` was run last.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bridge.cli.pages.tables import table

ROOT = Path(__file__).parents[1]
CASES = ROOT / "tests/faults/cases.toml"
ROWS = ROOT / "docs/scorecard"
PAGE = ROOT / "docs/scorecard.md"

SUBJECTS = ("bridge", "image", "naive")

Tests = Mapping[str, Mapping[str, Any]]
"""Test -> passed, failed, seeds, figures."""

ABOUT = """<!-- made by tools/scorecard.py; do not edit -->

# Scorecard

What becomes of the bridge when things go wrong: faults (F), attacks and leaks (S), loads (L), long runs (S-1 to S-4).
Most cases run against the real program, with a real Mosquitto and a simulated Tesla account behind a proxy that does to
connections what networks do; a few try a part or a file. After each test in such a house ten things must hold, whatever
else was looked at:

{invariants}

**image** is the bridge in its container image, confined as `compose.yaml` has it: it can write to its data alone, is no
root, has no rights, 256 MiB and 100 processes (S21). Each case that starts the program is run so once more.

**naive** is a bridge of about {lines} lines, such as people write in an evening (`tests/faults/naive_bridge.py`). It
passes when nothing goes wrong (F0). It is here to show that the cases can fail. Some it fails for want of what they
look at, such as an answer on a result topic.

`make faults` runs the quick part in minutes, `make hardened` the cases in the image, `make scorecard` all but the long
runs for this page. `make soak` runs S-1, with `--real` S-2, and with `--scorecard docs/scorecard/bridge.json` enters
what came of it. What fails is repeated by one command: `make faults ARGS="-k test_name --seed 3"`.

The long run in simulated time (S-1), seed 1. Something goes wrong each hour. 45 days in California, from February to
April; the bridge is killed two or three times a day:

![Memory over 45 days](pictures/soak-spring-memory.svg)
![Open descriptors, threads and tasks over 45 days](pictures/soak-spring-descriptors.svg)
![Loop lag over 45 days](pictures/soak-spring-lag.svg)

45 days in Germany, from September to November, in one life:

![Memory over 45 days](pictures/soak-autumn-memory.svg)
![Open descriptors, threads and tasks over 45 days](pictures/soak-autumn-descriptors.svg)
![Loop lag over 45 days](pictures/soak-autumn-lag.svg)

Two hours by the real clock (S-2); the broker is restarted or killed every ten minutes. Other work shared the machine,
hence the lag in the middle:

![Memory over two hours](pictures/soak-real-memory.svg)
![Open descriptors and threads over two hours](pictures/soak-real-descriptors.svg)
![Loop lag over two hours](pictures/soak-real-lag.svg)

A case in **bold** blocks a release when it fails. Numbers are tests passed of tests tried, over {seeds} seeds where
there is chance in them. `-`: the case tries a part of the bridge alone, or drives its clock, which the naive
one does not know.

"""


def main() -> int:
    """0 when the page is as the rows say; 1 when --check finds that it is not."""
    page = _page()
    if "--check" in sys.argv:
        if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page:
            sys.stderr.write("docs/scorecard.md is not what its rows say: run `python tools/scorecard.py`\n")
            return 1
        return 0
    PAGE.write_text(page, encoding="utf-8")
    return 0


def _page() -> str:
    cases = tomllib.loads(CASES.read_text(encoding="utf-8"))
    results = [_rows(name) for name in SUBJECTS]
    about = ABOUT.format(invariants=_invariants(), lines=_naive_lines(), seeds=_seeds(results[0]))
    rows = [_row(name, case, [each.get(name, {}) for each in results]) for name, case in cases.items()]
    head = ("case", "what happens", *SUBJECTS, "figures")
    return "\n".join([about + _summary(cases, *results), *table(head, rows), ""])


def _rows(subject: str) -> Mapping[str, Tests]:
    path = ROWS / f"{subject}.json"
    found: Mapping[str, Tests] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


def _row(name: str, case: Mapping[str, Any], results: Sequence[Tests]) -> tuple[str, ...]:
    title = f"**{name}**" if case.get("red") else name
    happens = _safe(case["happens"])
    said = [case["not_here"]] if "not_here" in case else []
    if not results[0]:
        return title, happens, "does not apply" if said else "not run", "", "", _safe("".join(said))
    figures = [figure for test in results[0].values() for figure in test["figures"]]
    return title, happens, *(_score(each) if each else "-" for each in results), _safe("; ".join([*said, *figures]))


def _score(tests: Tests) -> str:
    passed, failed = sum(test["passed"] for test in tests.values()), sum(len(test["failed"]) for test in tests.values())
    return f"{passed} of {passed + failed}" if failed else f"pass ({passed})"


def _summary(
    cases: Mapping[str, Any], ours: Mapping[str, Tests], image: Mapping[str, Tests], naive: Mapping[str, Tests]
) -> str:
    (tried, lost), (confined, stuck), (others, failed) = map(_counted, (ours, image, naive))
    absent = [name for name, case in cases.items() if name not in ours and "not_here" in case]
    not_run = cases.keys() - ours.keys() - set(absent)
    return (
        f"The bridge: {tried - lost} of {tried} cases passed; {len(absent)} do not apply"
        f"{f', {len(not_run)} not run' if not_run else ''}. "
        f"In its image: {confined - stuck} of {confined}. "
        f"The naive one: {others - failed} of the {others} that could be tried with it.\n"
    )


def _counted(subject: Mapping[str, Tests]) -> tuple[int, int]:
    lost = [name for name, tests in subject.items() if any(test["failed"] for test in tests.values())]
    return len(subject), len(lost)


def _seeds(ours: Mapping[str, Tests]) -> int:
    return max((test["seeds"] for tests in ours.values() for test in tests.values()), default=1)


def _invariants() -> str:
    text = (ROOT / "tests/faults/checker.py").read_text(encoding="utf-8")
    found = re.findall(r'^def (\w+)\(history.*\n    """(I\d+)\.', text, re.MULTILINE)
    return "\n".join(f"- {number}: {name.replace('_', ' ')}" for name, number in found)


def _naive_lines() -> int:
    lines = (ROOT / "tests/faults/naive_bridge.py").read_text(encoding="utf-8").splitlines()
    return round(len([line for line in lines if line.strip()]), -1)


def _safe(text: str) -> str:
    return text.replace("<", "&lt;").replace("\n", " ")


if __name__ == "__main__":
    sys.exit(main())
