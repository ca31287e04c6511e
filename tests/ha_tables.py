"""What Home Assistant 2026.11 takes from MQTT discovery, as tables (mqtt-and-home-assistant.md 1.3 to 1.10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Log(StrEnum):
    """What Home Assistant writes into its log when a bridge does it wrong (1.12)."""

    TOPIC = "illegal discovery topic"
    NO_JSON = "Unable to parse JSON discovery payload"
    DEVICE = "Invalid MQTT device discovery payload"
    COMPONENT = "Error '...' when processing MQTT discovery message"
    NOT_UNIQUE = "does not generate unique IDs"
    NOTHING_TO_CLEAN = "No device components to cleanup"
    NAMELESS = "MQTT device information always needs to include a name"
    ENTITY_ID = "default_entity_id ... has the ... domain"
    STATE_CLASS = "is using state class"
    UNIT = "is not a valid unit for the device class"
    ENUM = "Ignoring invalid option"
    SELECT = "Invalid option for"
    RANGE = "Invalid value for ... (range"
    NO_NUMBER = "is not a Number"
    VALUE = "Value error while updating state"
    TOO_LONG = "Cannot update state ... exceeds the maximum allowed length"
    MOMENT = "Invalid state message"
    TIME = "Invalid received time expression"
    ON_OFF = "No matching payload found for entity"
    COVER = "Payload is not supported (e.g. open, closed"
    NO_OBJECT = "Erroneous JSON"
    LIST = "JSON result was not a dictionary"
    PLACE = "contain invalid or incomplete location info"
    SCHEMA = "Schema violation after processing payload"
    MODE = "Invalid modes mode"
    PRESET = "is not a valid preset mode"
    TEMPERATURE = "Could not parse"
    BYTES = "Can't decode payload"
    PACKET = "No ACK from MQTT server"
    SILENT = "(no line, it just does not work)"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


LARGEST_DOCUMENT = 1_000_000
"""Bytes: half of what Mosquitto 2.1 takes by default (1.3)."""

LONGEST_STATE = 255

ROOT = _words(
    "device origin components availability availability_mode availability_topic availability_template "
    "payload_available payload_not_available state_topic command_topic encoding qos"
)
"""The keys of a device document that every Home Assistant since 2025.10 takes."""

TOO_NEW = {"message_expiry_interval": "2026.6", "child_devices": "2026.11"}
"""Root keys for which an older Home Assistant drops the whole device, and since when they are known."""

LEAKING = frozenset({"state_topic", "command_topic"})
"""At the root they become part of every component that lacks them: of trackers and updates too (1.3)."""

DEVICE = _words(
    "identifiers connections configuration_url hw_version manufacturer model model_id name serial_number "
    "suggested_area sw_version via_device"
)

ORIGIN = frozenset({"name", "sw_version", "support_url"})

AVAILABILITY_ENTRY = frozenset({"topic", "payload_available", "payload_not_available", "value_template"})

AVAILABILITY_MODES = frozenset({"all", "any", "latest"})

CATEGORIES = frozenset({"config", "diagnostic"})

READ_ONLY = frozenset({"sensor", "binary_sensor"})
"""The platforms that refuse entity_category `config`."""

NEW_PLATFORMS = {"date": "2026.6", "time": "2026.6", "datetime": "2026.6", "infrared": "2026.9"}
"""In a device document they make an older Home Assistant drop the whole device."""

COMMON = _words(
    "platform unique_id name availability availability_mode availability_topic availability_template "
    "payload_available payload_not_available default_entity_id enabled_by_default encoding entity_category "
    "entity_picture group icon json_attributes_template json_attributes_topic message_expiry_interval qos "
    "visible_by_default"
)


@dataclass(frozen=True)
class Platform:
    """The options of one platform besides the common ones, as words between spaces."""

    required: str = ""
    optional: str = ""
    nullable: str = ""
    classes: str = ""

    def takes(self, option: str) -> bool:
        return option in COMMON or option in self.required.split() or option in self.optional.split()


_COMMAND = "command_template optimistic retain"

PLATFORMS: Mapping[str, Platform] = {
    "sensor": Platform(
        required="state_topic",
        optional="device_class expire_after force_update last_reset_value_template options state_class "
        "suggested_display_precision unit_of_measurement value_template",
    ),
    "binary_sensor": Platform(
        required="state_topic",
        optional="device_class expire_after force_update off_delay payload_off payload_on value_template",
        classes="battery battery_charging carbon_monoxide cold connectivity door garage_door gas glass_break heat "
        "light lock moisture motion moving occupancy opening plug power presence problem running safety smoke sound "
        "tamper update vibration window",
    ),
    "switch": Platform(
        required="command_topic",
        optional=f"{_COMMAND} device_class payload_off payload_on state_off state_on state_topic value_template",
        classes="outlet switch",
    ),
    "number": Platform(
        required="command_topic",
        optional=f"{_COMMAND} device_class max min mode payload_reset state_topic step unit_of_measurement "
        "value_template",
        nullable="device_class unit_of_measurement",
    ),
    "select": Platform(required="command_topic options", optional=f"{_COMMAND} state_topic value_template"),
    "button": Platform(
        required="command_topic",
        optional="command_template device_class payload_press retain",
        classes="identify restart update",
    ),
    "lock": Platform(
        required="command_topic",
        optional=f"{_COMMAND} code_format payload_lock payload_open payload_reset payload_unlock state_jammed "
        "state_locked state_locking state_open state_opening state_topic state_unlocked state_unlocking "
        "value_template",
    ),
    "cover": Platform(
        optional="command_topic device_class optimistic payload_close payload_open payload_stop position_closed "
        "position_open position_template position_topic retain set_position_template set_position_topic state_closed "
        "state_closing state_open state_opening state_stopped state_topic value_template",
        nullable="payload_open payload_close payload_stop",
        classes="awning blind curtain damper door garage gate shade shutter window",
    ),
    "climate": Platform(
        optional="action_topic current_humidity_topic current_temperature_topic fan_mode_command_topic "
        "fan_mode_state_topic fan_modes initial max_temp min_temp mode_command_topic mode_state_topic modes optimistic "
        "payload_off payload_on power_command_topic precision preset_mode_command_topic preset_mode_state_topic "
        "preset_modes retain temp_step temperature_command_topic temperature_state_topic temperature_unit",
    ),
    "device_tracker": Platform(
        required="json_attributes_topic",
        optional="payload_home payload_not_home payload_reset source_type state_topic value_template",
    ),
    "update": Platform(
        required="state_topic",
        optional="command_topic device_class display_precision entity_picture payload_install release_summary "
        "release_url retain title value_template",
        classes="firmware",
    ),
    "notify": Platform(required="command_topic", optional="command_template retain"),
    "text": Platform(
        required="command_topic",
        optional=f"{_COMMAND} max min mode pattern state_topic value_template",
    ),
    "event": Platform(
        required="event_types state_topic",
        optional="device_class value_template",
        classes="button doorbell motion",
    ),
    "time": Platform(required="command_topic", optional=f"{_COMMAND} state_topic value_template"),
}
"""The platforms that fleet2mqtt uses. Using another means adding its line, from Home Assistant's schema."""

