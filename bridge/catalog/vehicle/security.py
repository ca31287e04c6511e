"""Security, modes and safety settings (entities.md F)."""

from __future__ import annotations

from typing import Any

from bridge.catalog import convert
from bridge.catalog.rows import Limits, binary_sensor, diagnostics, enum, group, number, sensor, switch
from bridge.catalog.writes import Invocation, sets


def _limit_speed(kilometres_per_hour: Any) -> Invocation:
    """Tesla takes miles per hour."""
    return Invocation("speed_limit_set_limit", {"limit_mph": round(kilometres_per_hour / convert.KM_PER_MILE, 1)})


DISPLAY = "off dim accessory on driving charging lock sentry dog entertainment"
"""`center_display_state`, in the order of the telemetry enum DisplayState (entities.md, appendix 2)."""

SECURITY = group(
    "security",
    (
        switch(
            "sentry_mode",
            "Sentry mode",
            "vehicle_state.sentry_mode",
            sets("set_sentry_mode", "on"),
            icon="mdi:shield-car",
        ),
        binary_sensor("user_present", "User present", "vehicle_state.is_user_present", device_class="presence"),
        switch(
            "valet_mode",
            "Valet mode",
            "vehicle_state.valet_mode",
            sets("set_valet_mode", "on"),
            category="config",
            enabled=False,
            icon="mdi:account-tie",
            note="A car with a valet PIN leaves the mode only with it: set_valet_mode takes a password.",
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
        ),
        *diagnostics(
            binary_sensor("speed_limit_mode", "Speed limit mode", "vehicle_state.speed_limit_mode.active"),
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
            binary_sensor("remote_start_enabled", "Remote start enabled", "vehicle_state.remote_start_enabled"),
            binary_sensor("remote_start_supported", "Remote start supported", "vehicle_state.remote_start_supported"),
            binary_sensor("service_mode", "Service mode", "vehicle_state.service_mode", device_class="problem"),
            binary_sensor("service_mode_plus", "Service mode plus", "vehicle_state.service_mode_plus"),
            enum(
                "centre_display",
                "Centre display",
                "vehicle_state.center_display_state",
                DISPLAY,
                read=convert.mapped(dict(enumerate(DISPLAY.split()))),
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
