"""Settings in, or one line that names what is wrong."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_settings import SettingsError

from bridge.errors import SettingWrong
from bridge.redaction import hide_settings, hide_zones
from bridge.settings import accounts, addon
from bridge.settings.section import Section
from bridge.settings.sources import PREFIX, SECRETS_DIR, given
from bridge.settings.tree import Settings


def load(flags: Sequence[str] = (), *, with_broker: bool = True) -> Settings:
    """Reads the settings; flags are `--mqtt-host broker` or `--mqtt-host=broker`. Raises SettingWrong.

    As an app of Home Assistant it asks the Supervisor for the broker, unless one is set or none is needed.
    """
    try:
        _refuse_unknown_names()
        given_flags = _flags(flags)
        tree = _nest(given_flags)
        settings = Settings(**tree)
        _refuse_unknown_accounts([*given(), *given_flags], settings.accounts)
        kind = accounts.tree(settings.accounts)
        if with_broker and addon.is_one():
            mqtt = addon.broker(settings.mqtt.model_dump(exclude_unset=True))
            settings = kind(**tree | {"mqtt": mqtt})
        elif settings.accounts:
            settings = kind(**tree)
    except ValidationError as error:
        raise SettingWrong(_explain(error)) from None
    except SettingsError as error:  # of the secrets directory
        raise SettingWrong(f"{SECRETS_DIR}: {error}") from None
    hide_settings(_secrets(settings))
    hide_zones(degree for latitude, longitude, _ in settings.zones.values() for degree in (latitude, longitude))
    return settings


def names(further: Collection[str] = ()) -> Mapping[str, tuple[str, Any]]:
    """Environment name -> (dotted path, field): the one list that flags, docs and checks are made of.

    `further`: accounts besides the first.
    """
    found: dict[str, tuple[str, Any]] = {}
    for name, info in Settings.model_fields.items():
        section = info.annotation
        if isinstance(section, type) and issubclass(section, Section):
            for inner, inner_info in section.model_fields.items():
                found[f"{PREFIX}{name}_{inner}".upper()] = (f"{name}.{inner}", inner_info)
        else:
            found[f"{PREFIX}{name}".upper()] = (name, info)
    return found | accounts.names(further)


def _secrets(found: object) -> Iterator[str]:
    """The value of every SecretStr in the tree: none of them may be shown anywhere."""
    if isinstance(found, SecretStr):
        yield found.get_secret_value()
    elif isinstance(found, BaseModel):
        for _, value in found:
            yield from _secrets(value)
    elif isinstance(found, Mapping):
        for value in found.values():
            yield from _secrets(value)


def _is_one(name: str) -> bool:
    return name in names() or accounts.account_of(name) is not None


def _refuse_unknown_accounts(given_names: Sequence[str], known: Sequence[str]) -> None:
    for name in sorted(given_names):
        account = accounts.account_of(name.removesuffix("_FILE"))
        if account and account not in known:
            raise SettingWrong(f"{name}: there is no account {account!r}; name it in {PREFIX}ACCOUNTS")


def _refuse_unknown_names() -> None:
    known = names()
    for name in sorted(addon.options().keys() - known.keys()):
        raise SettingWrong(f"{name}: there is no such setting; docs/configuration.md lists them all")
    for name in sorted(given().keys() - known.keys() - {SECRETS_DIR}):
        plain = name.removesuffix("_FILE")
        if plain == name and accounts.account_of(name):
            continue
        if not _is_one(plain):
            raise SettingWrong(f"{name}: there is no such setting; docs/configuration.md lists them all")
        if plain in given():
            raise SettingWrong(f"{name}: {plain} is set too; keep one of them")


def _flags(words: Sequence[str]) -> dict[str, str]:
    """Flags -> {environment name: value}."""
    found: dict[str, str] = {}
    rest = list(words)
    while rest:
        flag, is_joined, value = rest.pop(0).partition("=")
        name = PREFIX + flag.removeprefix("--").replace("-", "_").upper()
        if not flag.startswith("--") or not _is_one(name):
            raise SettingWrong(f"{flag}: there is no such flag; docs/configuration.md lists them all")
        if not is_joined:
            value = rest.pop(0) if rest else _raise(SettingWrong(f"{flag}: needs a value"))
        found[name] = value
    return found


def _nest(flags: Mapping[str, str]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    known = names({account for name in flags if (account := accounts.account_of(name))})
    for name, value in flags.items():
        section, _, field = known[name][0].rpartition(".")
        (tree.setdefault(section, {}) if section else tree)[field] = value
    return tree


def _explain(error: ValidationError) -> str:
    """One line for each wrong setting, naming it; never its value, which may be a secret."""
    lines = []
    for detail in error.errors(include_input=False, include_url=False):
        place = [str(part) for part in detail["loc"]]
        said = re.sub("^Value error, ", "", detail["msg"])
        lines.append(f"{_name_of(place)}: {accounts.renamed(said, place[0]) if place else said}")
    return "; ".join(lines)


def _name_of(place: Sequence[str]) -> str:
    """Where pydantic found it -> the setting; what is inside a list or an alias belongs to the whole."""
    further = accounts.account_of(_variable(place[:2]))
    ours = {path: name for name, (path, _) in names([further] if further else []).items()}
    within = [ours[path] for path in (".".join(place[:1]), ".".join(place[:2])) if path in ours]
    return within[0] if within else _variable(place)


def _variable(place: Sequence[str]) -> str:
    return (PREFIX + "_".join(place)).upper().rstrip("_")


def _raise(error: Exception) -> Any:
    raise error
