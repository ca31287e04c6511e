"""Energy sites: reading, histories and settings (fleet-api.md 4)."""

from collections.abc import Callable
from functools import partial

from bridge.simulator.answers import Json, envelope
from bridge.simulator.cloud import Execution
from bridge.simulator.errors import BadParameter
from bridge.simulator.gate import Ask, Call

SITE = "/api/1/energy_sites/{site}"
READ = ("energy_device_data",)
WRITE = ("energy_cmds",)
WRITES = (
    "backup",
    "off_grid_vehicle_charging_reserve",
    "operation",
    "storm_mode",
    "grid_import_export",
    "time_of_use_settings",
)


def _live_status(ask: Ask) -> Json:
    return envelope(ask.site.live_status())


def _site_info(ask: Ask) -> Json:
    return envelope(ask.site.site_info())


def _backup_time_remaining(ask: Ask) -> Json:
    return envelope(ask.site.backup_time_remaining())


def _calendar_history(ask: Ask) -> Json:
    period = ask.query.get("period", "day")
    return envelope(ask.site.calendar_history(kind=_kind(ask), period=period, **_window(ask)))


def _telemetry_history(ask: Ask) -> Json:
    return envelope(ask.site.telemetry_history(kind=_kind(ask), **_window(ask)))


def _kind(ask: Ask) -> str:
    if "kind" not in ask.query:
        raise BadParameter("kind is missing")
    return ask.query["kind"]


def _window(ask: Ask) -> Json:
    """As it was asked for; the site reads it, in its own time zone."""
    names = {"start": "start_date", "end": "end_date", "zone": "time_zone"}
    return {name: ask.query.get(parameter) for name, parameter in names.items()}


def _write(path: str, ask: Ask) -> Json:
    answer = ask.site.write(path, ask.body, ask.now)
    ask.cloud.executions.append(Execution(ask.now, str(ask.site.site_id), path, ask.body, answer))
    return envelope(answer)


READS: dict[str, Callable[[Ask], Json]] = {
    "live_status": _live_status,
    "site_info": _site_info,
    "calendar_history": _calendar_history,
    "telemetry_history": _telemetry_history,
    "backup_time_remaining": _backup_time_remaining,
}

CALLS = (
    *(Call("GET", f"{SITE}/{path}", "free", READ, answer) for path, answer in READS.items()),
    *(Call("POST", f"{SITE}/{path}", "free", WRITE, partial(_write, path)) for path in WRITES),
)
