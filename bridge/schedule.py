"""History -> the next call to make. Pure: numbers in, a time out; all times are monotonic seconds of our clock.

The rules, and why (performance.md 6): the free list often; data never to a sleeping car, and none at all while a
parked car may fall asleep, because a data call restarts the fifteen quiet minutes that many cars need.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar
from zlib import crc32

from bridge.errors import BridgeError, OwnerMustAct, TryLater
from bridge.model import Connectivity, Value
from bridge.pace import BLOCKED, WISHED_FOR, Pace


class Activity(StrEnum):
    """What a car was doing when its data was last read."""

    DRIVING = "driving"
    CHARGING = "charging"
    OCCUPIED = "occupied"
    PARKED = "parked"


@dataclass(frozen=True, slots=True)
class VehicleHistory:
    """What was seen of one car. None: never, or not since it slept."""

    connectivity: Connectivity | None = None
    data_at: float | None = None
    activity: Activity = Activity.PARKED
    rested: Activity | None = None
    """What it did before it came to rest; None: it slept."""
    same_since: float = 0.0
    """When it began to drive, to charge or to rest."""
    looks: int = 0
    """Data calls since then, this state included."""
    listed_at: float = 0.0
    """When the list was last seen."""
    quiet_looks: int = 0
    """How many of them after a silence in which it did not fall asleep."""
    plugged_at: float | None = None
    """When the cable was first seen in a car that does not charge."""
    falls_asleep: float | None = None
    """The fewest seconds without a data call after which it was seen asleep."""
    is_careless: bool = False
    """It was seen to fall asleep though it had just been read: newer cars do."""
    departures: tuple[float, ...] = ()
    """When it drove off, in seconds after some fixed hour of the day."""
    expected_at: float | None = None
    """When something is due: the end of the charge, the start of one."""
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
    """The list told the car's state. Sleep makes an end; out of reach, or with no word, all goes on as before.

    In a garage with poor reception it changes every few minutes: a look each time would be billed and cost sleep.
    """
    lasts = math.inf if history.connectivity is Connectivity.ONLINE else WISHED_FOR
    wish = _open_wish(history.wanted_at, now - lasts)
    told = replace(history, connectivity=connectivity, listed_at=now, wanted_at=wish)
    if connectivity is history.connectivity or connectivity is not Connectivity.ASLEEP:
        return told
    is_careless = history.is_careless or _quiet_for(history, now) < QUIET_MINUTES
    told = replace(told, falls_asleep=_fell_asleep(history, now), is_careless=is_careless, wanted_at=None)
    return replace(told, data_at=None, activity=Activity.PARKED, rested=None, same_since=now, looks=0, quiet_looks=0)


def _quiet_for(history: VehicleHistory, now: float) -> float:
    """Seconds since the last data call to a car at rest; endless if it was not, or if nobody knows."""
    is_at_rest = history.connectivity is Connectivity.ONLINE and history.activity in AT_REST
    return now - history.data_at if is_at_rest and history.data_at is not None else math.inf


def _fell_asleep(history: VehicleHistory, now: float) -> float | None:
    """How soon it falls asleep when it woke for nothing: after a drive it may have been busy longer than we looked."""
    quiet, known = _quiet_for(history, now), history.falls_asleep
    return known if history.rested or quiet == math.inf else min(known or math.inf, max(quiet, SLEEPS_NO_SOONER))


QUIET_MINUTES = 840.0
"""Seconds that a data call starts anew in many cars: fifteen minutes, less what clocks and lists differ by."""

SLEEPS_NO_SOONER = 600.0
"""Seconds; what looks sooner has other causes."""


def saw_data(
    history: VehicleHistory,
    doing: Activity,
    asked: float,
    now: float,
    expected_at: float | None = None,
    *,
    is_plugged: bool = False,
    is_starting: bool = False,
) -> VehicleHistory:
    """A data call was answered that was made at `asked`. A wish that came later stands.

    A charge that `is_starting` gets its power within seconds, or never: that is looked for once.
    """
    is_same = doing is history.activity or {doing, history.activity} <= AT_REST
    return replace(
        history,
        connectivity=Connectivity.ONLINE,
        data_at=now,
        activity=doing,
        rested=history.rested if is_same else history.activity,
        same_since=history.same_since if is_same else now,
        looks=history.looks + 1 if is_same else 1,
        expected_at=now if is_starting and not is_same else expected_at,
        quiet_looks=_quiet_looks(history, now) if is_same else 0,
        departures=history.departures if is_same or doing is not Activity.DRIVING else _departures(history, now),
        plugged_at=(history.plugged_at or now) if is_plugged and doing in AT_REST else None,
        wanted_at=_open_wish(history.wanted_at, asked),
        failures=0,
    )


def _quiet_looks(history: VehicleHistory, now: float) -> int:
    return history.quiet_looks + (history.data_at is not None and now - history.data_at >= SLEEPS_NO_SOONER)


def _departures(history: VehicleHistory, now: float) -> tuple[float, ...]:
    return (*history.departures, now % DAY)[-REMEMBERED:]


def _is_likely(history: VehicleHistory, at: float) -> bool:
    """Has it often driven off at this time of the day?"""
    apart = ((at - departure + DAY / 2) % DAY - DAY / 2 for departure in history.departures)
    return sum(abs(seconds) < ABOUT for seconds in apart) >= OFTEN


DAY = 86400.0
REMEMBERED, OFTEN = 20, 3
"""Drives; who drives more often than twice a day has no habits here, for only a few days are remembered."""
ABOUT = 900.0
"""Seconds."""

AT_REST = frozenset({Activity.PARKED, Activity.OCCUPIED})


def next_data(history: VehicleHistory, pace: Pace, pressure: float = 0.0) -> float | None:
    """When to read a car's data; None: not before the list shows it online.

    `pressure` tells how much less to read than one would like: 0 nothing less, 1 hardly at all.
    """
    if history.connectivity is not Connectivity.ONLINE:
        return None
    if history.data_at is None:
        return history.not_before
    due = _due(history, history.data_at, pace, pressure)
    return max(_wished(due, history.wanted_at, history.data_at, pace), history.not_before)


def next_wish(history: VehicleHistory, pace: Pace) -> float | None:
    """When to read a car's data that is read only when somebody wants it; None: nobody does, or it is not online."""
    if history.connectivity is not Connectivity.ONLINE or history.wanted_at is None:
        return None
    soonest = 0.0 if history.data_at is None else history.data_at + pace.soonest
    return max(history.wanted_at, soonest, history.not_before)


