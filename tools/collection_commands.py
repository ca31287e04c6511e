"""Every command of the catalogue as a request, with a body that the bridge itself would take."""

from __future__ import annotations

from collections.abc import Mapping

from collection_notes import LATITUDE, LONGITUDE, NOW, SITE, VIN, Desk, Folder, Row

from bridge.catalog import CATALOGUE, validate
from bridge.catalog.rows import Command, Parameter
from bridge.catalog.vehicle import commands as vehicle_commands
from bridge.model import Kind, Value

EXAMPLES: Mapping[str, Mapping[str, Value]] = {
    "add_charge_schedule": {"days_of_week": "Weekdays", "name": "Night"},
    "add_precondition_schedule": {"days_of_week": "Weekdays", "name": "Morning"},
    "navigation_request": {"address": "1 Market Street, San Francisco"},
    "navigation_waypoints_request": {"waypoints": "refId:ChIJIQBpAG2ahYAR_6128GcTUEo"},
    "parental_controls_enable_setting": {"setting": "speed_limit"},
    "remote_boombox": {"sound": 2000},
    "remote_seat_heater_request": {"heater": 0, "seat_position": 0},
    "schedule_software_update": {"offset_sec": 7200},
    "set_vehicle_name": {"vehicle_name": "Model 3"},
    "take_drivenote": {"note": "Rattles on the left."},
    "upcoming_calendar_entries": {"calendar_data": "Dentist at nine"},
}
"""Where the first value that comes to mind is not a good one."""


def body(command: Command) -> Mapping[str, Value]:
    """An example, checked as the bridge checks what it is sent."""
    given = {each.name: _sample(each) for each in command.parameters if each.type is not str or _is_said(each)}
    whole = validate.parameters(command, {**given, **EXAMPLES.get(command.name, {})}, {})
    return command.body(whole, NOW) if command.body else whole


def _is_said(text: Parameter) -> bool:
    return bool(text.choices or text.secret)


def _sample(parameter: Parameter) -> Value:
    if parameter.name in {"lat", "lon"}:
        return LATITUDE if parameter.name == "lat" else LONGITUDE
    if parameter.default is not None or parameter.choices:
        return parameter.choices[-1] if parameter.default is None else parameter.default
    if parameter.type is bool or parameter.secret:
        return True if parameter.type is bool else "1234"
    low = parameter.minimum or 0
    high = low + 2 if parameter.maximum is None else parameter.maximum
    return 450 if parameter.is_time else parameter.type(low + round((high - low) / 2))


def _vehicle_command(command: Command) -> Row:
    async def ask(desk: Desk) -> None:
        await desk.account.command(VIN, command.endpoint, body(command))

    return Row(command.title, ask, "command", note=_words(command))


def _energy_write(command: Command) -> Row:
    async def ask(desk: Desk) -> None:
        await desk.account.energy_write(SITE, command.endpoint, body(command))

    return Row(command.title, ask, "write", note=_words(command))


def _words(command: Command) -> str:
    scopes = " or ".join(f"`{scope}`" for scope in command.scopes)
    return " ".join(part for part in (command.note, f"Scope: {scopes}.") if part)


def _rows(commands: tuple[Command, ...]) -> tuple[Row, ...]:
    return tuple(_vehicle_command(command) for command in commands if not command.dangerous)


DANGEROUS = tuple(row for row in CATALOGUE[Kind.VEHICLE].commands.values() if row.dangerous)

COMMANDS = Folder(
    "Vehicle commands",
    "They move real things. The car must be awake: `Vehicles / Wake up` first.",
    (
        Folder("Charge", "", _rows(vehicle_commands.CHARGE)),
        Folder("Climate", "", _rows(vehicle_commands.CLIMATE)),
        Folder("Closures", "", _rows(vehicle_commands.CLOSURES)),
        Folder("Actions", "", _rows(vehicle_commands.ACTIONS)),
        Folder("Security", "", _rows(vehicle_commands.SECURITY)),
        Folder("Software", "", _rows(vehicle_commands.SOFTWARE)),
        Folder("Media", "Only while somebody sits in the car.", _rows(vehicle_commands.MEDIA)),
        Folder("Navigation", "", _rows(vehicle_commands.NAVIGATION)),
    ),
)

OFF = Folder(
    "Dangerous vehicle commands",
    "They open or start a car, or lock you out of it. They are skipped unless `dangerous_commands` is `on`.",
    tuple(_vehicle_command(command) for command in DANGEROUS),
    "only_if_on",
)

WRITES = Folder(
    "Energy site settings",
    "A yes means accepted, not done: read `Site info` afterwards.",
    tuple(_energy_write(command) for command in CATALOGUE[Kind.ENERGY_SITE].commands.values() if not command.is_local),
)
