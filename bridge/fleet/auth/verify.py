"""Whether tokens are what they say (fleet-api.md 1.7, OpenID Connect Core 3.1.3.7).

Imported only where somebody signs in or checks: PyJWT takes a tenth of a second to load.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from hmac import compare_digest
from typing import Any, NamedTuple

import jwt
import structlog
from jwt.types import Options

from bridge.clock import Clock
from bridge.errors import AnswerInvalid, BridgeError, ServerFailed, SignInRequired
from bridge.fleet.auth import tokens
from bridge.fleet.auth.metadata import DEADLINE, Metadata
from bridge.fleet.documents import document
from bridge.fleet.hosts import Region, issues
from bridge.fleet.transport import Message, Transport

ALGORITHMS = ("RS256",)
LEEWAY = timedelta(minutes=1)
"""How far the server's clock and ours may differ."""

_NO_CLAIMS: Options = {"verify_aud": False, "verify_exp": False, "verify_iat": False, "verify_nbf": False}
_CLAIMS: Options = {"verify_signature": False, "verify_aud": True, "require": ["aud", "exp", "iss", "sub"]}
"""Time and issuer are left to us: the time is the Clock's, and the issuer may have one of several names."""

log = structlog.get_logger()


class Signature(NamedTuple):
    """`good` is None where it could not be verified; `text` says what was found, or why not."""

    good: bool | None
    text: str


class Verifier:
    """Looks at the tokens of any region."""

    def __init__(self, http: Transport, clock: Clock) -> None:
        self._http = http
        self._clock = clock
        self._metadata = Metadata(http, clock)

    async def signature(self, token: str, region: Region) -> Signature:
        """Of an access token. Never fails: what is opaque, or has keys out of reach, is not verified, and no fault."""
        try:
            name = jwt.get_unverified_header(token).get("kid")
        except jwt.PyJWTError:
            return Signature(None, "not verified: the token is opaque")
        try:
            keys = await self._keys(region)
        except BridgeError as error:
            return Signature(None, f"not verified: {error}")
        key = next((key for key in keys if key.key_id == name), None)
        return _signature(token, key) if key else Signature(None, "not verified: its key is not published")

    async def identity(self, token: str, region: Region, client_id: str, nonce: str) -> Mapping[str, Any]:
        """The claims of an id_token that is meant for us and for this sign-in. Raises SignInRequired for any other."""
        signature = await self.signature(token, region)
        if signature.good is False:
            raise _not_good(signature.text)
        if signature.good is None:
            # It came from the token endpoint itself over TLS, which may stand for the signature (3.1.3.7, point 6).
            log.warning("the signature of the sign-in is left out", why=signature.text)
        try:
            claims = jwt.decode(token, audience=client_id, options=_CLAIMS)
        except jwt.PyJWTError as error:
            raise _not_good(f"{type(error).__name__}, {error}") from None
        if objection := self._objection(token, claims, region, nonce):
            raise _not_good(objection)
        return claims

    def _objection(self, token: str, claims: Mapping[str, Any], region: Region, nonce: str) -> str:
        """What is wrong with the claims; empty where nothing is."""
        end = tokens.claims(token).expires_at
        if not issues(str(claims["iss"]), region):
            return "another server has issued it"
        if not compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            return "it belongs to another sign-in"
        return "" if end and self._clock.now() < end + LEEWAY else "it has expired"

    async def _keys(self, region: Region) -> list[jwt.PyJWK]:
        url = (await self._metadata.read(region)).keys
        if not url:
            raise ServerFailed(f"{region.name} publishes no keys")
        answer = await self._http.exchange(region, Message("GET", url, {}), _until())
        if answer.status != 200:
            raise ServerFailed(f"the keys cannot be read (HTTP {answer.status})")
        try:
            return jwt.PyJWKSet.from_dict(dict(document(answer))).keys
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError):
            raise AnswerInvalid("the published keys cannot be used") from None


def _signature(token: str, key: jwt.PyJWK) -> Signature:
    try:
        jwt.decode(token, key, algorithms=ALGORITHMS, options=_NO_CLAIMS)
    except jwt.PyJWTError as error:
        return Signature(False, f"the signature is wrong ({type(error).__name__})")
    return Signature(True, "signed by the sign-in server")


def _not_good(why: str) -> SignInRequired:
    return SignInRequired(f"the sign-in was answered with an identity that is not good: {why}; sign in again")


def _until() -> float:
    return asyncio.get_running_loop().time() + DEADLINE
