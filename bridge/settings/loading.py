"""Settings in, or one line that names what is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_settings import SettingsError

from bridge.errors import SettingWrong
from bridge.settings.sources import PREFIX, SECRETS_DIR, given
from bridge.settings.tree import Section, Settings


def load(flags: Sequence[str] = ()) -> Settings:
    """Reads the settings; flags are `--mqtt-host broker` or `--mqtt-host=broker`. Raises SettingWrong."""
    try:
        _refuse_unknown_names()
        return Settings(**_nest(_flags(flags)))
    except ValidationError as error:
        raise SettingWrong(_explain(error)) from None
    except SettingsError as error:  # of the secrets directory
        raise SettingWrong(f"{SECRETS_DIR}: {error}") from None


def names() -> Mapping[str, tuple[str, Any]]:
    """Environment name -> (dotted path, field): the one list that flags, docs and checks are made of."""
    found: dict[str, tuple[str, Any]] = {}
    for name, info in Settings.model_fields.items():
        section = info.annotation
        if isinstance(section, type) and issubclass(section, Section):
            for inner, inner_info in section.model_fields.items():
                found[f"{PREFIX}{name}_{inner}".upper()] = (f"{name}.{inner}", inner_info)
        else:
            found[f"{PREFIX}{name}".upper()] = (name, info)
    return found


def _refuse_unknown_names() -> None:
    known = names()
    for name in sorted(given().keys() - known.keys() - {SECRETS_DIR}):
        plain = name.removesuffix("_FILE")
        if plain not in known:
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
        if not flag.startswith("--") or name not in names():
            raise SettingWrong(f"{flag}: there is no such flag; docs/configuration.md lists them all")
        if not is_joined:
            value = rest.pop(0) if rest else _raise(SettingWrong(f"{flag}: needs a value"))
        found[name] = value
    return found


def _nest(flags: Mapping[str, str]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name, value in flags.items():
        section, _, field = names()[name][0].rpartition(".")
        (tree.setdefault(section, {}) if section else tree)[field] = value
    return tree


def _explain(error: ValidationError) -> str:
    """One line for each wrong setting, naming it; never its value, which may be a secret."""
    lines = []
    for detail in error.errors(include_input=False, include_url=False):
        name = _name_of([str(part) for part in detail["loc"]])
        lines.append(f"{name}: {re.sub('^Value error, ', '', detail['msg'])}")
    return "; ".join(lines)


def _name_of(place: Sequence[str]) -> str:
    """Where pydantic found it -> the setting; what is inside a list or an alias belongs to the whole."""
    ours = {path: name for name, (path, _) in names().items()}
    within = [ours[path] for path in (".".join(place[:1]), ".".join(place[:2])) if path in ours]
    return within[0] if within else (PREFIX + "_".join(place)).upper().rstrip("_")


def _raise(error: Exception) -> Any:
    raise error
