"""The forms that a signed command can take, and where they differ from Tesla's REST ones (fleet-api.md 3.3, 3.4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.json_format import ParseDict, ParseError
from tesla_protocol.command.car_server_pb2 import Action as CarAction
from tesla_protocol.command.universal_message_pb2 import Domain
from tesla_protocol.command.vcsec_pb2 import UnsignedMessage

from bridge.errors import CallWrong

Parameters = Mapping[str, Any]
Said = Mapping[str, Any]
"""A protobuf message as JSON."""


@dataclass(frozen=True, slots=True)
class Action:
    """One row. `said` gives the protobuf of the parameters; KeyError or ValueError where they do not fit."""

    domain: Domain
    said: Callable[[Parameters], Said]

    def payload(self, parameters: Parameters) -> bytes:
        """Raises CallWrong for what cannot be said so; nothing was sent then."""
        try:
            if self.domain == Domain.DOMAIN_VEHICLE_SECURITY:
                return ParseDict(dict(self.said(parameters)), UnsignedMessage()).SerializeToString()
            return ParseDict({"vehicleAction": self.said(parameters)}, CarAction()).SerializeToString()
        except (KeyError, ValueError, TypeError, IndexError) as error:
            raise CallWrong(f"{_NO_SUCH}: {error}; nothing was sent") from None
        except ParseError:
            # Its text may quote a PIN.
            raise CallWrong(f"{_NO_SUCH}; nothing was sent") from None


_NO_SUCH = "the signed form of this command does not know a value that it was given"


def car(message: str, said: Callable[[Parameters], Said] | None = None, **fixed: Any) -> Action:
    """To the infotainment computer. `fixed` is the message where it does not depend on parameters."""
    return Action(Domain.DOMAIN_INFOTAINMENT, lambda given: {message: said(given) if said else fixed})


def same(message: str, *same: str, **renamed: str) -> Action:
    """Each field of the protobuf takes one parameter, of its own name or another; what was not given stays away."""
    names = {name: name for name in same} | renamed
    return car(message, lambda given: {to: given[name] for to, name in names.items() if given.get(name) is not None})


def worded(message: str, field: str, start: str, parameter: str) -> Action:
    """A word of ours, `feed_1`, is the end of an enum's, POWER_FEED_REQUEST_FEED_1."""
    return car(message, lambda given: {field: f"{start}_{given[parameter].upper()}"})


def key(action: str) -> Action:
    """To the part that a key talks to."""
    return Action(Domain.DOMAIN_VEHICLE_SECURITY, lambda _: {"RKEAction": action})


def closure(which: Callable[[Parameters], str], move: str) -> Action:
    def said(given: Parameters) -> Said:
        return {"closureMoveRequest": {which(given): f"CLOSURE_MOVE_TYPE_{move}"}}

    return Action(Domain.DOMAIN_VEHICLE_SECURITY, said)


def tonneau(move: str) -> Action:
    return closure(lambda _: "tonneau", move)


# --- where the two forms differ ---------------------------------------------------------------------------------------

NOTHING: Said = {}

SEATS = (
    "FRONT_LEFT",
    "FRONT_RIGHT",
    "REAR_LEFT",
    "REAR_LEFT_BACK",
    "REAR_CENTER",
    "REAR_RIGHT",
    "REAR_RIGHT_BACK",
    "THIRD_ROW_LEFT",
    "THIRD_ROW_RIGHT",
)
SEAT_HEAT = ("OFF", "LOW", "MED", "HIGH")
WHEEL_HEAT = {0: "StwHeatLevel_Off", 1: "StwHeatLevel_Low", 3: "StwHeatLevel_High"}
ON_OFF = {True: "ON", False: "OFF"}
TRUNKS = {"front": "frontTrunk", "rear": "rearTrunk"}

