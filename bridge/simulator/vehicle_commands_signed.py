"""Commands that exist only in signed form, by the fields of the car's protocol (fleet-api.md 7; car_server.proto)."""

from collections.abc import Callable
from typing import Any

from bridge.simulator.vehicle_body import TRUNK_OPEN
from bridge.simulator.vehicle_car import Car
from bridge.simulator.vehicle_commands_body import noticed
from bridge.simulator.vehicle_commands_row import ALREADY_SET, DONE, Handler, Row
from bridge.simulator.vehicle_parameters import (
    LATITUDE,
    LONGITUDE,
    ON,
    PIN,
    Parameter,
    Params,
    Reader,
    choice,
    flag,
    mapping,
    number,
    text,
    whole,
)

PERCENT = whole(0, 100)
DAY = whole(0, 24 * 60)
PARKED = ("parked",)
TRUCK = ("cybertruck",)
SOLAR = {"enabled": False, "lower_charge_limit": 20.0, "upper_charge_limit": 80.0}


def _hidden(word: str, name: str, read: Reader, needs: tuple[str, ...] = ()) -> Row:
    """A setting that no answer of the REST API shows."""
    return Row(lambda car, params: car.settings.hide(word, params[name]), (Parameter(name, read),), needs)


def _shown(field: str, name: str, values: dict[str, Any]) -> Row:
    """A setting of the screen, in `gui_settings`."""

    def handler(car: Car, params: Params) -> str:
        wanted = values[params[name]]
        if car.display[field] == wanted:
            return ALREADY_SET
        car.display[field] = wanted
        return DONE

    return Row(handler, (Parameter(name, choice(*values)),))


def _set_solar(car: Car, params: Params) -> str:
    return car.settings.hide("charge_on_solar", dict(params))


def _add_site(car: Car, params: Params) -> str:
    sites: dict[str, Any] = dict(_sites(car))
    return car.settings.hide("managed_sites", sites | {params["public_key"]: params["site"]})


def _remove_site(car: Car, params: Params) -> str:
    sites = dict(_sites(car))
    if sites.pop(params["public_key"], None) is None:
        return "unavailable"
    return car.settings.hide("managed_sites", sites)


def _sites(car: Car) -> dict[str, Any]:
    found: Any = car.settings.hidden.get("managed_sites", {})
    return dict(found)


def _nothing(_car: Car, _params: Params) -> str:
    """A question."""
    return DONE


def _secure(car: Car, _: Params) -> str:
    """Closes what has a motor, and locks."""
    car.body.windows = dict.fromkeys(car.body.windows, 0)
    if car.has("plg"):
        car.body.rear_trunk = 0
    if car.body.front_trunk or car.body.rear_trunk == TRUNK_OPEN:
        return "unavailable"
    car.body.locked = True
    return DONE


def _light_show(*, runs: bool) -> Handler:
    def handler(car: Car, params: Params) -> str:
        return car.settings.hide("light_show", params["show_index"] if runs else None)

    return handler


def _save_clip(car: Car, params: Params) -> str:
    saved: Any = car.settings.hidden.get("clips", 0)
    car.settings.hidden["clips"] = saved + 1
    return noticed("clip")(car, params)


def _delete_clips(car: Car, params: Params) -> str:
    return car.settings.hide("clips", 0) if params["delete_clips"] else "unavailable"


def _format(car: Car, params: Params) -> str:
    if not params["format_usb"]:
        return "unavailable"
    car.settings.hidden["clips"] = 0
    return noticed("usb_formatted")(car, params)


def _clear_child_pin(car: Car, params: Params) -> str:
    return car.settings.parental.clear(params["pin"])


def told(car: Car, name: str) -> dict[str, Any] | None:
    """What the car answers to a question, as JSON of the protocol's Response; None: nothing but yes or no."""
    asked: Callable[[Car], dict[str, Any]] | None = QUESTIONS.get(name)
    return asked(car) if asked else None


def _solar_now(car: Car) -> dict[str, Any]:
    return {"getChargeOnSolarFeatureResponse": {"charge_on_solar": car.settings.hidden.get("charge_on_solar", SOLAR)}}


def _tariff_now(car: Car) -> dict[str, Any]:
    return {"getRateTariffResponse": {"tariff_document": car.settings.hidden.get("rate_tariff", {})}}


def _sites_now(car: Car) -> dict[str, Any]:
    return {"getManagedChargingSitesResponse": {"sites": list(_sites(car).values())}}


QUESTIONS = {
    "get_charge_on_solar": _solar_now,
    "get_rate_tariff": _tariff_now,
    "get_managed_charging_sites": _sites_now,
}

