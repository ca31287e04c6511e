"""Connectivity, freshness, cost (entities.md L)."""

from __future__ import annotations

from bridge.catalog import convert
from bridge.catalog.builders import (
    binary_sensor,
    diagnostics,
    enum,
    group,
    measurement,
    sensor,
)
from bridge.catalog.status import FRESHNESS, LAST_COMMAND

STATUS = group(
    "status",
    (
        enum(
            "connectivity",
            "Connectivity",
            "vehicle.state",
            "online asleep offline",
            icon="mdi:car-connected",
        ),
        binary_sensor(
            "online",
            "Online",
            "vehicle.state",
            read=convert.one_of("online"),
            device_class="connectivity",
        ),
        *FRESHNESS,
        *LAST_COMMAND,
        sensor(
            "last_error",
            "Last error",
            "bridge.last_error",
            category="diagnostic",
            note="Of a command or of reading, since the bridge was started or `clear_error` was pressed.",
        ),
        *diagnostics(
            measurement(
                "last_command_latency",
                "Last command latency",
                "bridge.last_command_latency",
                "ms",
                "duration",
                note="From the message to its result.",
            ),
            binary_sensor("in_service", "In service", "vehicle.in_service"),
            enum("access_type", "Access type", "vehicle.access_type", "owner driver"),
            enum("command_signing", "Command signing", "vehicle.command_signing", "off allowed required"),
            binary_sensor("mobile_access_disabled", "Mobile access disabled", "vehicle.mobile_access_disabled"),
            binary_sensor("location_hidden", "Location hidden", "vehicle.granular_access.hide_private"),
            binary_sensor("calendar_enabled", "Calendar enabled", "vehicle.calendar_enabled"),
            binary_sensor("release_notes_supported", "Release notes supported", "vehicle.release_notes_supported"),
            binary_sensor("phone_key_pairing", "Automatic phone key pairing", "vehicle.ble_autopair_enrolled"),
        ),
    ),
)
