"""What a car does only for a signed command: no REST endpoint has it (entities.md, appendix 1; fleet-api.md 7).

The parameters are named like the fields of the car's own protocol, where those have a plain name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.catalog.places import Place
from bridge.catalog.rows import Command, Parameter
from bridge.catalog.vehicle.commands import CHARGING, OFF, SETTLED
from bridge.catalog.vehicle.special import SUSPENSION
from bridge.model import Value


def _signed(name: str, title: str, *parameters: Parameter, **options: Any) -> Command:
    return Command(
        name=name,
        title=title,
        endpoint=f"command/{name}",
        parameters=parameters,
        settled=SETTLED,
        signed_only=True,
        **options,
    )


def _guarded(name: str, title: str, *parameters: Parameter, **options: Any) -> Command:
    """Opens, moves or deletes: off until enabled by name."""
    return _signed(name, title, *parameters, dangerous=True, **options)


def _asks(name: str, title: str, **options: Any) -> Command:
    """Changes nothing, so no car is woken for it; the result's value is the answer."""
    return _signed(name, title, wakes=False, note="The result's value is the car's answer.", **options)


def _truck(name: str, title: str, *parameters: Parameter, **options: Any) -> Command:
    return _signed(name, title, *parameters, needs="cybertruck", **options)


def _flag(name: str, **options: Any) -> Parameter:
    return Parameter(name=name, type=bool, **options)


def _whole(name: str, minimum: float, maximum: float | None = None, **options: Any) -> Parameter:
    return Parameter(name=name, type=int, minimum=minimum, maximum=maximum, **options)


def _decimal(name: str, minimum: float, maximum: float, **options: Any) -> Parameter:
    return Parameter(name=name, type=float, minimum=minimum, maximum=maximum, **options)


def _text(name: str, example: str) -> Parameter:
    return Parameter(name=name, type=str, example=example)


def _word(name: str, choices: str) -> Parameter:
    return Parameter(name=name, type=str, choices=tuple(choices.split()))


def _charge_on_solar(answer: Mapping[str, Any]) -> Mapping[str, Value]:
    said = answer["charge_on_solar"]
    return {"charge_on_solar": said["enabled"], "charge_on_solar_lower_limit": round(said["lower_charge_limit"])}


PERCENT = (0, 100)
MINUTES = (0, 1440)

_PUBLIC_KEY = _text("public_key", "BPwkOd0nMsqI1V1uW1Lq6Jz9bVw")

CHARGE = (
    _signed(
        "update_charge_on_solar",
        "Set charge on solar",
        _flag("enabled", fill="charge_on_solar"),
        _decimal("lower_charge_limit", *PERCENT, fill="charge_on_solar_lower_limit", default=20),
        _decimal("upper_charge_limit", 50, 100, fill="charge_limit"),
        scopes=CHARGING,
        note="The car charges with what is left of the sun; below the lower limit from anywhere. It needs a Powerwall.",
    ),
    _asks("get_charge_on_solar", "Ask for charge on solar", tells=_charge_on_solar),
    _signed(
        "set_rate_tariff",
        "Set rate tariff",
        Parameter(
            name="tariff",
            type=dict,
            example={
                "code": "NIGHT",
                "name": "Night rate",
                "currency": "EUR",
                "energy_charges": {"Summer": {"ON_PEAK": 0.31, "OFF_PEAK": 0.22}},
            },
        ),
        note="An object as get_rate_tariff answers it under tariff_document.",
    ),
    _asks("get_rate_tariff", "Ask for rate tariff"),
    _signed(
        "add_managed_charging_site",
        "Add managed charging site",
        _PUBLIC_KEY,
        _text("din", "1707000-11-J--TG123456789012"),
        _decimal("lat", -90, 90, example=52.52, is_place=True),
        _decimal("lon", -180, 180, example=13.405, is_place=True),
        note="The site controller that may manage charging at this place.",
    ),
    _signed("remove_managed_charging_site", "Remove managed charging site", _PUBLIC_KEY),
    _asks("get_managed_charging_sites", "Ask for managed charging sites", place=Place.SPOT),
    _signed("set_discharge_limit", "Set discharge limit", _whole("percent", *PERCENT, example=20)),
    _signed("cancel_soh_test", "Cancel battery health test", button=True, icon="mdi:battery-off", **OFF),
)

