"""Where the car is and where it goes: a group of its own, so that an ACL can hide it (entities.md D)."""

from __future__ import annotations

from bridge.catalog import convert
from bridge.catalog.rows import binary_sensor, diagnostics, group, hidden, sensor, timestamp, topic

LOCATION_SCOPE = "vehicle_location"

LOCATION = group(
    "location",
    (
        topic(
            "position",
            "Position",
            "drive_state",
            read=convert.position("latitude", "longitude"),
            scope=LOCATION_SCOPE,
            note="JSON for trackers; {} while unknown.",
        ),
        topic(
            "route_position",
            "Destination position",
            "drive_state",
            read=convert.position("active_route_latitude", "active_route_longitude"),
            scope=LOCATION_SCOPE,
            note="JSON for trackers; {} while unknown.",
        ),
        *hidden(
            sensor(
                "route_destination",
                "Destination",
                "drive_state.active_route_destination",
                scope=LOCATION_SCOPE,
                icon="mdi:map-marker",
            ),
        ),
        *diagnostics(
            sensor(
                "latitude",
                "Latitude",
                "drive_state.latitude",
                unit="°",
                state_class="measurement",
                scope=LOCATION_SCOPE,
            ),
            sensor(
                "longitude",
                "Longitude",
                "drive_state.longitude",
                unit="°",
                state_class="measurement",
                scope=LOCATION_SCOPE,
            ),
            sensor(
                "heading",
                "Heading",
                "drive_state.heading",
                unit="°",
                state_class="measurement_angle",
                scope=LOCATION_SCOPE,
            ),
            timestamp(
                "gps_time",
                "GPS fix time",
                "drive_state.gps_as_of",
                read=convert.seconds_epoch,
                scope=LOCATION_SCOPE,
            ),
            # In this group because it tells whether the car is at home; Tesla does not withhold it.
            binary_sensor("homelink_nearby", "Homelink nearby", "vehicle_state.homelink_nearby"),
            sensor(
                "homelink_devices",
                "Homelink devices",
                "vehicle_state.homelink_device_count",
                read=convert.number,
                state_class="measurement",
            ),
        ),
    ),
)
