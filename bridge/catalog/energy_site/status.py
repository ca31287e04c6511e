"""Freshness and the last command."""

from __future__ import annotations

from bridge.catalog import convert
from bridge.catalog.builders import binary_sensor, group, timestamp
from bridge.catalog.rows import DERIVED
from bridge.catalog.status import FRESHNESS, LAST_COMMAND

STATUS = group(
    "status",
    (
        timestamp(
            "live_data_time",
            "Live data time",
            "live_status.timestamp",
            read=convert.iso,
            category="diagnostic",
            note="The gateway's clock.",
        ),
        *FRESHNESS,
        *LAST_COMMAND,
        binary_sensor(
            "control_pending",
            "Control pending",
            DERIVED,
            device_class="running",
            category="diagnostic",
            note="Of last_command_outcome: a setting was sent, and the site has not confirmed it.",
        ),
    ),
)
