"""docs/configuration.md and .env.example: every setting."""

from __future__ import annotations

from typing import Any

from bridge import settings
from bridge.cli.pages.tables import GENERATED


def configuration() -> str:
    lines = [GENERATED, "# Configuration", "", _CONFIGURATION]
    section = None
    for name, (path, info) in settings.names().items():
        here = path.partition(".")[0] if "." in path else ""
        if here != section:
            section = here
            lines += ["", f"## {here or 'general'}", "", _about(here), ""]
            lines += ["| setting | default | what it is |", "| --- | --- | --- |"]
        lines.append(f"| `{name}` | {_default(info)} | {info.description} |")
    return "\n".join(lines) + "\n"


def _about(section: str) -> str:
    """The section's own words."""
    return (settings.Settings.model_fields[section].annotation.__doc__ if section else None) or "The bridge as a whole."


_CONFIGURATION = """A setting is looked for in this order; the first one found counts:

1. a flag: `fleet2mqtt run --mqtt-host broker`
2. the environment: `FLEET2MQTT_MQTT_HOST=broker`
3. a file `.env` in the working directory, with lines like the above
4. a file named by `..._FILE`: `FLEET2MQTT_MQTT_PASSWORD_FILE=/run/secrets/mqtt`; its last newline does not count
5. a file in `/run/secrets` (or `FLEET2MQTT_SECRETS_DIR`), named like the setting in small letters
6. as an app of Home Assistant: its options, named like the setting in small letters without `FLEET2MQTT_`

A setting that has both a value and a `..._FILE` is an error. A wrong or unknown setting stops the program with exit
code 2 and one line that names it."""


def _default(info: Any) -> str:
    value = info.default
    shown = getattr(value, "value", value)
    return "" if shown in (None, (), {}) else f"`{str(shown).lower() if isinstance(shown, bool) else shown}`"


def env() -> str:
    lines = ["# Written by `make docs`. Copy it to .env and fill in what you need; docs/configuration.md explains."]
    section = None
    for name, (path, info) in settings.names().items():
        here = path.partition(".")[0] if "." in path else ""
        if here != section:
            section = here
            lines += ["", f"# --- {here or 'general'} ---"]
        lines += ["", f"# {info.description}", f"#{name}={_default(info).strip('`')}"]
    return "\n".join(lines) + "\n"
