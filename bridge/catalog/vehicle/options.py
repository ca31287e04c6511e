"""What can be set on the bridge for each car, and buttons that the bridge serves itself (entities.md K, L)."""

from __future__ import annotations

from dataclasses import replace

from bridge.catalog import options
from bridge.catalog.builders import hidden, number, select, switch
from bridge.catalog.options import local, option
from bridge.catalog.rows import Entity, Limits
from bridge.catalog.vehicle.commands import WAKE


def _interval(key: str, name: str, minimum: float, note: str) -> Entity:
    return number(
        key,
        name,
        f"bridge.{key}",
        Limits(minimum=minimum, maximum=86_400),
        option(key),
        unit="s",
        device_class="duration",
        category="config",
        settings={"mode": "box"},
        note=f"Between two data calls. {note} Each costs $0.002.",
    )


OPTIONS = options.options(
    switch(
        "polling",
        "Polling",
        "bridge.polling",
        option("polling"),
        category="config",
        icon="mdi:sync",
        note="Off: its data is read only when somebody asks, or after a command.",
    ),
    select(
        "polling_profile",
        "Polling profile",
        "bridge.polling_profile",
        "eco balanced live",
        option("polling_profile"),
        category="config",
        icon="mdi:speedometer",
        note="How fresh its data is, and what that costs: docs/cost-and-sleep.md.",
    ),
    *hidden(
        _interval("driving_interval", "Polling interval while driving", 10, "While it drives."),
        _interval("charging_interval", "Polling interval while charging", 60, "What happens in between is estimated."),
        _interval("parked_interval", "Polling interval while parked", 960, "Below 16 minutes it would never sleep."),
    ),
    select(
        "wake_policy",
        "Wake policy",
        "bridge.wake_policy",
        "never within_budget always",
        option("wake_policy"),
        category="config",
        icon="mdi:alarm-check",
        note="May a command wake it? `always`: even when the day's wakes, or the money that is for them, are used up.",
    ),
)

COMMANDS = (
    *options.commands(OPTIONS),
    local(
        "refresh",
        "Refresh data",
        button=True,
        category="diagnostic",
        icon="mdi:refresh",
        note="One data call ($0.002), at most every 10 seconds. A sleeping car is not woken.",
    ),
    *(
        replace(
            row,
            name="wake_and_refresh",
            title="Wake and refresh",
            refreshes=True,
            enabled=False,
            note="And one data call ($0.002).",
        )
        for row in WAKE
    ),
    local("clear_error", "Clear error", button=True, category="diagnostic", enabled=False, icon="mdi:eraser"),
)
