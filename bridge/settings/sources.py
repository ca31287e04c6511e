"""`*_FILE` and what else environment and `.env` hold of ours."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values
from pydantic_settings import EnvSettingsSource

from bridge.errors import SettingWrong

PREFIX = "FLEET2MQTT_"
SECRETS_DIR = f"{PREFIX}SECRETS_DIR"
"""Where to look for secrets: no setting, but a source of them."""


class FileSource(EnvSettingsSource):
    """X_FILE=/path: the value of X is the file's content, without its last newline."""

    def _load_env_vars(self) -> Mapping[str, str | None]:
        found = {name: path for name, path in given().items() if name.endswith("_FILE") and name not in PATHS}
        return {name.removesuffix("_FILE").lower(): _content(name, path) for name, path in found.items()}


PATHS = frozenset({f"{PREFIX}MQTT_CA_FILE", f"{PREFIX}TESLA_KEY_FILE", f"{PREFIX}TESLA_PROXY_CA_FILE"})
"""Settings whose own names end so: they name a file, and not one that holds their value."""


def _content(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").removesuffix("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingWrong(f"{name}: cannot read {path}: {error}") from None


def given() -> dict[str, str]:
    """Everything of ours that environment and `.env` hold, by its name in capitals."""
    both = {**dotenv_values(".env"), **os.environ}
    ours = {_name(name.upper()): value for name, value in both.items() if value}
    return {name: value for name, value in ours.items() if name.startswith(PREFIX)}


def _name(given_as: str) -> str:
    """`FILE__X`, as users of linuxserver.io's images write it, is `X_FILE` (mqtt-and-home-assistant.md 6.2)."""
    return f"{given_as.removeprefix('FILE__')}_FILE" if given_as.startswith(f"FILE__{PREFIX}") else given_as
