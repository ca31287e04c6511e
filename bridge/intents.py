"""What people want of a Powerwall, as settings of the site, and the way back to the owner's own. Pure.

What works: fleet-api.md 4.4, entities.md O10, peers.md (alandtse #1169, pypowerwall #22). Why so: ADR 0012.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from bridge.model import Value

NORMAL = "normal"

SETTINGS = ("grid_charging", "export_rule", "operation_mode", "backup_reserve")
"""Entities that an intent may set, in the order of writing: what a site refuses most often comes first."""

Settings = Mapping[str, Value]

KEPT_RESERVE = 80
"""Above it current firmware keeps no reserve but 100 (entities.md O1, appendix 5)."""

NEARLY_FULL = 90
"""A hold from this level on takes 100 %, one below it 80 %."""

LOW_RESERVE = 20
"""What an export leaves in the battery for an outage, unless the owner's own reserve is lower."""


class Plan(NamedTuple):
    """The settings that an intent wants, and what its owner should know of them."""

    wanted: Settings
    notes: tuple[str, ...] = ()


def plan(intent: str, owner: Settings, level: float | None, strategy: Value = None) -> Plan:
    """`owner`: his own settings; `level`: the battery's, in percent, for a hold; `strategy`: of time-based control.

    Raises ValueError with the reason where it cannot be planned.
    """
    match intent:
        case "charge_from_grid":
            # Autonomous charges at full power, self_consumption at a third of it (entities.md O13).
            return Plan({"grid_charging": True, "operation_mode": "autonomous", "backup_reserve": 100})
        case "full_backup":
            return Plan({"backup_reserve": 100})
        case "export":
            return _export(owner, strategy)
        case "hold":
            return _hold(owner, level)
    raise ValueError(f"there is no intent called {intent}")


def _export(owner: Settings, strategy: Value) -> Plan:
    reserve = min(owner["backup_reserve"], LOW_RESERVE)
    notes = ["when it exports is decided by Tesla, by the tariff: nothing can force it"]
    if strategy == "balanced":
        notes.append("the optimisation strategy is balanced, which covers the house and hardly ever exports")
    return Plan({"export_rule": "battery_ok", "operation_mode": "autonomous", "backup_reserve": reserve}, tuple(notes))


def _hold(owner: Settings, level: float | None) -> Plan:
    if level is None:
        raise ValueError("the site does not tell how full its battery is")
    reserve, notes = _held(level, owner)
    # In backup mode a battery fills up, whatever its reserve.
    mode = {"operation_mode": "self_consumption"} if owner["operation_mode"] == "backup" else {}
    return Plan({**mode, "backup_reserve": reserve}, notes)


def _held(level: float, owner: Settings) -> tuple[int, tuple[str, ...]]:
    """The reserve that keeps this level. Rounded up, so that nothing is used; never below the owner's own."""
    least = math.ceil(level)
    if owner["backup_reserve"] >= least:
        return owner["backup_reserve"], ()
    if least <= KEPT_RESERVE or least == 100:
        return least, ()
    # With 100 a battery that may not be charged from the grid waits for the sun: nothing is bought, nothing used.
    reserve = 100 if level >= NEARLY_FULL or not owner["grid_charging"] else KEPT_RESERVE
    return reserve, (f"a site keeps no reserve from 81 to 99 %, so {reserve} % stands for {level:g} %",)


def unknown(settings: Settings) -> list[str]:
    """What the site does not tell, so that it could not be put back."""
    return [key for key in SETTINGS if settings.get(key) is None]


def differing(wanted: Settings, now: Settings) -> list[tuple[str, Value]]:
    """What is to be written, in order."""
    return [(key, wanted[key]) for key in SETTINGS if key in wanted and wanted[key] != now.get(key)]


# --- what is kept until everything is as it was ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Record:
    """One site's intent. `owner`: his settings before; `made`: setting -> every value that the bridge gave it.

    `state`: setting (not all is written yet), active, restoring, or failed (restoring, and the site refuses).
    `is_sure`: every write was confirmed. `trouble`: why it is not restored yet.
    """

    intent: str
    state: str
    owner: Settings
    made: Mapping[str, Sequence[Value]] = field(default_factory=dict)
    until: datetime | None = None
    is_sure: bool = False
    trouble: str = ""

    def without(self, key: str) -> Record:
        """It is as the owner had it."""
        return replace(self, made={name: values for name, values in self.made.items() if name != key})

    def active(self, wanted: Settings) -> Record:
        made = {key: [wanted[key]] for key in self.made if wanted[key] != self.owner[key]}
        return replace(self, state="active", made=made, is_sure=True)

    def ending(self) -> Record:
        """From now on it is being restored. What an interrupted write did is not known."""
        return replace(self, state="restoring") if self.state in {"setting", "active"} else self