LIMIT = number(0, 100)
LEVELS = choice("off", "low", "med", "high")

SIGNED: dict[str, Row] = {
    "update_charge_on_solar": Row(
        _set_solar,
        (Parameter("enabled", flag), Parameter("lower_charge_limit", LIMIT), Parameter("upper_charge_limit", LIMIT)),
    ),
    "set_rate_tariff": _hidden("rate_tariff", "tariff", mapping),
    "add_managed_charging_site": Row(
        _add_site,
        (
            Parameter("public_key", text),
            Parameter("din", text),
            Parameter("lat", LATITUDE),
            Parameter("lon", LONGITUDE),
            Parameter("site", mapping),
        ),
    ),
    "remove_managed_charging_site": Row(_remove_site, (Parameter("public_key", text),)),
    **{name: Row(_nothing) for name in QUESTIONS},
    "set_discharge_limit": _hidden("discharge_limit", "percent", PERCENT),
    "cancel_soh_test": Row(noticed("soh_test_cancelled")),
    "set_recirculation": _hidden("recirculation", "on", flag),
    "auto_secure_vehicle": Row(_secure, needs=PARKED),
    "start_light_show": Row(
        _light_show(runs=True),
        (
            Parameter("show_index", whole(0, 100)),
            Parameter("volume", number(0, 11), required=False),
            Parameter("dance_moves", flag, required=False),
        ),
        PARKED,
    ),
    "stop_light_show": Row(_light_show(runs=False)),
    "dashcam_save_clip": Row(_save_clip),
    "delete_dashcam_clips": Row(_delete_clips, (Parameter("delete_clips", flag),)),
    "format_usb": Row(_format, (Parameter("format_usb", flag),)),
    "parental_controls_clear_pin": Row(_clear_child_pin, (PIN,)),
    "set_temperature_unit": _shown("gui_temperature_units", "unit", {"fahrenheit": "F", "celsius": "C"}),
    "set_distance_unit": _shown("gui_distance_units", "unit", {"miles": "mi/hr", "kilometers": "km/hr"}),
    "set_tire_pressure_unit": _shown("gui_tirepressure_units", "unit", {"psi": "Psi", "bar": "Bar"}),
    "set_energy_display_format": _shown("show_range_units", "format", {"percentage": False, "distance": True}),
    "set_time_display_format": _shown("gui_24_hour_time", "format", {"12_hour": False, "24_hour": True}),
    "set_outlets": _hidden("outlets", "outlets", choice("off", "cabin", "cabin_and_bed"), TRUCK),
    "set_outlet_timer": _hidden("outlet_timer", "num_minutes", DAY, TRUCK),
    "set_outlet_soc_limit": _hidden("outlet_soc_limit", "percent", PERCENT, TRUCK),
    "set_power_feed": _hidden("power_feed", "feeds", choice("off", "feed_1", "feed_2", "feed_1_and_feed_2"), TRUCK),
    "set_power_feed_timer": _hidden("power_feed_timer", "num_minutes", DAY, TRUCK),
    "set_power_feed_soc_limit": _hidden("power_feed_soc_limit", "percent", PERCENT, TRUCK),
    "set_lightbar_brightness": _hidden("lightbar_brightness", "brightness", PERCENT, TRUCK),
    "set_lightbar_middle": _hidden("lightbar_middle", "on", flag, TRUCK),
    "set_lightbar_ditch": _hidden("lightbar_ditch", "on", flag, TRUCK),
    "set_truck_bed_light_auto": _hidden("truck_bed_light_auto", "on", flag, TRUCK),
    "set_truck_bed_light_brightness": _hidden("truck_bed_light_brightness", "brightness", PERCENT, TRUCK),
    "set_front_zone_light": _hidden("front_zone_light", "level", LEVELS, TRUCK),
    "set_rear_zone_light": _hidden("rear_zone_light", "level", LEVELS, TRUCK),
    "set_trailer_light_test": _hidden("trailer_light_test", "start", flag, TRUCK),
    "set_tent_mode": Row(lambda car, params: car.settings.hide("tent_mode", params["on"]), (ON,), (*TRUCK, *PARKED)),
    "set_suspension_level": _hidden(
        "suspension_level",
        "level",
        choice("entry", "low", "medium", "high", "very_high", "extract"),
        ("air_suspension", *PARKED),
    ),
    "set_powershare_feature": _hidden("powershare", "on", flag, TRUCK),
    "set_powershare_request": _hidden("powershare_request", "on", flag, TRUCK),
    "set_powershare_discharge_limit": _hidden("powershare_discharge_limit", "percent", PERCENT, TRUCK),
}
