"""What `login`, `logout` and `import` have in common: which account, what its tokens hold, how the bridge gets them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from bridge import alive, build
from bridge.clock import Clock
from bridge.database import backed_up
from bridge.errors import BridgeError, SettingWrong
from bridge.fleet.auth import inbox
from bridge.fleet.auth.regions import from_claims
from bridge.fleet.auth.sources import REFRESH_LIFE
from bridge.fleet.auth.tokens import Tokens, claims
from bridge.fleet.hosts import Region
from bridge.settings import FIRST, Settings, TeslaSettings, of_all

WAIT = 20.0
"""Seconds that a running bridge is given to take up what is handed over; it looks every 5."""

WITHOUT: Mapping[str, str] = {
    "openid": "nobody can sign in",
    "offline_access": "the sign-in ends after hours",
    "user_data": "no region from the account",
    "vehicle_device_data": "no cars at all",
    "vehicle_location": "no position of cars",
    "vehicle_cmds": "no commands to cars, except for charging where that is granted",
    "vehicle_charging_cmds": "no charging commands, unless vehicle_cmds is granted",
    "energy_device_data": "no energy sites at all",
    "energy_cmds": "no commands to energy sites",
}
"""Scope -> what there is not without it (fleet-api.md 1.9)."""


@dataclass(frozen=True, slots=True)
class Account:
    """The one that is meant."""

    name: str
    own: Settings
    tesla: TeslaSettings
    region: Region

    @classmethod
    def chosen(cls, own: Settings, name: str) -> Self:
        """Raises SettingWrong: for a name that is none, and for what its kind of sign-in lacks."""
        accounts = of_all(own)
        if name not in accounts:
            raise SettingWrong(f"--account {name}: there is no such account; there are {', '.join(accounts)}")
        build.grant(accounts[name])
        return cls(name, own, accounts[name], build.region_of(accounts[name]))

    def stored(self) -> str:
        """The newest access token that the bridge has kept, also while it runs; empty where there is none."""
        kept_as = build.stored_as(self.tesla, self.name)
        found = backed_up(self.own.data_dir, f"tokens {'simulated ' if self.region.simulated else ''}{kept_as}")
        return str(found["access"]) if found else ""

    def stranger(self, access: str) -> str | None:
        """The account that the bridge has, where this new token is another's. Opaque tokens tell nothing."""
        had, has = claims(self.stored()).subject, claims(access).subject
        return had if had and has and had != has else None


def failed(error: BridgeError, name: str) -> int:
    """Tells it in the words of this account. Gives the exit code; a wrong setting is for the command line."""
    error.account = "" if name == FIRST else name
    if isinstance(error, SettingWrong):
        raise error
    sys.stderr.write(f"fleet2mqtt: {error}\n")
    return 1


def say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


# --- what there is ------------------------------------------------------------------------------------------------


def description(tokens: Tokens, region: Region, wanted: tuple[str, ...]) -> Iterator[str]:
    """Account, region, scopes and ends, as far as the tokens tell them."""
    said = claims(tokens.access)
    home = from_claims(said)
    yield f"  account  {said.subject or 'not told'}"
    yield f"  region   {region.name}{f' ({home.name})' if region.simulated and home else ''}"
    yield f"  granted  {', '.join(sorted(said.scopes)) or 'not told'}"
    for scope in wanted:
        if said.scopes and scope not in said.scopes:
            yield f"  missing  {scope}: {WITHOUT.get(scope, 'whatever it covers')}"
    if tokens.expires_at:
        yield f"  token    good until {tokens.expires_at:%Y-%m-%d %H:%M} UTC"
    if tokens.refresh and not region.is_owner_api:
        end = tokens.obtained_at + REFRESH_LIFE
        yield f"  sign-in  is renewed while the bridge runs; ends {end:%Y-%m-%d} if it does not"


# --- into the bridge ----------------------------------------------------------------------------------------------


async def hand_over(account: Account, tokens: Tokens | None, clock: Clock) -> None:
    """Leaves them for the bridge, and tells whether it has taken them up. Raises SettingWrong."""
    directory = account.own.data_dir
    path = inbox.hand_over(directory, account.name, tokens, simulated=account.region.simulated)
    if not is_there(directory / alive.FILE):
        say("The bridge takes it up when it starts.")
    elif await taken_up(path, clock):
        say("The running bridge has taken it up.")
    else:
        say(f"The bridge has not taken it up; its log tells why. If it is not running, it will when it starts: {path}")


async def taken_up(path: Path, clock: Clock) -> bool:
    until = clock.monotonic() + WAIT
    while is_there(path) and clock.monotonic() < until:
        await clock.sleep(0.2)
    return not is_there(path)


def is_there(path: Path) -> bool:
    """Also a link that leads nowhere."""
    return os.path.lexists(path)
