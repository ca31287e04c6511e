"""The second way to try it, as docs/container.md tells it: Compose itself, from our files in a fresh directory."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from brokers import ROOT, free_port
from composed import BUILDING, listening, tidied
from docker_compose import Compose, build_tools
from whole_house import BASE, SITE

pytestmark = [pytest.mark.containers, pytest.mark.timeout(BUILDING)]

PAGE = (ROOT / "docs" / "container.md").read_text()


def told(line: str) -> str:
    """Only what the page tells is worth a test."""
    assert f"{line}\n" in PAGE
    return line


UP = told("docker compose --profile demo up --build")
PASSWORD = told("docker compose run --rm --entrypoint cat logins /logins/nodered")
LISTEN = told("docker compose exec mosquitto mosquitto_sub -u nodered -P THE_PASSWORD -v -t 'fleet2mqtt/#'")
SEND = told(f"docker compose exec fleet2mqtt fleet2mqtt send {SITE}/backup_reserve 30")
SERVICES = ("fleet2mqtt", "logins", "mosquitto", "simulator")
HEALTH = told("docker compose exec fleet2mqtt fleet2mqtt health")
DOWN = told("docker compose --profile demo down --volumes")


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def compose(tmp_path: Path, port: int) -> Iterator[Compose]:
    build_tools()
    one = Compose(tmp_path, port)
    with tidied():
        try:
            yield one
        finally:
            one.clear()


def until(compose: Compose, condition: Callable[[], object], seconds: float) -> None:
    end = time.monotonic() + seconds  # noqa: TID251 - containers have no clock of ours
    while not condition():
        assert time.monotonic() < end, [(each.name, each.status) for each in compose.containers()]  # noqa: TID251 - same
        compose.look_at_health()
        time.sleep(0.2)


def test_it_starts_with_nothing_set_shows_values_takes_a_command_and_leaves_nothing(
    compose: Compose, port: int
) -> None:
    foreground = compose.start(UP)
    until(compose, lambda: compose.status("fleet2mqtt") == "running", BUILDING)
    password = compose(PASSWORD)
    with listening(port, password) as spy:
        spy.until(lambda: f"{BASE}/{SITE}/power/solar_power" in spy.retained, "a value", 30)
        first_value = compose(f"{LISTEN.replace('THE_PASSWORD', password)} -C 1")
        assert first_value.startswith(f"{BASE}/")
        assert json.loads(compose(SEND))["outcome"] == "ok"
        spy.until(lambda: spy.retained[f"{BASE}/{SITE}/settings/backup_reserve"] == "30", "the new value", 30)
        assert compose(HEALTH) == "healthy"
        foreground.kill("SIGINT")
        spy.until(lambda: spy.on(f"{BASE}/bridge/state")[-1].text == "offline", "the last word")
        foreground.wait()  # Compose 2.26 panics when it has stopped everything (up.go:87)
    assert {service: compose.exit_code(service) for service in SERVICES} == dict.fromkeys(SERVICES, 0)
    compose(DOWN)
    assert compose.remains() == []