BODY = (
    _signed("set_recirculation", "Set recirculation", _flag("on")),
    _guarded(
        "auto_secure_vehicle",
        "Close and lock",
        button=True,
        enabled=False,
        icon="mdi:lock-check",
        note="Closes what has a motor, and locks.",
    ),
    _guarded(
        "start_light_show",
        "Start light show",
        _whole("show_index", 0, required=False, default=0),
        _decimal("volume", 0, 11, maximum_from="media_volume_maximum", required=False),
        _flag("dance_moves", required=False, default=False),
        repeatable=False,
        button=True,
        icon="mdi:string-lights",
        note="With dance_moves windows, mirrors and doors move.",
        **OFF,
    ),
    _signed("stop_light_show", "Stop light show", button=True, icon="mdi:string-lights-off", **OFF),
    _signed(
        "dashcam_save_clip",
        "Save dashcam clip",
        repeatable=False,
        wakes=False,
        button=True,
        enabled=False,
        icon="mdi:cctv",
        needs="dashcam_clip_supported",
    ),
    _guarded("delete_dashcam_clips", "Delete dashcam clips", wakes=False, note="All of them."),
    _guarded("format_usb", "Format USB drive", wakes=False, note="Everything on it is lost."),
    _guarded(
        "parental_controls_clear_pin", "Clear parental controls PIN", Parameter(name="pin", type=str, secret=True)
    ),
)

DISPLAY = (
    _signed("set_temperature_unit", "Set temperature unit", _word("unit", "fahrenheit celsius")),
    _signed("set_distance_unit", "Set distance unit", _word("unit", "miles kilometers")),
    _signed("set_tire_pressure_unit", "Set tyre pressure unit", _word("unit", "psi bar")),
    _signed("set_energy_display_format", "Set energy display", _word("format", "percentage distance")),
    _signed("set_time_display_format", "Set time display", _word("format", "12_hour 24_hour")),
)

TRUCK = (
    _truck("set_outlets", "Set outlets", _word("outlets", "off cabin cabin_and_bed")),
    _truck("set_outlet_timer", "Set outlet timer", _whole("num_minutes", *MINUTES, example=60)),
    _truck("set_outlet_soc_limit", "Set outlet limit", _whole("percent", *PERCENT, example=20)),
    _truck("set_power_feed", "Set power feed", _word("feeds", "off feed_1 feed_2 feed_1_and_feed_2")),
    _truck("set_power_feed_timer", "Set power feed timer", _whole("num_minutes", *MINUTES, example=60)),
    _truck("set_power_feed_soc_limit", "Set power feed limit", _whole("percent", *PERCENT, example=20)),
    _truck("set_lightbar_brightness", "Set lightbar brightness", _whole("brightness", *PERCENT)),
    _truck("set_lightbar_middle", "Set lightbar middle", _flag("on")),
    _truck("set_lightbar_ditch", "Set lightbar ditch lights", _flag("on")),
    _truck("set_truck_bed_light_auto", "Set truck bed light automatic", _flag("on")),
    _truck("set_truck_bed_light_brightness", "Set truck bed light", _whole("brightness", *PERCENT)),
    _truck("set_front_zone_light", "Set front zone light", _word("level", "off low med high")),
    _truck("set_rear_zone_light", "Set rear zone light", _word("level", "off low med high")),
    _truck(
        "set_trailer_light_test",
        "Trailer light test",
        _flag("start", required=False, default=True),
        button=True,
        icon="mdi:truck-trailer",
        **OFF,
    ),
    _truck("set_tent_mode", "Set tent mode", _flag("on"), dangerous=True, note="The tonneau moves."),
    _guarded(
        "set_suspension_level",
        "Set suspension level",
        _word("level", SUSPENSION),
        needs="has_air_suspension",
        note="The car moves up or down.",
    ),
    _truck("set_powershare_feature", "Set Powershare", _flag("on")),
    _truck("set_powershare_request", "Ask for Powershare", _flag("on")),
    _truck("set_powershare_discharge_limit", "Set Powershare limit", _whole("percent", *PERCENT, example=20)),
)

SIGNED_ONLY = (*CHARGE, *BODY, *DISPLAY, *TRUCK)
