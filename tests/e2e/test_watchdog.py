"""A loop that stands still ends the process, where nobody else would notice (reliability.md B13, D14)."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from outside import PATIENCE
from test_scraping import free_port, scrape
from whole_house import environment

from bridge import alive
from bridge.prometheus import RESPONDS

SECRET = "a-refresh-token-that-nobody-may-see"

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts the bridge without broker and Tesla; it is running when there is its sign of life."""
    started: list[subprocess.Popen[bytes]] = []

    def start(beat: float, kind: str, **settings: object) -> subprocess.Popen[bytes]:
        given = {f"FLEET2MQTT_{name.upper()}": str(value) for name, value in settings.items()}
        own = environment(tmp_path, api=1, mqtt=1) | {"FLEET2MQTT_TESLA_REFRESH_TOKEN": SECRET} | given
        command = [sys.executable, str(Path(__file__).with_name("hung.py")), str(beat), kind]
        with (tmp_path / "log").open("wb") as log:
            process = subprocess.Popen(command, env=own, cwd=tmp_path, stdout=log, stderr=log)
        started.append(process)
        until = time.monotonic() + PATIENCE  # noqa: TID251 - another process is waited for
        while not (tmp_path / "data" / alive.FILE).exists():
            assert process.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < until, "no sign of life"  # noqa: TID251 - as above
            time.sleep(0.05)
        return process

    yield start
    for process in started:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait(PATIENCE)


def test_a_loop_that_sleeps_ends_the_process_and_says_where(start: Start, tmp_path: Path) -> None:
    process = start(0.05, "sleeps")
    process.send_signal(signal.SIGUSR1)
    assert process.wait(PATIENCE) == alive.STALLED == 70
    log = (tmp_path / "log").read_text()
    assert "The event loop stands still. It ends with exit code 70" in log
    assert 'hung.py", line' in log
    assert SECRET not in log


def test_a_computation_that_lets_no_thread_run_is_ended_by_the_system(start: Start, tmp_path: Path) -> None:
    process = start(0.05, "computes")
    process.send_signal(signal.SIGUSR1)
    assert process.wait(PATIENCE) == -signal.SIGPROF
    assert 'hung.py", line' in (tmp_path / "log").read_text()


def test_a_process_that_was_stopped_for_longer_goes_on(start: Start) -> None:
    """As by `docker pause`, and as a suspended machine does it at most: its watchdog's clock stands still, too."""
    process = start(0.05, "sleeps")
    process.send_signal(signal.SIGSTOP)
    time.sleep(2 * 0.05 * alive.BEATS)
    process.send_signal(signal.SIGCONT)
    time.sleep(2 * 0.05 * alive.BEATS)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0


def test_a_loop_that_stands_still_is_seen_by_prometheus(start: Start) -> None:
    port = free_port()
    process = start(10, "sleeps", metrics_port=port)
    assert scrape(port)[RESPONDS] == {(): 1}
    process.send_signal(signal.SIGUSR1)
    found = scrape(port)
    assert found[RESPONDS] == {(): 0}
    assert found["process_open_fds"][()] > 3
    assert "fleet2mqtt_broker_connected" not in found, "nobody knows"


def test_a_quiet_loop_is_no_reason(start: Start) -> None:
    process = start(0.02, "sleeps")
    time.sleep(3 * 0.02 * alive.BEATS)
    assert process.poll() is None


def test_nobody_waits_longer_than_five_minutes() -> None:
    assert alive.BEAT * alive.BEATS == 300
