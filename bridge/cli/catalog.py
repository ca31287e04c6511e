"""`fleet2mqtt catalog`: the tables as Markdown. docs/ and .env.example are this output, and CI compares them."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from bridge import settings
from bridge.catalog import CATALOGUE, commands_of
from bridge.catalog.rows import Command, Entity, Parameter
from bridge.model import Kind
from bridge.prices import PRICES

HEADINGS: Mapping[Kind, str] = {
    Kind.VEHICLE: "Vehicle",
    Kind.ENERGY_SITE: "Energy site",
    Kind.WALL_CONNECTOR: "Wall connector",
    Kind.ACCOUNT: "Account",
    Kind.BRIDGE: "Bridge",
}

GENERATED = "<!-- Written by `make docs` from the tables in bridge/catalog. Change those, not this page. -->\n"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("table", choices=sorted(PAGES), help="which table")


def main(options: argparse.Namespace, _: Sequence[str]) -> int:
    """Prints a page."""
    sys.stdout.write(page(options.table))
    return 0


def page(table: str) -> str:
    """The page of a table."""
    return PAGES[table]()


def _entities() -> str:
    lines = [
        GENERATED,
        "# Entities",
        "",
        _ENTITIES,
    ]
    for kind, catalogue in CATALOGUE.items():
        lines += ["", f"## {HEADINGS[kind]}", ""]
        rows = (_entity(row) for row in catalogue.entities.values())
        lines += _table(("group/key", "name", "unit or values", "HA", "set", "source", "note"), rows)
        if catalogue.composites:
            lines += ["", "Home Assistant gets these too, made of the topics above:", ""]
            parts = ((f"`{row.key}`", row.component, _used(row.states)) for row in catalogue.composites)
            lines += _table(("key", "HA", "made of"), parts)
    return "\n".join(lines) + "\n"


_ENTITIES = """Every value that the bridge publishes. Each has a topic of its own, `<base>/<kind>/<id>/<group>/<key>`,
and is part of its group's JSON topic, `<base>/<kind>/<id>/<group>`. Units are metric. A value that is not known is
`None` (`null` in JSON).

**HA** is the component in Home Assistant; in brackets: there, but disabled until you enable it. **set** says what
`<base>/<kind>/<id>/set/<key>` takes; [commands.md](commands.md) has the answers."""


def _used(states: Mapping[str, str]) -> str:
    return ", ".join(f"`{key}`" for key in states.values())


def _entity(row: Entity) -> tuple[str, ...]:
    component = row.component or ""
    place = f"{row.group}/{row.key}".strip("/")
    return (
        f"`{place}`",
        row.name,
        row.unit or ", ".join(row.options) or _range(row),
        component if row.enabled or not component else f"({component})",
        _setter(row),
        f"`{row.source}`",
        _note(row),
    )


def _range(row: Entity) -> str:
    if row.limits:
        return f"{row.limits.minimum:g} to {row.limits.maximum:g}"
    if row.component == "time":
        return "time of day"
    return "true, false" if row.component in {"binary_sensor", "switch", "lock", "cover"} else ""


def _setter(row: Entity) -> str:
    if row.write is None:
        return ""
    if row.limits:
        return f"{row.limits.minimum:g} to {row.limits.maximum:g}, step {row.limits.step:g}"
    if row.component == "time":
        return f"full minutes, like {_TIME}"
    return "a value" if row.options else ", ".join(_words(row))


def _words(row: Entity) -> list[str]:
    """`true` and `false`, or the one of them that can be asked for."""
    return [word for word in ("true", "false") if _is_taken(row, value=word == "true")]


def _is_taken(row: Entity, *, value: bool) -> bool:
    try:
        return bool(row.write and row.write(value))
    except ValueError:
        return False


def _note(row: Entity) -> str:
    needs = f"Only where `{row.needs}` is." if row.needs else ""
    return " ".join(part for part in (row.note, needs) if part)


def _commands() -> str:
    lines = [GENERATED, "# Commands", "", _COMMANDS]
    for kind, catalogue in CATALOGUE.items():
        if not catalogue.commands:
            continue
        rows = [_command(row, kind) for row in catalogue.commands.values() if row.direct]
        setters = [_set_row(row, kind) for row in catalogue.entities.values() if row.write]
        lines += ["", f"## {HEADINGS[kind]}", "", "Values that can be set:", ""]
        lines += _table(("publish to", "for example", "calls", "off until enabled"), setters)
        if rows:
            lines += ["", "Commands by Tesla's names:", ""]
            lines += _table(("publish to", "parameters", "for example", "scope", "price", "notes"), rows)
    return "\n".join(lines) + "\n"


_COMMANDS = """Publish to `<base>/<kind>/<id>/set/<name>`, without retain; the one answer comes on
`<base>/<kind>/<id>/result/<name>`. [mqtt.md](mqtt.md) tells how to read it.

