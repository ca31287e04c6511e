"""Started by Home Assistant's Supervisor as an app (add-on): its owner's options, and the broker that it knows of.

An option is a setting without prefix and in small letters: `tesla_region` is FLEET2MQTT_TESLA_REGION. The Supervisor
writes the options into the data directory and sets SUPERVISOR_TOKEN (mqtt-and-home-assistant.md 6.1).
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from pydantic_settings import EnvSettingsSource

from bridge.errors import SettingWrong
from bridge.settings.sources import PREFIX, given

TOKEN = "SUPERVISOR_TOKEN"  # noqa: S105 - where it stands, not what it is

SUPERVISOR = "supervisor"
PATIENCE = 10.0
"""Seconds that it is given to answer."""

OFFERED = {"host": "host", "port": "port", "username": "username", "password": "password", "ssl": "tls"}
"""The Supervisor's name for a thing -> ours."""

LOGIN = frozenset({"username", "password"})

BY_HAND = "or fill in the option mqtt_host to use a broker of your own"


class OptionsSource(EnvSettingsSource):
    """The options, written as the environment would have them."""

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return {name.lower(): text for name, text in options().items()}


def is_one() -> bool:
    """Has the Supervisor started us?"""
    return bool(os.environ.get(TOKEN)) and os.access(_file(), os.F_OK)


def options() -> dict[str, str]:
    """Setting -> text; empty where no Supervisor started us. Raises SettingWrong."""
    if not is_one():
        return {}
    try:
        found = json.loads(_file().read_bytes())
    except (OSError, ValueError) as error:
        raise SettingWrong(f"{_file()}: cannot be read: {error}") from None
    if not isinstance(found, dict):
        raise SettingWrong(f"{_file()}: holds no options")
    return {f"{PREFIX}{name}".upper(): text for name, value in found.items() if (text := _text(value))}


def as_options(complaint: str) -> str:
    """A complaint about settings, with the names that the owner of the app knows."""
    if not is_one():
        return complaint

    def known(found: re.Match[str]) -> str:
        return found[0] if found[0] in os.environ else f"option {found[1].lower()}"

    return re.sub(rf"\b{PREFIX}(?!ACCOUNT_)([A-Z_]+)\b", known, complaint)


def broker(by_hand: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of MqttSettings: those set `by_hand`, and if no host is among them, the others from the Supervisor.

    Raises SettingWrong, which says what to do.
    """
    if "host" in by_hand:
        return dict(by_hand)
    service = _service()
    offered = {ours: service[theirs] for theirs, ours in OFFERED.items() if service.get(theirs) not in (None, "")}
    if LOGIN & by_hand.keys():  # one user's name and another's password are no login
        offered = {name: value for name, value in offered.items() if name not in LOGIN}
    return offered | dict(by_hand)


def _service() -> dict[str, Any]:
    """The Supervisor's answer, which has a host."""
    status, body = _ask("/services/mqtt")
    if status == 400:  # "Service not enabled"
        raise SettingWrong(
            "no MQTT broker is installed in Home Assistant. "
            f"Install the app Mosquitto broker, start it and then start this app again, {BY_HAND}"
        )
    service = body.get("data") if status == 200 and isinstance(body, dict) else None
    if not isinstance(service, dict) or not service.get("host"):
        raise SettingWrong(f"the Supervisor names no MQTT broker (status {status}). Start this app again, {BY_HAND}")
    return service


def _ask(path: str) -> tuple[int, Any]:
    """Status and JSON. Neither goes through a proxy nor follows a redirection: the token is the Supervisor's alone."""
    with closing(HTTPConnection(SUPERVISOR, timeout=PATIENCE)) as connection:
        try:
            connection.request("GET", path, headers={"Authorization": f"Bearer {os.environ[TOKEN]}"})
            answer = connection.getresponse()
            return answer.status, _json(answer.read())
        except (OSError, HTTPException) as error:
            raise SettingWrong(
                f"the Supervisor, who knows the MQTT broker, does not answer: {error}. Start this app again, {BY_HAND}"
            ) from None


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None


def _text(value: Any) -> str:
    """As it would stand in the environment."""
    if isinstance(value, list):
        return ",".join(map(_text, value))
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)


def _file() -> Path:
    return Path(given().get(f"{PREFIX}DATA_DIR", "/data")) / "options.json"
