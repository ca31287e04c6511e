"""Security, modes and safety settings (entities.md F)."""

from __future__ import annotations

from typing import Any

from bridge.catalog import convert
from bridge.catalog.builders import (
    binary_sensor,
    diagnostics,
    enum,
    group,
    hidden,
    lock,
    measurement,
    number,
    sensor,
    switch,
)
from bridge.catalog.rows import ASSUMED, STREAMED, Entity, Limits
from bridge.catalog.vehicle.quantities import NOT_TOLD
from bridge.catalog.writes import Invocation, either, sets


def _limit_speed(kilometres_per_hour: Any) -> Invocation:
    """Tesla takes miles per hour."""
    return Invocation("speed_limit_set_limit", {"limit_mph": round(kilometres_per_hour / convert.KM_PER_MILE, 1)})


DISPLAY = "off dim accessory on driving charging lock sentry dog entertainment"
"""`center_display_state`, in the order of the telemetry enum DisplayState (entities.md, appendix 2)."""

GUEST_ACCESS = (
    "init not_authenticated authenticated aborted_driving aborted_using_remote_start aborted_using_ble_keys "
    "aborted_valet_mode aborted_guest_mode_off aborted_drive_auth_time_exceeded aborted_no_data_received "
    "requesting_from_mothership requesting_from_auth_d aborted_fetch_failed aborted_bad_data_received showing_qr_code "
    "swiped_away dismissed_qr_code_expired succeeded_paired_new_ble_key"
)

TAKES_PIN = 'It takes the PIN too: {"value": true, "pin": "1234"}.'

WITH_PIN = {"code_format": r"^\d{4}$", "command_template": '{"value": {{ value }}, "pin": "{{ code }}"}'}
"""Home Assistant asks for the four digits, and sends them."""


def _buckle(key: str, name: str, field: str) -> Entity:
    return enum(key, name, STREAMED, "unlatched latched faulted", stream=field, icon="mdi:seatbelt")


