"""The account: is it signed in, and what does it cost?"""

from __future__ import annotations

from bridge.catalog import convert
from bridge.catalog.rows import binary_sensor, enum, group, sensor, timestamp

ENTITIES = (
    *group(
        "status",
        (
            binary_sensor(
                "signed_in",
                "Signed in",
                "bridge.signed_in",
                device_class="connectivity",
                category="diagnostic",
            ),
            enum(
                "region",
                "Region",
                "bridge.region",
                "na eu cn simulated",
                category="diagnostic",
                enabled=False,
            ),
            timestamp(
                "token_expires",
                "Access token expires",
                "bridge.token_expires",
                read=convert.same,
                category="diagnostic",
                enabled=False,
            ),
            sensor("problem", "Problem", "bridge.problem", category="diagnostic"),
        ),
    ),
    *group(
        "cost",
        tuple(
            sensor(key, name, f"bridge.{key}", unit=unit, category="diagnostic", enabled=enabled, **classes)
            for key, name, unit, enabled, classes in (
                (
                    "cost_month",
                    "Cost this month",
                    "USD",
                    True,
                    {"device_class": "monetary", "state_class": "total"},
                ),
                ("credit_left", "Free credit left", "USD", True, {"device_class": "monetary"}),
                ("calls_data", "Data calls this month", "calls", True, {"state_class": "total_increasing"}),
                (
                    "calls_command",
                    "Command calls this month",
                    "calls",
                    True,
                    {"state_class": "total_increasing"},
                ),
                ("calls_wake", "Wake calls this month", "calls", True, {"state_class": "total_increasing"}),
                ("calls_free", "Free calls this month", "calls", False, {"state_class": "total_increasing"}),
            )
        ),
    ),
)
