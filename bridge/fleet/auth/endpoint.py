"""The token endpoint: one form, one pair of tokens or one error (fleet-api.md 1.5 and 1.6)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from bridge.errors import AnswerInvalid, BridgeError, ServerFailed, SettingWrong, SignInRequired
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
    "invalid_auth_code": SettingWrong,
    "invalid_client": SettingWrong,
    "invalid_redirect_url": SettingWrong,
    "invalid_request": SettingWrong,
    "invalid_scope": SettingWrong,
    "unauthorized_client": SettingWrong,
    "unsupported_grant_type": SettingWrong,
}

_ADVICE: Mapping[type[BridgeError], str] = {
    SignInRequired: "the sign-in is no longer good: set a new FLEET2MQTT_TESLA_REFRESH_TOKEN",
    SettingWrong: "Tesla does not accept the app's data: check FLEET2MQTT_TESLA_CLIENT_ID and its secret",
}


@dataclass(frozen=True, slots=True, repr=False)
class Granted:
    """What the endpoint gave. `lifetime` in seconds, None where it does not say."""

    access: str
    refresh: str | None
    lifetime: float | None


async def request_tokens(http: Transport, region: Region, fields: Mapping[str, str], now: datetime) -> Granted:
    """Posts the form once. SignInRequired and SettingWrong are final; every other error is TryLater."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    message = Message("POST", region.token, form, content=urlencode(fields).encode())
    answer = await http.exchange(region, message, asyncio.get_running_loop().time() + DEADLINE)
    if answer.status != 200:
        raise _refused(answer, now)
    body = document(answer)
    return Granted(_token(body, "access_token"), _token_or_none(body), _lifetime(body))


def _refused(answer: Answer, now: datetime) -> BridgeError:
    if answer.status == 429:
        return refusal(answer, now)
    final = _FINAL.get(_code(answer)) if answer.status in {400, 401, 403} else None
    details = f"HTTP {answer.status}, {text(answer)}"
    if final:
        return final(f"{_ADVICE[final]} ({details})")
    return ServerFailed(f"the sign-in server failed ({details})")


def _code(answer: Answer) -> str:
    try:
        code = document(answer).get("error")
    except AnswerInvalid:
        return ""
    return code if isinstance(code, str) else ""


_TOKEN = re.compile(r"[!-~]{1,16384}")


def _token(body: Mapping[str, Any], name: str) -> str:
    token = body.get(name)
    # It becomes a header: nothing but visible ASCII, so that no answer can smuggle in a line of its own.
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise AnswerInvalid(f"the sign-in server's answer has no usable `{name}`")
    return token


def _token_or_none(body: Mapping[str, Any]) -> str | None:
    return None if body.get("refresh_token") is None else _token(body, "refresh_token")


def _lifetime(body: Mapping[str, Any]) -> float | None:
    lifetime = body.get("expires_in")
    if not isinstance(lifetime, int | float) or isinstance(lifetime, bool):
        return None
    return float(lifetime) if 0 < lifetime < 1e9 else None
