"""One row of the command table, and what a car must be or have for a command."""

from collections.abc import Callable
from dataclasses import dataclass

from bridge.simulator.vehicle_car import Car
from bridge.simulator.vehicle_parameters import Parameter, Params

Handler = Callable[[Car, Params], str]  # the reason of a refusal, "" when done

DONE = ""
ALREADY_SET = "already_set"
NOT_SUPPORTED = "not_supported"


@dataclass(frozen=True)
class Row:
    """A command; `needs` are names of NEEDS, checked in order."""

    handler: Handler
    parameters: tuple[Parameter, ...] = ()
    needs: tuple[str, ...] = ()


# "not_parked": Teslemetry/hass-teslemetry#99. The comfort text: recorded by many owners of remote seat heaters.
NEEDS: dict[str, tuple[Callable[[Car], bool], str]] = {
    "parked": (lambda car: car.parked, "not_parked"),
    "user": (lambda car: car.body.user_present, "user_not_present"),
    "climate": (lambda car: car.climate.on, "cabin comfort remote settings not enabled"),
    "seat_cooling": (lambda car: car.has("has_seat_cooling"), NOT_SUPPORTED),
    "sun_roof": (lambda car: car.has("sun_roof_installed"), NOT_SUPPORTED),
    "tonneau": (lambda car: car.config["car_type"] == "cybertruck", NOT_SUPPORTED),
    "cybertruck": (lambda car: car.config["car_type"] == "cybertruck", NOT_SUPPORTED),
    "air_suspension": (lambda car: car.has("has_air_suspension"), NOT_SUPPORTED),
    "homelink": (lambda car: car.at_home, "unavailable"),
    "cable": (lambda car: car.charging.plugged, "disconnected"),
}
