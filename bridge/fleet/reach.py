"""Can a server be reached, and is the time there ours? Without a token (fleet-api.md 0.2)."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from ssl import SSLCertVerificationError, SSLError
from urllib.parse import urlsplit

from bridge.errors import BridgeError, OwnerMustAct, TryLater
from bridge.fleet.hosts import Region
from bridge.fleet.refusals import safe
from bridge.fleet.transport import Message, Transport

DEADLINE = 10.0
"""Seconds."""

STATUS = "/status"
"""Answers without a sign-in."""


def addresses(region: Region) -> list[str]:
    """One address for each server of the region: the API's, and where it signs in."""
    both = (f"{region.api}{STATUS}", region.metadata)
    return list({urlsplit(url).netloc: url for url in both if url}.values())


async def time_of(http: Transport, region: Region, url: str) -> datetime | None:
    """Any answer will do; gives the time by its server. Raises OwnerMustAct or TryLater, naming what is in the way."""
    host = urlsplit(url).hostname or url
    until = asyncio.get_running_loop().time() + DEADLINE
    try:
        answer = await http.exchange(region, Message("GET", url, {}), until)
    except TryLater as error:
        raise obstacle(error, host) from error
    return _moment(answer.headers.get("date", ""))


def obstacle(error: TryLater, host: str) -> BridgeError:
    """DNS, TLS or the connection to one of Tesla's own servers."""
    for cause in causes(error):
        match cause:
            case socket.gaierror():
                return TryLater(
                    f"DNS: {host} cannot be looked up: is this machine online, and does a filter (Pi-hole) block it?"
                )
            case SSLError():
                return OwnerMustAct(
                    f"TLS: the certificate of {host} is not trusted ({tls_words(cause)}): is this machine's clock "
                    "right, and does a proxy or filter stand in between?"
                )
            case ConnectionRefusedError():
                return TryLater(f"connection: {host} refuses it: does a firewall block this machine?")
    return TryLater(f"connection: {host} does not answer: {error}")


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error and those below it."""
    cause: BaseException | None = error
    while cause:
        yield cause
        cause = cause.__cause__ or cause.__context__


def tls_words(error: SSLError) -> str:
    return error.verify_message if isinstance(error, SSLCertVerificationError) else safe(str(error))


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
