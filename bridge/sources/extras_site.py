"""The calls about an energy site besides those that polling lives on. All are free (fleet-api.md 4.4, 4.5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from bridge.errors import CallWrong
from bridge.model import Kind, Value
from bridge.sources import history
from bridge.sources.asking import Answers, Asking, Extra
from bridge.sources.charges import sessions
from bridge.sources.outages import outages

OPEN_DAYS = 2
"""Past days that are still asked about: a gateway that was out of reach tells its energy later."""

LOOK_AGAIN = timedelta(hours=3)
"""Between two looks at the open days."""

MOST_DAYS = 14
"""Asked for at once, after the bridge was off for long."""

CHARGES = timedelta(days=31)
"""How far back charges are asked for."""

UNKNOWN_AGE = timedelta(days=365)
"""How far back outages are asked for at a site that does not tell when it was installed."""


# --- the energy of past days --------------------------------------------------------------------------------


async def ask_past_days(asking: Asking) -> Answers:
    """The site's past days that lifetime counters do not hold yet, and at the very first everything before today."""
    today = history.today(asking.now, asking.zone)
    if today is None:
        return {}
    told: dict[str, Any] = {"asked_at": asking.now.isoformat(), "today": today.start.date().isoformat(), "days": {}}
    since = _date(asking.known.get("lifetime_settled_until"))
    due = [] if since is None else _due(asking, since, today.start.date())
    if (since and not due) or not await _has_today(asking, today):
        return {}
    if since is None:
        installed = asking.known.get("installation_date")
        told["since"] = installed.date().isoformat() if isinstance(installed, datetime) else None
        told["before"] = await _everything(asking, today, installed)
    for day in due:
        told["days"][day.start.date().isoformat()] = _energies(await _ask(asking, day, "day"), day)
    return {asking.at: {"past_days": told}}


async def _has_today(asking: Asking, today: history.Day) -> bool:
    """A site that tells no energy of today tells none of other days, or our clock is wrong."""
    begun = asking.known.get("history_period_start")
    if isinstance(begun, datetime) and begun.date() == today.start.date():
        return True
    return history.totals(await _ask(asking, today, "day"), today) is not None


def _due(asking: Asking, since: date, today: date) -> list[history.Day]:
    """Those that are not settled; none while they were all asked for just now."""
    past = asking.known.get("past_days")
    told = past if isinstance(past, Mapping) else {}
    due = history.days(since, today - timedelta(days=1), asking.zone)[:MOST_DAYS]
    asked_at = _moment(told.get("asked_at"))
    is_fresh = asked_at is not None and timedelta(0) <= asking.now - asked_at < LOOK_AGAIN
    have = told.get("days") or {}
    return [] if is_fresh and all(day.start.date().isoformat() in have for day in due) else due


async def _everything(asking: Asking, today: history.Day, installed: Value) -> dict[str, Any] | None:
    """Since the site was installed; None where it does not tell."""
    if not isinstance(installed, datetime) or installed >= today.start:
        return None
    start = installed.astimezone(today.start.tzinfo)
    past = history.Day(start, today.start - timedelta(seconds=1), today.zone)
    try:
        answer = await _ask(asking, past, "lifetime")
    except CallWrong:
        return None  # then the counters begin with today
    # A bucket may be a whole year, stamped with its first moment: before the site was installed.
    return _energies(answer, past._replace(start=start - timedelta(days=366)))


async def _ask(asking: Asking, day: history.Day, period: str) -> Mapping[str, Any] | None:
    return await asking.api.energy_history(asking.at.id, start=day.start, end=day.end, period=period, zone=day.zone)


def _energies(answer: Any, day: history.Day) -> dict[str, Any] | None:
    sums = history.totals(answer, day)
    return None if sums is None else {key: value for key, value in sums.items() if key != "period_start"}


# --- the others ---------------------------------------------------------------------------------------------


async def ask_backup_time(asking: Asking) -> Answers:
    if not asking.known.get("has_battery"):
        return {}
    try:
        return {asking.at: {"backup_time_remaining": await asking.api.backup_time_remaining(asking.at.id)}}
    except CallWrong:
        return {}  # an undocumented call (fleet-api.md 4.4), which some sites do not know


async def ask_outages(asking: Asking) -> Answers:
    """Every outage since the site was installed."""
    today = history.today(asking.now, asking.zone)
    if today is None or not asking.known.get("has_battery"):
        return {}
    installed = asking.known.get("installation_date")
    start = today.start - UNKNOWN_AGE
    if isinstance(installed, datetime) and installed < asking.now:
        start = installed.astimezone(today.start.tzinfo)
    answer = await asking.api.energy_history(
        asking.at.id, start=start, end=today.end, period="lifetime", zone=today.zone, kind="backup"
    )
    told = outages(answer, asking.now)
    return {} if told is None else {asking.at: {"backup_history": told}}


async def ask_charge_levels(asking: Asking) -> Answers:
    """Only when somebody asks: the kind is undocumented, and the answer is long."""
    today = history.today(asking.now, asking.zone)
    if today is None:
        return {}
    try:
        answer = await asking.api.energy_history(
            asking.at.id, start=today.start, end=today.end, period="day", zone=today.zone, kind="soe"
        )
    except CallWrong:
        return {}
    series = answer.get("time_series") if answer else None
    return {asking.at: {"charge_level_history": {"levels": series}}} if isinstance(series, list) else {}


async def ask_charges(asking: Asking) -> Answers:
    """The charges of the last weeks. Tesla does not say at which wall connector: known where there is only one."""
    today = history.today(asking.now, asking.zone)
    dins = _dins(asking.known.get("wall_connector_units"))
    if today is None or not dins:
        return {}
    answer = await asking.api.charge_history(asking.at.id, start=today.start - CHARGES, end=today.end, zone=today.zone)
    told = sessions(answer)
    if told is None:
        return {}
    connectors = [at for at in asking.devices if at.kind is Kind.WALL_CONNECTOR and at.id in dins]
    takers = [asking.at, *(connectors if len(dins) == 1 else [])]
    return {at: {"charge_history": {"sessions": told}} for at in takers}


def _dins(units: Value) -> list[str]:
    known = units if isinstance(units, list) else []
    return [unit["din"] for unit in known if isinstance(unit.get("din"), str)]


def _date(raw: Value) -> date | None:
    return date.fromisoformat(raw) if isinstance(raw, str) else None


def _moment(raw: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(raw)
    except (TypeError, ValueError):
        return None


SITE_EXTRAS = (
    Extra(
        "past_days",
        Kind.ENERGY_SITE,
        ask_past_days,
        every=600,
        tells="energy of earlier days, for the lifetime counters",
    ),
    Extra(
        "backup_time_remaining", Kind.ENERGY_SITE, ask_backup_time, every=600, tells="how long the battery would last"
    ),
    Extra("backup_history", Kind.ENERGY_SITE, ask_outages, every=900, tells="outages that it bridged"),
    Extra("charge_history", Kind.ENERGY_SITE, ask_charges, every=900, tells="what the wall connectors charged"),
    Extra(
        "charge_level_history",
        Kind.ENERGY_SITE,
        ask_charge_levels,
        tells="the battery's level over the day; undocumented",
    ),
)
