"""The time series of calendar_history (fleet-api.md 4.5)."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, tzinfo
from operator import attrgetter
from typing import Any

from bridge.simulator.site_buckets import WIDTH, Bucket, total
from bridge.simulator.site_flow import Paths
from bridge.simulator.site_history import History
from bridge.simulator.site_outages import Outages
from bridge.simulator.site_window import Window

Json = dict[str, Any]
Span = tuple[str, Paths]  # local timestamp, Wh

# field -> the paths it sums; in the order of the recorded answer
ENERGY_FIELDS: dict[str, tuple[str, ...]] = {
    "solar_energy_exported": ("sun_to_load", "sun_to_battery", "sun_to_grid"),
    "generator_energy_exported": (),
    "grid_energy_imported": ("grid_to_load", "grid_to_battery"),
    "grid_services_energy_imported": (),
    "grid_services_energy_exported": (),
    "grid_energy_exported_from_solar": ("sun_to_grid",),
    "grid_energy_exported_from_generator": (),
    "grid_energy_exported_from_battery": ("battery_to_grid",),
    "battery_energy_exported": ("battery_to_load", "battery_to_grid"),
    "battery_energy_imported_from_grid": ("grid_to_battery",),
    "battery_energy_imported_from_solar": ("sun_to_battery",),
    "battery_energy_imported_from_generator": (),
    "consumer_energy_imported_from_grid": ("grid_to_load",),
    "consumer_energy_imported_from_solar": ("sun_to_load",),
    "consumer_energy_imported_from_battery": ("battery_to_load",),
    "consumer_energy_imported_from_generator": (),
}
# These are left out while they are zero, as in the recorded answer.
TOTAL_FIELDS: dict[str, tuple[str, ...]] = {
    "total_home_usage": ("sun_to_load", "battery_to_load", "grid_to_load"),
    "total_battery_charge": ("sun_to_battery", "grid_to_battery"),
    "total_battery_discharge": ("battery_to_load", "battery_to_grid"),
    "total_solar_generation": ("sun_to_load", "sun_to_battery", "sun_to_grid"),
    "total_grid_energy_exported": ("sun_to_grid", "battery_to_grid"),
}
# The first day of the span that a day is summed into; the reference names none for lifetime.
SPANS: dict[str, Callable[[date], date]] = {
    "day": lambda day: day,
    "week": lambda day: day,
    "month": lambda day: day,
    "year": lambda day: day.replace(day=1),
    "lifetime": lambda day: day.replace(month=1, day=1),
}


def energy(history: History, window: Window, period: str) -> list[Json]:
    """Five-minute buckets for a day, days for week and month, months for a year, years for a lifetime."""
    if period == "day":
        zone = window.begin.tzinfo
        buckets = history.buckets(window.begin.timestamp(), window.end.timestamp())
        return [_energy_entry((_local(bucket, zone), bucket.energy)) for bucket in buckets]
    return [_energy_entry(span) for span in _spans(history, window, period)]


def power(history: History, window: Window, _period: str) -> list[Json]:
    """Mean power of each full five minutes, W."""
    return [
        {"timestamp": _local(bucket, window.begin.tzinfo), **_watts(bucket.energy)}
        for bucket in history.closed_buckets(window.begin.timestamp(), window.end.timestamp())
    ]


def soe(history: History, window: Window, _period: str) -> list[Json]:
    """State of energy at the start of each five minutes, whole percent."""
    return [
        {"timestamp": _local(bucket, window.begin.tzinfo), "soe": round(bucket.level)}
        for bucket in history.buckets(window.begin.timestamp(), window.end.timestamp())
    ]


def self_consumption(history: History, window: Window, period: str) -> list[Json]:
    """Shares of the home's usage that came from the sun and from the battery, percent."""
    return [
        {
            "timestamp": timestamp,
            "solar": round(wh.sun_to_load / usage * 100),
            "battery": round(wh.battery_to_load / usage * 100),
        }
        for timestamp, wh in _spans(history, window, period)
        if (usage := wh.sun_to_load + wh.battery_to_load + wh.grid_to_load)
    ]


# kind -> its time series; `power`, `soe` and `self_consumption` are undocumented
SERIES: dict[str, Callable[[History, Window, str], list[Json]]] = {
    "energy": energy,
    "power": power,
    "soe": soe,
    "self_consumption": self_consumption,
}


def backup_events(outages: Outages, window: Window) -> Json:
    """The outages that are over and began in the window, durations in seconds."""
    zone = window.begin.tzinfo
    events = [
        {"timestamp": datetime.fromtimestamp(int(start), zone).isoformat(), "duration": round(seconds)}
        for start, seconds in outages.over
        if window.holds(start)
    ]
    return {"events": events, "total_events": len(events)}


def _spans(history: History, window: Window, period: str) -> Iterator[Span]:
    """Whole local days that the window touches, summed into the spans of the period."""
    spans: dict[date, list[Paths]] = {}
    for day, content in history.days(window.first_day, window.last_day):
        spans.setdefault(SPANS[period](day), []).append(content.energy)
    for first, energies in spans.items():
        yield datetime.combine(first, time(), window.begin.tzinfo).isoformat(), total(energies)


def _energy_entry(span: Span) -> Json:
    timestamp, wh = span
    fields = {name: _sum(wh, parts) for name, parts in ENERGY_FIELDS.items()}
    totals = {name: _sum(wh, parts) for name, parts in TOTAL_FIELDS.items()}
    present = {name: value for name, value in totals.items() if value}
    return {"timestamp": timestamp, **fields, "raw_timestamp": timestamp, **present}


def _watts(wh: Paths) -> Json:
    per_hour = 3600 / WIDTH
    imported = _sum(wh, ENERGY_FIELDS["grid_energy_imported"])
    exported = _sum(wh, TOTAL_FIELDS["total_grid_energy_exported"])
    charged = _sum(wh, TOTAL_FIELDS["total_battery_charge"])
    discharged = _sum(wh, TOTAL_FIELDS["total_battery_discharge"])
    return {
        "solar_power": _sum(wh, TOTAL_FIELDS["total_solar_generation"]) * per_hour,
        "battery_power": (discharged - charged) * per_hour,
        "grid_power": (imported - exported) * per_hour,
        "grid_services_power": 0,
        "generator_power": 0,
    }


def _sum(wh: Paths, parts: tuple[str, ...]) -> int:
    return int(sum(attrgetter(part)(wh) for part in parts))


def _local(bucket: Bucket, zone: tzinfo | None) -> str:
    return datetime.fromtimestamp(bucket.start, zone).isoformat()
