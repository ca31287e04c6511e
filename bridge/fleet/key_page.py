"""The page at the app's domain that serves its public key: is it there, and is it ours? (fleet-api.md 1.11)."""

from __future__ import annotations

import asyncio
import socket
from ssl import SSLError

from bridge.errors import AnswerInvalid, BridgeError, OwnerMustAct, TryLater
from bridge.fleet.hosts import Region, simulated
from bridge.fleet.keys import PublicKey
from bridge.fleet.reach import causes, tls_words
from bridge.fleet.refusals import safe
from bridge.fleet.transport import Answer, Message, Transport

PATH = "/.well-known/appspecific/com.tesla.3p.public-key.pem"

KIND = "application/x-pem-file"

SERVE_PORT = 8586
"""Where `serve-key` serves it on this machine."""

SERVED_HERE = f"http://127.0.0.1:{SERVE_PORT}"
"""Where a simulated account finds it: its domains stand in no DNS."""

DEADLINE = 15.0
"""Seconds."""

LARGEST = 65536
"""Bytes of a page that is looked at. A key has 178."""

_SERVE = "serve the file that `fleet2mqtt serve-key` serves"


def url(domain: str) -> str:
    return f"https://{domain}{PATH}"


async def check(http: Transport, domain: str, ours: PublicKey, *, simulated_at: str | None = None) -> str:
    """What was found, when all is well. Raises OwnerMustAct with the exact thing to do, or TryLater.

    One GET without a token, which follows no redirect, as Tesla's own. `simulated_at`: a base URL on this machine or
    in a private network, which stands for every domain.
    """
    region = simulated(simulated_at) if simulated_at else Region("", f"https://{domain}", ())
    address = f"{region.api}{PATH}"
    try:
        until = asyncio.get_running_loop().time() + DEADLINE
        answer = await http.exchange(region, Message("GET", address, {"Accept": "*/*"}), until)
    except AnswerInvalid as error:
        raise OwnerMustAct(f"body: what {address} serves is no key: {error}") from None
    except TryLater as error:
        raise _unreachable(error, domain, address) from error
    _check_status(answer, address)
    _check_body(answer, address, ours)
    return f"{address} serves this bridge's key{_note(answer)}"


# --- what can be wrong --------------------------------------------------------------------------------------------


def _unreachable(error: TryLater, domain: str, address: str) -> BridgeError:
    """DNS, TLS or the connection, as the innermost error tells."""
    for cause in causes(error):
        match cause:
            case socket.gaierror(errno=socket.EAI_AGAIN):
                return TryLater(f"DNS: {domain} cannot be looked up now: is this machine online?")
            case socket.gaierror():
                return OwnerMustAct(f"DNS: nobody knows {domain}: is FLEET2MQTT_TESLA_DOMAIN right, and in the DNS?")
            case SSLError():
                return OwnerMustAct(
                    f"TLS: the certificate at {domain} is not good: {tls_words(cause)}. It must be a public one "
                    "of this name, such as Let's Encrypt gives"
                )
            case ConnectionRefusedError():
                return OwnerMustAct(f"connection: nobody listens at {address}: is the web server or the tunnel up?")
    return TryLater(f"connection: {error}; Tesla must reach it from outside, and so must this machine")


def _check_status(answer: Answer, address: str) -> None:
    match answer.status:
        case 200:
            return
        case 301 | 302 | 303 | 307 | 308:
            to = safe(answer.headers.get("location", "nowhere"))
            raise OwnerMustAct(f"redirect: {address} leads to {to}; Tesla wants the key there and nowhere else")
        case 401 | 403:
            raise OwnerMustAct(
                f"status: {address} is not open to everybody (HTTP {answer.status}): take the sign-in, the bot "
                "check or the country block off this path"
            )
        case 404:
            raise OwnerMustAct(f"status: there is nothing at {address} (HTTP 404): {_SERVE}")
        case status if status >= 500:
            raise TryLater(f"status: the server behind {address} fails (HTTP {status}): is `serve-key` running?")
    raise OwnerMustAct(f"status: {address} answers HTTP {answer.status} in place of 200: {_SERVE}")


def _check_body(answer: Answer, address: str, ours: PublicKey) -> None:
    if b"PRIVATE KEY" in answer.body:
        raise OwnerMustAct(
            f"body: {address} shows a PRIVATE key to everybody: take it down now, and make a new pair "
            "with `fleet2mqtt keys --replace`"
        )
    found = PublicKey.read(answer.body) if len(answer.body) <= LARGEST else None
    if found is None:
        kind = safe(answer.headers.get("content-type", "without a content type"))
        raise OwnerMustAct(f"body: what {address} serves ({kind}) is no public key on the curve P-256: {_SERVE}")
    if found.hex != ours.hex:
        raise OwnerMustAct(f"body: {address} serves another key than this bridge's: {_SERVE}")


def _note(answer: Answer) -> str:
    """The content type: no rule of Tesla's about it is known, so another one is told and no fault."""
    kind = safe(answer.headers.get("content-type", "none")).partition(";")[0]
    return "" if kind == KIND else f" (as content type {kind}; {KIND} is usual)"
