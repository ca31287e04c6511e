"""Writes what Home Assistant's app says of the settings: options into homeassistant/config.yaml, translations/en.yaml.

With --check it compares them. Each setting is an option, so that a new setting is one field here as elsewhere.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from bridge import settings
from bridge.catalog import CATALOGUE

NO_OPTIONS = {"data_dir"}
"""In an app it is always /data."""

REQUIRED = {"tesla_region"}
"""Without it the Supervisor does not start the app. Here it has no default: each account has its own."""

OTHER_WORDS = {
    "accounts": "Names of further Tesla accounts, one by one: parents. They share the app and the region of the first.",
    "aliases": "Other names for VINs and site ids in topics, one by one: 5YJ3E1EA7KF000316=model3.",
    "commands_enable": "Dangerous commands to allow, one by one: door_unlock.",
    "mqtt_ca_file": "Certificate authority of a private broker certificate: /ssl/ca.pem.",
    "mqtt_host": "Name or address of the MQTT broker. Default: the one that Home Assistant's Supervisor knows.",
    "zones": "Places that a car is in or not, one by one: home=52.1000,4.3000,150 is latitude, longitude and radius in "
    "metres. The name home tells whether a car is at home.",
}
"""Where it is not here as it is elsewhere."""

TITLES = {"mqtt": "MQTT", "homeassistant": "Home Assistant"}
CAPITALS = {"ca": "CA", "id": "ID", "tls": "TLS", "uri": "URI"}

APP = Path(__file__).parent.parent / "homeassistant"
CONFIG = APP / "config.yaml"
ENGLISH = APP / "translations" / "en.yaml"


def main() -> int:
    """0 when both files are as the settings say; 1 when --check finds one that is not."""
    old = [
        path for path, content in pages().items() if not path.exists() or path.read_text(encoding="utf-8") != content
    ]
    if "--check" in sys.argv:
        for path in old:
            sys.stderr.write(f"{path} is not what the settings say: run `make docs`\n")
        return 1 if old else 0
    for path in old:
        path.write_text(pages()[path], encoding="utf-8")
    return 0


def pages() -> dict[Path, str]:
    """What both files should hold. Above `schema:` config.yaml is written by hand."""
    by_hand, _, _ = CONFIG.read_text(encoding="utf-8").partition("\nschema:\n")
    said = {"configuration": {name: _words(name, path, info) for name, path, info in options()}}
    return {
        CONFIG: f"{by_hand}\n{_yaml({'schema': schema()})}",
        ENGLISH: f"# Written by `make docs` from bridge/settings.\n{_yaml(said)}",
    }


def options() -> list[tuple[str, str, Any]]:
    """Name, dotted path and field of each; the account comes first, because only it has to be filled in."""
    found = [(name.removeprefix("FLEET2MQTT_").lower(), path, info) for name, (path, info) in settings.names().items()]
    return sorted((one for one in found if one[0] not in NO_OPTIONS), key=lambda one: not one[1].startswith("tesla."))


def schema() -> dict[str, str | list[str]]:
    """Option -> its type (mqtt-and-home-assistant.md 6.1); `?`: may be left out."""
    shapes = dict(_shapes())
    return {name: _optional(name, _type(shapes[path])) for name, path, _ in options()} | {
        "commands_enable": [f"match(^({'|'.join(sorted(_dangerous()))})$)?"]
    }


def _optional(name: str, kind: str | list[str]) -> str | list[str]:
    return kind if isinstance(kind, list) or name in REQUIRED else f"{kind}?"


def _type(shape: Mapping[str, Any]) -> str | list[str]:
    match shape:
        case {"enum": words}:
            return f"list({'|'.join(words)})"
        case {"pattern": pattern} if words := re.fullmatch(r"\^\(([a-z|]+)\)\$", pattern):
            return f"list({words[1]})"
        case {"type": "boolean"}:
            return "bool"
        case {"type": "integer", "minimum": 1, "maximum": 65535}:
            return "port"
        case {"type": "integer" | "number" as kind}:
            low, high = (f"{shape[end]:g}" if end in shape else "" for end in ("minimum", "maximum"))
            return f"{'int' if kind == 'integer' else 'float'}({low},{high})"
        case {"type": "array" | "object"}:  # of words, and of `this=that`
            return ["str?"]
        case {"format": "password"}:
            return "password"
        case _:
            return "str"


def _shapes() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Dotted path -> JSON schema, of every setting."""
    whole = settings.Settings.model_json_schema()

    def resolved(shape: Mapping[str, Any]) -> Mapping[str, Any]:
        """What it points to, or what it may be besides null."""
        real = next((one for one in shape.get("anyOf", ()) if one != {"type": "null"}), shape)
        return whole["$defs"][real["$ref"].rpartition("/")[2]] if "$ref" in real else real

    for name, shape in whole["properties"].items():
        yield name, resolved(shape)
        for inner, inner_shape in resolved(shape).get("properties", {}).items():
            yield f"{name}.{inner}", resolved(inner_shape)


def _dangerous() -> set[str]:
    return {command.name for kind in CATALOGUE.values() for command in kind.commands.values() if command.dangerous}


def _words(name: str, path: str, info: Any) -> dict[str, str]:
    """Name and description, as the app's configuration page shows them."""
    section, _, field = path.rpartition(".")
    words = " ".join(CAPITALS.get(word, word) for word in (field or name).split("_"))
    title = f"{TITLES.get(section, section.capitalize())}: {words}" if section else words.capitalize()
    default = "" if name in REQUIRED else _default(info.default)
    return {"name": title, "description": OTHER_WORDS.get(name, f"{info.description}{default}")}


def _default(value: Any) -> str:
    """A value of many words is explained, not repeated."""
    if value in (None, "") or isinstance(value, tuple | Mapping):
        return ""
    shown = {True: "on", False: "off"}[value] if isinstance(value, bool) else getattr(value, "value", value)
    return f" Default: {shown:g}." if isinstance(shown, float) else f" Default: {shown}."


def _yaml(content: Mapping[str, Any]) -> str:
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=1000)


if __name__ == "__main__":
    sys.exit(main())
