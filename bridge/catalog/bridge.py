"""The bridge itself, as a device of its own."""

from __future__ import annotations

from bridge.catalog import convert, options
from bridge.catalog.builders import (
    binary_sensor,
    group,
    select,
    sensor,
    switch,
    timestamp,
    topic,
)
from bridge.catalog.options import local, option
from bridge.catalog.rows import Event

OPTIONS = options.options(
    select(
        "log_level",
        "Log level",
        "bridge.log_level",
        "debug info warning error",
        option("log_level"),
        category="config",
        enabled=False,
        icon="mdi:text-box-outline",
    ),
    switch(
        "dry_run",
        "Dry run",
        "bridge.dry_run",
        option("dry_run"),
        category="config",
        enabled=False,
        icon="mdi:test-tube",
        note="On: commands are checked and answered with `dry_run`; nothing is sent to Tesla, and no car is woken.",
    ),
)

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
            binary_sensor(
                "has_problem",
                "Problem",
                "bridge.has_problem",
                device_class="problem",
                category="diagnostic",
                note="Some part does not do its work; `<base>/bridge/health` tells which.",
            ),
            sensor(
                "last_error",
                "Last error",
                "bridge.last_error",
                category="diagnostic",
                note="Since the start; it may be long over.",
            ),
            sensor(
                "command_queue",
                "Command queue",
                "bridge.command_queue",
                unit="commands",
                state_class="measurement",
                category="diagnostic",
                enabled=False,
                note="Commands that wait or are being done, for all devices together.",
            ),
            topic(
                "restartable",
                "Restartable",
                "bridge.restartable",
                read=convert.boolean,
                note="Something is there that starts the bridge again when it ends: systemd, or a container's engine.",
            ),
        ),
    ),
    *OPTIONS,
)

EVENTS: tuple[Event, ...] = ()

COMMANDS = (
    *options.commands(OPTIONS),
    local(
        "republish",
        "Publish everything again",
        button=True,
        category="config",
        enabled=False,
        icon="mdi:refresh",
    ),
    local(
        "restart",
        "Restart",
        button=True,
        category="config",
        enabled=False,
        icon="mdi:restart",
        needs="restartable",
        note="Under systemd, and in a container that has a restart policy.",
    ),
)
