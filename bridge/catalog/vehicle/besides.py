"""What is asked of a car besides vehicle_data (fleet-api.md 2.4, 8.3; entities.md H36 to H43, L34 to L43).

Of persons there are numbers only: how many drivers, how many invitations.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.catalog import convert
from bridge.catalog.builders import (
    binary_sensor,
    diagnostics,
    group,
    measurement,
    sensor,
    timestamp,
    topic,
)
from bridge.catalog.places import Place
from bridge.catalog.rows import STREAMED, Entity
from bridge.catalog.vehicle import besides_read as read

ON_REQUEST = "Asked only on request: get/{}, or its button."


def _asked(name: str) -> str:
    return ON_REQUEST.format(name)


def _count(key: str, name: str, source: str, **options: Any) -> Entity:
    return sensor(key, name, source, read=convert.count, state_class="measurement", **options)


def _key(key: str, name: str, field: str, **options: Any) -> Entity:
    return binary_sensor(key, name, f"fleet_status.{field}", **({"note": _asked("fleet_status")} | options))


CONFIG = group(
    "config",
    (
        topic("options", "Options", "options.codes", read=read.options, note="JSON: code, name, is_active."),
        topic(
            "warranties", "Warranties", "warranty", read=read.warranties, note="JSON: name, state, expires, odometer."
        ),
        *diagnostics(
            sensor(
                "option_codes", "Option codes", "options.codes", read=read.codes, note="As many as 255 characters hold."
            ),
            timestamp(
                "warranty_expires",
                "Warranty expires",
                "warranty.activeWarranty",
                read=read.next_expiry,
                note="The next that ends of those in force.",
            ),
            _count("warranties_active", "Warranties in force", "warranty.activeWarranty"),
        ),
    ),
)

SOFTWARE = group(
    "software",
    (
        topic(
            "release_notes",
            "Release notes",
            "release_notes.list",
            read=convert.objects("customer_version"),
            note=f"JSON: title, subtitle, description. {_asked('release_notes')}",
        ),
        *diagnostics(
            sensor(
                "release_notes_version",
                "Release notes version",
                "release_notes.list",
                read=read.first("customer_version"),
                note=_asked("release_notes"),
            ),
            sensor(
                "release_notes_title",
                "Release notes title",
                "release_notes.list",
                read=read.first("title"),
                note=_asked("release_notes"),
            ),
        ),
    ),
)

LOCATION = group(
    "location",
    (
        topic(
            "superchargers",
            "Superchargers nearby",
            "nearby_charging_sites.superchargers",
            read=read.sites("available_stalls", "total_stalls", "site_closed"),
            note=f"JSON: name, distance in km, stalls; no coordinates. {_asked('nearby_charging_sites')}",
            place=Place.SPOT,
        ),
        topic(
            "destination_chargers",
            "Destination chargers nearby",
            "nearby_charging_sites.destination_charging",
            read=read.sites(),
            note=f"JSON: name, distance in km; no coordinates. {_asked('nearby_charging_sites')}",
            place=Place.SPOT,
        ),
        *diagnostics(
            sensor(
                "supercharger",
                "Nearest supercharger",
                "nearby_charging_sites.superchargers",
                read=read.nearest("name"),
                icon="mdi:ev-station",
                note="Of those that are open.",
                place=Place.SPOT,
            ),
            measurement(
                "supercharger_distance",
                "Distance to supercharger",
                "nearby_charging_sites.superchargers",
                "km",
                "distance",
                read=read.nearest("distance"),
                note="As the crow flies.",
                place=Place.SPOT,
            ),
            sensor(
                "supercharger_free_stalls",
                "Free stalls at supercharger",
                "nearby_charging_sites.superchargers",
                read=read.nearest("available_stalls"),
                state_class="measurement",
                place=Place.SPOT,
            ),
            sensor(
                "supercharger_stalls",
                "Stalls at supercharger",
                "nearby_charging_sites.superchargers",
                read=read.nearest("total_stalls"),
                state_class="measurement",
                place=Place.SPOT,
            ),
        ),
    ),
)

STATUS = group(
    "status",
    (
        topic("alerts", "Alerts", "recent_alerts.list", read=read.alerts, note=f"JSON. {_asked('recent_alerts')}"),
        _key("key_paired", "Virtual key paired", "paired", category="diagnostic"),
        *diagnostics(
            _key("signing_required", "Signed commands required", "vehicle_command_protocol_required"),
            sensor(
                "telemetry_client_version",
                "Telemetry client version",
                "fleet_status.fleet_telemetry_version",
                note=_asked("fleet_status"),
            ),
            _key("discounted_device_data", "Discounted device data", "discounted_device_data"),
            _key("streaming_allowed", "Streaming allowed in vehicle", "safety_screen_streaming_toggle_enabled"),
            sensor(
                "key_count",
                "Keys on vehicle",
                "fleet_status.total_number_of_keys",
                read=convert.number,
                state_class="measurement",
                note=_asked("fleet_status"),
            ),
            binary_sensor("telemetry_synced", "Telemetry configuration synced", "fleet_telemetry_config.synced"),
            timestamp(
                "telemetry_expires",
                "Telemetry configuration expires",
                "fleet_telemetry_config.config.exp",
                read=convert.seconds_epoch,
            ),
            binary_sensor(
                "telemetry_limit_reached",
                "Telemetry limit reached",
                "fleet_telemetry_config.limit_reached",
                device_class="problem",
                note="As many apps stream from the car as may.",
            ),
            _count("telemetry_errors", "Telemetry errors", "fleet_telemetry_errors.list"),
            binary_sensor(
                "telemetry_connected",
                "Telemetry connected",
                STREAMED,
                device_class="connectivity",
                stream="connectivity",
            ),
            binary_sensor(
                "mobile_access",
                "Mobile access enabled",
                "mobile_enabled.result",
                note="Asked only on request: get/mobile_enabled.",
            ),
            sensor(
                "service_status",
                "Service status",
                "service_data.service_status",
                read=convert.word,
                null="none",
                note=f"none: not in service. {_asked('service_data')}",
            ),
            timestamp(
                "service_ready",
                "Service ready",
                "service_data.service_etc",
                read=convert.iso,
                note=f"As estimated. {_asked('service_data')}",
            ),
            _count("alert_count", "Alerts listed", "recent_alerts.list", note=_asked("recent_alerts")),
            sensor(
                "last_alert",
                "Last alert",
                "recent_alerts.list",
                read=read.last_alert("name"),
                note=_asked("recent_alerts"),
            ),
            timestamp(
                "last_alert_time",
                "Last alert raised",
                "recent_alerts.list",
                read=read.last_alert_time,
                note=_asked("recent_alerts"),
            ),
            _count("drivers", "Drivers", "drivers.list", note="Besides the owner."),
            _count("invitations", "Open invitations", "invitations.list"),
        ),
    ),
)

BESIDES = (*CONFIG, *SOFTWARE, *LOCATION, *STATUS)

HEADS: Mapping[str, str] = {
    **dict.fromkeys(
        [
            "nearby_charging_sites",
            "recent_alerts",
            "release_notes",
            "service_data",
            "fleet_status",
            "options",
            "warranty",
            "fleet_telemetry_config",
            "fleet_telemetry_errors",
            "drivers",
            "invitations",
        ],
        "vehicle_device_data",
    ),
    "mobile_enabled": "vehicle_cmds",
}
"""Head of a source -> the scope of its call (fleet-api.md 1.9)."""
