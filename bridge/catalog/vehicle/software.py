"""Software and its updates (entities.md H)."""

from __future__ import annotations

from bridge.catalog import convert
from bridge.catalog.builders import (
    diagnostics,
    enum,
    group,
    sensor,
    timestamp,
    topic,
)
from bridge.catalog.vehicle import readers

SOFTWARE = group(
    "software",
    (
        topic(
            "firmware_update",
            "Firmware update",
            "vehicle_state",
            read=readers.firmware_update,
            note="JSON for Home Assistant's update entity; {} while unknown.",
            stream="Version SoftwareUpdateVersion SoftwareUpdateDownloadPercentComplete "
            "SoftwareUpdateInstallationPercentComplete",
        ),
        *diagnostics(
            sensor("software_version", "Software version", "vehicle_state.car_version", stream="Version"),
            sensor(
                "update_version",
                "Update version",
                "vehicle_state.software_update.version",
                stream="SoftwareUpdateVersion",
            ),
            enum(
                "update_status",
                "Update status",
                "vehicle_state.software_update.status",
                "none available scheduled downloading downloading_wifi_wait installing",
                read=convert.mapped({"": "none"}),
            ),
            sensor(
                "update_download_progress",
                "Update download progress",
                "vehicle_state.software_update.download_perc",
                unit="%",
                state_class="measurement",
                stream="SoftwareUpdateDownloadPercentComplete",
            ),
            sensor(
                "update_install_progress",
                "Update install progress",
                "vehicle_state.software_update.install_perc",
                unit="%",
                state_class="measurement",
                stream="SoftwareUpdateInstallationPercentComplete",
            ),
            sensor(
                "update_duration",
                "Update duration",
                "vehicle_state.software_update.expected_duration_sec",
                read=convert.scaled(1 / 60),
                unit="min",
                device_class="duration",
                stream="SoftwareUpdateExpectedDurationMinutes",
            ),
            timestamp(
                "update_scheduled_start",
                "Update scheduled start",
                "vehicle_state.software_update.scheduled_time_ms",
                read=convert.millis_epoch,
                stream="SoftwareUpdateScheduledStartTime",
            ),
            sensor("api_version", "API version", "vehicle_state.api_version", read=convert.number),
        ),
    ),
)