def _due(history: VehicleHistory, data_at: float, pace: Pace, pressure: float) -> float:
    strain = 1 / max(1 - pressure, pace.least)
    match history.activity:
        case Activity.DRIVING:
            return data_at + pace.driving * strain
        case Activity.CHARGING:
            return _expected(history, data_at, _charging(history, data_at, pace) * strain, pace)
        case _:
            return _resting(history, data_at, pace, pressure)


def _charging(history: VehicleHistory, data_at: float, pace: Pace) -> float:
    """Seconds until the next look: soon at first, so that the rate is known, then seldom."""
    probes = (history.same_since + probe - data_at for probe in pace.charge_probes)
    return next((wait for wait in probes if wait > 0), pace.charging)


def _expected(history: VehicleHistory, data_at: float, wait: float, pace: Pace) -> float:
    """As usual, or when something is due. What is late is looked for a little later, and then more and more seldom."""
    if history.expected_at is None:
        return data_at + wait
    # A car that balances its battery at the limit goes on charging for hours.
    late = max(pace.late, data_at - history.expected_at)
    return min(data_at + wait, max(history.expected_at + pace.event, data_at + late))


def _resting(history: VehicleHistory, data_at: float, pace: Pace, pressure: float) -> float:
    """A few looks at what happens just then, and silence long enough to fall asleep in."""
    if history.activity is Activity.OCCUPIED and history.rested is None and not pressure > ENOUGH:
        waits = pace.occupied[history.looks - 1 :]
        return data_at + waits[0] if waits else _quiet(history, pace)
    if history.rested is None and not pressure > ENOUGH and _is_likely(history, data_at):
        return data_at + pace.likely
    if history.rested is None and history.is_careless and history.looks <= len(pace.careless):
        return data_at + pace.careless[history.looks - 1]
    if history.rested is not Activity.DRIVING:
        return _quiet(history, pace)
    if history.plugged_at:
        return data_at + pace.late if history.plugged_at == data_at else _quiet(history, pace)
    probes = (history.same_since + probe for probe in pace.probes)
    return next((probe for probe in probes if probe > data_at), _quiet(history, pace))


ENOUGH = 0.5
"""Above this pressure nobody is waited for in a parked car."""


def _quiet(history: VehicleHistory, pace: Pace) -> float:
    """Only when the list still shows it online then: the car that fell asleep meanwhile would answer 408, billed."""
    assert history.data_at is not None  # noqa: S101 - the caller has looked
    due = history.data_at + _silence(history, pace)
    return due if history.listed_at >= due else due + 2 * pace.state


def _silence(history: VehicleHistory, pace: Pace) -> float:
    """Once it should be asleep and is not, something has happened: one look. What keeps it awake may do so for long."""
    looks = history.quiet_looks
    if looks == 0 and history.falls_asleep:
        return min(history.falls_asleep + pace.drowsy, pace.parked)
    longest = max(pace.parked, pace.longest_silence)
    return min(pace.parked * float(1 << min(max(0, looks - 1), 8)), longest)


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
        case TryLater(wait=float() | int() as wait):
            return replace(history, not_before=now + wait)
        case OwnerMustAct():
            wait = BLOCKED if error.reason == "client_blocked" else pace.longest_wait
        case _:
            wait = back_off(history.failures, pace)
    return replace(history, failures=history.failures + 1, not_before=now + wait)


def back_off(failures: int, pace: Pace) -> float:
    """Seconds to wait after so many failures in a row: doubling, never for ever."""
    return float(min(pace.longest_wait, 15 * 2 ** min(failures, 10)))


def spread(name: str, earliest: float, latest: float) -> float:
    """A number between them that is always the same for this name: what many do, they do not do at once."""
    return earliest + (latest - earliest) * crc32(name.encode()) / 2**32
