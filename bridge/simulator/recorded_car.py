"""A car that is a recorded body: it acknowledges every command and changes nothing."""

from datetime import datetime

from bridge.simulator.answers import Json

OPTIONAL = {"location_data", "charge_schedule_data", "preconditioning_schedule_data"}
GROUPS = OPTIONAL | {
    "charge_state",
    "climate_state",
    "closures_state",
    "drive_state",
    "gui_settings",
    "vehicle_config",
    "vehicle_state",
}
LOCATION = {"latitude", "longitude", "heading", "gps_as_of", "native_latitude", "native_longitude"}


class RecordedCar:
    """What is known of one VIN from products lists and vehicle_data bodies, fed oldest first."""

    plugged_din = None
    charger_watts = 0.0
    # Unsigned commands are acknowledged, whatever was recorded.
    command_signing = "off"
    key_paired = False

    def __init__(self, vin: str) -> None:
        self.vin = vin
        self._entry: Json = {}
        self._groups: Json = {}

    def learn_entry(self, entry: Json) -> None:
        """A products or vehicles entry; some of them carry vehicle_config."""
        self._entry |= entry
        self._groups |= {name: entry[name] for name in GROUPS & entry.keys()}

    def learn_data(self, body: Json) -> None:
        """A vehicle_data body: whoever answered that was online."""
        self._entry |= {name: value for name, value in body.items() if name not in GROUPS} | {"state": "online"}
        self._groups |= {name: body[name] for name in GROUPS & body.keys()}

    @property
    def state(self) -> str:
        return self._entry.get("state") or "offline"

    @property
    def in_service(self) -> bool:
        return bool(self._entry.get("in_service"))

    @property
    def mobile_access(self) -> bool:
        return not self._entry.get("mobile_access_disabled")

    def advance(self, now: datetime) -> None:
        """Nothing happens to a recorded car."""

    def entry(self) -> Json:
        return dict(self._entry)

    def data(self, groups: frozenset[str] | None, *, location: bool) -> Json:
        wanted = GROUPS - OPTIONAL if groups is None else groups
        shown = {name: self._groups[name] for name in sorted(wanted & self._groups.keys())}
        if shown.get("drive_state") and not (location and "location_data" in wanted):
            drive = shown["drive_state"]
            shown["drive_state"] = {name: value for name, value in drive.items() if name not in LOCATION}
        return {name: value for name, value in self._entry.items() if name not in GROUPS} | shown

    def wake(self, _now: datetime) -> None:
        self._entry["state"] = "online"

    def command(self, _name: str, _params: Json, _now: datetime) -> tuple[bool, str]:
        """Acknowledged; the recorded body stays."""
        return True, ""

    def told(self, _name: str) -> Json | None:
        """Nothing: it takes no signed messages."""
        return None

    def fleet_status(self) -> Json:
        version = (self._groups.get("vehicle_state") or {}).get("car_version") or ""
        return {
            "firmware_version": version.partition(" ")[0],
            "vehicle_command_protocol_required": False,
            "discounted_device_data": False,
            "fleet_telemetry_version": None,
            "total_number_of_keys": None,
        }

    def force(self, **fields: object) -> None:
        """Overwrite members of the list entry, such as `state`."""
        self._entry |= fields
