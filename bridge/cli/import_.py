"""`fleet2mqtt import`: the sign-in of another program, out of a file of its own.

Forms, as of 2026: the token endpoint's own answer, and the JSON files of pypowerwall (`.pypowerwall.fleetapi`: the
tokens beside CLIENT_ID), tescmd and tesla-fleet-api; evcc's YAML (`accessToken`, `refreshToken`, or `tokens:` with
`access` and `refresh`); environment files; the two tokens with headings, as tesla_auth prints them and as people paste
them into TeslaMate, which itself keeps them encrypted in its database and exports none.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bridge import build, logs, settings
from bridge.cli.handover import Account, description, failed, hand_over, say
from bridge.clock import Clock, SystemClock
from bridge.errors import BridgeError, SettingWrong
from bridge.fleet.auth.regions import from_claims
from bridge.fleet.auth.tokens import Claims, Tokens, claims
from bridge.fleet.hosts import FLEET, Region
from bridge.redaction import hide
from bridge.settings import FIRST, Settings, TeslaSettings

LARGEST = 1048576
"""Bytes of a file that is read."""

TESLAS_OWN = "ownerapi"
"""Client id of the Tesla app."""


@dataclass(frozen=True, slots=True, repr=False)
class Found:
    """A pair of tokens; what is not there is empty. `client_id` is what the file says of itself."""

    refresh: str
    access: str = ""
    client_id: str = ""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="the other program's file; - reads standard input")
    parser.add_argument("--account", default=FIRST, metavar="NAME", help=f"one of FLEET2MQTT_ACCOUNTS ({FIRST})")
    parser.add_argument("--format", choices=tuple(FORMATS), help="how to read it; by itself it tries each")
    parser.add_argument("--replace", action="store_true", help="also if it is another Tesla account than before")


def main(options: argparse.Namespace, flags: Sequence[str]) -> int:
    """Gives 0 when the bridge has the tokens, 1 when not, 2 for a wrong setting or a file that cannot be used."""
    logs.configure("error", as_json=False)
    own = settings.load(flags, with_broker=False)
    try:
        return asyncio.run(run(options, own, SystemClock()))
    except BridgeError as error:
        return failed(error, options.account)


async def run(options: argparse.Namespace, own: Settings, clock: Clock) -> int:
    """Raises BridgeError."""
    account = Account.chosen(own, options.account)
    tesla, region = account.tesla, account.region
    if tesla.token_type not in build.BY_SIGN_IN:
        raise SettingWrong(
            f"FLEET2MQTT_TESLA_TOKEN_TYPE: {tesla.token_type} takes its tokens from the settings; "
            "import is for third-party and open-source"
        )
    form, found = recognised(_text(options.file), options.format)
    hide(found.access, found.refresh)
    refuse_foreign(found, tesla, region)
    if not options.replace and (other := account.stranger(found.access)):
        raise SettingWrong(f"this is another Tesla account than the bridge has ({other}); --replace takes it")
    tokens = _tokens(found, clock.now())
    home = from_claims(claims(found.access))
    say(f"Found a refresh token{' and an access token' if found.access else ''} ({form}).")
    say(*description(tokens, home if home and region.name in FLEET else region, tesla.scopes))
    await hand_over(account, tokens, clock)
    say("STOP THE OTHER PROGRAM: a refresh token works once, and two programs take it from each other.")
    say("Then remove its file, and any copy.")
    return 0


def _tokens(found: Found, now: datetime) -> Tokens:
    """An access token of unknown age is left out; the bridge then asks for another one at once."""
    said = claims(found.access)
    if not said.expires_at or not said.issued_at:
        return Tokens("", found.refresh, now, 0, now)
    return Tokens(found.access, found.refresh, said.expires_at, 0, min(said.issued_at, now))


# --- whose they are -----------------------------------------------------------------------------------------------


def refuse_foreign(found: Found, tesla: TeslaSettings, region: Region) -> None:
    """Tokens of another app cannot be renewed with ours. Raises SettingWrong."""
    apps = {found.client_id, *(_app(claims(token)) for token in (found.access, found.refresh))} - {""}
    if TESLAS_OWN in apps:
        raise SettingWrong(
            "these are tokens of the Tesla app itself (ownerapi), which the Fleet API does not take: "
            "sign in with an app of your own, `fleet2mqtt login`"
        )
    if others := apps - {tesla.client_id}:
        raise SettingWrong(
            f"FLEET2MQTT_TESLA_CLIENT_ID: these tokens were given to the app {', '.join(sorted(others))}, and only it "
            "can renew them; set it, or sign in with yours: `fleet2mqtt login`"
        )
    if region.simulated and not apps and found.refresh.startswith(("NA_", "EU_", "CN_", "eyJ")):
        raise SettingWrong("FLEET2MQTT_TESLA_REGION: these tokens look real, and a simulator must never see such")


def _app(said: Claims) -> str:
    if any("owner-api." in audience for audience in said.audiences):
        return TESLAS_OWN
    return said.app or ""


# --- reading ------------------------------------------------------------------------------------------------------


def recognised(text: str, form: str | None = None) -> tuple[str, Found]:
    """The form's name and the one pair in the text. Raises SettingWrong for none, and for several."""
    for name in [form] if form else FORMATS:
        pairs = {found.refresh: found for found in FORMATS[name](text)}
        if len(pairs) > 1:
            raise SettingWrong(f"there are {len(pairs)} sign-ins in it; leave the one that is meant")
        if pairs:
            return name, next(iter(pairs.values()))
    raise SettingWrong("there is no refresh token in it; docs/tesla-account.md shows the forms that are read")


