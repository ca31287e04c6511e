"""Readers of the answers of `besides`: lists, of which one bad entry costs itself only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from bridge.catalog import convert
from bridge.model import Value

UNLIMITED = 9_999_999
"""Kilometres or miles that a warranty names where it has no such limit."""

LONGEST = 255
"""Characters of a state in Home Assistant."""


def options(raw: Any) -> list[Value]:
    """`$MT301` -> MT301, with its name."""
    return [
        {
            "code": code,
            "name": _or_none(convert.phrase, entry.get("displayName")),
            "is_active": _or_none(convert.boolean, entry.get("isActive")),
        }
        for entry in _objects(raw)
        if (code := _code(entry))
    ]


def codes(raw: Any) -> str:
    """In the alphabet's order, between commas: whole codes only."""
    line = ""
    for code in sorted({code for entry in _objects(raw) if (code := _code(entry))}):
        longer = f"{line}, {code}" if line else code
        line = longer if len(longer) <= LONGEST else line
    return line or "none"


def _code(entry: Mapping[str, Any]) -> str:
    return str(_or_none(convert.phrase, entry.get("code")) or "").lstrip("$")


def warranties(raw: Any) -> list[Value]:
    """All, with the end in time and km; null: no such end, or not told."""
    body = convert.mapping(raw)
    return [
        {
            "name": _or_none(convert.phrase, entry.get("warrantyDisplayName")),
            "type": _or_none(convert.word, entry.get("warrantyType")),
            "state": state,
            "expires": _or_none(_told, entry.get("expirationDate")),
            "odometer": _or_none(_odometer, entry),
        }
        for state in ("active", "upcoming", "expired")
        for entry in _objects_or_none(body.get(f"{state}Warranty"))
    ]


def next_expiry(raw: Any) -> datetime | None:
    """The first end of those in force."""
    return min(
        (end for entry in _objects(raw) if (end := _or_none(convert.iso, entry.get("expirationDate")))), default=None
    )


def _told(raw: Any) -> str:
    """A moment within JSON: text, in UTC, so that equal times are equal."""
    return convert.iso(raw).astimezone(UTC).isoformat()


def _odometer(entry: Mapping[str, Any]) -> float | None:
    limit = convert.number(entry["expirationOdometer"])
    in_km = {"km": 1.0, "mi": convert.KM_PER_MILE}[convert.text(entry["odometerUnit"]).lower()]
    return round(limit * in_km) if limit < UNLIMITED else None


def first(member: str) -> Callable[[Any], Value]:
    """Of the first entry; an empty list has none."""
    return lambda raw: next((convert.phrase(entry[member]) for entry in _objects(raw)), None)


def sites(*members: str) -> Callable[[Any], list[Value]]:
    """Charging sites, the nearest first; where they are is left out."""
    return lambda raw: [
        {"name": site["name"], "distance": site["distance"], **{name: site[name] for name in members}}
        for site in _sites(raw)
    ]


def nearest(member: str) -> Callable[[Any], Value]:
    """Of the nearest that is not closed."""
    return lambda raw: next((site[member] for site in _sites(raw) if not site["site_closed"]), None)


def _sites(raw: Any) -> list[dict[str, Any]]:
    found = [
        {
            "name": _or_none(convert.phrase, entry.get("name")),
            "distance": _or_none(convert.kilometres, entry.get("distance_miles")),
            "available_stalls": _or_none(convert.number, entry.get("available_stalls")),
            "total_stalls": _or_none(convert.number, entry.get("total_stalls")),
            "site_closed": _or_none(convert.boolean, entry.get("site_closed")),
        }
        for entry in _objects(raw)
    ]
    return sorted((site for site in found if site["distance"] is not None), key=lambda site: float(site["distance"]))


def alerts(raw: Any) -> list[Value]:
    """The newest last; one without a name or a time is left out."""
    found = [
        {
            "name": _or_none(convert.phrase, entry.get("name")),
            "time": _or_none(_told, entry.get("time")),
            "text": _or_none(convert.phrase, entry.get("user_text")),
            "audience": [convert.text(word) for word in _words(entry.get("audience")) if isinstance(word, str)],
        }
        for entry in _objects(raw)
    ]
    return sorted((each for each in found if each["name"] and each["time"]), key=lambda each: each["time"])


def last_alert(member: str) -> Callable[[Any], Value]:
    """Of the newest; None where there is none."""
    return lambda raw: next((alert[member] for alert in reversed(alerts(raw))), None)


def last_alert_time(raw: Any) -> datetime | None:
    newest = last_alert("time")(raw)
    return convert.iso(newest) if newest else None


def _words(raw: Any) -> list[Any]:
    return raw if isinstance(raw, list) else []


def _objects(raw: Any) -> list[Mapping[str, Any]]:
    """TypeError for what is no list."""
    if not isinstance(raw, list):
        raise TypeError(raw)
    return [entry for entry in raw if isinstance(entry, Mapping)]


def _objects_or_none(raw: Any) -> list[Mapping[str, Any]]:
    return _objects(raw) if isinstance(raw, list) else []


def _or_none(read: Callable[[Any], Any], raw: Any) -> Any:
    try:
        return read(raw)
    except (TypeError, ValueError, KeyError, OverflowError):
        return None