_DAYS = {"sun": 1, "mon": 2, "tue": 4, "wed": 8, "thu": 16, "fri": 32, "sat": 64, "all": 127, "weekdays": 62}
_DAY_NAMES = {
    **{name: name[:3] for name in ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")},
    **{name: name for name in _DAYS},
    "tues": "tue",
    "thur": "thu",
    "thurs": "thu",
}


def _days(text: str) -> int:
    """`Mon,Tues` -> their bits (fleet-api.md 3.4)."""
    mask = 0
    for word in text.split(","):
        mask |= _DAYS[_DAY_NAMES[word.strip().lower()]]
    return mask


def seat_heater(given: Parameters) -> Said:
    seat = given["heater"] if given.get("heater") is not None else given["seat_position"]
    return {
        "hvacSeatHeaterAction": [
            {f"CAR_SEAT_{SEATS[seat]}": NOTHING, f"SEAT_HEATER_{SEAT_HEAT[given['level']]}": NOTHING}
        ]
    }


def seat_cooler(given: Parameters) -> Said:
    """The car counts the levels from 1, which is off."""
    level, seat = given["seat_cooler_level"] + 1, given["seat_position"]
    return {"hvacSeatCoolerAction": [{"seat_cooler_level": level, "seat_position": seat}]}


def auto_seat(given: Parameters) -> Said:
    return {"carseat": [{"on": given["auto_climate_on"], "seat_position": given["auto_seat_position"]}]}


def temperatures(given: Parameters) -> Said:
    return {
        "driver_temp_celsius": given["driver_temp"],
        "passenger_temp_celsius": given["passenger_temp"],
        "level": {"TEMP_MAX": NOTHING},  # as Tesla's own program has it
    }


def departure(given: Parameters) -> Said:
    return {
        "enabled": given["enable"],
        "departure_time": given["departure_time"],
        "off_peak_hours_end_time": given["end_off_peak_time"],
        **_on_days("preconditioning_times", given["preconditioning_enabled"], given["preconditioning_weekdays_only"]),
        **_on_days(
            "off_peak_charging_times", given["off_peak_charging_enabled"], given["off_peak_charging_weekdays_only"]
        ),
    }


def _on_days(field: str, enabled: bool, weekdays_only: bool) -> Said:  # noqa: FBT001 - two values as they came
    return {field: {"weekdays" if weekdays_only else "all_week": NOTHING}} if enabled else NOTHING


def charge_schedule(given: Parameters) -> Said:
    return _schedule(given) | {
        "start_enabled": given["start_enabled"],
        "start_time": given.get("start_time") or 0,
        "end_enabled": given.get("end_enabled") or False,
        "end_time": given.get("end_time") or 0,
    }


def precondition_schedule(given: Parameters) -> Said:
    return _schedule(given) | {"precondition_time": given["precondition_time"]}


def _schedule(given: Parameters) -> dict[str, Any]:
    return {
        "id": given["id"],
        "name": given.get("name") or "",
        "days_of_week": _days(given["days_of_week"]),
        "one_time": given.get("one_time") or False,
        "enabled": given["enabled"],
        "latitude": given["lat"],
        "longitude": given["lon"],
    }


def managed_site(given: Parameters) -> Said:
    return {
        "site": {
            "public_key": given["public_key"],
            "manager_type": {"site_controller": {"din": given["din"]}},
            "lat_lon": {"latitude": given["lat"], "longitude": given["lon"]},
        }
    }


def homelink(given: Parameters) -> Said:
    token = {"token": given["token"]} if given.get("token") else {}
    return {"location": {"latitude": given["lat"], "longitude": given["lon"]}, **token}


def one_of(name: str, *words: str) -> Callable[[Parameters], Said]:
    """The parameter is one of the words, which is the name of a field that is empty."""

    def said(given: Parameters) -> Said:
        if given[name] not in words:
            raise ValueError(f"{name} is {' or '.join(words)}")
        return {given[name]: NOTHING}

    return said
