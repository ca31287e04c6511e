"""Life after life is killed at a moment that nobody has chosen, and what is asked meanwhile is done once at most (S-3).

Commands with ids arrive all the time, also while there is no bridge, and some come twice; access tokens are revoked, so
that renewals are among what is cut off. After each death what is left on the disk is looked at, and the checker looks
at everything so far. `FAULTS_MANY=100` is the storm of 500.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import checker
import pytest
from whole_house import BASE, CAR, OTHER_CAR, SITE, House, empty_house, message

from bridge.database import FILE

KILLS = 5 * int(os.environ.get("FAULTS_MANY", "1"))
IN_ONE_HOUSE = 50
"""Lives; the checker looks at the whole history after each."""

ASKED = ("charge_limit", "navigation_request", "backup_reserve", "honk_horn", "get")
NOT_SENT = {"invalid", "unavailable", "expired"}

pytestmark = [
    pytest.mark.mosquitto,
]


class Storm:
    """In one house: sends commands, and ends lives."""

    def __init__(self, one: House, random: Random) -> None:
        self.one = one
        self.random = random
        self.sent: list[tuple[str, str, str]] = []
        """Device, name, payload of each command; its transaction is its number."""

    def strike(self) -> None:
        """A life under load, and its end: often at work, sometimes before it is ready."""
        one, since = self.one, len(self.one.spy.messages)
        one.bridge.start()
        if self.random.random() < 0.75:
            self.load_until(
                lambda: any(each.payload == b"online" for each in one.spy.on(f"{BASE}/bridge/state", since))
            )
        end = time.perf_counter() + self.random.uniform(0, 1.2)
        self.load_until(lambda: time.perf_counter() > end)
        one.bridge.kill()

    def load_until(self, condition: Any) -> None:
        deadline = time.perf_counter() + 60
        while not condition():
            assert self.one.bridge.is_alive, self.one.bridge.log
            assert time.perf_counter() < deadline, "it does not come online"
            self.ask()
            time.sleep(self.random.uniform(0, 0.2))

    def ask(self) -> None:
        if self.random.random() < 0.08:
            self.one.tesla.control("revoke")
        if self.sent and self.random.random() < 0.15:
            self.one.send(*self.random.choice(self.sent[-12:]))
            return
        name, number = self.random.choice(ASKED), len(self.sent)
        car = self.random.choice((CAR, OTHER_CAR))
        if name == "get":
            self.one.spy.publish(f"{BASE}/{car}/get/charge")
            return
        given: dict[str, dict[str, object]] = {
            "charge_limit": {"value": 50 + number % 50},
            "backup_reserve": {"value": number % 81},
            "navigation_request": {"address": place(number)},
        }
        device = SITE if name == "backup_reserve" else car
        self.sent.append((device, name, message(str(number), **given.get(name, {}))))
        self.one.send(*self.sent[-1])

    # --- what must be so --------------------------------------------------------------------------------------

    def examine_what_is_left(self) -> None:
        """After a death: the file opens, and I1 to I4 hold."""
        with closing(opened(self.one.history.data, self.one.bridge.directory / "copy")) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        wrong = [each for name in ("I1", "I2", "I3", "I4") for each in checker.INVARIANTS[name](self.one.history)]
        assert not wrong

    def let_it_live(self) -> None:
        """Until all is told that was left open."""
        self.one.start()
        self.one.spy.until(lambda: not self.untold(), "all results")
        assert self.one.value("bridge", "sign_in_needed") != "true"

    def untold(self) -> set[str]:
        """Transactions that were taken on and have no result."""
        with closing(opened(self.one.history.data, self.one.bridge.directory / "copy")) as database:
            rows = database.execute("SELECT request FROM command").fetchall()
        return {json.loads(row[0])["transaction"] for row in rows} - self.outcomes().keys()

    def outcomes(self) -> dict[str, str]:
        """Transaction -> outcome of what was taken on; the checker knows that there is one only."""
        told = [body for _, _, _, body in self.one.history.results]
        return {each["transaction"]: each["outcome"] for each in told if each["reason"] not in checker.AT_THE_DOOR}

    def examine_the_end(self) -> None:
        """Each place was driven to once at most, and what its result says of that is true."""
        told = self.outcomes()
        done = Counter(
            each.parameters.get("address") or each.parameters["value"]["android.intent.extra.TEXT"]
            for _, each in self.one.history.executions
            if each.name == "navigation_request"
        )
        assert not [address for address, times in done.items() if times > 1]
        for number, (_, name, _) in enumerate(self.sent):
            if name == "navigation_request":
                outcome, is_done = told.get(str(number)), place(number) in done
                assert outcome != "ok" or is_done, f"{number} is ok and was not done"
                assert outcome not in NOT_SENT or not is_done, f"{number} is {outcome} and was done"
                assert outcome or not is_done, f"{number} was done, and nobody was told"


def place(number: int) -> str:
    """That was asked for once."""
    return f"Storm street {number}, Palo Alto"


def opened(data: Path, copy: Path) -> sqlite3.Connection:
    """A copy, as the next life would find it."""
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir()
    for file in data.glob(f"{FILE}*"):
        shutil.copy(file, copy)
    return sqlite3.connect(copy / FILE)


def houses(directory: Path) -> Iterator[tuple[House, int]]:
    """A house, and how many lives end in it."""
    for number in range(0, KILLS, IN_ONE_HOUSE):
        (directory / str(number)).mkdir()
        with empty_house(directory / str(number)) as one:
            yield one, min(IN_ONE_HOUSE, KILLS - number)


@pytest.mark.case("S-3")
@pytest.mark.timeout(120 + 30 * KILLS)
def test_killed_again_and_again_under_load(tmp_path: Path, seed: int, record_property: Any) -> None:
    random, figures, outcomes = Random(seed), Counter[str](), Counter[str]()
    for one, kills in houses(tmp_path):
        storm = Storm(one, random)
        one.start()
        one.bridge.kill()
        for _ in range(kills):
            storm.strike()
            storm.examine_what_is_left()
        storm.let_it_live()
        storm.examine_the_end()
        outcomes.update(storm.outcomes().values())
        figures += Counter(
            kills=kills,
            commands=len(storm.sent),
            executions=len(one.history.executions),
            renewals=len(one.cloud.tokens._grants),
        )
    assert figures["executions"] > kills, "there was no load"
    told = ", ".join(f"{number} {what}" for what, number in (figures + outcomes).items())
    record_property("figure", f"seed {seed}: {told}")
