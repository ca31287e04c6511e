"""`fleet2mqtt pair`: the link that puts the app's key into a car, and whether it is there (fleet-api.md 1.11)."""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
from collections.abc import Coroutine, Sequence
from contextlib import ExitStack
from io import StringIO
from typing import Any

import segno

from bridge import build, logs, settings
from bridge.cli.stopping import until_stopped
from bridge.clock import Clock, SystemClock
from bridge.database import Database
from bridge.errors import BridgeError, BudgetSpent, OwnerMustAct, SettingWrong, TryLater
from bridge.fleet.auth.inbox import Inbox
from bridge.fleet.client import FleetClient
from bridge.fleet.pairing import Car, strangers
from bridge.model import Kind
from bridge.prices import PRICES
from bridge.settings import RegionName, Settings
from bridge.sources import roster

LOOKS = 12
PAUSE = 10.0
"""Seconds between two looks: each may cost as much as a data call."""

_VIN = re.compile(r"[A-HJ-NPR-Z0-9]{17}")

_WHITE, _ON_BLACK, _END = "\033[38;5;231m", "\033[48;5;16m", "\033[0m"
"""segno draws the white of the code. Both colours are set, from the part of the palette that no theme changes."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("vin", nargs="?", metavar="VIN", help="the car; without it, whichever the Tesla app offers")


def main(options: argparse.Namespace, flags: Sequence[str]) -> int:
    """Gives 0 when the key is in every car that was asked for, else 1. Raises SettingWrong."""
    logs.configure("error", as_json=False)
    own = settings.load(flags, with_broker=False)
    vin = _vin(options.vin)
    _show(own, vin)
    return until_stopped(lambda stop: unless_stopped(look(own, vin, SystemClock()), stop))


def _vin(given: str | None) -> str | None:
    if given is not None and not _VIN.fullmatch(given.upper()):
        raise SettingWrong(f"{given}: is no VIN, which has 17 letters and digits, without I, O and Q")
    return given.upper() if given else None


# --- the link -----------------------------------------------------------------------------------------------------


def link(domain: str, vin: str | None) -> str:
    return f"https://tesla.com/_ak/{domain}" + (f"?vin={vin}" if vin else "")


def qr_code(text: str) -> str:
    """Lines for a terminal, dark or light."""
    drawn = StringIO()
    segno.make(text, error="l", micro=False).terminal(drawn, compact=True)
    *lines, last = drawn.getvalue().splitlines()
    # A code has an odd number of rows: below its last one the terminal stays as it is.
    return "\n".join([*(f"{_WHITE}{_ON_BLACK}{line}{_END}" for line in lines), f"{_WHITE}{last}{_END}"])


def _show(own: Settings, vin: str | None) -> None:
    if not own.tesla.domain:
        raise SettingWrong("FLEET2MQTT_TESLA_DOMAIN: is missing; it is the domain that the app is registered with")
    address = link(own.tesla.domain, vin)
    _say(f"Open this on the phone that has the Tesla app: {address}")
    if sys.stdout.isatty():
        _say("or point its camera at this:", "", qr_code(address), "")
    _say(
        "The Tesla app (4.27.3 or newer) asks whether to add the key of your domain to the car: say yes. It must be",
        "signed in to the account that this bridge is signed in to.",
    )
    if own.tesla.region is RegionName.SIMULATED:
        pairing = f"{own.tesla.simulator_url}/control/vehicles/{vin or '<VIN>'}/pair"
        _say(f"""A simulated car has no phone: curl -X POST {pairing} -d '{{"domain": "{own.tesla.domain}"}}'""")


# --- is it done? --------------------------------------------------------------------------------------------------


async def unless_stopped(work: Coroutine[Any, Any, int], stop: asyncio.Event) -> int:
    """The work's own result; 1 when Ctrl-C comes first."""
    looking, stopped = asyncio.create_task(work), asyncio.create_task(stop.wait())
    await asyncio.wait([looking, stopped], return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if looking.done():
        return looking.result()
    looking.cancel()
    await asyncio.wait([looking])
    return 1


async def look(own: Settings, vin: str | None, clock: Clock) -> int:
    """With the account's own sign-in, which a bridge that runs has to itself."""
    with ExitStack() as stack:
        try:
            database = stack.enter_context(Database(own.data_dir))
        except SettingWrong as error:
            _say("", f"Whether it is done cannot be seen from here: {error}.", "The Tesla app lists the car's keys.")
            return 1
        ledger = build.ledger(own, database, clock)
        tokens, api = build.account(own.tesla, database, clock, ledger)
        Inbox(own.data_dir, "tesla", tokens).deliver()
        async with api:
            return await watch(api, vin, clock)


async def watch(api: FleetClient, vin: str | None, clock: Clock) -> int:
    """Tells what changes, until the key is in every car that was asked for (0), or it has looked often enough (1)."""
    price = PRICES["data"]
    _say(
        "",
        f"Looking every {PAUSE:.0f} seconds, {LOOKS} times at most. A look may cost ${price:.3f}, all of them "
        f"${LOOKS * price:.3f}. Ctrl-C ends it.",
    )
    told: list[Car] = []
    try:
        vins = [vin] if vin else await _vins(api)
        for number in range(LOOKS):
            await clock.sleep(PAUSE if number else 0)
            cars = await _cars(api, vins) or told
            _say(*(str(car) for car in cars if car not in told))
            if cars and all(car.is_paired for car in cars):
                return 0
            told = cars
    except SettingWrong:
        raise
    except BridgeError as error:
        _say(str(error))
        return 1
    _say("Not paired yet. When it is done, `fleet2mqtt pair` tells so.")
    return 1


async def _vins(api: FleetClient) -> list[str]:
    """The account's cars. Free of charge."""
    vins = [device.at.id for device in roster.devices(await api.products()) if device.at.kind is Kind.VEHICLE]
    if not vins:
        raise OwnerMustAct("The account has no car that this sign-in may see.")
    return vins


async def _cars(api: FleetClient, vins: Sequence[str]) -> list[Car]:
    """Empty while Tesla cannot be asked. Raises OwnerMustAct for a car that is not the account's."""
    try:
        status = await api.fleet_status(vins)
    except BudgetSpent:
        raise
    except TryLater as error:
        _say(f"No answer this time: {error}")
        return []
    if unknown := strangers(vins, status):
        raise OwnerMustAct(f"The account has no car {', '.join(unknown)}, or this sign-in may not see it.")
    return [Car.of(vin, status) for vin in vins]


def _say(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()
