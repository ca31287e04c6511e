"""A verb of the command line in a test: its settings are variables, its words are those of a person."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import pytest

from bridge import logs
from bridge.cli import module
from bridge.settings import Settings, load


def settings_of(monkeypatch: pytest.MonkeyPatch, directory: Path, **given: str) -> None:
    """Nothing is set but these (`tesla_domain="example.com"`) and the data directory."""
    for name in os.environ:
        if name.upper().startswith("FLEET2MQTT_"):
            monkeypatch.delenv(name)
    monkeypatch.setattr(logs, "configure", lambda *_, **__: None)  # it is the whole process's, and stays so for others
    monkeypatch.chdir(directory)
    given = {"secrets_dir": "secrets", "data_dir": str(directory / "data"), **given}
    for name, value in given.items():
        monkeypatch.setenv(f"FLEET2MQTT_{name.upper()}", value)


def loaded() -> Settings:
    return load(with_broker=False)


def words(verb: str, *given: str) -> argparse.Namespace:
    """The verb's own arguments, as the command line reads them."""
    parser = argparse.ArgumentParser()
    module(verb).arguments(parser)
    return parser.parse_args(given)


def call(verb: str, *given: str) -> int:
    code: int = module(verb).main(words(verb, *given), [])
    return code