def written(record: Record) -> dict[str, Any]:
    return {**asdict(record), "until": record.until.isoformat() if record.until else None}


def recalled(kept: Mapping[str, Any]) -> Record:
    until = kept["until"]
    return Record(**{**kept, "until": datetime.fromisoformat(until) if until else None})


def owners(record: Record | None, now: Settings) -> dict[str, Value]:
    """The owner's settings when an intent begins: the first snapshot, and what he has changed by hand since."""
    settings = {key: now.get(key) for key in SETTINGS}
    if record is None:
        return settings
    return {key: record.owner[key] if _is_made(record, key, value) else value for key, value in settings.items()}


def goal(record: Record | None, owner: Settings, wanted: Settings) -> dict[str, Value]:
    """What is to be set for the next intent: also what the one before had changed, and this one does not want."""
    return {**{key: owner[key] for key in (record.made if record else ())}, **wanted}


def making(record: Record | None, writes: Sequence[tuple[str, Value]]) -> dict[str, list[Value]]:
    """What the bridge has given the settings, and is about to."""
    made = {key: [*values] for key, values in record.made.items()} if record else {}
    for key, value in writes:
        made[key] = [*made.get(key, ()), value]
    return made


class Back(NamedTuple):
    """What is to be written, and what stays as the owner has changed it by hand."""

    writes: list[tuple[str, Value]]
    kept: dict[str, Value]


def way_back(record: Record, now: Settings) -> Back:
    """Only what still is as the intent made it is put back."""
    writes, kept = [], {}
    for key in record.made:
        owner, value = record.owner[key], now.get(key)
        # A site shows a write some seconds late: what was not confirmed is written even where it looks restored.
        if (value == owner and not record.is_sure) or (value != owner and _is_made(record, key, value)):
            writes.append((key, owner))
        elif value != owner:
            kept[key] = value
    return Back(writes, kept)


def _is_made(record: Record, key: str, value: Value) -> bool:
    """Is it as the bridge made it, or as the site made it of that? What is not told counts as made."""
    made = record.made.get(key, ())
    return (
        value is None or value in made or (not record.is_sure and key == "backup_reserve" and _is_snapped(value, made))
    )


def _is_snapped(value: Value, made: Sequence[Value]) -> bool:
    return bool(value == KEPT_RESERVE and any(each > KEPT_RESERVE for each in made))


def named(settings: Settings) -> str:
    """For people."""
    spelled = {key: str(value).lower() if isinstance(value, bool) else value for key, value in settings.items()}
    return ", ".join(f"{key} {value}" for key, value in spelled.items())


def said(back: Back) -> str:
    """What became of an intent, for people."""
    done = f"put back: {named(dict(back.writes))}" if back.writes else "nothing was to be put back"
    return f"{done}; changed by hand, so it stays: {named(back.kept)}" if back.kept else done


# --- the end --------------------------------------------------------------------------------------------------------


def moment(text: str, zone: Value, now: datetime) -> datetime:
    """`2026-07-01T06:00:00+02:00`, or the next `07:00` on the clock of the site. Raises ValueError.

    `zone`: the site's; a time without an offset is of it.
    """
    at = next((each for each in _moments(text, zone, now) if each > now), None)
    if at is None:
        raise ValueError(f"until {text} is over already")
    return at


def _moments(text: str, zone: Value, now: datetime) -> Iterator[datetime]:
    day = _time_of_day(text)
    if day is None:
        at = _iso(text)
        yield (at if at.tzinfo else at.replace(tzinfo=_zone(zone))).astimezone(UTC)
        return
    here = _zone(zone)
    today = now.astimezone(here).date()
    for date, fold in ((today, 0), (today, 1), (today + timedelta(days=1), 0)):
        yield datetime.combine(date, day.replace(fold=fold), here).astimezone(UTC)


def _time_of_day(text: str) -> time | None:
    try:
        return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007 - a time of day has no zone
    except ValueError:
        return None


def _iso(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"until must be like 2026-07-01T06:00:00+02:00 or 07:00, not {text[:40]!r}") from None


def _zone(name: Value) -> ZoneInfo:
    try:
        return ZoneInfo(str(name))
    except (LookupError, ValueError, OSError):
        raise ValueError("the site's time zone is not known: give a time with its offset from UTC") from None
