"""A directory of recorded answers in place of simulated cars and sites.

Each file is known by the shape of what it holds, never by its name; of several on one thing the newest wins.
"""

import json
import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bridge.simulator.account import Account, Owner
from bridge.simulator.answers import Json
from bridge.simulator.recorded_car import RecordedCar
from bridge.simulator.recorded_site import RecordedSite

log = logging.getLogger(__name__)

# An answer is of the first kind of which it has a member.
MARKS = {
    "vehicle_data": {"vin"},
    "history": {"time_series"},
    "site_info": {"default_real_mode", "installation_time_zone", "user_settings"},
    "live_status": {"grid_status", "island_status", "load_power", "solar_power", "wall_connectors"},
}


def load_account(directory: Path) -> Account:
    """The cars and sites of the recordings; OSError or ValueError names a directory or file that is useless."""
    answers = sorted(_answers(directory), key=lambda answer: (_recorded_at(answer[1]), answer[0]))
    bodies: dict[str, list[Any]] = {kind: [] for kind in ("products", *MARKS)}
    for name, answer in answers:
        kind = kind_of(answer)
        if kind is None:
            log.warning("%s: not an answer the simulator knows; left out", directory / name)
        else:
            bodies[kind].append(answer)
    products = [entry for answer in bodies["products"] for entry in answer]
    cars = _cars(products, bodies["vehicle_data"])
    sites = _sites(products, bodies)
    if not cars and not sites:
        raise ValueError(f"{directory}: no recorded car or energy site in its *.json files")
    return Account(cars, sites, Owner())


def kind_of(answer: object) -> str | None:
    """`products`, one of MARKS, or None for a shape nobody knows."""
    if isinstance(answer, list):
        known = all(isinstance(entry, dict) and entry.keys() & {"vin", "energy_site_id"} for entry in answer)
        return "products" if answer and known else None
    if not isinstance(answer, dict):
        return None
    return next((kind for kind, marks in MARKS.items() if answer.keys() & marks), None)


def _answers(directory: Path) -> Iterable[tuple[str, Any]]:
    """File name and `response` member; the examples of the documentation leave the envelope out."""
    if not directory.is_dir():
        raise NotADirectoryError(f"{directory}: no directory with recorded answers")
    for path in directory.glob("*.json"):
        try:
            body = json.loads(path.read_bytes())
        except ValueError as problem:
            raise ValueError(f"{path}: no JSON: {problem}") from None
        yield path.name, body.get("response", body) if isinstance(body, dict) else body


def _recorded_at(answer: object) -> float:
    """Epoch of the newest `timestamp` (ms or ISO 8601) in the answer; 0 without one."""
    if isinstance(answer, list):
        return max(map(_recorded_at, answer), default=0.0)
    if not isinstance(answer, dict):
        return 0.0
    own = _epoch(answer.get("timestamp"))
    return max(own, *map(_recorded_at, answer.values()), 0.0)


def _epoch(timestamp: object) -> float:
    if isinstance(timestamp, int):
        return timestamp / 1000
    if not isinstance(timestamp, str):
        return 0.0
    try:
        moment = datetime.fromisoformat(timestamp)
    except ValueError:
        return 0.0
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _cars(products: list[Json], data: list[Json]) -> list[RecordedCar]:
    cars: dict[str, RecordedCar] = {}
    for entry in products:
        if entry.get("vin"):
            cars.setdefault(entry["vin"], RecordedCar(entry["vin"])).learn_entry(entry)
    for body in data:
        cars.setdefault(body["vin"], RecordedCar(body["vin"])).learn_data(body)
    return list(cars.values())


def _sites(products: list[Json], bodies: dict[str, list[Json]]) -> list[RecordedSite]:
    sites: dict[int, RecordedSite] = {}
    for product in [entry for entry in products if "energy_site_id" in entry] or _unlisted(bodies):
        sites.setdefault(product["energy_site_id"], RecordedSite(product)).learn_product(product)
    for body in bodies["live_status"]:
        for site in _owners(sites, body):
            site.learn_live_status(body)
    for body in bodies["site_info"]:
        for site in _owners(sites, body):
            site.learn_site_info(body)
    for body in bodies["history"]:
        for site in _owners(sites, body):
            site.learn_history(body)
    return list(sites.values())


def _owners(sites: dict[int, RecordedSite], body: Json) -> list[RecordedSite]:
    """The site the body names; a body that names none we know, as anonymised ones do, speaks for all."""
    return [site for site in sites.values() if site.owns(body)] or list(sites.values())


def _unlisted(bodies: dict[str, list[Json]]) -> list[Json]:
    """A products entry for a site of which only other answers were recorded."""
    live = bodies["live_status"][-1] if bodies["live_status"] else {}
    info = bodies["site_info"][-1] if bodies["site_info"] else {}
    if not live and not info:
        return []
    parts = {"battery": "battery_power" in live, "solar": "solar_power" in live, "grid": "grid_power" in live}
    return [
        {
            "energy_site_id": 1,
            "resource_type": "battery",
            "site_name": info.get("site_name", "Recorded site"),
            "id": info.get("id", "1"),
            "components": {**parts, **info.get("components", {})},
        }
    ]
