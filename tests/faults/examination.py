"""A pytest plugin: who is examined, with which seeds, the invariants after each case, and the scorecard's rows.

pytest --subject naive --seeds 5 --scorecard rows.json -m case
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from subject import SUBJECTS, examine, examined
from whole_house import House

Rows = dict[str, list[dict[str, Any]]]


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("faults", "fault and security cases (tests/faults)")
    group.addoption(
        "--subject", choices=SUBJECTS, default="bridge", help="who is examined: the bridge, or the naive one"
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
    if cases and (call.when == "call" or not report.passed):
        figures = [value for name, value in item.user_properties if name == "figure"]
        report.case = {"cases": cases, "test": item.nodeid, "outcome": report.outcome, "figures": figures}
    return report


class Desk:
    """Collects the rows, in the process that the others report to."""

    def __init__(self) -> None:
        self.rows: Rows = defaultdict(list)

    def pytest_runtest_logreport(self, report: Any) -> None:
        if case := getattr(report, "case", None):
            row = {key: case[key] for key in ("test", "outcome", "figures")} | {"seconds": round(report.duration, 1)}
            for name in case["cases"]:
                self.rows[name].append(row)


def pytest_sessionstart(session: pytest.Session) -> None:
    session.config.pluginmanager.register(Desk(), "faults-desk")


def pytest_sessionfinish(session: pytest.Session) -> None:
    if path := session.config.getoption("--scorecard"):
        desk: Any = session.config.pluginmanager.get_plugin("faults-desk")
        path.write_text(json.dumps({"subject": examined().name, "rows": desk.rows}, indent=1, sort_keys=True))
