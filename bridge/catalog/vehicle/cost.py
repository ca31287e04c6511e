"""What a car has cost, of the bridge's own calls (entities.md L24 to L28)."""

from __future__ import annotations

from bridge.catalog import convert
from bridge.catalog.builders import group, sensor, timestamp
from bridge.catalog.rows import Entity


def _today(cost: str, name: str) -> Entity:
    return sensor(
        f"calls_today_{cost}",
        name,
        f"bridge.calls_today_{cost}",
        unit="calls",
        state_class="total_increasing",
        category="diagnostic",
        note="A day begins at midnight in UTC, as Tesla's month does.",
    )


COST: tuple[Entity, ...] = group(
    "cost",
    (
        _today("data", "Data calls today"),
        _today("command", "Commands sent today"),
        _today("wake", "Wakes today"),
        sensor(
            "cost_month",
            "Cost this month",
            "bridge.cost_month",
            unit="USD",
            device_class="monetary",
            state_class="total",
            category="diagnostic",
            note="Of this car, before Tesla's monthly credit.",
        ),
        timestamp(
            "last_paid_call",
            "Last paid call",
            "bridge.last_paid_call",
            read=convert.same,
            category="diagnostic",
            enabled=False,
            note="When the bridge last made a call that has a price and may keep the car awake.",
        ),
    ),
)
