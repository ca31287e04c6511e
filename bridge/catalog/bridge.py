"""The bridge itself, as a device of its own."""

from __future__ import annotations

from bridge.catalog import convert
from bridge.catalog.rows import Command, Event, binary_sensor, group, sensor, timestamp

ENTITIES = (
    # Its topic is <base>/bridge/state, the will: the one topic that tells when everything else is not to be
    # believed.
    binary_sensor(
        "state",
        "Connection",
        "bridge.state",
        read=convert.text,
        device_class="connectivity",
        category="diagnostic",
        settings={"payload_on": "online", "payload_off": "offline"},
    ),
    *group(
        "status",
        (
            sensor("version", "Version", "bridge.version", category="diagnostic"),
            timestamp("started_at", "Started", "bridge.started_at", read=convert.same, category="diagnostic"),
            sensor(
                "devices",
                "Devices",
                "bridge.devices",
                read=convert.number,
                category="diagnostic",
                enabled=False,
            ),
        ),
    ),
)

EVENTS: tuple[Event, ...] = ()

COMMANDS = (
    Command(
        name="republish",
        title="Publish everything again",
        endpoint="",
        scopes=(),
        cost="free",
        wakes=False,
        is_local=True,
        button=True,
        category="config",
        enabled=False,
        icon="mdi:refresh",
    ),
)
