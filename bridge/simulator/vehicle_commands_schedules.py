"""Schedule commands: the old two modes and the new lists (fleet-api.md 3.2, 3.4)."""

from collections.abc import Callable
from typing import Any

from bridge.simulator.errors import BadParameter
from bridge.simulator.places import Place, miles_between
from bridge.simulator.vehicle_car import AT_MILES, Car
from bridge.simulator.vehicle_commands_row import ALREADY_SET, DONE, Row
from bridge.simulator.vehicle_life import settle_charging
from bridge.simulator.vehicle_parameters import ANY_ID, LAT, LON, MINUTE_OF_DAY, Parameter, Params, days, flag, text
from bridge.simulator.vehicle_schedules import EVERY_DAY, WORKDAYS, Schedule, Timetable, put

Choose = Callable[[Timetable], list[Schedule]]
WHERE = ("home", "work", "other")


def _scheduled_charging(car: Car, params: Params) -> str:
    if params["enable"] and params["time"] is None:
        raise BadParameter("missing time param")
    table = car.timetable
    wanted = ("StartAt", params["time"]) if params["enable"] else ("Off", table.start_minutes)
    if (table.mode, table.start_minutes) == wanted:
        return ALREADY_SET
    table.mode, table.start_minutes = wanted
    return _reconsider(car)


def _scheduled_departure(car: Car, params: Params) -> str:
    table = car.timetable
    table.mode = "DepartBy" if params["enable"] else "Off"
    table.departure_minutes = params["departure_time"]
    table.preconditioning = params["preconditioning_enabled"]
    table.preconditioning_days = _mask(weekdays_only=params["preconditioning_weekdays_only"])
    table.off_peak = params["off_peak_charging_enabled"]
    table.off_peak_days = _mask(weekdays_only=params["off_peak_charging_weekdays_only"])
    table.off_peak_end = params["end_off_peak_time"]
    return _reconsider(car)


def _mask(*, weekdays_only: bool) -> int:
    return WORKDAYS if weekdays_only else EVERY_DAY


def _reconsider(car: Car) -> str:
    """A new plan holds at once; a charge that only ran by itself waits for its time."""
    if car.charging.active and car.charging.enabled_by_user is None:
        car.charging.pause()
    settle_charging(car)
    return DONE


def _put(choose: Choose, fields: tuple[str, ...]) -> Callable[[Car, Params], str]:
    """Adds a schedule to one of the lists, or replaces the one with its id."""

    def handler(car: Car, params: Params) -> str:
        schedules = choose(car.timetable)
        schedule: dict[str, Any] = {
            "id": params["id"] or _new_id(car, schedules),
            "latitude": params["lat"],
            "longitude": params["lon"],
        }
        put(schedules, schedule | {field: params[field] for field in fields})
        return _reconsider(car)

    return handler


def _new_id(car: Car, schedules: list[Schedule]) -> int:
    """The epoch second, as the proxy does it; the next free one."""
    taken = {schedule["id"] for schedule in schedules}
    number = int(car.now.timestamp())
    while number in taken:
        number += 1
    return number


def _remove(choose: Choose) -> Callable[[Car, Params], str]:
    def handler(car: Car, params: Params) -> str:
        schedules = choose(car.timetable)
        schedules[:] = [schedule for schedule in schedules if schedule["id"] != params["id"]]
        return _reconsider(car)

    return handler


def _remove_where(choose: Choose) -> Callable[[Car, Params], str]:
    def handler(car: Car, params: Params) -> str:
        schedules = choose(car.timetable)
        schedules[:] = [schedule for schedule in schedules if not params[_where(car, schedule)]]
        return _reconsider(car)

    return handler


def _where(car: Car, schedule: Schedule) -> str:
    place = Place(schedule["latitude"], schedule["longitude"])
    for name in ("home", "work"):
        if miles_between(place, car.stops[name].place) < AT_MILES:
            return name
    return "other"


def _charge_list(table: Timetable) -> list[Schedule]:
    return table.charge


def _precondition_list(table: Timetable) -> list[Schedule]:
    return table.precondition


def _flags(*names: str) -> tuple[Parameter, ...]:
    return tuple(Parameter(name, flag, required=False, default=False) for name in names)


SHARED = (
    Parameter("days_of_week", days),
    Parameter("enabled", flag),
    LAT,
    LON,
    Parameter("id", ANY_ID, required=False, default=0),
    Parameter("one_time", flag, required=False, default=False),
    Parameter("name", text, required=False, default=""),
)
CHARGE_FIELDS = (
    "name", "days_of_week", "start_enabled", "start_time", "end_enabled", "end_time", "one_time", "enabled",
)  # fmt: skip
PRECONDITION_FIELDS = ("name", "days_of_week", "precondition_time", "one_time", "enabled")
CHARGE_TIMES = (
    Parameter("start_enabled", flag, required=False, default=False),
    Parameter("start_time", MINUTE_OF_DAY, required=False, default=0),
    Parameter("end_enabled", flag, required=False, default=False),
    Parameter("end_time", MINUTE_OF_DAY, required=False, default=0),
)
DEPARTURE = (
    Parameter("enable", flag),
    Parameter("departure_time", MINUTE_OF_DAY, required=False, default=0),
    *_flags("preconditioning_enabled", "preconditioning_weekdays_only"),
    *_flags("off_peak_charging_enabled", "off_peak_charging_weekdays_only"),
    Parameter("end_off_peak_time", MINUTE_OF_DAY, required=False, default=0),
)
ID = (Parameter("id", ANY_ID),)

SCHEDULES: dict[str, Row] = {
    "set_scheduled_charging": Row(
        _scheduled_charging, (Parameter("enable", flag), Parameter("time", MINUTE_OF_DAY, required=False))
    ),
    "set_scheduled_departure": Row(_scheduled_departure, DEPARTURE),
    "add_charge_schedule": Row(_put(_charge_list, CHARGE_FIELDS), SHARED + CHARGE_TIMES),
    "remove_charge_schedule": Row(_remove(_charge_list), ID),
    "batch_remove_charge_schedules": Row(_remove_where(_charge_list), _flags(*WHERE)),
    "add_precondition_schedule": Row(
        _put(_precondition_list, PRECONDITION_FIELDS),
        (*SHARED, Parameter("precondition_time", MINUTE_OF_DAY)),
    ),
    "remove_precondition_schedule": Row(_remove(_precondition_list), ID),
    "batch_remove_precondition_schedules": Row(_remove_where(_precondition_list), _flags(*WHERE)),
}