SECURITY = group(
    "security",
    (
        switch(
            "sentry_mode",
            "Sentry mode",
            "vehicle_state.sentry_mode",
            sets("set_sentry_mode", "on"),
            icon="mdi:shield-car",
            stream="SentryMode",
        ),
        binary_sensor(
            "user_present",
            "User present",
            "vehicle_state.is_user_present",
            device_class="presence",
            stream="DriverSeatOccupied",
        ),
        switch(
            "valet_mode",
            "Valet mode",
            "vehicle_state.valet_mode",
            sets("set_valet_mode", "on"),
            category="config",
            enabled=False,
            icon="mdi:account-tie",
            note="A car with a valet PIN leaves the mode only with it: set_valet_mode takes a password.",
            stream="ValetModeEnabled",
        ),
        number(
            "speed_limit",
            "Speed limit",
            "vehicle_state.speed_limit_mode.current_limit_mph",
            # 50 to 120 mph, read as exactly these values. The step lets every one of them through.
            Limits(
                minimum=80.47,
                maximum=193.12,
                step=0.01,
                minimum_from="speed_limit_minimum",
                maximum_from="speed_limit_maximum",
            ),
            _limit_speed,
            read=convert.kilometres,
            unit="km/h",
            device_class="speed",
            category="config",
            enabled=False,
            note="The car keeps whole miles per hour.",
            stream="CurrentLimitMph",
        ),
        enum(
            "sentry_state",
            "Sentry mode state",
            "vehicle_state.sentry_mode",
            "off on idle armed aware panic quiet",
            read=convert.mapped({False: "off", True: "on"}),
            category="diagnostic",
            stream="SentryMode",
            note="A poll tells only off and on.",
        ),
        *hidden(
            switch(
                "guest_mode_active",
                "Guest mode",
                ASSUMED,
                sets("guest_mode", "enable"),
                category="config",
                icon="mdi:account-key",
                stream="GuestModeEnabled",
                note=NOT_TOLD,
            ),
            lock(
                "speed_limit_lock",
                "Speed limit lock",
                "vehicle_state.speed_limit_mode.active",
                either("speed_limit_activate", "speed_limit_deactivate"),
                category="config",
                icon="mdi:car-speed-limiter",
                stream="SpeedLimitMode",
                settings=WITH_PIN,
                note=f"Locked is limited. {TAKES_PIN}",
            ),
            lock(
                "parental_controls",
                "Parental controls",
                ASSUMED,
                either("parental_controls_activate", "parental_controls_deactivate"),
                category="config",
                icon="mdi:account-child",
                settings=WITH_PIN,
                note=f"Locked is on. {TAKES_PIN} {NOT_TOLD}",
            ),
            switch(
                "low_power_mode",
                "Low power mode",
                ASSUMED,
                sets("set_low_power_mode", "enable"),
                category="config",
                icon="mdi:leaf",
                note=NOT_TOLD,
            ),
            switch(
                "accessory_power",
                "Keep accessory power",
                ASSUMED,
                sets("keep_accessory_power_mode", "enable"),
                category="config",
                icon="mdi:power-socket",
                note=NOT_TOLD,
            ),
        ),
        *diagnostics(
            measurement(
                "current_speed_limit",
                "Current speed limit",
                "vehicle_state.speed_limit_mode.current_limit_mph",
                "km/h",
                "speed",
                read=convert.kilometres,
                precision=0,
                stream="CurrentLimitMph",
                note="Of the mode, whether it is on or not. The car keeps whole miles per hour.",
            ),
            binary_sensor(
                "driver_seat_occupied",
                "Driver seat occupied",
                STREAMED,
                device_class="occupancy",
                stream="DriverSeatOccupied",
            ),
            _buckle("driver_seat_belt", "Driver seat belt", "DriverSeatBelt"),
            _buckle("passenger_seat_belt", "Passenger seat belt", "PassengerSeatBelt"),
            enum("guest_mode_access", "Guest mode access", STREAMED, GUEST_ACCESS, stream="GuestModeMobileAccessState"),
            binary_sensor("pin_to_drive", "PIN to drive enabled", STREAMED, stream="PinToDriveEnabled"),
            sensor(
                "paired_keys",
                "Paired phone keys and fobs",
                STREAMED,
                read=convert.number,
                state_class="measurement",
                stream="PairedPhoneKeyAndKeyFobQty",
            ),
            binary_sensor(
                "blind_spot_camera", "Automatic blind spot camera", STREAMED, stream="AutomaticBlindSpotCamera"
            ),
            binary_sensor(
                "emergency_braking_off",
                "Automatic emergency braking off",
                STREAMED,
                device_class="problem",
                stream="AutomaticEmergencyBrakingOff",
            ),
            binary_sensor(
                "blind_spot_chime",
                "Blind spot collision warning chime",
                STREAMED,
                stream="BlindSpotCollisionWarningChime",
            ),
            enum(
                "forward_collision_warning",
                "Forward collision warning",
                STREAMED,
                "off late average early",
                stream="ForwardCollisionWarning",
            ),
            enum(
                "lane_departure_avoidance",
                "Lane departure avoidance",
                STREAMED,
                "none warning assist",
                stream="LaneDepartureAvoidance",
            ),
            binary_sensor(
                "emergency_lane_departure_avoidance",
                "Emergency lane departure avoidance",
                STREAMED,
                stream="EmergencyLaneDepartureAvoidance",
            ),
            enum(
                "speed_limit_warning", "Speed limit warning", STREAMED, "none display chime", stream="SpeedLimitWarning"
            ),
            binary_sensor(
                "speed_limit_mode", "Speed limit mode", "vehicle_state.speed_limit_mode.active", stream="SpeedLimitMode"
            ),
            sensor(
                "speed_limit_minimum",
                "Speed limit minimum",
                "vehicle_state.speed_limit_mode.min_limit_mph",
                read=convert.kilometres,
                unit="km/h",
                device_class="speed",
            ),
            sensor(
                "speed_limit_maximum",
                "Speed limit maximum",
                "vehicle_state.speed_limit_mode.max_limit_mph",
                read=convert.kilometres,
                unit="km/h",
                device_class="speed",
            ),
            binary_sensor("speed_limit_pin_set", "Speed limit PIN set", "vehicle_state.speed_limit_mode.pin_code_set"),
            binary_sensor("valet_pin_needed", "Valet PIN needed", "vehicle_state.valet_pin_needed"),
            binary_sensor("sentry_mode_available", "Sentry mode available", "vehicle_state.sentry_mode_available"),
            binary_sensor(
                "dashcam_recording",
                "Dashcam recording",
                "vehicle_state.dashcam_state",
                read=convert.one_of("Recording"),
                device_class="running",
            ),
            enum(
                "dashcam_state",
                "Dashcam state",
                "vehicle_state.dashcam_state",
                "recording available unavailable saving",
            ),
            binary_sensor(
                "dashcam_clip_available",
                "Dashcam clip can be saved",
                "vehicle_state.dashcam_clip_save_available",
            ),
            binary_sensor("webcam_available", "Webcam available", "vehicle_state.webcam_available"),
            binary_sensor("remote_start", "Remote start", "vehicle_state.remote_start", device_class="running"),
            binary_sensor(
                "remote_start_enabled",
                "Remote start enabled",
                "vehicle_state.remote_start_enabled",
                stream="RemoteStartEnabled",
            ),
            binary_sensor("remote_start_supported", "Remote start supported", "vehicle_state.remote_start_supported"),
            binary_sensor(
                "service_mode",
                "Service mode",
                "vehicle_state.service_mode",
                device_class="problem",
                stream="ServiceMode",
            ),
            binary_sensor("service_mode_plus", "Service mode plus", "vehicle_state.service_mode_plus"),
            enum(
                "centre_display",
                "Centre display",
                "vehicle_state.center_display_state",
                DISPLAY,
                read=convert.mapped(dict(enumerate(DISPLAY.split()))),
                stream="CenterDisplay",
            ),
            sensor(
                "autopark_state",
                "Autopark state",
                "vehicle_state",
                read=convert.first_of(convert.phrase, "autopark_state_v3", "autopark_state_v2"),
            ),
            sensor("autopark_style", "Autopark style", "vehicle_state.autopark_style"),
            sensor("autopark_error", "Last autopark error", "vehicle_state.last_autopark_error"),
            binary_sensor("smart_summon_available", "Smart summon available", "vehicle_state.smart_summon_available"),
            binary_sensor("summon_standby", "Summon standby", "vehicle_state.summon_standby_mode_enabled"),
            binary_sensor("santa_mode", "Santa mode", "vehicle_state.santa_mode", read=convert.nonzero),
            binary_sensor("self_test_requested", "Self-test requested", "vehicle_state.vehicle_self_test_requested"),
            sensor(
                "self_test_progress",
                "Self-test progress",
                "vehicle_state.vehicle_self_test_progress",
                unit="%",
                state_class="measurement",
            ),
        ),
    ),
)
