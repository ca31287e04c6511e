"""`vehicle_state` and `closures_state` as Tesla answers them."""

from typing import Any

from bridge.simulator.vehicle_body import Body, Tyres
from bridge.simulator.vehicle_car import Car
from bridge.simulator.vehicle_config import API_VERSION, OLD_API_VERSION
from bridge.simulator.vehicle_media import VOLUME_MAX, VOLUME_STEP, Media
from bridge.simulator.vehicle_settings import FASTEST_LIMIT_MPH, SLOWEST_LIMIT_MPH, Settings
from bridge.simulator.vehicle_software import INSTALLATION

# What a car says whatever happens to it; names and values as recorded.
CONSTANT: dict[str, Any] = {
    "autopark_state_v2": "disabled",
    "autopark_state_v3": "ready",
    "autopark_style": "dead_man",
    "calendar_supported": True,
    "dashcam_clip_save_available": True,
    "feature_bitmask": "fbdffbff,7f",
    "homelink_device_count": 1,
    "last_autopark_error": "no_error",
    "media_state": {"remote_control_enabled": True},
    "notifications_supported": True,
    "parsed_calendar_supported": True,
    "remote_start_enabled": True,
    "remote_start_supported": True,
    "santa_mode": 0,
    "smart_summon_available": True,
    "summon_standby_mode_enabled": False,
    "vehicle_self_test_progress": 0,
    "vehicle_self_test_requested": False,
    "webcam_available": False,
}
DISPLAY_OFF, DISPLAY_CAMP, DISPLAY_ON, DISPLAY_SENTRY, DISPLAY_DOG = 0, 2, 4, 7, 8
DISPLAYS = {"camp": DISPLAY_CAMP, "dog": DISPLAY_DOG}


def vehicle_state(car: Car) -> dict[str, Any]:
    """The group without its timestamp."""
    return {
        **CONSTANT,
        **_identity(car),
        **_openings(car),
        **_security(car),
        **_tyres(car.tyres),
        "media_info": _media(car.media),
        "odometer": round(car.odometer, 6),
        "software_update": _software(car),
        "speed_limit_mode": _speed_limit(car.settings),
    }


def closures_state(car: Car) -> dict[str, Any]:
    """What vehicle_state says about doors and locks; the exact REST keys were never captured (2.2)."""
    return _openings(car) | _security(car)


def _identity(car: Car) -> dict[str, Any]:
    return {
        "api_version": OLD_API_VERSION if car.access.old_firmware else API_VERSION,
        "car_version": car.software.car_version,
        "vehicle_name": car.settings.name,
        "service_mode": car.access.in_service,
        "service_mode_plus": False,
        "homelink_nearby": car.at_home,
    }


def _openings(car: Car) -> dict[str, Any]:
    body = car.body
    return {
        **body.doors,
        **body.windows,
        "ft": body.front_trunk,
        "rt": body.rear_trunk,
        **(_sun_roof(body) if car.has("sun_roof_installed") else {}),
        **(_tonneau(body) if car.config["car_type"] == "cybertruck" else {}),
    }


def _sun_roof(body: Body) -> dict[str, Any]:
    percent = body.sun_roof_percent
    return {"sun_roof_state": "vent" if percent else "closed", "sun_roof_percent_open": percent}


def _tonneau(body: Body) -> dict[str, Any]:
    percent = body.tonneau_percent
    return {
        "tonneau_state": "open" if percent else "closed",
        "tonneau_percent_open": percent,
        "tonneau_in_motion": False,
    }


def _security(car: Car) -> dict[str, Any]:
    body = car.body
    records = body.sentry or body.user_present
    return {
        "locked": body.locked,
        "is_user_present": body.user_present,
        "remote_start": body.remote_started,
        "sentry_mode": body.sentry,
        "sentry_mode_available": True,
        "center_display_state": _display(car),
        "dashcam_state": "Recording" if records else "Available",
        "valet_mode": car.settings.valet.active,
        "valet_pin_needed": car.settings.valet.pin is None,
    }


def _display(car: Car) -> int:
    if car.body.user_present:
        return DISPLAY_ON
    if car.climate.keeper in DISPLAYS:
        return DISPLAYS[car.climate.keeper]
    return DISPLAY_SENTRY if car.body.sentry else DISPLAY_OFF


def _tyres(tyres: Tyres) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "tpms_rcp_front_value": tyres.RECOMMENDED,
        "tpms_rcp_rear_value": tyres.RECOMMENDED,
    }
    for wheel in tyres.cold:
        pressure = tyres.pressure(wheel)
        answer[f"tpms_pressure_{wheel}"] = pressure
        answer[f"tpms_last_seen_pressure_time_{wheel}"] = int(tyres.seen_at.timestamp())
        answer[f"tpms_soft_warning_{wheel}"] = pressure < tyres.SOFT_WARNING
        answer[f"tpms_hard_warning_{wheel}"] = pressure < tyres.HARD_WARNING
    return answer


def _media(media: Media) -> dict[str, Any]:
    return {
        "a2dp_source_name": "",
        "audio_volume": round(media.volume, 6),
        "audio_volume_increment": VOLUME_STEP,
        "audio_volume_max": VOLUME_MAX,
        "media_playback_status": media.status,
        **_now_playing(media),
    }


def _now_playing(media: Media) -> dict[str, Any]:
    """Times in ms; empty when stopped."""
    stopped = media.status == "Stopped"
    title, artist, album, seconds = media.track
    return {
        "now_playing_title": "" if stopped else title,
        "now_playing_artist": "" if stopped else artist,
        "now_playing_album": "" if stopped else album,
        "now_playing_duration": 0 if stopped else seconds * 1000,
        "now_playing_elapsed": 0 if stopped else int(media.elapsed) * 1000,
        "now_playing_source": media.source,
        "now_playing_station": "" if stopped else media.station,
    }


def _software(car: Car) -> dict[str, Any]:
    software = car.software
    answer: dict[str, Any] = {
        "download_perc": software.download_percent(car.now),
        "expected_duration_sec": int(INSTALLATION.total_seconds()),
        "install_perc": software.install_percent(car.now),
        "status": software.status,
        "version": software.offered,
    }
    if software.status == "scheduled" and software.scheduled_at:
        answer["scheduled_time_ms"] = int(software.scheduled_at.timestamp() * 1000)
        left = (software.scheduled_at - car.now).total_seconds()
        answer["warning_time_remaining_ms"] = max(0, int(left * 1000))
    return answer


def _speed_limit(settings: Settings) -> dict[str, Any]:
    return {
        "active": settings.speed_limit.active,
        "current_limit_mph": settings.speed_limit_mph,
        "max_limit_mph": FASTEST_LIMIT_MPH,
        "min_limit_mph": SLOWEST_LIMIT_MPH,
        "pin_code_set": settings.speed_limit.pin is not None,
    }
