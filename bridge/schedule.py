"""History -> the next call to make. Pure: numbers in, a time out; all times are monotonic seconds of our clock.

The rules, and why (performance.md 6): the free list often; data never to a sleeping car, and none at all while a
parked car may fall asleep, because a data call restarts the fifteen quiet minutes that many cars need.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar
from zlib import crc32

from bridge.errors import BridgeError, OwnerMustAct, RateLimited
from bridge.model import Connectivity, Value


class Activity(StrEnum):
    """What a car was doing when its data was last read."""

    DRIVING = "driving"
    CHARGING = "charging"
    OCCUPIED = "occupied"
    PARKED = "parked"


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between calls. The settings of the same names, and what is fixed."""

    state: float = 30
    driving: float = 60
    charging: float = 300
    parked: float = 1320
    live: float = 60
    info: float = 900
    history: float = 300
    products: float = 3600
    occupied: float = 30
    occupied_limit: int = 5
    """Somebody in a parked car mostly drives off within minutes; longer looking would only keep it awake."""
    probes: tuple[float, ...] = (60, 240)
    """After a drive or a charge: when the cable is plugged in, when the doors are locked."""
    longest_wait: float = 900
    soonest: float = 10
    """However often fresh data is wanted: a hundred wishes are one call."""


@dataclass(frozen=True, slots=True)
class VehicleHistory:
    """What was seen of one car. None: never."""

    connectivity: Connectivity | None = None
    data_at: float | None = None
    activity: Activity = Activity.PARKED
    same_since: float = 0.0
    """When the activity began."""
    looks: int = 0
    """Data calls since the activity began."""
    wanted_at: float | None = None
    """Fresh data is wanted from then on: after a command, or because somebody asked."""
    failures: int = 0
    not_before: float = 0.0
    """Tesla asked to wait, or calls keep failing."""


@dataclass(frozen=True, slots=True)
class CallHistory:
    """What became of one repeated call, to a site or to the account."""

    done_at: float | None = None
    wanted_at: float | None = None
    failures: int = 0
    not_before: float = 0.0


_History = TypeVar("_History", VehicleHistory, CallHistory)


def activity(values: Mapping[str, Value]) -> Activity:
    """What a car is doing, from its entities."""
    if values.get("shift_state") in {"d", "r", "n"}:
        return Activity.DRIVING
    if values.get("charging"):
        return Activity.CHARGING
    return Activity.OCCUPIED if values.get("user_present") else Activity.PARKED


def saw_state(history: VehicleHistory, connectivity: Connectivity | None, now: float) -> VehicleHistory:
    """The list told the car's state. A car that has come online is looked at anew."""
    if connectivity is history.connectivity:
        return history
    if connectivity is Connectivity.ONLINE:
        return replace(history, connectivity=connectivity, data_at=None, same_since=now, looks=0)
    return replace(history, connectivity=connectivity, wanted_at=None)


def saw_data(history: VehicleHistory, doing: Activity, asked: float, now: float) -> VehicleHistory:
    """A data call was answered that was made at `asked`. A wish that came later stands."""
    is_same = doing is history.activity
    return replace(
        history,
        connectivity=Connectivity.ONLINE,
        data_at=now,
        activity=doing,
        same_since=history.same_since if is_same else now,
        looks=history.looks + 1 if is_same else 0,
        wanted_at=_open_wish(history.wanted_at, asked),
        failures=0,
    )


def next_data(history: VehicleHistory, pace: Pace) -> float | None:
    """When to read a car's data; None: not before the list shows it online."""
    if history.connectivity is not Connectivity.ONLINE:
        return None
    if history.data_at is None:
        return history.not_before
    due = history.data_at + _data_interval(history, pace)
    return max(_wished(due, history.wanted_at, history.data_at, pace), history.not_before)


def next_wish(history: VehicleHistory, pace: Pace) -> float | None:
    """When to read a car's data that is read only when somebody wants it; None: nobody does, or it is not online."""
    if history.connectivity is not Connectivity.ONLINE or history.wanted_at is None:
        return None
    soonest = 0.0 if history.data_at is None else history.data_at + pace.soonest
    return max(history.wanted_at, soonest, history.not_before)


def _data_interval(history: VehicleHistory, pace: Pace) -> float:
    match history.activity:
        case Activity.DRIVING:
            return pace.driving
        case Activity.CHARGING:
            return pace.charging
        case Activity.OCCUPIED if history.looks < pace.occupied_limit:
            return pace.occupied
        case _:
            return _quiet(history, pace)


def _quiet(history: VehicleHistory, pace: Pace) -> float:
    """A few looks after it came to rest, then silence long enough to fall asleep in."""
    assert history.data_at is not None  # noqa: S101 - the caller has looked
    for probe in pace.probes:
        if history.data_at < history.same_since + probe:
            return history.same_since + probe - history.data_at
    return pace.parked


def next_call(history: CallHistory, interval: float, pace: Pace) -> float:
    """When to make a repeated free call."""
    if history.done_at is None:
        return history.not_before
    due = history.done_at + interval
    return max(_wished(due, history.wanted_at, history.done_at, pace), history.not_before)


def _wished(due: float, wanted_at: float | None, done_at: float, pace: Pace) -> float:
    return due if wanted_at is None else min(due, max(wanted_at, done_at + pace.soonest))


def answered(history: CallHistory, asked: float, now: float) -> CallHistory:
    """A call was answered that was made at `asked`. A wish that came later stands."""
    return replace(history, done_at=now, wanted_at=_open_wish(history.wanted_at, asked), failures=0)


def _open_wish(wanted_at: float | None, asked: float) -> float | None:
    return None if wanted_at is None or wanted_at <= asked else wanted_at


def put_off(history: _History, error: BridgeError, now: float, pace: Pace) -> _History:
    """A call failed: how long to wait says Tesla, or else who must act. What was wanted is still wanted."""
    match error:
        case RateLimited():
            wait = error.wait
        case OwnerMustAct():
            wait = pace.longest_wait
        case _:
            wait = back_off(history.failures, pace)
    return replace(history, failures=history.failures + 1, not_before=now + wait)


def back_off(failures: int, pace: Pace) -> float:
    """Seconds to wait after so many failures in a row: doubling, never for ever."""
    return float(min(pace.longest_wait, 15 * 2 ** min(failures, 10)))


def spread(name: str, earliest: float, latest: float) -> float:
    """A number between them that is always the same for this name: what many do, they do not do at once."""
    return earliest + (latest - earliest) * crc32(name.encode()) / 2**32
