"""One renewal at a time, whoever asks for it, and whoever is killed meanwhile: nobody has to sign in again (F1, F2).

The simulated account takes each refresh token once, and the last one that was used for a day (fleet-api.md 1.6).
`FAULTS_MANY=10` kills fifty times at each moment.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import killable
import pytest
from killable import MOMENTS
from outside import Outside
from subject import examined
from tape import Tape
from whole_house import CAR, OTHER_CAR, SITE, House, empty_house, message

from bridge.datafile import PATIENCE
from bridge.simulator.server import Simulation, serve

TIMES = 5 * int(os.environ.get("FAULTS_MANY", "1"))

TOKEN = b"/oauth2/v3/token"

WISHES = ((CAR, "charge_limit", 73), (OTHER_CAR, "charge_limit", 74), (SITE, "backup_reserve", 35))


class Lives:
    """One data directory, one account, and one life after the other."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def live(self, moment: str = "live") -> int:
        """How it ended: 0, or minus the signal that ended it. Anything else would be a sign-in that is lost."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{moment}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@pytest.fixture(scope="module")
def lives(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lives]:
    """The same for all moments: each begins with whatever the one before has left."""
    directory = tmp_path_factory.mktemp("killed")
    if examined().is_naive:
        pytest.skip("the moments are the bridge's own")
    with Outside() as outside:
        url = outside.enter(serve(Simulation(tick=False)))
        with subprocess.Popen(
            [sys.executable, killable.__file__, directory / "data", url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            yield Lives(process)
            assert process.stdin
            process.stdin.close()


@pytest.mark.case("F1")
@pytest.mark.timeout(30 + 4 * TIMES)
@pytest.mark.parametrize("moment", MOMENTS)
def test_at_eight_moments_and_at_any(lives: Lives, moment: str, record_property: Callable[[str, str], None]) -> None:
    """Each life recovers from the death of the one before; the last one is left alive."""
    record_property("figure", f"{TIMES} kills at each of {len(MOMENTS) - 1} moments and at any, 0 sign-ins")
    ends = [lives.live(moment) for _ in range(TIMES)]
    if moment == "at any time":
        assert set(ends) <= {0, -signal.SIGALRM}
    else:
        assert ends == [-signal.SIGKILL] * TIMES
    assert lives.live() == 0


# --- the whole program --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with empty_house(tmp_path_factory.mktemp("house")) as running:
        yield running


@pytest.mark.case("F1")
@pytest.mark.parametrize("answer", [False, True], ids=["before Tesla has it", "before its answer has come"])
def test_the_first_renewal_of_all(one: House, tmp_path: Path, answer: bool) -> None:  # noqa: FBT001 - a case
    """With the refresh token of the settings."""
    with one.api.holding(TOKEN, answer=answer) as held:
        one.bridge.start(data_dir=tmp_path / "data")
        held.wait()
        one.bridge.kill()
        held.lose()
    one.start(data_dir=tmp_path / "data")
    assert one.ask(CAR, "charge_limit", "70")["outcome"] == "ok"
    one.bridge.kill()


@pytest.mark.case("F1")
@pytest.mark.parametrize("answer", [False, True], ids=["before Tesla has it", "before its answer has come"])
def test_a_renewal_in_the_middle_of_a_command(one: House, answer: bool) -> None:  # noqa: FBT001 - a case
    if not one.bridge.is_alive:
        one.start()
    with one.api.holding(TOKEN, answer=answer) as held:
        one.tesla.control("revoke")
        one.send(CAR, "charge_limit", "70")
        held.wait()
        one.bridge.kill()
        held.lose()
    one.start()
    assert one.ask(CAR, "charge_limit", "71")["outcome"] == "ok"


@pytest.mark.case("F2")
def test_whoever_meets_the_end_of_a_token_joins_the_one_renewal(one: House) -> None:
    """Commands to three devices at once, while Tesla is slow with the new token."""
    if not one.bridge.is_alive:
        one.start()
    tape = Tape(one.api)
    with one.api.holding(TOKEN) as held:
        one.tesla.control("revoke")
        for device, name, value in WISHES:
            one.send(device, name, message(f"joins {device}", value=value))
        held.wait()
        one.ask(CAR, "no_such_thing", "?")  # all of them have come: refused, or waiting for the one that was
        held.release()
        results = [one.one_result_of(f"joins {device}") for device, _, _ in WISHES]
    assert [result["outcome"] for result in results] == ["ok"] * len(WISHES)
    assert tape.renewals == 1


@pytest.mark.case("F2")
def test_a_second_bridge_leaves_within_two_seconds_and_asks_tesla_nothing(one: House) -> None:
    """Of its own time: what other programs take of a busy machine meanwhile is not ours."""
    if not one.bridge.is_alive:
        one.start()
    tape, before = Tape(one.api), _children()
    ended = subprocess.run(
        examined().command,
        env=one.bridge.environment,
        cwd=one.bridge.directory,
        capture_output=True,
        text=True,
        timeout=15,
        check=False,
    )
    assert ended.returncode == 2
    assert "FLEET2MQTT_DATA_DIR: another fleet2mqtt is using" in ended.stderr
    assert _children() - before + PATIENCE < 2
    assert one.ask(CAR, "charge_limit", "72")["outcome"] == "ok"
    assert tape.renewals == 0


def _children() -> float:
    """Seconds that programs which we started and which have ended have worked."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