_LENGTH = "mm cm m km in ft yd mi nmi"
_PRESSURE = "mPa Pa hPa kPa bar cbar mbar mmHg inHg inH₂O psi"
_ENERGY = "J kJ MJ GJ mWh Wh kWh MWh GWh TWh cal kcal Mcal Gcal"
_SPEED = "km/h mph m/s kn ft/s m/min in/s mm/s Beaufort in/d in/h mm/d mm/h"

UNITS: Mapping[str, frozenset[str]] = {
    name: _words(units)
    for name, units in {
        "atmospheric_pressure": _PRESSURE,
        "battery": "%",
        "current": "A mA μA",
        "distance": _LENGTH,
        "duration": "d h min s ms μs",
        "energy": _ENERGY,
        "energy_distance": "kWh/100km Wh/km mi/kWh km/kWh",
        "energy_storage": _ENERGY,
        "frequency": "Hz kHz MHz GHz",
        "humidity": "%",
        "power": "mW W kW MW GW TW",
        "pressure": _PRESSURE,
        "signal_strength": "dB dBm",
        "speed": _SPEED,
        "temperature": "°C °F K",
        "voltage": "V mV μV kV MV",
    }.items()
}
"""Device classes of sensors and numbers, and the units that each takes."""

UNITLESS = frozenset({"date", "enum", "timestamp", "uptime"})
"""Device classes whose state is no number: neither unit nor state class."""

ANY_UNIT = frozenset({"monetary"})

SENSOR_CLASSES = frozenset(UNITS) | UNITLESS | ANY_UNIT

_MEASURED = frozenset({"measurement"})
_ALL = frozenset({"measurement", "measurement_angle", "total", "total_increasing"})

STATE_CLASSES: Mapping[str | None, frozenset[str]] = {
    **dict.fromkeys(UNITS, _MEASURED),
    **dict.fromkeys(UNITLESS, frozenset[str]()),
    "distance": _ALL,
    "duration": _ALL,
    "energy": frozenset({"total", "total_increasing"}),
    "monetary": frozenset({"total"}),
    None: _ALL,
}
"""The state classes that fit each device class; no state class fits all."""

HVAC_MODES = frozenset({"off", "heat", "cool", "heat_cool", "auto", "dry", "fan_only"})

UPDATE_TEXTS = frozenset({"installed_version", "latest_version", "title", "release_summary"})
UPDATE_URLS = frozenset({"release_url", "entity_picture"})

BLOCKED_ATTRIBUTES = _words(
    "state entity_id unique_id device_class icon friendly_name unit_of_measurement supported_features assumed_state "
    "available"
)
"""Members of a JSON attributes object that Home Assistant ignores (1.8)."""
