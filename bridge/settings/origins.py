"""Where each setting comes from: to be told when they are wrong, too, so nothing here raises."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from bridge.errors import SettingWrong
from bridge.settings import addon
from bridge.settings.sources import PATHS, PREFIX, SECRETS_DIR, given


class Origin(NamedTuple):
    """A source, and the text that it gives; None where that cannot be read."""

    source: str
    text: str | None


def origins(flags: Sequence[str] = ()) -> Mapping[str, Origin]:
    """Environment name -> whence it is, of everything that is set, also of what is no setting."""
    found: dict[str, Origin] = {}
    with suppress(SettingWrong):
        found |= {name: Origin("option of the app", text) for name, text in addon.options().items()}
    found |= dict(_secrets())
    environment = {name.upper() for name, value in os.environ.items() if value}
    for name, text in given().items():
        if name.endswith("_FILE") and name not in PATHS:
            found[name.removesuffix("_FILE")] = Origin("file", _content(Path(text)))
        elif name != SECRETS_DIR:
            found[name] = Origin("environment" if name in environment else ".env", text)
    return found | dict(_flags(flags))


def _secrets() -> Iterator[tuple[str, Origin]]:
    directory = Path(given().get(SECRETS_DIR, "/run/secrets"))
    with suppress(OSError):
        for path in sorted(directory.iterdir()):
            if path.name.upper().startswith(PREFIX):
                yield path.name.upper(), Origin("secrets directory", _content(path))


def _content(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8").removesuffix("\n")
    except (OSError, UnicodeDecodeError):
        return None


def _flags(words: Sequence[str]) -> Iterator[tuple[str, Origin]]:
    rest = list(words)
    while rest:
        flag, is_joined, value = rest.pop(0).partition("=")
        value = value if is_joined else rest.pop(0) if rest else ""
        yield PREFIX + flag.removeprefix("--").replace("-", "_").upper(), Origin("flag", value)
