"""`fleet2mqtt costs`: what a month will cost with these settings and this life, and what the months have cost."""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bridge import build, settings
from bridge.budget import SHARE
from bridge.clock import Clock, SystemClock
from bridge.database import FILE, Database, InUse, backed_up_calls
from bridge.ledger import Key
from bridge.pace import Pace
from bridge.prices import PriceList
from bridge.settings import Settings

DAYS = 30
WIDTH = 40
"""Characters of the longest bar."""


@dataclass(frozen=True, slots=True)
class Life:
    """What a day of all cars together has in it, on average."""

    drives: float
    drive_minutes: float
    charges: float
    charge_hours: float
    stirs: float
    """Times that a car wakes for nothing: a door, the phone app."""
    awake_hours: float
    """Parked and awake, as with Sentry mode."""
    commands: float
    wakes: float


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the forecast: calls a day of one price class."""

    what: str
    cost: str
    calls: float


# --- what it will cost ------------------------------------------------------------------------------------


def forecast(life: Life, pace: Pace) -> list[Row]:
    """Calls a day, by the rules of bridge/schedule.py. A drive is taken to have two looks before it."""
    after = len(pace.probes)
    return [
        Row(f"driving, every {pace.driving:g} s", "data", life.drive_minutes * 60 / pace.driving),
        Row("before and after a drive", "data", life.drives * (1 + 2 + after)),
        Row(f"charging, every {pace.charging:g} s", "data", life.charge_hours * 3600 / pace.charging),
        Row("before and after a charge", "data", life.charges * (2 + len(pace.charge_probes))),
        Row("when a car wakes for nothing", "data", life.stirs * (1 + after)),
        Row(f"parked and awake, every {pace.parked / 60:g} min", "data", life.awake_hours * 3600 / pace.parked),
        Row("commands", "command", life.commands),
        Row("a look after each command", "data", life.commands),
        Row("wakes", "wake", life.wakes),
    ]


def _foreseen(own: Settings, life: Life, prices: PriceList) -> Iterable[str]:
    rows = [row for row in forecast(life, build.pace(own.polling)) if row.calls]
    dollars = {row.what: row.calls * prices.dollars[row.cost] * DAYS for row in rows}
    total = sum(dollars.values())
    yield f"A month of {DAYS} days like this will cost, at the prices of {prices.as_of}:"
    yield ""
    for row in rows:
        yield f"  {row.what:34}{row.calls:7.1f} a day  {_bar(dollars[row.what], max(dollars.values()))}"
    yield f"  {'together':34}{sum(row.calls for row in rows):7.1f} a day  {f'${total:.2f}':>8}"
    yield ""
    reading = sum(dollars[row.what] for row in rows if row.cost == "data")
    yield _verdict(total, reading, own.tesla.budget, prices.credit)


def _verdict(total: float, reading: float, budget: float, credit: float) -> str:
    bill = f"Tesla's credit of ${credit:.2f} a month covers it"
    if total > credit:
        bill = f"Tesla would charge ${total - credit:.2f} of it: its credit is ${credit:.2f} a month"
    if total > budget or reading > budget * SHARE["data"]:
        return (
            f"{bill}. It is more than the budget of ${budget:.2f} allows: the bridge would read less. "
            "FLEET2MQTT_POLLING_PROFILE=eco costs less, or a longer FLEET2MQTT_POLLING_DRIVING."
        )
    return f"{bill}."


# --- what it has cost -------------------------------------------------------------------------------------


def kept_calls(directory: Path) -> tuple[dict[Key, int], str]:
    """(hour or day, device, price class) -> calls; and how old that is, in words, if it is not of now."""
    if not (directory / FILE).exists():
        return {}, ""
    try:
        with Database(directory) as database:
            rows = database.calls("")
            note = ""
    except InUse:
        rows = backed_up_calls(directory)
        note = "The bridge is running; these are its counts when it last renewed its sign-in, hours ago."
    return {(at, about, cost): calls for at, about, cost, calls, _ in rows}, note


def _had(calls: Mapping[Key, int], note: str, now: datetime, prices: PriceList) -> Iterable[str]:
    month = f"{now:%Y-%m}"
    ours = {key: number for key, number in calls.items() if key[0].startswith(month)}
    yield from _table("By month:", calls, lambda key: key[0][:7], prices)
    yield from _table(f"{month} by day:", ours, lambda key: key[0][:10], prices)
    yield from _table(f"{month} by price class:", ours, lambda key: key[2], prices)
    yield from _table(f"{month} by device:", ours, lambda key: key[1] or "the account", prices)
    if note:
        yield note


def _table(title: str, calls: Mapping[Key, int], of: Callable[[Key], str], prices: PriceList) -> Iterable[str]:
    counts: defaultdict[str, int] = defaultdict(int)
    dollars: defaultdict[str, float] = defaultdict(float)
    for key, number in calls.items():
        counts[of(key)] += number
        dollars[of(key)] += number * prices.dollars.get(key[2], 0.0)
    if not counts:
        return
    yield title
    yield ""
    highest = max(dollars.values())
    for name in sorted(counts):
        yield f"  {name:22}{counts[name]:8} calls  {_bar(dollars[name], highest)}"
    yield ""


def _bar(dollars: float, highest: float) -> str:
    return f"{f'${dollars:.2f}':>8}  {'█' * round(WIDTH * dollars / highest if highest else 0)}".rstrip()


# --- the verb ---------------------------------------------------------------------------------------------


def arguments(parser: argparse.ArgumentParser) -> None:
    day = parser.add_argument_group("a day of all cars together")
    for name, default, text in (
        ("drives", 2, "drives"),
        ("drive-minutes", 80, "minutes of driving"),
        ("charges", 1, "charges"),
        ("charge-hours", 4, "hours of charging"),
        ("stirs", 3, "times that a car wakes for nothing"),
        ("awake-hours", 0, "hours parked and awake, as with Sentry mode"),
        ("commands", 4, "commands"),
        ("wakes", 1, "commands that must wake a car"),
    ):
        day.add_argument(f"--{name}", type=_amount, default=default, metavar="N", help=f"{text} ({default})")


def _amount(given: str) -> float:
    amount = float(given)
    if not 0 <= amount < 10_000:
        raise argparse.ArgumentTypeError("must be 0 or more")
    return amount


def main(options: argparse.Namespace, flags: Sequence[str]) -> int:
    """Gives 0. Raises SettingWrong."""
    own = settings.load(flags, with_broker=False)
    sys.stdout.write("\n".join(lines(own, options, SystemClock())) + "\n")
    return 0


def lines(own: Settings, options: argparse.Namespace, clock: Clock) -> Iterable[str]:
    """Everything that is said."""
    life = Life(**{name: getattr(options, name) for name in Life.__slots__})
    prices = build.prices(own)
    yield from _foreseen(own, life, prices)
    calls, note = kept_calls(own.data_dir)
    if calls:
        yield ""
        yield from _had(calls, note, clock.now(), prices)
