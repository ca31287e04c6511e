"""What every test may use, and which tests can run here."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import cache
from pathlib import Path

import docker
import docker.errors
import hypothesis
import pytest
from brokers import Broker, has_mosquitto, running_broker

from bridge import redaction


@cache
def has_image(name: str) -> bool:
    """Is there a container engine, and has it this image already? Nothing is fetched."""
    try:
        with closing(docker.from_env()) as engine:
            return bool(engine.images.get(name))
    except docker.errors.DockerException:
        return False


@cache
def has_empty_network() -> bool:
    """May we make one, and watch in it what a program asks of the system?"""
    return bool(shutil.which("strace")) and not subprocess.call(
        [
            "unshare",
            "--net",
            "--mount",
            *([] if os.geteuid() == 0 else ["--map-root-user"]),
            "strace",
            "-qqo",
            "/dev/null",
            "true",
        ],
        stderr=subprocess.DEVNULL,
    )


pytest_plugins = ["empty_world", "simulated_fixtures", "houses", "examination"]

# How fast the machine is must not decide a test (the first text that hypothesis makes takes it two seconds), and what
# lands must be judged by the same examples each time.
hypothesis.settings.register_profile(
    "ours",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
    derandomize=bool(os.environ.get("CI")),
)
hypothesis.settings.load_profile("ours")

NEEDS: dict[str, Callable[[], bool]] = {
    "mosquitto": has_mosquitto,
    "containers": lambda: "DOCKER_HOST" in os.environ,
    "empty_network": has_empty_network,
    "homeassistant": lambda: has_image("ghcr.io/home-assistant/home-assistant:2026.11"),
    "newman": lambda: shutil.which("newman") is not None,
    "nodered": lambda: has_image("docker.io/nodered/node-red:5.0"),
}
"""Markers of tests that need something from outside, and whether it is here."""

os.environ.setdefault("TESTS_REQUIRE", os.environ.pop("FLEET2MQTT_TEST_REQUIRE", ""))
REQUIRED = os.environ["TESTS_REQUIRE"].split(",")
"""Those that must be here. Under another name in the environment, where the bridge would take it for a setting."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Containers last: what they need for long runs in this process, and would talk into the output of other tests."""
    items.sort(key=lambda item: "containers" in item.path.parts)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skips a test by the name of what is missing; fails it if FLEET2MQTT_TEST_REQUIRE names that."""
    for name, is_here in NEEDS.items():
        if item.get_closest_marker(name) and not is_here():
            (pytest.fail if name in REQUIRED else pytest.skip)(f"{name} is not here")


@pytest.fixture(autouse=True)
def no_secret_of_another_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is hidden is the whole process's business; tests have secrets like `dead`."""
    monkeypatch.setattr(redaction, "_settings", set())
    monkeypatch.setattr(redaction, "_recent", deque(maxlen=64))
    monkeypatch.setattr(redaction, "_forms", ())


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """A fresh broker: Mosquitto with the shipped configuration, or the embedded one where there is none."""
    with running_broker(tmp_path) as running:
        yield running
