"""The token endpoint: one form, one pair of tokens or one error (fleet-api.md 1.5, 1.6 and 1.13)."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import structlog

from bridge.clock import Clock
from bridge.errors import AnswerInvalid, BridgeError, RateLimited, ServerFailed, SettingWrong, SignInRequired, TryLater
from bridge.fleet.auth.metadata import Metadata
from bridge.fleet.documents import document
from bridge.fleet.hosts import Region
from bridge.fleet.refusals import refusal, text
from bridge.fleet.transport import Answer, Message, Transport

DEADLINE = 15.0
"""Seconds. Shorter than a call's own, so that a call can still go out with the old token."""

# Only these words are final; a status alone proves nothing: Tesla has answered 400 during an outage (A3).
_FINAL: Mapping[str, type[BridgeError]] = {
    "login_required": SignInRequired,
    "invalid_grant": SignInRequired,
    "invalid_auth_code": SignInRequired,
    "authorization_required": SignInRequired,
    "invalid_client": SettingWrong,
    "invalid_redirect_url": SettingWrong,
    "invalid_request": SettingWrong,
    "invalid_scope": SettingWrong,
    "unauthorized_client": SettingWrong,
    "unsupported_grant_type": SettingWrong,
}

_SIGN_IN_AGAIN: Mapping[str, str] = {
    "refresh_token": "the sign-in is no longer good: run `fleet2mqtt login`",
    "authorization_code": "the code was used before, or is too old: run `fleet2mqtt login` again",
}
"""What to do, by grant. Grants that are not here are no sign-in: for them it is a setting that is wrong."""

_APP = "FLEET2MQTT_TESLA_CLIENT_ID, FLEET2MQTT_TESLA_CLIENT_SECRET"
_CHECK: Mapping[str, str] = {
    "authorization_code": f"{_APP}, FLEET2MQTT_TESLA_REDIRECT_URI and FLEET2MQTT_TESLA_SCOPES",
    "client_credentials": f"{_APP}, FLEET2MQTT_TESLA_SCOPES and, for a business, FLEET2MQTT_TESLA_AUTH_CODE",
    "password": "FLEET2MQTT_TESLA_EMAIL and FLEET2MQTT_TESLA_PASSWORD",
    "refresh_token": "FLEET2MQTT_TESLA_CLIENT_ID",
}
"""The settings that may be wrong, by grant."""

_NARROWER: Mapping[str, str] = {
    "invalid_client": _APP,
    "invalid_redirect_url": "FLEET2MQTT_TESLA_REDIRECT_URI: the app at developer.tesla.com must allow exactly {uri}",
    "invalid_scope": "FLEET2MQTT_TESLA_SCOPES",
    "unauthorized_client": _APP,
}
"""The same at a sign-in, where the server's word tells which."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, repr=False)
class Granted:
    """What the endpoint gave. `lifetime` in seconds, None where it does not say; `identity` is OpenID's id_token."""

    access: str
    refresh: str | None
    lifetime: float | None
    identity: str | None = None


class TokenEndpoint:
    """Asks at the table's address; where no sign-in server answers there, at the one that its metadata names (A11).

    In this order, because Tesla's metadata of 2026 still names the host that its announcement of 2025-07-21 tells
    servers to leave, and because a renewal then needs nobody but the endpoint itself.
    """

    def __init__(self, http: Transport, clock: Clock) -> None:
        self._http = http
        self._clock = clock
        self._metadata = Metadata(http, clock)

    async def ask(self, region: Region, fields: Mapping[str, str]) -> Granted:
        """SignInRequired and SettingWrong are final; every other error is TryLater."""
        try:
            return await request_tokens(self._http, region, region.token, fields, self._clock.now())
        except RateLimited:
            raise
        except TryLater as error:
            url = (await self._metadata.read(region)).token
            if url == region.token:
                raise
            log.debug("the sign-in server does not answer; asking where its metadata says", error=str(error))
            return await request_tokens(self._http, region, url, fields, self._clock.now())


async def request_tokens(
    http: Transport, region: Region, url: str, fields: Mapping[str, str], now: datetime
) -> Granted:
    """Posts the fields once. SignInRequired and SettingWrong are final; every other error is TryLater."""
    answer = await _post(http, region, url, fields)
    if answer.status != 200:
        raise _refused(answer, fields, region, now)
    body = document(answer)
    refresh, identity = _token_or_none(body, "refresh_token"), _token_or_none(body, "id_token")
    return Granted(_token(body, "access_token"), refresh, _lifetime(body), identity)


async def revoke(http: Transport, region: Region, access: str, now: datetime) -> None:
    """Ends an access token of the Owner API, the only one that can be ended by its app (fleet-api.md 1.6 and 1.13)."""
    answer = await _post(http, region, region.revoke, {"token": access})
    if answer.status != 200:
        raise refusal(answer, now)


async def _post(http: Transport, region: Region, url: str, fields: Mapping[str, str]) -> Answer:
    kind, body = _json(fields) if region.is_owner_api else _form(fields)
    message = Message("POST", url, {"Content-Type": kind}, content=body.encode())
    return await http.exchange(region, message, asyncio.get_running_loop().time() + DEADLINE)


def _form(fields: Mapping[str, str]) -> tuple[str, str]:
    return "application/x-www-form-urlencoded", urlencode(fields)


def _json(fields: Mapping[str, str]) -> tuple[str, str]:
    return "application/json", json.dumps(dict(fields))


# --- refusals -----------------------------------------------------------------------------------------------------


def _refused(answer: Answer, fields: Mapping[str, str], region: Region, now: datetime) -> BridgeError:
    said, grant, code = text(answer), fields["grant_type"], _code(answer)
    if answer.status == 429 or (answer.status == 403 and "forbidden, see" in said):
        return refusal(answer, now)
    final = _FINAL.get(code) if answer.status in {400, 401, 403} else None
    details = f"(HTTP {answer.status}, {said})"
    check = _CHECK["password" if region.is_owner_api else grant]
    if grant == "authorization_code":
        check = _NARROWER.get(code, check).format(uri=fields["redirect_uri"])
    if final is SignInRequired and grant in _SIGN_IN_AGAIN:
        advice = f"the sign-in is no longer good: check {check}" if region.is_owner_api else _SIGN_IN_AGAIN[grant]
        return SignInRequired(f"{advice} {details}")
    if final:
        return SettingWrong(f"the sign-in server does not accept what is set: check {check} {details}")
    return ServerFailed(f"the sign-in server failed {details}")


def _code(answer: Answer) -> str:
    """OAuth's word for the error. The Owner API has none, but a text in `response`."""
    try:
        body = document(answer)
    except AnswerInvalid:
        return ""
    code = body.get("error")
    if code is None and "authorization_required" in str(body.get("response")):
        return "authorization_required"
    return code if isinstance(code, str) else ""


# --- what was given -----------------------------------------------------------------------------------------------

_TOKEN = re.compile(r"[!-~]{1,16384}")


def _token(body: Mapping[str, Any], name: str) -> str:
    token = body.get(name)
    # It becomes a header: nothing but visible ASCII, so that no answer can smuggle in a line of its own.
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise AnswerInvalid(f"the sign-in server's answer has no usable `{name}`")
    return token


def _token_or_none(body: Mapping[str, Any], name: str) -> str | None:
    return None if body.get(name) is None else _token(body, name)


def _lifetime(body: Mapping[str, Any]) -> float | None:
    lifetime = body.get("expires_in")
    if not isinstance(lifetime, int | float) or isinstance(lifetime, bool):
        return None
    return float(lifetime) if 0 < lifetime < 1e9 else None
