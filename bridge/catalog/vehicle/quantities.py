"""Quantities that many rows of a car have."""

from __future__ import annotations

from typing import Any

from bridge.catalog import convert
from bridge.catalog.builders import measurement
from bridge.catalog.rows import Entity, Limits

MILES = "Tesla sends miles, whatever the car shows."

CAR_TIME = "In the car's own time zone."

NOT_TOLD = "No answer of Tesla's tells it: what was set last through the bridge."

CABIN = Limits(minimum=15, maximum=28, step=0.5, minimum_from="minimum_temperature", maximum_from="maximum_temperature")
"""°C that the climate can be set to."""


def km(key: str, name: str, source: str, **options: Any) -> Entity:
    return measurement(key, name, source, "km", "distance", read=convert.kilometres, precision=1, note=MILES, **options)


def celsius(key: str, name: str, source: str, **options: Any) -> Entity:
    return measurement(key, name, source, "°C", "temperature", precision=1, **options)


def amperes(key: str, name: str, source: str, **options: Any) -> Entity:
    return measurement(key, name, source, "A", "current", category="diagnostic", **options)
