"""What the bridge tells Prometheus, as rows.

Nothing is counted here: at each scrape the rows of `METRICS` read what the parts know of themselves, on the event loop
(bridge/prometheus.py). No row names a device, a place or a secret.
"""

from __future__ import annotations

import asyncio
import platform
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import NamedTuple

from bridge.accounts import Accounts
from bridge.commands.commander import Commander
from bridge.errors import SignInRequired
from bridge.families import Family, Samples, Type
from bridge.fleet import VERSION
from bridge.health import Health
from bridge.herald import Herald
from bridge.household import Household
from bridge.lag import Lag
from bridge.ledger import Ledger
from bridge.listener import Listener
from bridge.model import Kind
from bridge.publisher import Publisher


@dataclass(frozen=True, slots=True)
class Watched:
    """The parts that are read. `listening` is set while there is a connection to the broker."""

    lag: Lag
    health: Health
    ledger: Ledger
    accounts: Accounts
    household: Household
    commander: Commander
    herald: Herald
    publisher: Publisher
    listener: Listener
    listening: asyncio.Event


class Row(NamedTuple):
    """One metric. A counter's name gets `_total` behind it."""

    name: str
    type: Type
    text: str
    labels: Sequence[str]
    read: Callable[[Watched], Samples]


def served(host: str, port: int, watched: Watched) -> AbstractContextManager[None]:
    """Serves http://host:port/metrics until it is left; nothing with port 0. Raises SettingWrong where it cannot."""
    if not port:
        return nullcontext()
    from bridge import prometheus  # noqa: PLC0415 - an HTTP server, for who wants one

    return prometheus.served(host, port, lambda: [_family(row, watched) for row in METRICS])


def _family(row: Row, watched: Watched) -> Family:
    return Family(f"fleet2mqtt_{row.name}", row.type, row.text, row.labels, row.read(watched))


# --- what is read -------------------------------------------------------------------------------------------


def _one(number: float | None) -> Samples:
    """Nothing where nobody knows."""
    return [] if number is None else [((), number)]


def _by(counts: Mapping[str, float]) -> Samples:
    return [((name,), number) for name, number in counts.items()]


def _part(name: str) -> str:
    """`vehicle 5YJ... data` -> `vehicle data`: a part without its device. An account's name is a label of its own."""
    kind, _, rest = name.partition(" ")
    return f"{kind} {rest.rpartition(' ')[2]}" if kind in set(Kind) else name


def _up(watched: Watched) -> Samples:
    """Of parts of many devices: do all of them work?"""
    up: defaultdict[tuple[str, str], bool] = defaultdict(lambda: True)
    for part in watched.health.parts():
        up[_part(part.name), part.account] &= part.is_up
    return list(up.items())


def _ages(watched: Watched) -> Samples:
    """Of parts of many devices: the oldest."""
    ages: defaultdict[tuple[str, str], float] = defaultdict(float)
    for part in watched.health.parts():
        if part.age is not None:
            key = _part(part.name), part.account
            ages[key] = max(ages[key], part.age)
    return list(ages.items())


def _signed_in(watched: Watched) -> Samples:
    names = (account.name for account in watched.accounts.all)
    return [((name,), float(not watched.health.has(SignInRequired, name))) for name in names]


def _statuses(watched: Watched) -> Samples:
    for account in watched.accounts.all:
        for status, number in account.api.statuses.items():
            yield (account.name, str(status)), number


def _spend(watched: Watched) -> Samples:
    calls = watched.ledger.month().calls
    return [((cost,), watched.ledger.prices.cost({cost: number})) for cost, number in calls.items()]


def _lateness(watched: Watched) -> Samples:
    for share in (0.5, 0.99, 1.0):
        if (late := watched.lag.quantile(share)) is not None:
            yield (f"{share:g}",), late


METRICS: tuple[Row, ...] = (
    Row(
        "build_info",
        "gauge",
        "Always 1; the labels tell what runs.",
        ("version", "python"),
        lambda _: [((VERSION, platform.python_version()), 1)],
    ),
    Row("problem", "gauge", "1: some part does not do its work.", (), lambda at: _one(at.health.problem is not None)),
    Row(
        "part_up",
        "gauge",
        "1: the part did its work the last time; of all devices together.",
        ("part", "account"),
        _up,
    ),
    Row(
        "part_success_age_seconds",
        "gauge",
        "Seconds since the part last did its work; of all devices together, the oldest.",
        ("part", "account"),
        _ages,
    ),
    Row(
        "broker_connected",
        "gauge",
        "1: there is a connection to the broker.",
        (),
        lambda at: _one(at.listening.is_set()),
    ),
    Row(
        "devices",
        "gauge",
        "Devices by kind, the bridge and its accounts included.",
        ("kind",),
        lambda at: _by(Counter(device.at.kind.value for device in at.household.roster.devices)),
    ),
    Row("account_signed_in", "gauge", "0: somebody has to sign in again.", ("account",), _signed_in),
    Row(
        "tesla_answers",
        "counter",
        "Answers of Tesla's API since the start, by HTTP status.",
        ("account", "status"),
        _statuses,
    ),
    Row(
        "month_calls",
        "gauge",
        "Calls of this month (UTC) by price class.",
        ("class",),
        lambda at: _by(at.ledger.month().calls),
    ),
    Row(
        "month_spend_dollars",
        "gauge",
        "US dollars of this month (UTC) by price class, before Tesla's credit.",
        ("class",),
        _spend,
    ),
    Row(
        "month_forecast_dollars",
        "gauge",
        "US dollars that the whole month will cost.",
        (),
        lambda at: _one(at.ledger.month().forecast),
    ),
    Row("budget_dollars", "gauge", "The month's budget.", (), lambda at: _one(at.ledger.budget.dollars)),
    Row(
        "budget_pressure_ratio",
        "gauge",
        "0 to 1: how much less is read for the budget to last.",
        (),
        lambda at: _one(at.ledger.pressure),
    ),
    Row(
        "commands_waiting", "gauge", "Commands that wait or are being done.", (), lambda at: _one(at.commander.waiting)
    ),
    Row(
        "command_results",
        "counter",
        "Commands that have ended since the start, by outcome.",
        ("outcome",),
        lambda at: _by(at.herald.results),
    ),
    Row(
        "mqtt_messages",
        "counter",
        "Messages since the start: published, heard.",
        ("direction",),
        lambda at: _by({"published": at.publisher.outbox.published, "heard": at.listener.heard}),
    ),
    Row(
        "event_loop_lag_seconds",
        "gauge",
        "How late the event loop was in the last five minutes; quantile 1 is the worst of them.",
        ("quantile",),
        _lateness,
    ),
    Row("asyncio_tasks", "gauge", "Tasks of the event loop.", (), lambda _: _one(len(asyncio.all_tasks()))),
    Row("threads", "gauge", "Threads of the process.", (), lambda _: _one(threading.active_count())),
)
