"""The charges at a site's wall connectors, as telemetry_history tells them (fleet-api.md 4.5). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bridge.catalog import convert


def sessions(history: Any) -> list[dict[str, Any]] | None:
    """Oldest first: start, duration in seconds, energy in Wh. None where the answer has no list."""
    body = history if isinstance(history, Mapping) else {}
    lists = (body.get("charge_history"), body.get("time_series"))
    listed = next((entries for entries in lists if isinstance(entries, list)), None)
    if listed is None:
        return None
    found = [session for session in map(_session, listed) if session]
    return sorted(found, key=lambda session: str(session["start"]))


def _session(raw: Any) -> dict[str, Any] | None:
    """None for what is not understood, and for what took no energy."""
    try:
        start = datetime.fromtimestamp(convert.number(raw["charge_start_time"]["seconds"]), UTC)
        duration = convert.whole(raw["charge_duration"]["seconds"])
        energy = convert.whole(raw["energy_added_wh"])
    except (TypeError, ValueError, KeyError, OverflowError, OSError):
        return None
    is_sound = start > _EARLIEST and 0 <= duration < _WEEK and 0 < energy < _ABSURD
    return {"start": start.isoformat(), "duration": duration, "energy": energy} if is_sound else None


_EARLIEST = datetime(2012, 1, 1, tzinfo=UTC)
_WEEK = 7 * 86_400
_ABSURD = 1_000_000
"""Wh: ten batteries."""