A value is sent bare (`80`, `true`, `dog`) or as `{"value": 80, "transaction": "abc"}`; parameters are sent as a JSON
object, which may hold a `transaction` too. Commands without parameters take `PRESS`.

Commands marked **off** can open or start a car, or lock you out of it. They do nothing until you name them in
`FLEET2MQTT_COMMANDS_ENABLE`. Prices are Tesla's, per call; a car that sleeps costs a wake ($0.02) besides."""


def _set_row(row: Entity, kind: Kind) -> tuple[str, ...]:
    commands = CATALOGUE[kind].commands
    called = sorted(commands_of(row))
    off = [name for name in called if commands[name].dangerous]
    return f"`set/{row.key}`", f"`{_sample_value(row)}`", _code(called), _code(off)


def _sample_value(row: Entity) -> str:
    if row.options:
        return row.options[-1]
    if row.component == "time":
        return _TIME
    return f"{_middle(row.limits.minimum, row.limits.maximum, row.limits.step):g}" if row.limits else _words(row)[0]


_TIME = "07:30"


def _middle(minimum: float, maximum: float, step: float) -> float:
    """An example that hurts nobody who tries it: not 100 % of everything."""
    return round(minimum + step * round((maximum - minimum) / 2 / step), 2)


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _command(row: Command, kind: Kind) -> tuple[str, ...]:
    notes = [
        "**off**" if row.dangerous else "",
        "" if row.repeatable else "never repeated by itself",
        "" if row.wakes or kind is not Kind.VEHICLE else "does not wake",
        row.note,
    ]
    return (
        f"`set/{row.name}`",
        "<br>".join(map(_parameter, row.parameters)),
        f"`{_example(row)}`",
        " or ".join(f"`{scope}`" for scope in row.scopes),
        f"${PRICES[row.cost]:g}" if PRICES[row.cost] else "free",
        ", ".join(note for note in notes if note),
    )


def _parameter(parameter: Parameter) -> str:
    wanted = ", ".join(map(str, parameter.choices)) or _bounds(parameter)
    return f"`{parameter.name}` {wanted}" + ("" if _is_needed(parameter) else " (optional)")


def _bounds(parameter: Parameter) -> str:
    if parameter.is_time:
        return f"like {_TIME}, or minutes"
    kind = {bool: "true/false", int: "whole number", float: "number", str: "text"}[parameter.type]
    if parameter.minimum is None and parameter.maximum is None:
        return kind
    return (
        f"{parameter.minimum:g} to {parameter.maximum:g}"
        if parameter.maximum is not None
        else f"from {parameter.minimum:g}"
    )


def _is_needed(parameter: Parameter) -> bool:
    return parameter.required and parameter.default is None and parameter.fill is None


def _example(row: Command) -> str:
    needed = [parameter for parameter in row.parameters if _is_needed(parameter)] or list(row.parameters[:1])
    return json.dumps({parameter.name: _sample(parameter) for parameter in needed}) if needed else "PRESS"


def _sample(parameter: Parameter) -> Any:
    if parameter.choices:
        return parameter.choices[-1]
    if parameter.type is bool:
        return True
    if parameter.is_time:
        return _TIME
    if parameter.type is str:
        return "1234" if parameter.secret else "text"
    low = parameter.minimum or 0
    return parameter.type(_middle(low, max(low + 2, 2) if parameter.maximum is None else parameter.maximum, 1))


def _configuration() -> str:
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

A wrong or unknown setting stops the program with exit code 2 and one line that names it."""


def _default(info: Any) -> str:
    value = info.default
    shown = getattr(value, "value", value)
    return "" if shown in (None, (), {}) else f"`{str(shown).lower() if isinstance(shown, bool) else shown}`"


def _env() -> str:
    lines = ["# Written by `make docs`. Copy it to .env and fill in what you need; docs/configuration.md explains."]
    section = None
    for name, (path, info) in settings.names().items():
        here = path.partition(".")[0] if "." in path else ""
        if here != section:
            section = here
            lines += ["", f"# --- {here or 'general'} ---"]
        lines += ["", f"# {info.description}", f"#{name}={_default(info).strip('`')}"]
    return "\n".join(lines) + "\n"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', '/') for cell in row)} |"


PAGES: Mapping[str, Callable[[], str]] = {
    "entities": _entities,
    "commands": _commands,
    "configuration": _configuration,
    "env": _env,
}
