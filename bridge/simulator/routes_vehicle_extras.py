"""The smaller questions one can ask about a car (fleet-api.md 2.4)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random

from bridge.simulator.answers import Json, envelope
from bridge.simulator.errors import BadParameter
from bridge.simulator.gate import Ask, Call
from bridge.simulator.routes_vehicle import CAR, COMMANDS, DATA, live

# name, miles north, miles east, stalls
SUPERCHARGERS = (
    ("Simulated Mall Supercharger", 2.1, 1.4, 12),
    ("Simulated Highway Supercharger", -7.5, 3.2, 20),
    ("Simulated Airport Supercharger", 11.8, -9.6, 8),
)
DESTINATIONS = (("Simulated Hotel", 1.2, -0.8), ("Simulated Museum", -3.4, 0.3))
MILES_PER_DEGREE = 69.0


def _mobile_enabled(ask: Ask) -> Json:
    enabled = ask.car.mobile_access
    return envelope({"result": enabled, "reason": "" if enabled else "mobile_access_disabled"})


def _nearby_charging_sites(ask: Ask) -> Json:
    live(ask)
    count, radius = _number(ask.query, "count", 10), _number(ask.query, "radius", 100)
    sites = {
        "superchargers": [_supercharger(ask, *row) for row in SUPERCHARGERS],
        "destination_charging": [_place(ask, "destination", *row) for row in DESTINATIONS],
    }
    return envelope(
        {
            "congestion_sync_time_utc_secs": int(ask.now.timestamp()),
            "timestamp": int(ask.now.timestamp() * 1000),
            **{kind: [s for s in rows if s["distance_miles"] <= radius][: int(count)] for kind, rows in sites.items()},
        }
    )


def _number(query: Mapping[str, str], name: str, default: float) -> float:
    try:
        return float(query.get(name, default))
    except ValueError:
        raise BadParameter(f"{name} is a number") from None


def _supercharger(ask: Ask, name: str, north: float, east: float, stalls: int) -> Json:
    """Free stalls change with the hour."""
    free = Random(f"{name} {ask.now:%Y%m%d%H}").randint(0, stalls)
    return {
        **_place(ask, "supercharger", name, north, east),
        "available_stalls": free,
        "total_stalls": stalls,
        "site_closed": False,
        "billing_info": "",
    }


def _place(ask: Ask, kind: str, name: str, north: float, east: float) -> Json:
    home = ask.cloud.home
    return {
        "location": {
            "lat": round(home.latitude + north / MILES_PER_DEGREE, 6),
            "long": round(home.longitude + east / MILES_PER_DEGREE, 6),
        },
        "name": name,
        "type": kind,
        "distance_miles": round((north**2 + east**2) ** 0.5, 2),
        "amenities": "restrooms,wifi",
    }


def _recent_alerts(ask: Ask) -> Json:
    live(ask)
    return envelope({"recent_alerts": [_alert(ask.now)]})


def _alert(now: datetime) -> Json:
    """The same small complaint since yesterday noon."""
    raised = now.replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)
    return {
        "name": "UI_a147_tirePressureLow",
        "time": raised.isoformat(),
        "audience": ["customer"],
        "user_text": "Tire pressure low",
    }


def _release_notes(ask: Ask) -> Json:
    """The notes of the installed version, or with `staged` of none."""
    staged = ask.query.get("staged") == "true"
    return envelope({"release_notes": [] if staged else [_note(_version(ask))]})


def _version(ask: Ask) -> str:
    return str(live(ask).fleet_status()["firmware_version"])


def _note(version: str) -> Json:
    return {
        "title": "Minor Updates",
        "subtitle": "Minor Fixes",
        "description": "This release contains minor fixes and improvements.",
        "customer_version": version,
        "icon": "release_notes_icon",
        "image_url": "",
        "light_image_url": "",
    }


def _service_data(ask: Ask) -> Json:
    """Empty unless the car is in service."""
    if not ask.car.in_service:
        return envelope({})
    ready = (ask.now + timedelta(days=1)).replace(microsecond=0)
    return envelope(
        {
            "service_status": "in_service",
            "service_etc": ready.isoformat(),
            "service_visit_number": "SV12345678",
            "status_id": 8,
        }
    )


CALLS = (
    Call("GET", f"{CAR}/mobile_enabled", "data", COMMANDS, _mobile_enabled),
    Call("GET", f"{CAR}/nearby_charging_sites", "data", DATA, _nearby_charging_sites),
    Call("GET", f"{CAR}/recent_alerts", "data", DATA, _recent_alerts),
    Call("GET", f"{CAR}/release_notes", "data", DATA, _release_notes),
    Call("GET", f"{CAR}/service_data", "data", DATA, _service_data),
)
