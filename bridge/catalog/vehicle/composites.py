"""Home Assistant components that are made of several of a car's entities."""

from __future__ import annotations

from bridge.catalog.rows import Composite

COMPOSITES = (
    Composite(
        key="climate",
        name="Climate",
        component="climate",
        states={
            "mode_state_topic": "climate_mode",
            "temperature_state_topic": "target_temperature",
            "current_temperature_topic": "inside_temperature",
            "preset_mode_state_topic": "climate_preset",
            "fan_mode_state_topic": "climate_fan_mode",
        },
        commands={
            "mode_command_topic": "climate_mode",
            "temperature_command_topic": "target_temperature",
            "preset_mode_command_topic": "climate_preset",
            "fan_mode_command_topic": "climate_fan_mode",
        },
        settings={
            "modes": ["off", "heat_cool"],
            "preset_modes": ["keep", "dog", "camp"],
            "fan_modes": ["auto", "bioweapon"],
            "precision": 0.1,
            "temperature_unit": "C",
        },
        range_of="target_temperature",
    ),
    Composite(
        key="cabin_overheat_protection",
        name="Cabin overheat protection",
        component="climate",
        states={
            "mode_state_topic": "cabin_overheat_mode",
            "temperature_state_topic": "cabin_overheat_temperature",
            "current_temperature_topic": "inside_temperature",
        },
        commands={
            "mode_command_topic": "cabin_overheat_mode",
            "temperature_command_topic": "cabin_overheat_temperature",
        },
        settings={
            "modes": ["off", "cool", "fan_only"],
            "min_temp": 30,
            "max_temp": 40,
            "temp_step": 5,
            "precision": 0.1,
            "temperature_unit": "C",
        },
    ),
    Composite(
        key="location",
        name="Location",
        component="device_tracker",
        states={"json_attributes_topic": "position"},
        commands={},
        settings={"source_type": "gps"},
        icon="mdi:car",
    ),
    Composite(
        key="route",
        name="Route",
        component="device_tracker",
        states={"json_attributes_topic": "route_position"},
        commands={},
        settings={"source_type": "gps"},
        icon="mdi:map-marker-path",
    ),
    Composite(
        key="route_origin",
        name="Route origin",
        component="device_tracker",
        states={"json_attributes_topic": "origin_position"},
        commands={},
        settings={"source_type": "gps"},
        enabled=False,
        icon="mdi:map-marker-outline",
    ),
    Composite(
        key="firmware",
        name="Firmware",
        component="update",
        states={"state_topic": "firmware_update"},
        commands={"command_topic": "schedule_software_update"},
        settings={"payload_install": '{"offset_sec": 0}', "device_class": "firmware"},
    ),
    Composite(
        key="send_destination",
        name="Send destination",
        component="notify",
        states={},
        commands={"command_topic": "navigation_request"},
        settings={},
        icon="mdi:map-marker-right",
    ),
    Composite(
        key="rename",
        name="Vehicle name",
        component="text",
        states={"state_topic": "vehicle_name"},
        commands={"command_topic": "set_vehicle_name"},
        settings={"entity_category": "config"},
        enabled=False,
    ),
)
