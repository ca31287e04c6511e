"""What a wall connector has charged, and into which car (entities.md Q6, Q15 to Q18)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bridge.derived.frame import Derived, Happened, Memory, Scene, derivation
from bridge.model import DeviceId, Kind, Value

LONGEST_GAP = 300
"""Seconds. Over a longer silence nobody knows the power: what was charged then, Tesla's session tells later."""

PAUSE = 180
"""Seconds between two looks at a charge that goes on as it did: each of them is a write to the disk."""

STEADY = 0.05
"""Part by which the power may differ meanwhile."""

KEPT = timedelta(days=40)
"""How long a charge is remembered by itself: Tesla is asked for those of 31 days."""

UNKNOWN_CAR = "unknown"


class Charge(NamedTuple):
    """A charge that the bridge saw or sees. `wh`: of the power seen; `early`: how much of it before the last midnight.

    `at` and `watts`: the last look. Times are seconds since 1970.
    """

    start: float
    at: float
    watts: float
    vin: str | None
    wh: float = 0.0
    early: float = 0.0

    def until(self, now: float) -> Charge:
        """With what has flowed since the last look."""
        passed = now - self.at
        flowed = self.watts * passed / 3600 if 0 < passed <= LONGEST_GAP else 0.0
        return self._replace(at=now, wh=self.wh + flowed)


class Told(NamedTuple):
    """A session as Tesla tells it. Times are seconds since 1970."""

    start: float
    end: float
    wh: float


class Book(NamedTuple):
    """What is remembered. `base`: VIN -> Wh of charges too old to be kept one by one."""

    running: Charge | None
    seen: tuple[Charge, ...]
    told: tuple[Told, ...]
    base: Mapping[str, float]
    settled: float
    """Charges that began before this are in the base."""
    day: str
    shown: float
    shown_today: float

    def charges(self) -> tuple[Charge, ...]:
        return (*self.seen, self.running) if self.running else self.seen


def _read(memory: Memory) -> Book:
    running = memory.get("running")
    return Book(
        running=Charge(*running) if running else None,
        seen=tuple(Charge(*charge) for charge in memory.get("seen", ())),
        told=tuple(Told(*told) for told in memory.get("told", ())),
        base=memory.get("base", {}),
        settled=memory.get("settled", 0.0),
        day=memory.get("day", ""),
        shown=memory.get("shown", 0.0),
        shown_today=memory.get("shown_today", 0.0),
    )


def _written(book: Book) -> Memory:
    return {
        **book._asdict(),
        "running": list(book.running) if book.running else None,
        "seen": [list(charge) for charge in book.seen],
        "told": [list(told) for told in book.told],
    }


# --- what is seen -------------------------------------------------------------------------------------------


def _charging(scene: Scene) -> Derived:
    book, now = _read(scene.memory), scene.now.timestamp()
    midnight = _midnight(scene)
    if book.running and _goes_on(book, book.running, scene, midnight):
        return Derived()
    book, events = _watched(book, scene, now)
    book = _heard(book, scene.values.get("charge_sessions"))
    book = _settle(book, now - KEPT.total_seconds())
    book = _counted(book, midnight)
    memory = _written(book)
    if not scene.memory and not book.charges() and not book.told:
        return Derived()  # nothing was ever charged here, as far as anybody knows
    values: dict[str, Value] = {
        "energy_lifetime": round(book.shown),
        "energy_per_vehicle": {vin: round(wh) for vin, wh in sorted(_per_vehicle(book).items())},
    }
    if midnight is not None:
        values["energy_today"] = round(book.shown_today)
    return Derived(values, memory, events)


def _goes_on(book: Book, running: Charge, scene: Scene, midnight: datetime | None) -> bool:
    """As it did at the last look, which is not long ago, on the same day.

    What a restart recalled may be older than the memory: then it is told at once.
    """
    watts, passed = scene.number("power") or 0.0, scene.now.timestamp() - running.at
    is_same_day = midnight is None or midnight.date().isoformat() == book.day
    is_same_car = _vin(scene.values) in {None, running.vin} and scene.values.get("charging") is True
    is_steady = abs(watts - running.watts) <= STEADY * running.watts
    is_told = "charge_sessions" not in scene.changed and scene.number("energy_lifetime") == round(book.shown)
    return is_same_day and is_same_car and is_steady and is_told and 0 <= passed < PAUSE


def _watched(book: Book, scene: Scene, now: float) -> tuple[Book, tuple[Happened, ...]]:
    """The charge that runs, or has begun, or is over. While the state is unknown nothing changes."""
    is_charging, vin = scene.values.get("charging"), _vin(scene.values)
    running = book.running
    if running is None:
        if is_charging is not True:
            return book, ()
        begun = Charge(now, now, scene.number("power") or 0.0, vin)
        return book._replace(running=begun), (Happened("charging_started", _facts(begun)),)
    running = running.until(now)
    is_another_car = None not in {vin, running.vin} and vin != running.vin
    if is_charging is False or is_another_car:
        over = {"duration": max(round(now - running.start), 0), "energy": round(running.wh)}
        facts = {**_facts(running), **over}
        return book._replace(running=None, seen=(*book.seen, running)), (Happened("charging_ended", facts),)
    watts = (scene.number("power") or 0.0) if is_charging else 0.0
    return book._replace(running=running._replace(watts=watts, vin=running.vin or vin)), ()


