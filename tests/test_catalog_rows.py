"""Every row of the catalogue is a case: sound by itself, true to recorded answers, and proof against bad ones."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from bridge.catalog import CATALOGUE, commands_of, convert, read
from bridge.catalog.rows import Command, Composite, Entity, Invocation, Parameter
from bridge.model import Kind, Value

KINDS = (Kind.VEHICLE, Kind.ENERGY_SITE, Kind.WALL_CONNECTOR)

ENTITIES = [(kind, row) for kind in KINDS for row in CATALOGUE[kind].entities.values()]
COMMANDS = [(kind, row) for kind in KINDS for row in CATALOGUE[kind].commands.values()]
COMPOSITES = [(kind, row) for kind in KINDS for row in CATALOGUE[kind].composites]
WRITABLE = [(kind, row) for kind, row in ENTITIES if row.write]

GOLDEN = Path(__file__).parent / "golden"
RECORDED = Path(__file__).parents[2] / "shared" / "recorded"

needs_recorded = pytest.mark.skipif(not RECORDED.is_dir(), reason="../shared/recorded is absent")

HEADS = {
    Kind.VEHICLE: {
        "vehicle",
        "charge_state",
        "climate_state",
        "drive_state",
        "gui_settings",
        "vehicle_config",
        "vehicle_state",
        "charge_schedule_data",
        "preconditioning_schedule_data",
        "bridge",
    },
    Kind.ENERGY_SITE: {"live_status", "site_info", "energy_history", "bridge"},
    Kind.WALL_CONNECTOR: {"wall_connector", "wall_connector_info", "bridge"},
}

GROUPS = {
    Kind.VEHICLE: {
        "charge",
        "climate",
        "closures",
        "drive",
        "location",
        "tyres",
        "security",
        "media",
        "software",
        "config",
        "status",
    },
    Kind.ENERGY_SITE: {"power", "battery", "grid", "storm", "settings", "info", "history", "status"},
    Kind.WALL_CONNECTOR: {"charge", "info", "status"},
}


def row_id(value: Any) -> str:
    return getattr(value, "key", None) or getattr(value, "name", None) or str(value)


def every(rows: list[Any]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("kind", "row"), rows, ids=row_id)


def load(path: Path) -> Any:
    return json.loads(path.read_text())


# --- each row by itself ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_names_for_set_topics_are_unambiguous(kind: Kind) -> None:
    """set/<name> names one thing: no key is shared by entities, composites and commands."""
    rows = {
        Kind.VEHICLE: [*_vehicle_entities(), *_vehicle_composites(), *_vehicle_commands()],
    }.get(kind, [row.key for each, row in ENTITIES if each is kind])
    keys = [*rows, *([row.name for each, row in COMMANDS if each is kind] if kind is not Kind.VEHICLE else [])]
    assert len(keys) == len(set(keys))


def _vehicle_entities() -> list[str]:
    return []
