"""An alert that the car's list had not before is an event (entities.md H41)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.derived.frame import Derived, Happened, Scene, derivation
from bridge.model import Kind

MOST = 100
"""Alerts that are remembered: one that leaves the list and comes back is no news."""


def _new(scene: Scene) -> Derived:
    """The first list that is ever seen holds old alerts: it is learnt, and tells nothing."""
    alerts = scene.values.get("alerts")
    if not isinstance(alerts, list):
        return Derived()
    seen: list[str] = scene.memory.get("seen", [])
    fresh = {_name(alert): alert for alert in alerts if isinstance(alert, Mapping) and _name(alert) not in seen}
    told = tuple(Happened("alert", dict(alert)) for alert in fresh.values()) if scene.memory else ()
    if scene.memory and not fresh:
        return Derived()
    return Derived({}, {"seen": [*seen, *fresh][-MOST:]}, told)


def _name(alert: Mapping[str, Any]) -> str:
    return f"{alert.get('time')} {alert.get('name')}"


ALERTS = (derivation("alerts", Kind.VEHICLE, "alerts", _new),)
