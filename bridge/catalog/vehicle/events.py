"""What happens to a car: messages on its event topic."""

from __future__ import annotations

from bridge.catalog.builders import event
from bridge.catalog.status import COMMAND_EVENT

ALERT = event(
    "vehicle_alert",
    "Vehicle alert",
    "alert",
    enabled=False,
    icon="mdi:car-emergency",
    note="An alert that was not in the list before, with its name, text, audience and time. The list is asked for "
    "only on request: get/recent_alerts.",
)

EVENTS = (
    COMMAND_EVENT,
    ALERT,
    event(
        "trip",
        "Trip",
        "trip_started trip_finished",
        enabled=False,
        icon="mdi:road-variant",
        note="With distance in km, duration in s and energy in kWh of a trip that has finished.",
    ),
    event(
        "zone_change",
        "Zone change",
        "zone_entered zone_left",
        enabled=False,
        needs="zone",
        icon="mdi:map-marker-radius",
        note="Which zone it is now stands in `location/zone`, where an ACL can hide it.",
    ),
)
