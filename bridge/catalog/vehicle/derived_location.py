"""In which of the owner's zones the car is: in the group that an ACL hides (entities.md D16, D18, A77)."""

from __future__ import annotations

from bridge.catalog.builders import (
    binary_sensor,
    diagnostics,
    group,
    hidden,
    sensor,
)
from bridge.catalog.places import Place
from bridge.catalog.rows import DERIVED
from bridge.catalog.vehicle.location import LOCATION_SCOPE

DERIVED_LOCATION = group(
    "location",
    (
        binary_sensor(
            "at_home",
            "At home",
            DERIVED,
            needs="zone",
            scope=LOCATION_SCOPE,
            icon="mdi:home-map-marker",
            stream="LocatedAtHome",
            note="In the zone named `home` of FLEET2MQTT_ZONES.",
            place=Place.ZONE,
        ),
        *hidden(
            sensor(
                "zone",
                "Zone",
                DERIVED,
                place=Place.ZONE,
                needs="zone",
                scope=LOCATION_SCOPE,
                icon="mdi:map-marker-radius",
                note="One of FLEET2MQTT_ZONES, the smallest that it is in, else `elsewhere`.",
            ),
        ),
        *diagnostics(
            sensor(
                "charge_zone",
                "Zone of charge session",
                DERIVED,
                needs="zone",
                scope=LOCATION_SCOPE,
                icon="mdi:map-marker-radius",
                note="Where it charges, or charged last.",
                place=Place.ZONE,
            ),
        ),
    ),
)
