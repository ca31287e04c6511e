"""docs/commands.md: everything that can be asked for."""

from __future__ import annotations

import json
from typing import Any

from bridge.catalog import CATALOGUE, commands_of
from bridge.catalog.rows import Command, Entity, Parameter
from bridge.cli.pages.entities import words
from bridge.cli.pages.tables import GENERATED, HEADINGS, TIME, code, middle, price, table
from bridge.ledger import PRICES
from bridge.model import Kind

_ABOUT = """Publish to `<base>/<kind>/<id>/set/<name>`, without retain; the one answer comes on
`<base>/<kind>/<id>/result/<name>`. [mqtt.md](mqtt.md) tells how to read it.

A value is sent bare (`80`, `true`, `dog`) or as `{"value": 80, "transaction": "abc"}`; parameters are sent as a JSON
object, which may hold a `transaction` too. Commands without parameters take `PRESS`.

Commands marked **off** can open or start a car, or lock you out of it. They do nothing until you name them in
`FLEET2MQTT_COMMANDS_ENABLE`. Prices are Tesla's, per call; a car that sleeps costs a wake ($0.02) besides. Cars from
2021 on take commands only signed: [signing.md](signing.md)."""


_TESLAS = {Kind.VEHICLE, Kind.ENERGY_SITE}

_SET_HEAD = ("publish to", "group", "for example", "calls", "scope", "price", "off until enabled")


def page() -> str:
    lines = [GENERATED, "# Commands", "", _ABOUT]
    for kind, catalogue in CATALOGUE.items():
        setters = [_set_row(row, kind) for row in catalogue.entities.values() if row.write]
        rows = [_command(row, kind) for row in catalogue.commands.values() if row.direct]
        if setters or rows:
            lines += ["", f"## {HEADINGS[kind]}"]
        if setters:
            lines += ["", "Values that can be set:", ""]
            lines += table(_SET_HEAD, setters)
        if rows:
            whose = "Commands by Tesla's names" if kind in _TESLAS else "Commands"
            lines += ["", f"{whose}:", ""]
            lines += table(("publish to", "parameters", "for example", "scope", "price", "notes"), rows)
    return "\n".join(lines) + "\n"


def _set_row(row: Entity, kind: Kind) -> tuple[str, ...]:
    commands = CATALOGUE[kind].commands
    called = sorted(commands_of(row))
    rows = [commands[name] for name in called]
    scopes = sorted({" or ".join(f"`{scope}`" for scope in each.scopes) for each in rows})
    prices = sorted({price(PRICES[each.cost]) for each in rows})
    off = [each.name for each in rows if each.dangerous]
    return (
        f"`set/{row.key}`",
        row.group,
        f"`{_sample_value(row)}`",
        code(called),
        ", ".join(scopes),
        ", ".join(prices),
        code(off),
    )


def _sample_value(row: Entity) -> str:
    if row.options:
        return row.options[-1]
    if row.component == "time":
        return TIME
    return f"{middle(row.limits.minimum, row.limits.maximum, row.limits.step):g}" if row.limits else words(row)[0]


def _command(row: Command, kind: Kind) -> tuple[str, ...]:
    notes = [
        "**off**" if row.dangerous else "",
        "" if row.repeatable else "never repeated by itself",
        "" if row.wakes or kind is not Kind.VEHICLE else "does not wake",
        "done by the bridge" if row.is_local else "",
        row.note,
    ]
    return (
        f"`set/{row.name}`",
        "<br>".join(map(_parameter, row.parameters)),
        f"`{_example(row)}`",
        " or ".join(f"`{scope}`" for scope in row.scopes),
        price(PRICES[row.cost]),
        ", ".join(note for note in notes if note),
    )


def _parameter(parameter: Parameter) -> str:
    wanted = ", ".join(map(str, parameter.choices)) or _bounds(parameter)
    return f"`{parameter.name}` {wanted}" + ("" if _is_needed(parameter) else " (optional)")


def _bounds(parameter: Parameter) -> str:
    if parameter.is_time:
        return f"like {TIME}, or minutes"
    kind = {bool: "true/false", int: "whole number", float: "number", str: "text"}[parameter.type]
    if parameter.minimum is None and parameter.maximum is None:
        return kind
    if parameter.maximum is None:
        return f"from {parameter.minimum:g}"
    return f"{parameter.minimum:g} to {parameter.maximum:g}"


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
        return TIME
    if parameter.type is str:
        return "1234" if parameter.secret else "text"
    low = parameter.minimum or 0
    return parameter.type(middle(low, max(low + 2, 2) if parameter.maximum is None else parameter.maximum, 1))
