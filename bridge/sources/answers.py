"""What polling itself needs to know of an answer. Pure; the values are read by the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bridge.catalog import convert
from bridge.model import Connectivity


def connectivity(entry: Mapping[str, Any]) -> Connectivity | None:
    """The `state` of a list entry; None for null and for words that are not known."""
    state = entry.get("state")
    return Connectivity(state) if state in set(Connectivity) else None


def newest(body: Mapping[str, Any]) -> datetime | None:
    """When the car last spoke: the newest `timestamp` (ms) of its groups."""
    stamps = [group.get("timestamp") for group in body.values() if isinstance(group, Mapping)]
    times = [stamp for stamp in stamps if isinstance(stamp, int) and stamp > 0]
    return convert.millis_epoch(max(times)) if times else None


def wall_connectors(answer: Any) -> list[Mapping[str, Any]]:
    """The `wall_connectors` of an answer: a list, or null, or something else altogether (fleet-api.md 4.2)."""
    entries = answer.get("wall_connectors") if isinstance(answer, Mapping) else None
    known = entries if isinstance(entries, list) else []
    return [entry for entry in known if isinstance(entry, Mapping) and entry.get("din")]


def moment(raw: Any) -> datetime | None:
    """ISO 8601 with an offset; None for anything else."""
    try:
        return convert.iso(raw)
    except (TypeError, ValueError):
        return None
