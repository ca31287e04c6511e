"""No setting anywhere: an environment without ours, an empty working directory, no secrets."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def empty_world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in os.environ:
        if name.upper().startswith("FLEET2MQTT_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FLEET2MQTT_SECRETS_DIR", "secrets")


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets variables, named without our prefix."""

    def given(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(f"FLEET2MQTT_{name}", value)

    return given
