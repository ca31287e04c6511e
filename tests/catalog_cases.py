"""What the tests of the catalogue share: its rows as cases, recorded and golden answers."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from bridge.catalog import energy_site, vehicle, wall_connector
from bridge.catalog.rows import Command, Composite, Entity
from bridge.model import Kind

ROWS: Mapping[Kind, tuple[tuple[Entity, ...], tuple[Command, ...], tuple[Composite, ...]]] = {
    Kind.VEHICLE: (vehicle.ENTITIES, vehicle.COMMANDS, vehicle.COMPOSITES),
    Kind.ENERGY_SITE: (energy_site.ENTITIES, energy_site.COMMANDS, ()),
    Kind.WALL_CONNECTOR: (wall_connector.ENTITIES, (), ()),
}

ENTITIES = [(kind, row) for kind, (entities, _, _) in ROWS.items() for row in entities]
COMMANDS = [(kind, row) for kind, (_, commands, _) in ROWS.items() for row in commands]
COMPOSITES = [(kind, row) for kind, (_, _, composites) in ROWS.items() for row in composites]

GOLDEN = Path(__file__).parent / "golden"
RECORDED = Path(__file__).parents[2] / "shared" / "recorded"

needs_recorded = pytest.mark.skipif(not RECORDED.is_dir(), reason="../shared/recorded is absent")


def row_id(value: Any) -> str:
    return str(getattr(value, "key", None) or getattr(value, "name", None) or value)


def every(rows: list[Any]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("kind", "row"), rows, ids=row_id)


def keys_of(kind: Kind) -> list[str]:
    return [row.key for row in ROWS[kind][0]]


def command_of(kind: Kind, name: str) -> Command:
    return next(row for row in ROWS[kind][1] if row.name == name)


def load(path: Path) -> Any:
    return json.loads(path.read_text())


def vehicle_answer(body: Mapping[str, Any]) -> dict[str, Any]:
    return {"vehicle": body, **{key: value for key, value in body.items() if isinstance(value, dict)}}


GOLDEN_CAR = load(GOLDEN / "vehicle_data.json")
GOLDEN_EXTRAS = load(GOLDEN / "vehicle_extras.json")
"""What is asked besides, as the catalogue is given it."""
GOLDEN_SITE = load(GOLDEN / "energy_site.json")
GOLDEN_CONNECTOR = {
    "wall_connector": GOLDEN_SITE["live_status"]["wall_connectors"][0],
    "wall_connector_info": GOLDEN_SITE["site_info"]["components"]["wall_connectors"][0],
    "charge_history": GOLDEN_SITE["charge_history"],
}

ANSWERS = {
    Kind.VEHICLE: vehicle_answer(GOLDEN_CAR) | GOLDEN_EXTRAS,
    Kind.ENERGY_SITE: GOLDEN_SITE,
    Kind.WALL_CONNECTOR: GOLDEN_CONNECTOR,
    Kind.ACCOUNT: load(GOLDEN / "account.json"),
}


Where = tuple[str, ...]


def nodes(body: Mapping[str, Any], above: Where = ()) -> Iterator[tuple[Where, Any]]:
    """Every member of an object and of the objects in it, with its path."""
    for key, value in body.items():
        yield (*above, key), value
        if isinstance(value, dict):
            yield from nodes(value, (*above, key))


MISSING = object()


def replaced(body: Any, path: Where, value: Any) -> Any:
    """A copy with another value at the path; MISSING takes it away."""
    changed = copy.deepcopy(body)
    parent = changed
    for key in path[:-1]:
        parent = parent[key]
    if value is MISSING:
        del parent[path[-1]]
    else:
        parent[path[-1]] = value
    return changed


def place_of(row: Entity) -> Where:
    return tuple(row.source.removeprefix("vehicle.").split("."))


def touches(row: Entity, path: Where) -> bool:
    """Does the row read what is at the path, below it, or around it?"""
    place = place_of(row)
    return place[: len(path)] == path or path[: len(place)] == place
