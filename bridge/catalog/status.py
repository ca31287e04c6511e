"""How fresh a device's values are and what became of the last command: the bridge's own rows."""

from __future__ import annotations

from bridge.catalog import convert
from bridge.catalog.builders import (
    binary_sensor,
    diagnostics,
    enum,
    event,
    measurement,
    sensor,
    timestamp,
    topic,
)
from bridge.catalog.rows import Entity

FRESHNESS: tuple[Entity, ...] = (
    timestamp("last_seen", "Last seen", "bridge.last_seen", read=convert.same, category="diagnostic"),
    binary_sensor("data_stale", "Data stale", "bridge.data_stale", device_class="problem", category="diagnostic"),
    *diagnostics(
        measurement("data_age", "Data age", "bridge.data_age", "min", "duration", read=convert.same),
        topic(
            "freshness",
            "Freshness of each group",
            "bridge.freshness",
            read=convert.same,
            note="JSON: for each group when it was last read (`last_seen`), its `age` in minutes, `stale`, `source`.",
        ),
        enum("data_source", "Data source", "bridge.data_source", "poll command stream recorded"),
    ),
)

LAST_COMMAND: tuple[Entity, ...] = (
    sensor("last_command", "Last command", "bridge.last_command", category="diagnostic"),
    enum(
        "last_command_outcome",
        "Last command outcome",
        "bridge.last_command_outcome",
        "ok invalid refused unavailable expired unconfirmed",
        category="diagnostic",
    ),
)

COMMAND_EVENT = event(
    "command",
    "Command",
    "ok invalid refused unavailable expired unconfirmed",
    icon="mdi:message-arrow-right",
    note="A command has ended, with its name and reason.",
)
