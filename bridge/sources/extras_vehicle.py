"""What is asked about a car besides vehicle_data and the lists (fleet-api.md 2.4, 8.3).

Names of persons, links, codes and numbers of appointments stay here: what the catalogue is given holds none of them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bridge.catalog.places import Place
from bridge.fleet import more_calls as calls
from bridge.model import Kind
from bridge.sources import answers
from bridge.sources.asking import DAY, WEEK, Answers, Asking, Extra

Question = Callable[[Any, str], Awaitable[Any]]


def _object(head: str, question: Question, *members: str) -> Callable[[Asking], Awaitable[Answers]]:
    """The answer is an object, of which these members are read."""

    async def ask(asking: Asking) -> Answers:
        found: Mapping[str, Any] = await question(asking.api, asking.at.id)
        return {asking.at: {head: {name: found.get(name) for name in members}}}

    return ask


def _list(head: str, question: Question, *members: str) -> Callable[[Asking], Awaitable[Answers]]:
    """The answer is a list: read as `list`, each entry with these members only."""

    async def ask(asking: Asking) -> Answers:
        found: list[Mapping[str, Any]] = await question(asking.api, asking.at.id)
        return {asking.at: {head: {"list": [{name: entry.get(name) for name in members} for entry in found]}}}

    return ask


def _part(name: str) -> Callable[[Asking], Awaitable[Answers]]:
    """One group of vehicle_data. The place comes within drive_state: without it, it would become unknown (2.2)."""

    async def ask(asking: Asking) -> Answers:
        groups = [name, *(["location_data"] if name == "drive_state" and asking.has_place else [])]
        body = await calls.vehicle_data(asking.api, asking.at.id, groups)
        seen = {"last_seen": answers.newest(body) or asking.now, "data_source": "poll"}
        return {asking.at: {name: body.get(name), "bridge": seen}}

    return ask


def _paid(
    name: str,
    tells: str,
    ask: Callable[[Asking], Awaitable[Answers]],
    *,
    reaches_car: bool = True,
    place: Place | None = None,
) -> Extra:
    """A data call: made only when somebody asks for it."""
    return Extra(name, Kind.VEHICLE, ask, reaches_car=reaches_car, place=place, cost="data", tells=tells)


VEHICLE: tuple[Extra, ...] = (
    _paid("charge_state", "battery and charging alone", _part("charge_state")),
    _paid("climate_state", "climate alone", _part("climate_state")),
    _paid("drive_state", "driving and the place alone", _part("drive_state")),
    _paid("vehicle_state", "doors, windows, locks, tyres, software alone", _part("vehicle_state")),
    _paid(
        "nearby_charging_sites",
        "Superchargers nearby: distance and free stalls",
        _object("nearby_charging_sites", calls.nearby_charging_sites, "superchargers", "destination_charging"),
        place=Place.SPOT,
    ),
    _paid(
        "recent_alerts",
        "alerts of the car",
        _list("recent_alerts", calls.recent_alerts, "name", "time", "audience", "user_text"),
    ),
    _paid(
        "release_notes",
        "what is new in the installed software",
        _list("release_notes", calls.release_notes, "title", "subtitle", "description", "customer_version"),
    ),
    _paid(
        "service_data",
        "is it in service, until when",
        _object("service_data", calls.service_data, "service_status", "service_etc"),
        reaches_car=False,
    ),
    _paid(
        "mobile_enabled",
        "is mobile access on",
        _object("mobile_enabled", calls.mobile_enabled, "result"),
        reaches_car=False,
    ),
    Extra("option_codes", Kind.VEHICLE, _object("options", calls.options, "codes"), WEEK, tells="option codes"),
    Extra(
        "warranty",
        Kind.VEHICLE,
        _object("warranty", calls.warranty, "activeWarranty", "upcomingWarranty", "expiredWarranty"),
        WEEK,
        tells="warranties and their ends",
    ),
    Extra("drivers", Kind.VEHICLE, _list("drivers", calls.drivers), DAY, tells="how many drivers there are"),
    Extra(
        "invitations",
        Kind.VEHICLE,
        _list("invitations", calls.invitations, "state"),
        DAY,
        tells="how many invitations are open",
    ),
    Extra(
        "fleet_telemetry_config",
        Kind.VEHICLE,
        _object("fleet_telemetry_config", calls.telemetry_config, "synced", "config", "limit_reached"),
        DAY,
        tells="has the car its streaming configuration",
    ),
    Extra(
        "fleet_telemetry_errors",
        Kind.VEHICLE,
        _list("fleet_telemetry_errors", calls.telemetry_errors, "name"),
        DAY,
        tells="what went wrong with streaming",
    ),
)
