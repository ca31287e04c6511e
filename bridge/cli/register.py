"""`fleet2mqtt register`: the app with its domain and key, at Tesla, in each region (fleet-api.md 1.10)."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence

from bridge import logs, settings
from bridge.clock import SystemClock
from bridge.errors import BridgeError, SettingWrong
from bridge.fleet import key_page, keys
from bridge.fleet.auth.grants import ClientCredentials
from bridge.fleet.hosts import FLEET, Region, chosen
from bridge.fleet.partner import PartnerClient
from bridge.fleet.transport import Transport
from bridge.settings import Settings, TeslaSettings, TokenType

_REGISTERS = {TokenType.THIRD_PARTY, TokenType.PARTNER, TokenType.BUSINESS}
"""Others have no app of their own, or none with a secret (fleet-api.md 1.2)."""

_WHY_NOT = {
    TokenType.OPEN_SOURCE: "an open-source app has no secret, and cannot register: its maker does",
    TokenType.FIXED: "with a fixed token there is no app of yours to register",
    TokenType.OWNER_API: "the Owner API knows no apps to register",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--region", help="where: na,eu,cn (FLEET2MQTT_TESLA_REGION)")
    group.add_argument("--all", action="store_true", help="in every region that the app can be used in")
    parser.add_argument(
        "--simulated-at", metavar="URL", help=f"only simulated: where the key is ({key_page.SERVED_HERE})"
    )


def main(options: argparse.Namespace, flags: Sequence[str]) -> int:
    """Gives 0 when all is well, 1 when not. Raises SettingWrong."""
    logs.configure("error", as_json=False)
    return asyncio.run(run(options, settings.load(flags, with_broker=False)))


async def run(options: argparse.Namespace, own: Settings) -> int:
    """One line for each step. No call leaves while the key is not at the domain."""
    app, domain = _app(own.tesla), _domain(own.tesla)
    places = regions(options, own.tesla)
    public = keys.public_key(keys.where(own.data_dir, own.tesla.key_file))
    clock = SystemClock()
    async with Transport(clock) as http:
        try:
            served_at = _simulated_at(options, places[0])
            _say("ok  ", f"key page: {await key_page.check(http, domain, public, simulated_at=served_at)}")
        except SettingWrong:
            raise
        except BridgeError as error:
            _say("FAIL", f"key page: {error}")
            return 1
        done = [
            await _registered(PartnerClient(app=app, region=region, http=http, clock=clock), region, domain, public)
            for region in places
        ]
    return 0 if all(done) else 1


async def _registered(tesla: PartnerClient, region: Region, domain: str, public: keys.PublicKey) -> bool:
    """Registers, reads the key back and compares. One line; one region that fails stops no other."""
    try:
        name = await tesla.register(domain)
        there = await tesla.public_key(domain)
    except SettingWrong:
        raise
    except BridgeError as error:
        _say("FAIL", f"{region.name}: {error}")
        return False
    if there != public.hex:
        _say("FAIL", f"{region.name}: Tesla has another key for {domain}: a cache may serve an old one; register again")
        return False
    _say("ok  ", f"{region.name}: {name} is registered with {domain}, and Tesla has this bridge's key")
    return True


def _say(mark: str, text: str) -> None:
    sys.stdout.write(f"{mark}  {text}\n")
    sys.stdout.flush()


# --- what is registered, and where ------------------------------------------------------------------------------


def _app(tesla: TeslaSettings) -> ClientCredentials:
    if tesla.token_type not in _REGISTERS:
        raise SettingWrong(f"FLEET2MQTT_TESLA_TOKEN_TYPE: {_WHY_NOT[tesla.token_type]}")
    for name in ("client_id", "client_secret"):
        if not getattr(tesla, name):
            raise SettingWrong(
                f"FLEET2MQTT_TESLA_{name.upper()}: is missing; it is shown for your app at developer.tesla.com"
            )
    secret = tesla.client_secret.get_secret_value() if tesla.client_secret else ""
    return ClientCredentials(tesla.client_id or "", secret, tesla.scopes)


def _domain(tesla: TeslaSettings) -> str:
    if not tesla.domain:
        raise SettingWrong("FLEET2MQTT_TESLA_DOMAIN: is missing; it is where your key is served, such as example.com")
    return tesla.domain


def regions(options: argparse.Namespace, tesla: TeslaSettings) -> list[Region]:
    """Default: the account's. All: those with the same sign-in server, which alone knows the app."""
    own = chosen(tesla.region, tesla.token_type, tesla.simulator_url)
    if own.simulated:
        return [own]
    if own.name not in FLEET:
        raise SettingWrong(f"FLEET2MQTT_TESLA_REGION: at {own.name} there is nothing to register")
    if options.all:
        return [region for region in FLEET.values() if region.token == own.token]
    given = own.name if options.region is None else options.region
    names = list(dict.fromkeys(name.strip() for name in given.split(",")))
    unknown = [name for name in names if name not in FLEET]
    if unknown:
        raise SettingWrong(f"--region: {', '.join(unknown)} is none of {', '.join(FLEET)}")
    return [FLEET[name] for name in names]


def _simulated_at(options: argparse.Namespace, region: Region) -> str | None:
    """Never for a real account: Tesla takes a key over HTTPS only."""
    if options.simulated_at and not region.simulated:
        raise SettingWrong("--simulated-at: is for FLEET2MQTT_TESLA_REGION=simulated only")
    return (options.simulated_at or key_page.SERVED_HERE) if region.simulated else None
