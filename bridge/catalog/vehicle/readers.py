"""What a car tells in several fields at once, read as one value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bridge.catalog.convert import INVALID, boolean, first_word, number, or_none, raws, text, whole
from bridge.model import Value


def position(latitude: str, longitude: str) -> Callable[[Any], dict[str, Value]]:
    """A place in degrees, as Home Assistant's trackers take it; empty while unknown."""

    # Half a place or a null would cost a warning each time (mqtt-and-home-assistant.md 1.10).
    def reader(body: Any) -> dict[str, Value]:
        north, east = (or_none(number, raw) for raw in raws(body, (latitude, longitude)))
        if north is None or east is None:
            return {}
        return {"latitude": north, "longitude": east, "gps_accuracy": GPS_ACCURACY}

    return reader


GPS_ACCURACY = 10
"""Metres. Tesla tells none; a car's receiver under open sky is about this good."""


def is_plugged_in(charge_state: Any) -> bool:
    """An unplugged car sends `<invalid>` as its cable; a missing or null one says nothing (HA's tesla_fleet)."""
    return text(charge_state["conn_charge_cable"]) != INVALID


def hvac_state(climate_state: Any) -> str:
    """off, on, precondition or overheat_protect: the words of the telemetry field HvacPower."""
    fields = ("is_climate_on", "is_preconditioning", "cabin_overheat_protection_actively_cooling")
    is_on, is_preparing, is_protecting = (or_none(boolean, raw) for raw in raws(climate_state, fields))
    if is_preparing:
        return "precondition"
    if is_protecting:
        return "overheat_protect"
    return {True: "on", False: "off"}[is_on]


WAITING = frozenset({"available", "scheduled", "downloading", "downloading_wifi_wait", "installing"})
"""`software_update.status` while there is something newer (fleet-api.md 2.2)."""


def firmware_update(vehicle_state: Any) -> dict[str, Value]:
    """The JSON state of Home Assistant's update entity, and not a key more; empty while unknown."""
    car_version, update = raws(vehicle_state, ("car_version", "software_update"))
    installed = or_none(first_word, car_version)
    if installed is None:
        return {}
    fields = ("status", "version", "install_perc")
    status, version, percent = raws(update, fields) if isinstance(update, Mapping) else (None,) * 3
    newer = or_none(first_word, version) if or_none(text, status) in WAITING else None
    is_installing = status == "installing"
    return {
        "installed_version": installed,
        "latest_version": newer or installed,
        "title": "Vehicle software",
        "in_progress": is_installing,
        "update_percentage": or_none(_percent, percent) if is_installing else None,
    }


def _percent(raw: Any) -> int:
    return min(max(whole(raw), 0), 100)
