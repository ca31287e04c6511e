"""docs/entities.md: every value, by device and group."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby

from bridge.catalog import CATALOGUE, Catalogue
from bridge.catalog.offer import needed
from bridge.catalog.rows import ASSUMED, DERIVED, STREAMED, Composite, Entity, Event
from bridge.catalog.validate import STOP
from bridge.cli.pages.tables import GENERATED, HEADINGS, TIME, code, middle, table
from bridge.sources.answers import DATA_GROUPS
from bridge.sources.extras import EXTRAS

_HEAD = ("key", "name", "unit or values", "for example", "HA", "set", "source", "call", "note")

_ABOUT = """Every value that the bridge publishes. Each has a topic of its own, `<base>/<kind>/<id>/<group>/<key>`,
and is part of its group's JSON topic, `<base>/<kind>/<id>/<group>`. Units are metric. A value that is not known is
`None` (`null` in JSON).

- **HA** is the component in Home Assistant; in brackets: there, but disabled until you enable it. **set** says what
  `<base>/<kind>/<id>/set/<key>` takes; [commands.md](commands.md) has the answers.
- **source** is where it comes from: a field of an answer of Tesla's, `bridge` (the bridge itself), derived (worked
  out of other values) or assumed (told by nobody: what was set last through the bridge). *stream* names the fields of
  Fleet Telemetry that tell the same; a row without another source comes alive with the stream only, and is offered to
  nobody before.
- **call** is the price class of the call that brings it, and the scope that the sign-in must cover. One `data` call
  ($0.002) of a car that is awake brings all rows of that class; [cost-and-sleep.md](cost-and-sleep.md) tells more.
  Empty: no call."""


def page() -> str:
    lines = [GENERATED, "# Entities", "", _ABOUT]
    for kind, catalogue in CATALOGUE.items():
        lines += ["", f"## {HEADINGS[kind]}", "", *_kind(catalogue)]
    return "\n".join(lines) + "\n"


def _kind(catalogue: Catalogue) -> Iterator[str]:
    rows = sorted(catalogue.entities.values(), key=_order(catalogue))
    for group, members in groupby(rows, key=lambda row: row.group):
        if group:
            yield from (f"### `{group}`", "")
        yield from (*table(_HEAD, map(_entity, members)), "")
    if catalogue.composites:
        yield from ("### Made of several", "", "Home Assistant gets these too, made of the topics above:", "")
        yield from (*table(("key", "HA", "made of", "commands"), map(_composite, catalogue.composites)), "")
    if catalogue.events:
        yield from ("### Events", "", f"Messages on `{_EVENT_TOPIC}`, not retained; `event_type` is one of these:", "")
        yield from (*table(("key", "name", "HA", "types", "note"), map(_event, catalogue.events)), "")


_EVENT_TOPIC = "<base>/<kind>/<id>/event"


def _order(catalogue: Catalogue) -> Callable[[Entity], int]:
    """Groups in the order of their first rows, rows of one group together."""
    first: dict[str, int] = {}
    for row in catalogue.entities.values():
        first.setdefault(row.group, len(first))
    return lambda row: first[row.group]


def _entity(row: Entity) -> tuple[str, ...]:
    component = row.component or ""
    return (
        f"`{row.key}`",
        row.name,
        _unit(row) or ", ".join(row.options) or _range(row),
        f"`{example}`" if (example := _example(row)) else "",
        component if row.enabled or not component else f"({component})",
        _setter(row),
        _source(row),
        _call(row),
        _note(row),
    )


def _source(row: Entity) -> str:
    polled = {STREAMED: "", DERIVED: DERIVED, ASSUMED: ASSUMED}.get(row.source, f"`{row.source}`")
    streamed = f"*stream* `{row.stream}`" if row.stream else ""
    return "<br>".join(part for part in (polled, streamed) if part)


def _call(row: Entity) -> str:
    """The price class and the scopes of what brings it."""
    scopes = sorted(needed(row))
    return " ".join((cost_class(row.source), *(f"`{scope}`" for scope in scopes))) if scopes else ""


def cost_class(source: str) -> str:
    """Of the call that answers with this source (fleet-api.md 6.2)."""
    return "data" if source.partition(".")[0] in _BILLED else "free"


_BILLED = {
    *DATA_GROUPS,
    "charge_schedule_data",
    "preconditioning_schedule_data",
    *(extra.name for extra in EXTRAS if extra.cost == "data"),
}


def _unit(row: Entity) -> str:
    return f"{row.unit_from}{row.unit}" if row.unit_from else row.unit or ""


def _range(row: Entity) -> str:
    if row.limits:
        return f"{row.limits.minimum:g} to {row.limits.maximum:g}"
    if row.component == "time":
        return "time of day"
    return "true, false" if row.component in _TRUE_OR_FALSE else ""


_TRUE_OR_FALSE = frozenset({"binary_sensor", "switch", "lock", "cover"})


def _example(row: Entity) -> str:
    """A payload as it may stand on the topic."""
    if row.options:
        return row.options[-1]
    if row.limits:
        return f"{middle(row.limits.minimum, row.limits.maximum, row.limits.step):g}"
    if row.component in _TRUE_OR_FALSE:
        return "true"
    if row.component == "time":
        return f"{TIME}:00"
    return _CLASSES.get(row.device_class or "") or _UNITS.get(row.unit or "", "")


_CLASSES: Mapping[str, str] = {
    "timestamp": "2026-07-01T12:00:00+00:00",
    "battery": "63",
    "temperature": "21.5",
    "distance": "312.5",
    "speed": "48.3",
    "power": "7",
    "energy": "12.4",
    "energy_storage": "10800",
    "voltage": "231",
    "current": "16",
    "duration": "42",
    "pressure": "2.9",
    "monetary": "4.82",
}
_UNITS: Mapping[str, str] = {"%": "63", "°": "184", "calls": "120"}


def _setter(row: Entity) -> str:
    if row.write is None:
        return ""
    if row.limits:
        return f"{row.limits.minimum:g} to {row.limits.maximum:g}, step {row.limits.step:g}"
    if row.component == "time":
        return f"full minutes, like {TIME}"
    if row.check:
        return "an object"
    return "a value" if row.options else ", ".join([*words(row), *([STOP] if row.stop else [])])


def words(row: Entity) -> list[str]:
    """`true` and `false`, or the one of them that can be asked for."""
    return [word for word in ("true", "false") if _is_taken(row, value=word == "true")]


def _is_taken(row: Entity, *, value: bool) -> bool:
    try:
        return bool(row.write and row.write(value))
    except ValueError:
        return False


def _note(row: Entity | Event) -> str:
    needs = f"Only where `{row.needs}` is." if row.needs else ""
    return " ".join(part for part in (row.note, needs) if part)


def _composite(row: Composite) -> tuple[str, ...]:
    return f"`{row.key}`", row.component, code(_once(row.states.values())), code(_once(row.commands.values()))


def _once(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _event(row: Event) -> tuple[str, ...]:
    return f"`{row.key}`", row.name, "event" if row.enabled else "(event)", code(row.types), _note(row)
