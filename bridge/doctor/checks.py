"""The checks, in the order in which a person would mend things. Each gives what it found, or raises what is wrong.

None: there is nothing to look at. Noted: it works, and somebody should know. BridgeError: what to do.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.doctor.case import Case
from bridge.doctor.findings import Noted
from bridge.errors import OwnerMustAct
from bridge.fleet import key_page, keys, pairing, reach
from bridge.fleet.auth.tokens import claims
from bridge.fleet.auth.verify import Verifier
from bridge.fleet.partner import PartnerClient
from bridge.model import Connectivity, Device, Kind
from bridge.sources import roster

SKEW = 60.0
"""Seconds. A clock that is further off makes tokens look older or younger than they are (reliability.md A6)."""

SOON = timedelta(days=14)
"""A sign-in that ends so soon has not been renewed for months."""


@dataclass(frozen=True, slots=True)
class Check:
    """`after`: the checks that must not have failed."""

    name: str
    look: Callable[[Case], Awaitable[str | None]]
    after: tuple[str, ...] = ()


async def tesla(case: Case) -> str:
    """DNS, TLS, an answer, and the time: of the API and of the sign-in server."""
    region = case.api.region
    for url in reach.addresses(region):
        there = await reach.time_of(case.http, region, url)
        if there and not region.simulated:  # a simulated account may live at any time
            agree(case.clock.now(), there)
    return f"{region.api} answers"


def agree(here: datetime, there: datetime) -> None:
    """Raises OwnerMustAct unless this machine's clock goes as Tesla's does."""
    off = (here - there).total_seconds()
    if abs(off) > SKEW:
        side = "ahead of" if off > 0 else "behind"
        raise OwnerMustAct(f"this machine's clock is {abs(off):.0f} s {side} Tesla's: switch on time synchronisation")


async def token(case: Case) -> str:
    """An access token that is good, and for how long the sign-in is."""
    access = await case.tokens.access()
    verdict = await Verifier(case.http, case.clock).signature(access, case.api.region)
    if verdict.good is False:
        raise OwnerMustAct(f"the access token is not Tesla's: {verdict.text}; sign in again")
    until = f"until {case.tokens.expires_at:%Y-%m-%d %H:%M %Z}" if case.tokens.expires_at else "for an unknown time"
    ends = case.tokens.ends_at
    if ends and ends - case.clock.now() < SOON:
        raise Noted(f"the sign-in ends on {ends:%Y-%m-%d} unless the token is renewed: is the bridge running?")
    return f"good {until}; {verdict.text}"


async def scopes(case: Case) -> str | None:
    """What the token covers. It names scopes only where it is a JWT (fleet-api.md 1.7)."""
    held = claims(await case.tokens.access()).scopes
    if not held:
        return None
    if missing := sorted(case.wanted - held):
        raise Noted(f"the sign-in lacks {', '.join(missing)}; what needs it is not offered: {case.advice}")
    return ", ".join(sorted(held))


async def account(case: Case) -> str:
    """One free call, which needs a token that Tesla takes, a registered app and the right region."""
    case.products.extend(await case.api.products())
    return f"signed in, region {case.api.region.name}"


async def devices(case: Case) -> str:
    found = list(roster.devices(case.products))
    if not found:
        raise OwnerMustAct("the account has no car and no energy site that this sign-in may see")
    return ", ".join(f"{device.name} ({device.at})" for device in found)


async def key(case: Case) -> str | None:
    """The app's key pair, which signs commands and which Tesla asks for at the registration."""
    if not case.has_key:
        return None
    if not (case.domain or case.key_file.exists()):
        raise Noted("there is none; Tesla asks for one at the registration, and cars from 2021 on want it for commands")
    return f"{case.key_file}: {keys.public_key(case.key_file).hex[:16]}..."


async def page(case: Case) -> str | None:
    if not case.has_key or not case.key_file.exists():
        return None
    if not case.domain:
        raise Noted("FLEET2MQTT_TESLA_DOMAIN is not set, so the page of the public key was not looked at")
    served_at = key_page.SERVED_HERE if case.api.region.simulated else None
    return await key_page.check(case.http, case.domain, keys.public_key(case.key_file), simulated_at=served_at)


async def registration(case: Case) -> str | None:
    """Tesla's own copy of the key, in the account's region."""
    if not (case.app and case.domain):
        return None
    region = case.api.region
    there = PartnerClient(app=case.app, region=region, http=case.http, clock=case.clock)
    if await there.public_key(case.domain) != keys.public_key(case.key_file).hex:
        raise OwnerMustAct(
            f"Tesla has another key for {case.domain} in region {region.name}: run `fleet2mqtt register` and pair anew"
        )
    return f"{case.domain} is registered in region {region.name} with this bridge's key"


async def cars(case: Case) -> str | None:
    """Whether each car has the key. Costs as much as one data call; at Tesla's billing limit it says so."""
    vins = [device.at.id for device in _of_kind(case, Kind.VEHICLE)]
    if not (vins and case.has_key):
        return None
    status = await case.api.fleet_status(vins)
    found = [pairing.Car.of(vin, status) for vin in vins]
    if locked := [car for car in found if car.needs_signing and not car.is_paired]:
        raise OwnerMustAct(
            "; ".join(map(str, locked)) + ": commands will be refused until `fleet2mqtt pair` has put the key into it"
        )
    return "; ".join(map(str, found))


async def ping(case: Case) -> str | None:
    """A signed message to each car that is online, which is not woken for it. Costs a command each."""
    vins = [device.at.id for device in _of_kind(case, Kind.VEHICLE)]
    if not (vins and case.api.signer):
        return None
    online = {str(entry.get("vin")) for entry in case.products if entry.get("state") == Connectivity.ONLINE}
    return "; ".join([f"{vin}: {await _pinged(case, vin) if vin in online else _NOT_ONLINE}" for vin in vins])


_NOT_ONLINE = "not online, and not woken for this"


async def _pinged(case: Case, vin: str) -> str:
    return _PONG[await case.api.ping(vin)]


_PONG = {
    True: "answers signed messages",
    False: "takes plain commands only",
    None: "was not asked: the proxy signs",
}


def _of_kind(case: Case, kind: Kind) -> list[Device]:
    return [device for device in roster.devices(case.products) if device.at.kind is kind]


CHECKS: tuple[Check, ...] = (
    Check("Tesla", tesla),
    Check("token", token, after=("Tesla",)),
    Check("scopes", scopes, after=("token",)),
    Check("account", account, after=("token",)),
    Check("devices", devices, after=("account",)),
    Check("key", key),
    Check("key page", page, after=("key",)),
    Check("registration", registration, after=("Tesla", "key")),
    Check("cars", cars, after=("account",)),
    Check("signed ping", ping, after=("key", "cars")),
)
