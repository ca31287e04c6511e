"""A wall connector: its entry in live_status, and its entry among the site's components (fleet-api.md 4.2, 4.3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bridge.catalog import convert
from bridge.catalog.builders import (
    binary_sensor,
    diagnostics,
    enum,
    event,
    group,
    hidden,
    measurement,
    sensor,
    timestamp,
    topic,
)
from bridge.catalog.places import Place
from bridge.catalog.rows import DERIVED, Entity
from bridge.catalog.status import FRESHNESS

STATES = {
    0: "booting",
    1: "charging",
    2: "not_connected",
    3: "connected",
    4: "connected",
    5: "scheduled",
    6: "negotiating",
    7: "error",
    8: "finished",
    9: "waiting_for_car",
    10: "reduced",
}
"""Tesla publishes no table. entities.md Q1, but 3, which is a second word for connected (fleet-api.md 4.2)."""

IS_CHARGING = {1: True, 10: True} | dict.fromkeys((2, 3, 4, 5, 6, 8, 9), False)
"""A booting or broken one cannot tell."""

IS_CONNECTED = {2: False} | dict.fromkeys((1, 3, 4, 5, 6, 8, 9, 10), True)

IS_FAULTY: dict[float, bool] = {0: False, 2: False}
"""Recorded wall connectors that work answer 2; anything else is a fault (entities.md Q3)."""

_STATE = "wall_connector.wall_connector_state"
_FAULT = "wall_connector.wall_connector_fault_state"

_ALONE = "Tesla does not say at which wall connector: only where the site has one."

_COUNTED = "Tesla's sessions and, until they are told, the power that the bridge saw. Never runs backwards. "


def _last(field: str) -> Callable[[Any], Any]:
    def read(sessions: Any) -> Any:
        known = convert.objects()(sessions)
        return known[-1][field] if known else None

    return read


def _counter(key: str, name: str, note: str) -> Entity:
    return sensor(
        key,
        name,
        DERIVED,
        unit="Wh",
        device_class="energy",
        state_class="total_increasing",
        note=_COUNTED + note,
    )


ENTITIES = (
    *group(
        "charge",
        (
            enum(
                "state",
                "State",
                _STATE,
                " ".join(dict.fromkeys(STATES.values())),
                read=convert.mapped(STATES),
                category="diagnostic",
                icon="mdi:ev-station",
                note="The meaning of the codes is not official; a code that is not known is shown as it is.",
            ),
            measurement("power", "Power", "wall_connector.wall_connector_power", "W", "power", read=convert.whole),
            binary_sensor(
                "vehicle_connected",
                "Vehicle connected",
                _STATE,
                read=convert.known(IS_CONNECTED),
                device_class="plug",
            ),
            binary_sensor(
                "charging",
                "Charging",
                _STATE,
                read=convert.known(IS_CHARGING),
                device_class="battery_charging",
            ),
            sensor(
                "vehicle_vin",
                "Connected vehicle",
                "wall_connector.vin",
                null="none",
                icon="mdi:car-electric",
                note="none: no car, or none that Tesla knows.",
                place=Place.ZONE,
            ),
            sensor(
                "vehicle_name",
                "Connected vehicle name",
                DERIVED,
                icon="mdi:car-electric",
                note="Of the car with vehicle_vin; unknown if it is not in this account.",
                place=Place.ZONE,
            ),
            binary_sensor(
                "fault",
                "Fault",
                _FAULT,
                read=lambda raw: IS_FAULTY.get(convert.number(raw), True),
                device_class="problem",
                category="diagnostic",
            ),
            *diagnostics(
                sensor("fault_state", "Fault state", _FAULT, read=convert.number, note="2 is healthy."),
                sensor("ocpp_status", "OCPP status", "wall_connector.ocpp_status", read=convert.mapped({})),
                sensor(
                    "powershare_session_state",
                    "Powershare session state",
                    "wall_connector.powershare_session_state",
                    read=convert.mapped({}),
                ),
            ),
        ),
    ),
    *group(
        "sessions",
        (
            sensor(
                "last_session_energy",
                "Last session energy",
                "charge_history.sessions",
                read=_last("energy"),
                unit="Wh",
                device_class="energy",
                state_class="total",
                needs="charge_sessions",
                note=_ALONE,
            ),
            *hidden(
                timestamp(
                    "last_session_start",
                    "Last session start",
                    "charge_history.sessions",
                    read=lambda raw: convert.iso(_last("start")(raw)),
                    needs="charge_sessions",
                    note=_ALONE,
                ),
                sensor(
                    "last_session_duration",
                    "Last session duration",
                    "charge_history.sessions",
                    read=_last("duration"),
                    unit="s",
                    device_class="duration",
                    needs="charge_sessions",
                    note=_ALONE,
                ),
            ),
            _counter("energy_today", "Energy today", "Starts again at the site's midnight."),
            _counter("energy_lifetime", "Energy lifetime", "Since the bridge came, and what Tesla told then."),
            topic(
                "energy_per_vehicle",
                "Energy per vehicle",
                DERIVED,
                note="VIN -> Wh, of charges that the bridge has seen; `unknown` for the others.",
                place=Place.ZONE,
            ),
            topic(
                "charge_sessions",
                "Charge sessions",
                "charge_history.sessions",
                read=convert.objects(),
                note="List of {start, duration in seconds, energy in Wh}, oldest first. " + _ALONE,
            ),
        ),
    ),
    *group(
        "info",
        diagnostics(
            sensor("serial_number", "Serial number", "wall_connector_info.serial_number"),
            sensor("part_name", "Part name", "wall_connector_info.part_name"),
            sensor("part_number", "Part number", "wall_connector_info.part_number"),
            sensor("firmware_version", "Firmware version", "wall_connector_info.firmware_version"),
            binary_sensor("active", "Active", "wall_connector_info.is_active"),
        ),
    ),
    *group("status", FRESHNESS),
)

EVENTS = (
    event(
        "charge_session",
        "Charge session",
        "charging_started charging_ended",
        enabled=False,
        icon="mdi:ev-station",
        note="With `vin` and `start`; at the end also `duration` in seconds, and `energy` in Wh of the power that the "
        "bridge saw.",
    ),
)
