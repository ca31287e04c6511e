"""Where the car is and where it goes: a group of its own, so that an ACL can hide it (entities.md D)."""

from __future__ import annotations

from bridge.catalog import convert
from bridge.catalog.builders import (
    binary_sensor,
    diagnostics,
    group,
    hidden,
    sensor,
    timestamp,
    topic,
)
from bridge.catalog.places import Place
from bridge.catalog.rows import STREAMED
from bridge.catalog.vehicle import readers

LOCATION_SCOPE = "vehicle_location"

LOCATION = group(
    "location",
    (
        topic(
            "position",
            "Position",
            "drive_state",
            read=readers.position("latitude", "longitude"),
            scope=LOCATION_SCOPE,
            note="JSON for trackers; {} while unknown.",
            stream="Location",
            place=Place.COORDINATES,
        ),
        topic(
            "route_position",
            "Destination position",
            "drive_state",
            read=readers.position("active_route_latitude", "active_route_longitude"),
            scope=LOCATION_SCOPE,
            note="JSON for trackers; {} while unknown.",
            stream="DestinationLocation",
            place=Place.COORDINATES,
        ),
        topic(
            "origin_position",
            "Origin position",
            STREAMED,
            read=readers.position("latitude", "longitude"),
            scope=LOCATION_SCOPE,
            stream="OriginLocation",
            note="JSON for trackers; {} while unknown.",
            place=Place.COORDINATES,
        ),
        topic(
            "route_line",
            "Route line",
            STREAMED,
            scope=LOCATION_SCOPE,
            stream="RouteLine",
            note="An encoded polyline; too long for a state of Home Assistant.",
            place=Place.SPOT,
        ),
        # In this group because they tell where the car is; they come without the scope.
        *hidden(
            binary_sensor(
                "at_work",
                "At work",
                STREAMED,
                stream="LocatedAtWork",
                icon="mdi:office-building",
                place=Place.SPOT,
            ),
            binary_sensor(
                "at_favourite",
                "At a favourite place",
                STREAMED,
                stream="LocatedAtFavorite",
                icon="mdi:heart",
                place=Place.SPOT,
            ),
            sensor(
                "route_destination",
                "Destination",
                "drive_state.active_route_destination",
                scope=LOCATION_SCOPE,
                icon="mdi:map-marker",
                stream="DestinationName",
                place=Place.SPOT,
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
                stream="Location",
                place=Place.COORDINATES,
            ),
            sensor(
                "longitude",
                "Longitude",
                "drive_state.longitude",
                unit="°",
                state_class="measurement",
                scope=LOCATION_SCOPE,
                stream="Location",
                place=Place.COORDINATES,
            ),
            sensor(
                "heading",
                "Heading",
                "drive_state.heading",
                unit="°",
                state_class="measurement_angle",
                scope=LOCATION_SCOPE,
                stream="GpsHeading",
                place=Place.SPOT,
            ),
            timestamp(
                "gps_time",
                "GPS fix time",
                "drive_state.gps_as_of",
                read=convert.seconds_epoch,
                scope=LOCATION_SCOPE,
                place=Place.COORDINATES,
            ),
            binary_sensor(
                "gps_fix",
                "GPS fix",
                STREAMED,
                stream="GpsState",
                place=Place.COORDINATES,
            ),
            # In this group because it tells whether the car is at home; Tesla does not withhold it.
            binary_sensor(
                "homelink_nearby",
                "Homelink nearby",
                "vehicle_state.homelink_nearby",
                stream="HomelinkNearby",
                place=Place.SPOT,
            ),
            sensor(
                "homelink_devices",
                "Homelink devices",
                "vehicle_state.homelink_device_count",
                read=convert.number,
                state_class="measurement",
                stream="HomelinkDeviceCount",
                place=Place.SPOT,
            ),
        ),
    ),
)
