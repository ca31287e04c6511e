"""What the car does and whether it is well closed, as the bridge works it out (entities.md L2 to L4, C26)."""

from __future__ import annotations

from bridge.catalog.builders import (
    binary_sensor,
    enum,
    group,
    hidden,
    timestamp,
)
from bridge.catalog.rows import DERIVED

DERIVED_STATUS = (
    *group(
        "status",
        (
            enum(
                "vehicle_state",
                "Vehicle state",
                DERIVED,
                "online asleep offline driving charging updating",
                icon="mdi:car-info",
                note="An online car that drives, charges or installs an update says so.",
            ),
            timestamp("state_since", "State since", DERIVED, category="diagnostic", note="Of `vehicle_state`."),
            *hidden(binary_sensor("asleep", "Asleep", DERIVED, icon="mdi:sleep")),
        ),
    ),
    *group(
        "closures",
        (
            binary_sensor(
                "left_open",
                "Left open or unlocked",
                DERIVED,
                device_class="safety",
                note="Parked, nobody present, and a lock, door, window, trunk or roof is open.",
            ),
        ),
    ),
)
