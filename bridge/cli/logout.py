"""`fleet2mqtt logout`: the tokens are ended where that can be, and forgotten; what was shown is cleared."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Collection, Sequence
from contextlib import ExitStack
from pathlib import Path

from bridge import build, logs, settings
from bridge.accounts import SERVED
from bridge.cli import purge
from bridge.cli.handover import Account, failed, hand_over, is_there, say
from bridge.clock import Clock, SystemClock
from bridge.database import FILE, Database, InUse
from bridge.errors import BridgeError, SettingWrong, TryLater
from bridge.fleet.auth import inbox
from bridge.fleet.auth.endpoint import revoke
from bridge.fleet.auth.inbox import Inbox
from bridge.fleet.hosts import FLEET
from bridge.fleet.transport import Transport
from bridge.model import DeviceId, Kind
from bridge.settings import FIRST, Settings, TeslaSettings, TokenType
from bridge.state import kept_as
from bridge.topics import Topics


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--account", default=FIRST, metavar="NAME", help=f"one of FLEET2MQTT_ACCOUNTS ({FIRST})")
    parser.add_argument(
        "--purge", action="store_true", help="also clear its devices from the broker; not while it runs"
    )


def main(options: argparse.Namespace, flags: Sequence[str]) -> int:
    """Gives 0 when the tokens are forgotten, 1 when not, 2 for a wrong setting."""
    logs.configure("error", as_json=False)
    own = settings.load(flags, with_broker=options.purge)
    try:
        return asyncio.run(run(options, own, SystemClock()))
    except BridgeError as error:
        return failed(error, options.account)


async def run(options: argparse.Namespace, own: Settings, clock: Clock) -> int:
    """Raises BridgeError."""
    account = Account.chosen(own, options.account)
    with ExitStack() as stack:
        database = _free(own.data_dir, stack)
        if options.purge and not database:
            raise SettingWrong("--purge: stop the bridge first, or it publishes everything again")
        await _revoke(account, clock)
        await _forget(account, clock, database)
        if options.purge and database:
            await _purge(account, database, clock)
    say(*_left_to_do(account.tesla))
    return 0


def _free(directory: Path, stack: ExitStack) -> Database | None:
    """None while a bridge has it. Raises SettingWrong where it cannot be used at all."""
    if not (directory / FILE).exists():
        raise SettingWrong(f"FLEET2MQTT_DATA_DIR: there is no sign-in in {directory}; is that the bridge's?")
    try:
        return stack.enter_context(Database(directory))
    except InUse:
        return None


# --- the tokens ---------------------------------------------------------------------------------------------------


async def _revoke(account: Account, clock: Clock) -> None:
    """Only the Owner API lets an app end its own tokens (fleet-api.md 1.6 and 1.13)."""
    access = account.stored()
    if not account.region.is_owner_api or not access:
        return
    try:
        async with Transport(clock) as http:
            await revoke(http, account.region, access, clock.now())
        say("Tesla has ended the token.")
    except BridgeError as error:
        say(f"The token could not be ended at Tesla: {error}. It ends by itself, or with a new password.")


async def _forget(account: Account, clock: Clock, database: Database | None) -> None:
    """By whoever holds the database: the running bridge, or we ourselves."""
    own, name = account.own, account.name
    if account.tesla.token_type is TokenType.FIXED:
        say("A fixed token is only in the settings: remove FLEET2MQTT_TESLA_ACCESS_TOKEN.")
        return
    if not database:
        await hand_over(account, None, clock)
        return
    path = inbox.hand_over(own.data_dir, name, None, simulated=account.region.simulated)
    ledger = build.ledger(own, database, clock)
    tokens, _ = build.account(account.tesla, database, clock, ledger, name)
    Inbox(own.data_dir, name, tokens).deliver()
    if is_there(path):
        raise TryLater(f"the tokens are not forgotten, because {path} could not be taken up")
    say("Signed out: the tokens are forgotten.")


def _left_to_do(tesla: TeslaSettings) -> Sequence[str]:
    """What only the owner can do."""
    lines = []
    if tesla.token_type in build.BY_SIGN_IN and tesla.region in FLEET:
        lines += ["To take back the app's consent as well, open this page:", f"  {build.consent_page(tesla)}"]
        lines += ["To take its key out of a car: in the Tesla app or at the car's screen, under Locks."]
    if tesla.refresh_token:
        lines += ["FLEET2MQTT_TESLA_REFRESH_TOKEN is still set; it is used up, and can be removed."]
    return [*lines, "`fleet2mqtt login` signs in again."]


# --- what was shown -----------------------------------------------------------------------------------------------


async def _purge(account: Account, database: Database, clock: Clock) -> None:
    """Everything retained of the account's devices, and the bridge's memory of them."""
    own = account.own
    devices, topics = served(database, account.name, is_alone=not own.accounts), Topics(own.base_topic, own.aliases)
    await purge.clear(own, clock, devices)
    for at in devices:
        database.forget_values(kept_as(at))
    say("Cleared from the broker:", *(f"  {topics.device(at)}" for at in sorted(devices, key=str)))


def served(database: Database, name: str, *, is_alone: bool) -> Collection[DeviceId]:
    """The account's own device, and those that it has shown."""
    by = database.secret(SERVED) or {}
    names = [kept for kept in database.values() if is_alone or by.get(kept) == name]
    found = (DeviceId(Kind(kind), id_) for kind, _, id_ in (kept.partition("/") for kept in names) if kind in set(Kind))
    return {*found, DeviceId(Kind.ACCOUNT, name)}
