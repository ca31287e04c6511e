"""A pytest plugin: who is examined, with which seeds, the invariants after each case, and the scorecard's rows.

pytest --subject naive --seeds 5 --scorecard rows.json -m case
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any, TypedDict

import pytest
from subject import BRIDGE, STARTED, SUBJECTS, examine, examined
from whole_house import Bridge, House


class Row(TypedDict):
    """What became of a test: how often it passed, with which parameters it failed, figures."""

    passed: int
    failed: list[str]
    seeds: int
    figures: list[str]


Rows = dict[str, dict[str, Row]]
"""Case -> test -> row."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("faults", "fault and security cases (tests/faults)")
    group.addoption(
        "--subject",
        choices=SUBJECTS,
        default="bridge",
        help="who is examined: the bridge, the same in its image, or the naive one",
    )
    group.addoption("--seeds", type=int, default=1, help="how many seeds each case with chance is given")
    group.addoption("--seed", type=int, help="this seed alone, to repeat a failure")
    group.addoption("--scorecard", type=Path, help="write what each case came to into this file, JSON")


def pytest_configure(config: pytest.Config) -> None:
    examine(config.getoption("--subject"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`seed`: the case is done once with each."""
    if "seed" in metafunc.fixturenames and not _has_own_seeds(metafunc.definition):
        only, count = metafunc.config.getoption("--seed"), metafunc.config.getoption("--seeds")
        seeds = range(1, count + 1) if only is None else [only]
        metafunc.parametrize("seed", seeds, ids=[f"seed {number}" for number in seeds])


def _has_own_seeds(item: pytest.Item) -> bool:
    return any("seed" in str(mark.args[0]) for mark in item.iter_markers("parametrize"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """The invariants hold at the end of every test that lives in a house."""
    result = yield
    for given in _houses(item):
        given.verify()
    return result


def _houses(item: pytest.Item) -> Iterator[House]:
    for given in getattr(item, "funcargs", {}).values():
        if isinstance(given, House):
            yield given


# --- the rows of the scorecard ------------------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """What a case came to is kept with its report, so that it also comes home from another process (xdist)."""
    report = yield
    cases = [str(mark.args[0]) for mark in item.iter_markers("case")]
    if cases and (call.when == "call" or report.failed) and _is_about_who_is_examined(item):
        figures = [value for name, value in item.user_properties if name == "figure"]
        report.case = (cases, report.outcome, figures)
    return report


STARTS = pytest.StashKey[int]()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    item.stash[STARTS] = len(STARTED)


def _is_about_who_is_examined(item: pytest.Item) -> bool:
    """A test of a part of the bridge says nothing about any other, one with a driven clock nothing about the naive."""
    lives_there = any(type(each.bridge) is Bridge or not examined().is_naive for each in _houses(item))
    return examined() is BRIDGE or lives_there or len(STARTED) > item.stash[STARTS]


class Desk:
    """Collects the rows, in the process that the others report to."""

    def __init__(self) -> None:
        self.rows: Rows = {}

    def pytest_runtest_logreport(self, report: Any) -> None:
        for name in report.case[0] if hasattr(report, "case") else ():
            self._enter(self.rows.setdefault(name, {}), report)

    def _enter(self, case: dict[str, Row], report: Any) -> None:
        test, _, words = report.nodeid.partition("[")
        row = case.setdefault(test, {"passed": 0, "failed": [], "seeds": 1, "figures": []})
        _, outcome, figures = report.case
        row["passed"] += outcome == "passed"
        row["failed"] += [words.rstrip("]")] * (outcome == "failed")
        row["seeds"] = max(row["seeds"], *map(int, re.findall(r"seed (\d+)", words)), 1)
        row["figures"] += [figure for figure in figures if figure not in row["figures"]]


def pytest_sessionstart(session: pytest.Session) -> None:
    session.config.pluginmanager.register(Desk(), "faults-desk")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """What was tried now takes the place of what those tests came to before."""
    is_one_of_many = hasattr(session.config, "workerinput")  # of xdist: it reports to the process that writes
    if not is_one_of_many and (path := session.config.getoption("--scorecard")):
        desk: Any = session.config.pluginmanager.get_plugin("faults-desk")
        rows: Rows = json.loads(path.read_text()) if path.exists() else {}
        for name, tests in desk.rows.items():
            rows[name] = rows.get(name, {}) | tests
        path.write_text(json.dumps(rows, indent=1, sort_keys=True) + "\n")
