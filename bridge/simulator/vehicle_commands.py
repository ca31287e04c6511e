"""The command table of fleet-api.md 3.2: name -> parameters, what it needs, what it does."""

from typing import Any

from bridge.simulator.errors import UnknownCommand
from bridge.simulator.vehicle_car import Car
from bridge.simulator.vehicle_commands_body import BODY
from bridge.simulator.vehicle_commands_charging import CHARGING
from bridge.simulator.vehicle_commands_climate import CLIMATE
from bridge.simulator.vehicle_commands_media import MEDIA
from bridge.simulator.vehicle_commands_modes import MODES
from bridge.simulator.vehicle_commands_row import NEEDS, Row
from bridge.simulator.vehicle_commands_schedules import SCHEDULES
from bridge.simulator.vehicle_commands_signed import SIGNED
from bridge.simulator.vehicle_parameters import read_all

TABLE: dict[str, Row] = CHARGING | SCHEDULES | CLIMATE | BODY | MODES | MEDIA | SIGNED


def execute(car: Car, name: str, params: dict[str, Any]) -> str:
    """Runs a command; the reason of a refusal, "" when done."""
    row = TABLE.get(name)
    if row is None:
        raise UnknownCommand(name)
    values = read_all(row.parameters, params)
    if car.access.refuse:
        return car.access.refuse.pop(0)
    for need in row.needs:
        fulfilled, refusal = NEEDS[need]
        if not fulfilled(car):
            return refusal
    return row.handler(car, values)
