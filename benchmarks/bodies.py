"""Consecutive vehicle_data bodies of one simulated car: it drives home from work, plugs in and charges."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from benchmarks.names import VIN
from bridge.simulator.places import Place
from bridge.simulator.vehicle import Vehicle

START = datetime.fromisoformat("2026-07-01T17:12:00-07:00")
GROUPS = frozenset(
    {
        "charge_state",
        "climate_state",
        "drive_state",
        "gui_settings",
        "location_data",
        "vehicle_config",
        "vehicle_state",
    }
)
"""What the bridge asks for."""

DRIVING, CHARGING = timedelta(seconds=60), timedelta(seconds=300)
"""Time between two reads, as the bridge's schedule has it."""

COUNT = 60
"""About 25 bodies of a drive, the rest of charging."""


@cache
def bodies() -> tuple[bytes, ...]:
    """As they arrive: JSON of about 7.6 KB, 12 to 30 values apart."""
    return tuple(json.dumps(body).encode() for body in _life(_car()))


def entry() -> dict[str, Any]:
    """The car in the list of vehicles."""
    return _car().entry()


def _car() -> Vehicle:
    return Vehicle(
        vin=VIN,
        number=1,
        name="Simulated 3",
        seed=1,
        start=START,
        home=Place(37.4419, -122.1430),
        zone="America/Los_Angeles",
        story="commuter",
        phases=1,
        amps=48,
    )


def _life(car: Vehicle) -> Iterator[dict[str, Any]]:
    at = START
    for _ in range(COUNT):
        body = car.data(GROUPS, location=True)
        yield body
        at += DRIVING if body["drive_state"]["shift_state"] else CHARGING
        car.advance(at)