def _vin(values: Mapping[str, Value]) -> str | None:
    vin = values.get("vehicle_vin")
    return vin if isinstance(vin, str) and vin != "none" else None


def _facts(charge: Charge) -> dict[str, Value]:
    return {"vin": charge.vin, "start": datetime.fromtimestamp(charge.start, UTC).isoformat()}


# --- what Tesla tells ---------------------------------------------------------------------------------------


def _heard(book: Book, sessions: Value) -> Book:
    """A session that is told again counts once; one that grows, or lasts longer, is the same."""
    told = {each.start: each for each in book.told}
    for each in _sessions(sessions):
        if each.start >= book.settled:
            before = told.get(each.start, each)
            told[each.start] = Told(each.start, max(each.end, before.end), max(each.wh, before.wh))
    return book._replace(told=tuple(sorted(told.values())))


def _sessions(raw: Value) -> Iterator[Told]:
    for session in raw if isinstance(raw, list) else ():
        start = datetime.fromisoformat(session["start"]).timestamp()
        yield Told(start, start + session["duration"], float(session["energy"]))


def _settle(book: Book, before: float) -> Book:
    """What is long over goes into the base."""
    old = [part for part in _parts(book._replace(running=None)) if part.start < before]
    if not old:
        return book
    base = dict(book.base)
    for part in old:
        base[part.car] = base.get(part.car, 0.0) + part.wh
    return book._replace(
        base=base,
        settled=before,
        told=tuple(told for told in book.told if told.start >= before),
        seen=tuple(charge for charge in book.seen if charge.start >= before),
    )


# --- the sums -----------------------------------------------------------------------------------------------


class Part(NamedTuple):
    """Energy that counts once: a session of Tesla's, or a charge that was seen and that no session tells of."""

    start: float
    wh: float
    car: str


def _parts(book: Book) -> list[Part]:
    told = [Part(each.start, each.wh, _car_of(each, book)) for each in book.told]
    seen = [Part(each.start, each.wh, each.vin or UNKNOWN_CAR) for each in book.charges() if not _is_told(each, book)]
    return [*told, *seen]


def _is_told(charge: Charge, book: Book) -> bool:
    return any(_overlap(charge, told) for told in book.told)


def _car_of(told: Told, book: Book) -> str:
    return next((charge.vin for charge in book.charges() if charge.vin and _overlap(charge, told)), UNKNOWN_CAR)


def _overlap(charge: Charge, told: Told) -> bool:
    return charge.start < told.end and told.start < charge.at


def _per_vehicle(book: Book) -> dict[str, float]:
    sums = dict(book.base)
    for part in _parts(book):
        sums[part.car] = sums.get(part.car, 0.0) + part.wh
    return sums


def _counted(book: Book, midnight: datetime | None) -> Book:
    """What is shown never falls: Tesla's word on a charge may be a little less than what was seen of it."""
    total = max(book.shown, sum(_per_vehicle(book).values()))
    book = book._replace(shown=total)
    if midnight is None:
        return book
    day = midnight.date().isoformat()
    if day != book.day:
        running = book.running and book.running._replace(early=book.running.wh)
        book = book._replace(day=day, shown_today=0.0, running=running)
    return book._replace(shown_today=max(book.shown_today, _today(book, midnight.timestamp())))


def _today(book: Book, midnight: float) -> float:
    begun = sum(part.wh for part in _parts(book) if part.start >= midnight)
    across = sum(charge.wh - charge.early for charge in book.charges() if charge.start < midnight < charge.at)
    return begun + across


def _midnight(scene: Scene) -> datetime | None:
    """The beginning of the day at the site that has this wall connector."""
    zone = next((_zone(values.get("time_zone")) for values in _sites(scene)), None)
    if zone is None:
        return None
    return scene.now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)


def _sites(scene: Scene) -> Iterator[Mapping[str, Value]]:
    for at, values in scene.known.items():
        units: Any = values.get("wall_connector_units") if at.kind is Kind.ENERGY_SITE else None
        if any(unit.get("din") == scene.at.id for unit in units or ()):
            yield values


def _zone(name: Value) -> ZoneInfo | None:
    try:
        return ZoneInfo(str(name or ""))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


# --- the car ------------------------------------------------------------------------------------------------


def _vehicle_name(scene: Scene) -> Derived:
    vin = _vin(scene.values)
    car = scene.known.get(DeviceId(Kind.VEHICLE, vin), {}) if vin else {}
    return Derived({"vehicle_name": car.get("vehicle_name")})


WALL_CONNECTOR = (
    derivation("connected vehicle", Kind.WALL_CONNECTOR, "vehicle_vin", _vehicle_name, passes=True),
    derivation("charging", Kind.WALL_CONNECTOR, "charging power vehicle_vin charge_sessions", _charging, passes=True),
)
