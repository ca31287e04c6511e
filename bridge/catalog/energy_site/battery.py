"""The battery (fleet-api.md 4.2; entities.md M)."""

from __future__ import annotations

from typing import Any

from bridge.catalog import convert
from bridge.catalog.builders import (
    binary_sensor,
    diagnostics,
    enum,
    group,
    hidden,
    measurement,
    topic,
)
from bridge.catalog.rows import DERIVED

IDLE_WATTS = 100
"""A battery that moves less than this is idle (entities.md M17)."""


def _charge_level(live_status: Any) -> float:
    """Tesla leaves the field out when a battery is empty (HA core #136232); a site without one has no power."""
    if "percentage_charged" not in live_status:
        convert.number(live_status["battery_power"])
        return 0.0
    return convert.rounded(1)(live_status["percentage_charged"])


def _app_charge_level(live_status: Any) -> float:
    """The app hides the lowest 5 % (pypowerwall #22)."""
    return round(max(_charge_level(live_status) - 5, 0) / 0.95, 1)


def _activity(battery_power: Any) -> str:
    watts = convert.number(battery_power)
    if abs(watts) < IDLE_WATTS:
        return "idle"
    return "discharging" if watts > 0 else "charging"


BATTERY = group(
    "battery",
    (
        measurement(
            "charge_level",
            "Charge level",
            "live_status",
            "%",
            "battery",
            read=_charge_level,
            precision=1,
            needs="has_battery",
            note="The gateway's scale. The app shows 0 % where this is 5 %.",
        ),
        measurement(
            "energy_left",
            "Energy left",
            "live_status.energy_left",
            "Wh",
            "energy_storage",
            read=convert.whole,
            category="diagnostic",
            needs="has_battery",
        ),
        *diagnostics(
            measurement(
                "app_charge_level",
                "Charge level in the app",
                "live_status",
                "%",
                "battery",
                read=_app_charge_level,
                precision=1,
                needs="has_battery",
            ),
            measurement(
                "total_pack_energy",
                "Total pack energy",
                "live_status.total_pack_energy",
                "Wh",
                "energy_storage",
                read=convert.whole,
                needs="has_battery",
            ),
        ),
        binary_sensor(
            "battery_charging",
            "Battery charging",
            "live_status.battery_power",
            read=lambda raw: _activity(raw) == "charging",
            device_class="battery_charging",
            needs="has_battery",
        ),
        *hidden(
            enum(
                "battery_activity",
                "Battery activity",
                "live_status.battery_power",
                "charging discharging idle",
                read=_activity,
                needs="has_battery",
            ),
        ),
        measurement(
            "backup_time_remaining",
            "Backup time remaining",
            "backup_time_remaining.time_remaining_hours",
            "h",
            "duration",
            read=convert.rounded(1),
            needs="has_battery",
            note="Tesla's own estimate, from a call that is not documented. See backup_time_estimate.",
        ),
        *hidden(
            measurement(
                "backup_time_estimate",
                "Backup time estimated",
                DERIVED,
                "h",
                "duration",
                needs="has_battery",
                note="Energy left at the present load, for sites where Tesla's own estimate is unknown.",
            ),
            measurement(
                "time_to_full",
                "Battery time to full",
                DERIVED,
                "min",
                "duration",
                needs="has_battery",
                note="At the present power; unknown unless it charges.",
            ),
            measurement(
                "time_to_reserve",
                "Battery time to reserve",
                DERIVED,
                "min",
                "duration",
                needs="has_battery",
                note="Until the backup reserve, at the present power; unknown unless it discharges.",
            ),
        ),
        topic(
            "charge_level_history",
            "Charge level history",
            "charge_level_history.levels",
            read=convert.objects(),
            note="Today's list of {timestamp, soe}, once `get/charge_level_history` has asked for it. The call is not "
            "documented, and some sites may not know it.",
        ),
        binary_sensor(
            "backup_capable",
            "Backup capable",
            "live_status.backup_capable",
            icon="mdi:home-battery",
            needs="has_battery",
        ),
        *diagnostics(
            binary_sensor(
                "battery_breaker_open",
                "Battery breaker open",
                "live_status.battery_breaker_open",
                device_class="problem",
                needs="has_battery",
            ),
        ),
    ),
)
