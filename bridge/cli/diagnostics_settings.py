"""The settings in a report: what is set and where, with values only where they tell nothing of anybody."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError

from bridge.catalog import CATALOGUE
from bridge.cli.diagnostics_known import UNSHOWN, Known
from bridge.cli.diagnostics_mask import Mask
from bridge.model import DeviceId, Kind
from bridge.settings import LogFormat, names
from bridge.settings.accounts import account_of


def settings(known: Known, mask: Mask) -> Mapping[str, Any]:
    """What is set, whence, and its value where that can tell nothing of anybody."""
    further = {account for name in known.given if (account := account_of(name))}
    fields = names(further)
    rows = {}
    for name, (source, text) in sorted(known.given.items()):
        shown = _shown(fields[name][1], text) if name in fields else "<there is no such setting>"
        rows[_called(name, mask)] = {"from": source, "value": shown}
    return {
        "wrong": known.complaint or None,
        "set": rows,
        "not_set": [name for name in fields if name not in known.given and not account_of(name)],
    }


def _called(name: str, mask: Mask) -> str:
    """Without the name of a further account."""
    account = account_of(name)
    label = mask.label(DeviceId(Kind.ACCOUNT, account)) if account else ""
    return name.replace(f"ACCOUNT_{account}_".upper(), f"<{label}>_") if account else name


def _shown(field: Any, text: str | None) -> Any:
    """Numbers, switches and words of a list. Of others only the words that everybody knows."""
    if text is None:
        return "<cannot be read>"
    if "SecretStr" in str(field.annotation):
        return UNSHOWN
    try:
        value = TypeAdapter(Annotated[field.annotation, field]).validate_python(text)
    except ValidationError:
        return "<not valid>"
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, tuple):
        return [word if word in _PUBLIC or word in field.default else "<another>" for word in value]
    if isinstance(value, Mapping):
        return f"<{len(value)} of them>"
    return text if text in _PUBLIC or text == str(field.default) else UNSHOWN


_PUBLIC = {
    *("debug", "info", "warning", "error"),
    *LogFormat,
    *(name for each in CATALOGUE.values() for name in each.commands),
}
"""Words that may be values of settings, and are the same for everybody."""
