"""Listing, reading, waking and commanding cars (fleet-api.md 2.1 to 2.4 and 3.1)."""

from bridge.simulator.account import Car
from bridge.simulator.answers import Json, envelope, listing, not_found, refuse
from bridge.simulator.cloud import Execution
from bridge.simulator.errors import BadParameter
from bridge.simulator.gate import Ask, Call
from bridge.simulator.vehicle_commands_signed import SIGNED

CARS = "/api/1/vehicles"
CAR = "/api/1/vehicles/{tag}"
DATA = ("vehicle_device_data",)
COMMANDS = ("vehicle_cmds",)

GROUPS = frozenset(
    {
        "charge_state",
        "climate_state",
        "closures_state",
        "drive_state",
        "gui_settings",
        "location_data",
        "charge_schedule_data",
        "preconditioning_schedule_data",
        "vehicle_config",
        "vehicle_state",
    }
)

# What vehicle_charging_cmds alone may do: the set proposed in fleet-api.md 1.9.
CHARGING_COMMANDS = {
    "charge_start",
    "charge_stop",
    "charge_standard",
    "charge_max_range",
    "set_charge_limit",
    "set_charging_amps",
    "set_scheduled_charging",
    "set_scheduled_departure",
    "add_charge_schedule",
    "remove_charge_schedule",
    "charge_port_door_open",
    "charge_port_door_close",
}

# Never signed, so taken plain from every car (fleet-api.md 3.2: "REST only").
DONE_BY_THE_CLOUD = {
    "navigation_request",
    "set_managed_charge_current_request",
    "set_managed_charger_location",
    "set_managed_scheduled_charging_time",
}

PROTOCOL_REQUIRED = (
    "Tesla Vehicle Command Protocol required, please refer to the documentation here: "
    "https://developer.tesla.com/docs/fleet-api#2023-10-09-rest-api-vehicle-commands-endpoint-deprecation-warning"
)


def _vehicles(ask: Ask) -> Json:
    page, per_page = _positive(ask, "page", 1), _positive(ask, "per_page", 100)
    cars = ask.account.cars
    pages = max(1, -(-len(cars) // per_page))
    shown = cars[(page - 1) * per_page : page * per_page]
    pagination = {
        "previous": page - 1 if page > 1 else None,
        "next": page + 1 if page < pages else None,
        "current": page,
        "per_page": per_page,
        "count": len(cars),
        "pages": pages,
    }
    return {**listing([car.entry() for car in shown]), "pagination": pagination}


def _positive(ask: Ask, name: str, default: int) -> int:
    text = ask.query.get(name, str(default))
    if not text.isdecimal() or int(text) == 0:
        raise BadParameter(f"{name} is a number above 0")
    return int(text)


def _vehicle(ask: Ask) -> Json:
    return envelope(ask.car.entry())


def _reachable(car: Car) -> Car:
    """The car, if Tesla would pass anything on to it."""
    if not car.mobile_access:
        raise refuse(401, "mobile_access_disabled")
    if car.in_service:
        raise refuse(405, "vehicle is currently in service")
    return car


def live(ask: Ask) -> Car:
    """The car, awake: what needs it answers 408 otherwise."""
    car = _reachable(ask.car)
    if car.state != "online":
        raise refuse(408, "vehicle unavailable: vehicle is offline or asleep")
    return car


def _vehicle_data(ask: Ask) -> Json:
    car = live(ask)
    hidden = car.entry().get("granular_access", {}).get("hide_private", False)
    asked = ask.query.get("endpoints")
    groups = None if asked is None else GROUPS.intersection(asked.split(";"))
    return envelope(car.data(groups, location=ask.has_scope("vehicle_location") and not hidden))


def _wake_up(ask: Ask) -> Json:
    car = _reachable(ask.car)
    car.wake(ask.now)
    return envelope(car.entry())


def _command(ask: Ask) -> Json:
    name = ask.path["name"]
    if name not in CHARGING_COMMANDS:
        ask.need_scope(*COMMANDS)
    if ask.car.command_signing == "required" and name not in DONE_BY_THE_CLOUD:
        raise refuse(403, PROTOCOL_REQUIRED)
    if name in SIGNED:
        raise not_found()  # there is no such endpoint
    car = live(ask)
    result, reason = car.command(name, ask.body, ask.now)
    answer = {"result": result, "reason": reason}
    ask.cloud.executions.append(Execution(ask.now, car.vin, name, ask.body, answer))
    return envelope(answer)


def _fleet_status(ask: Ask) -> Json:
    """Unknown VINs are left out."""
    vins = ask.body.get("vins")
    if not isinstance(vins, list):
        raise BadParameter("vins is a list of VINs")
    cars = [car for car in ask.account.cars if car.vin in vins]
    info = {car.vin: car.fleet_status() for car in cars}
    paired = [car.vin for car in cars if car.key_paired]
    return envelope(
        {
            "key_paired_vins": paired,
            "unpaired_vins": [vin for vin in info if vin not in paired],
            "vehicle_info": info,
        }
    )


CALLS = (
    Call("GET", CARS, "free", DATA, _vehicles),
    Call("POST", f"{CARS}/fleet_status", "data", DATA, _fleet_status),  # unconfirmed: the dearer of the two
    Call("GET", CAR, "free", DATA, _vehicle),
    Call("GET", f"{CAR}/vehicle_data", "data", DATA, _vehicle_data),
    Call("POST", f"{CAR}/wake_up", "wake", (*DATA, *COMMANDS), _wake_up),
    Call("POST", f"{CAR}/command/{{name}}", "command", (*COMMANDS, "vehicle_charging_cmds"), _command),
)