def _text(name: str) -> str:
    try:
        if name == "-":
            return sys.stdin.read(LARGEST)
        with Path(name).open(encoding="utf-8-sig", errors="replace") as file:
            return file.read(LARGEST)
    except OSError as error:
        raise SettingWrong(f"{name}: cannot be read: {error.strerror}") from None


def _plain(name: str) -> str:
    """`refreshToken`, `REFRESH_TOKEN`, `refresh-token` -> refreshtoken."""
    return re.sub(r"[^a-z]", "", name.lower())


def _named(values: Mapping[str, Any]) -> Found | None:
    said = {_plain(name): value for name, value in values.items() if isinstance(value, str)}
    refresh = said.get("refreshtoken") or said.get("refresh")
    access = said.get("accesstoken") or said.get("access") or ""
    return Found(refresh, access, said.get("clientid", "")) if refresh else None


def _json(text: str) -> Iterator[Found]:
    try:
        yield from _within(json.loads(text))
    except (ValueError, RecursionError):
        return


def _within(value: Any) -> Iterator[Found]:
    if isinstance(value, dict) and (found := _named(value)):
        yield found
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        yield from _within(each)


_LINE = re.compile(
    r"""^[\s-]*(?:export\s+)?(?:FLEET2MQTT_|TESLA_)*((?:access|refresh)(?:_?token)?|client_?id)\s*[:=]\s*["']?([!-~]+?)["']?\s*$""",
    re.IGNORECASE | re.MULTILINE,
)


def _lines(text: str) -> Iterator[Found]:
    """`name: value` and `NAME=value`. Of several vehicles in a list only a Tesla is read."""
    parts = re.split(r"(?m)^\s*-\s", text)
    teslas = [part for part in parts if "tesla" in part.lower()] if len(parts) > 1 else parts
    for part in teslas:
        if found := _named(dict(_LINE.findall(part))):
            yield found


_TOKEN = re.compile(r"(?<![\w.-])(eyJ[\w-]+\.[\w-]+\.[\w-]+|(?:NA|EU|CN)_[\w-]{16,})")


def _loose(text: str) -> Iterator[Found]:
    """Two tokens below headings, or by what they look like: access tokens are JWTs."""
    found: dict[str, str] = {}
    end = 0
    for match in _TOKEN.finditer(text):
        heading = text[end : match.start()].lower()
        end = match.end()
        is_refresh = "refresh" in heading or ("access" not in heading and not match[0].startswith("eyJ"))
        found["refresh" if is_refresh else "access"] = match[0]
    if pair := _named(found):
        yield pair


FORMATS: Mapping[str, Callable[[str], Iterator[Found]]] = {"json": _json, "lines": _lines, "text": _loose}
