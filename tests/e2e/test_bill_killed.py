"""SIGKILL around a call: the ledger is never below the bill, and above it by the call in flight at most (B4).

The simulated account may be asked anything: its limits are raised. `FLEET2MQTT_TEST_KILLS=50` kills fifty times.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from killable_calls import MOMENTS
from outside import Outside
from test_tokens_killed import Lives

from bridge.clock import SystemClock
from bridge.database import Database
from bridge.ledger import Ledger
from bridge.prices import LIST
from bridge.simulator.server import Simulation, serve

TIMES = int(os.environ.get("FLEET2MQTT_TEST_KILLS", "3"))


class Account:
    """A simulated account, a data directory, and the lives that share them."""

    def __init__(self, lives: Lives, directory: Path, control: httpx2.Client) -> None:
        self.live = lives.live
        self._directory = directory
        self._control = control
        self._control.post("limits", json={"data": 10**6, "command": 10**6, "wake": 10**6})
        self._control.post("bill", json={"limit_usd": 1000})

    def billed(self) -> dict[str, int]:
        found: dict[str, int] = self._control.get("bill").json()["calls"]
        return found

    def counted(self) -> dict[str, int]:
        """As the next life would know it."""
        with Database(self._directory) as database:
            calls = Ledger(store=database, clock=SystemClock(), budget=1000).month().calls
        return {cost: number for cost, number in calls.items() if LIST.dollars[cost]}


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    directory = tmp_path_factory.mktemp("killed") / "data"
    program = Path(__file__).with_name("killable_calls.py")
    with Outside() as outside:
        url = outside.enter(serve(Simulation(start=SystemClock().now(), tick=False)))
        with (
            httpx2.Client(base_url=f"{url}/control/") as control,
            subprocess.Popen(
                [sys.executable, program, directory, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            ) as process,
        ):
            yield Account(Lives(process), directory, control)
            assert process.stdin
            process.stdin.close()


@pytest.mark.timeout(60 + 8 * TIMES)
@pytest.mark.parametrize("moment", ["live", *MOMENTS])
def test_the_ledger_is_never_below_the_bill(account: Account, moment: str) -> None:
    """And above it by one call for each death at most."""
    for _ in range(TIMES):
        before = _over(account)
        end = account.live(moment)
        assert (end == 0) == (moment == "live") or moment == "at any time"
        over = _over(account)
        assert all(number >= 0 for number in over.values()), "the bill is above the ledger"
        assert sum(over.values()) - sum(before.values()) <= (end != 0)


def _over(account: Account) -> dict[str, int]:
    counted, billed = account.counted(), account.billed()
    return {cost: counted.get(cost, 0) - billed.get(cost, 0) for cost in {*counted, *billed}}
