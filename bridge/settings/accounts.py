"""Several accounts: FLEET2MQTT_ACCOUNTS names them, FLEET2MQTT_ACCOUNT_<NAME>_* says where one differs.

Each takes the settings of the first account, FLEET2MQTT_TESLA_*, but for what is its own.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from pydantic import create_model, model_validator

from bridge.settings.sources import PREFIX
from bridge.settings.tesla import TeslaSettings
from bridge.settings.tree import Settings

FIRST = "tesla"
"""Name of the account that FLEET2MQTT_TESLA_* is."""

OWN = frozenset({"refresh_token", "access_token", "auth_code", "email", "password"})
"""Never taken over: they open one account."""

COMMON = frozenset({"budget", "prices", "limits", "key_file", "proxy_url", "proxy_ca_file"})
"""The app's, which Tesla bills, and the proxy's: of all accounts together."""

_SECTION = "account_"
_NAME = re.compile(rf"{PREFIX}ACCOUNT_([A-Z][A-Z0-9]*)_([A-Z0-9_]+)")


class _Several(Settings):
    """The tree with a section for each further account."""

    @model_validator(mode="before")
    @classmethod
    def _take_over(cls, given: Any) -> Any:
        first = {name: value for name, value in given.get("tesla", {}).items() if name not in OWN}
        sections = [name for name in cls.model_fields if name.startswith(_SECTION)]
        return given | {name: first | given.get(name, {}) for name in sections}


@cache
def tree(accounts: tuple[str, ...]) -> type[Settings]:
    """The tree of settings with these further accounts."""
    if not accounts:
        return Settings
    sections: dict[str, Any] = {f"{_SECTION}{name}": (TeslaSettings, TeslaSettings()) for name in accounts}
    made: type[Settings] = create_model("Settings", __base__=_Several, **sections)
    return made


def of_all(settings: Settings) -> Mapping[str, TeslaSettings]:
    """Name -> settings of each account, the first one first."""
    return {FIRST: settings.tesla} | {name: getattr(settings, f"{_SECTION}{name}") for name in settings.accounts}


def account_of(name: str) -> str | None:
    """The account that this variable may be of; None where it is no setting of any."""
    found = _NAME.fullmatch(name)
    is_setting = found and found[2].lower() in TeslaSettings.model_fields.keys() - COMMON
    return found[1].lower() if found and is_setting else None


def names(accounts: Collection[str]) -> dict[str, tuple[str, Any]]:
    """Like `loading.names`, of the further accounts."""
    fields = {name: info for name, info in TeslaSettings.model_fields.items() if name not in COMMON}
    return {
        f"{PREFIX}{_SECTION}{account}_{name}".upper(): (f"{_SECTION}{account}.{name}", info)
        for account in accounts
        for name, info in fields.items()
    }


def renamed(complaint: str, place: str) -> str:
    """A complaint in the words of the first account, about the section at this place."""
    own = f"{PREFIX}{place}_".upper() if place.startswith(_SECTION) else f"{PREFIX}TESLA_"
    return complaint.replace(f"{PREFIX}TESLA_", own)
