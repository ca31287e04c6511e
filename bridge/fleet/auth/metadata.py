"""What a sign-in server says of its own addresses (fleet-api.md 1.1, OpenID Connect Discovery 1.0)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import structlog

from bridge.clock import Clock
from bridge.errors import BridgeError, ServerFailed
from bridge.fleet.documents import document
from bridge.fleet.hosts import Region, belongs, issues
from bridge.fleet.refusals import safe
from bridge.fleet.transport import Message, Transport

DEADLINE = 5.0
"""Seconds. Somebody waits for a token meanwhile."""

KEPT, KEPT_FAILURE = 86400.0, 3600.0
"""Seconds before the document is read again: a day, and an hour where it could not be read."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where to ask for tokens, to sign in, and for the keys that tokens are signed with."""

    token: str
    authorize: str
    keys: str


_NAMES: Mapping[str, str] = {"token_endpoint": "token", "authorization_endpoint": "authorize", "jwks_uri": "keys"}
"""The document's name for an address, and ours."""

AS_BUILT = "it says what the built-in table says"


class Found(NamedTuple):
    """What to use, what to tell of it, and whether somebody should look."""

    endpoints: Endpoints
    news: str
    is_odd: bool


class Metadata:
    """Reads a region's document once a day. The table stands wherever it says nothing that may be followed."""

    def __init__(self, http: Transport, clock: Clock) -> None:
        self._http = http
        self._clock = clock
        self._read: dict[str, tuple[float, Endpoints]] = {}
        self._told: dict[str, str] = {}

    async def read(self, region: Region) -> Endpoints:
        """Never fails: without a document these are the addresses of the table."""
        until, endpoints = self._read.get(region.metadata, (0.0, built_in(region)))
        if not region.metadata or self._clock.monotonic() < until:
            return endpoints
        try:
            found, kept = followed(await self._document(region), region), KEPT
        except BridgeError as error:
            news = f"it cannot be read ({error.reason}); the built-in addresses stand"
            found, kept = Found(built_in(region), news, is_odd=True), KEPT_FAILURE
        self._read[region.metadata] = (self._clock.monotonic() + kept, found.endpoints)
        self._tell(region, found)
        return found.endpoints

    async def _document(self, region: Region) -> Mapping[str, Any]:
        message = Message("GET", region.metadata, {})
        answer = await self._http.exchange(region, message, asyncio.get_running_loop().time() + DEADLINE)
        if answer.status != 200:
            raise ServerFailed(f"HTTP {answer.status}")
        return document(answer)

    def _tell(self, region: Region, found: Found) -> None:
        """One line for each change; none while all is as it was built."""
        if found.news != self._told.get(region.metadata, AS_BUILT):
            tell = log.warning if found.is_odd else log.info
            tell("asked the sign-in server for its metadata", server=_host(region.metadata), found=found.news)
        self._told[region.metadata] = found.news


def built_in(region: Region) -> Endpoints:
    return Endpoints(region.token, region.authorize, region.keys)


def followed(document: Mapping[str, Any], region: Region) -> Found:
    """The table, with those addresses in their place that the document moves within the table."""
    built = built_in(region)
    issuer = document.get("issuer")
    if issuer is not None and not issues(str(issuer), region):
        return Found(built, f"it is another server's ({safe(str(issuer))}); the built-in addresses stand", is_odd=True)
    urls = {ours: str(document[name]) for name, ours in _NAMES.items() if name in document}
    own = {ours: url for ours, url in urls.items() if belongs(url, region)}
    endpoints = replace(built, **own)
    foreign = sorted({_host(url) for url in urls.values() if not belongs(url, region)})
    if foreign:
        news = f"it names hosts that are not in the table: {', '.join(foreign)}; they are ignored"
        return Found(endpoints, news, is_odd=True)
    moved = ", ".join(f"{ours} {url}" for ours, url in own.items() if url != getattr(built, ours))
    return Found(endpoints, f"it names other addresses: {safe(moved)}" if moved else AS_BUILT, is_odd=False)


def _host(url: str) -> str:
    try:
        return safe(urlsplit(url).hostname or url)
    except ValueError:
        return safe(url)
