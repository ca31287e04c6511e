"""What cars shall stream, and where to (fleet-api.md 8.3). Simulated cars take the configuration and do not stream."""

from bridge.simulator.answers import Json, envelope, refuse
from bridge.simulator.errors import BadParameter
from bridge.simulator.gate import Ask, Call
from bridge.simulator.routes_vehicle import CAR, CARS, DATA
from bridge.simulator.signing_schnorr import claims

AUDIENCE = "com.tesla.fleet.TelemetryClient"


def _configure(ask: Ask) -> Json:
    vins, config = ask.body.get("vins"), _verified(ask)
    if not isinstance(vins, list):
        raise BadParameter("vins is a list of VINs")
    cars = [car for car in ask.account.cars if car.vin in vins]
    paired = [car for car in cars if car.key_paired]
    for car in paired:
        ask.cloud.telemetry[car.vin] = config
    skipped = {"missing_key": [car.vin for car in cars if not car.key_paired]}
    empty: Json = {name: [] for name in ("unsupported_hardware", "unsupported_firmware", "max_configs")}
    return envelope({"updated_vehicles": len(paired), "skipped_vehicles": skipped | empty})


def _verified(ask: Ask) -> Json:
    try:
        said = claims(str(ask.body.get("token")))
    except ValueError as error:
        raise refuse(400, "invalid_request", f"token: {error}") from None
    if said.pop("aud", None) != AUDIENCE:
        raise refuse(400, "invalid_request", "token: another audience")
    del said["iss"]
    return said


def _unsigned(_ask: Ask) -> Json:
    """Tesla's own words are not known (fleet-api.md 8.3)."""
    raise refuse(400, "this endpoint must be called through the Vehicle Command HTTP Proxy")


def _configuration(ask: Ask) -> Json:
    car = ask.car
    config = ask.cloud.telemetry.get(car.vin)
    synced = config is not None and car.state == "online"
    return envelope({"synced": synced, "config": config, "limit_reached": False, "key_paired": car.key_paired})


def _remove(ask: Ask) -> Json:
    was_there = ask.cloud.telemetry.pop(ask.car.vin, None) is not None
    return envelope({"updated_vehicles": int(was_there)})


def _errors(ask: Ask) -> Json:
    return envelope({"fleet_telemetry_errors": ask.cloud.telemetry_errors.get(ask.car.vin, [])})


CONFIG = "fleet_telemetry_config"

CALLS = (
    Call("POST", f"{CARS}/{CONFIG}_jws", "free", DATA, _configure),
    Call("POST", f"{CARS}/{CONFIG}", "free", DATA, _unsigned),
    Call("GET", f"{CAR}/{CONFIG}", "free", DATA, _configuration),
    Call("DELETE", f"{CAR}/{CONFIG}", "free", DATA, _remove),
    Call("GET", f"{CAR}/fleet_telemetry_errors", "free", DATA, _errors),
)
