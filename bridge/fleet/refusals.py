"""Which error an answer of 300 or more is: by its status, then by the words in it (fleet-api.md 0.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from bridge.errors import (
    AccessDenied,
    AccountLimited,
    AnswerInvalid,
    BridgeError,
    CallWrong,
    NotRegistered,
    RateLimited,
    ScopeMissing,
    ServerFailed,
    SigningRequired,
    SignInRequired,
    VehicleUnavailable,
)
from bridge.fleet.documents import document
from bridge.fleet.transport import Answer
from bridge.fleet.waits import wait
from bridge.redaction import redacted


class Refusal(NamedTuple):
    """One row: the error, what to tell the owner, and a narrower `reason` than the error's own."""

    error: type[BridgeError]
    advice: str
    reason: str | None = None


_ELSEWHERE = Refusal(AccessDenied, "the account belongs to another region; set FLEET2MQTT_TESLA_REGION", "region")
_WRONG = Refusal(CallWrong, "Tesla refuses this call as wrong")
_FAILED = Refusal(ServerFailed, "Tesla's server or the car did not answer")
_NO_PARTNER = Refusal(AccessDenied, "this call is for the app itself, and Tesla does not take the token as its own")
_SIGNED_ONLY = "the car takes only signed commands: make a key with `fleet2mqtt keys` and pair it, see docs/keys.md"
_TAKEN = (
    "another app is registered with this key: make a new one with `fleet2mqtt keys --replace`, serve it, register again"
)

# Status -> words that must be in the text, in lower case -> what it is. The first that fits; "" always does.
REFUSALS: Mapping[int, Mapping[str, Refusal]] = {
    401: {
        "mobile_access_disabled": Refusal(
            AccessDenied, "mobile access is off: allow it in the car under Safety", "mobile_access_off"
        ),
        "revoked consent": Refusal(SignInRequired, "the owner took back consent: sign in again"),
        "login_required": Refusal(SignInRequired, "the sign-in is no longer good: sign in again"),
        "password_changed": Refusal(SignInRequired, "the password was changed: sign in again"),
        "expected partner account": _NO_PARTNER,
        "": Refusal(AccessDenied, "Tesla refuses even a fresh access token"),
    },
    402: {"": Refusal(AccountLimited, "Tesla wants a payment: see developer.tesla.com")},
    403: {
        "missing scopes": Refusal(ScopeMissing, "the sign-in does not cover this: sign in again and grant the scope"),
        "command protocol required": Refusal(SigningRequired, _SIGNED_ONLY),
        "unsigned_cmds_hardlocked": Refusal(SigningRequired, _SIGNED_ONLY),
        "exceeded_limit": Refusal(AccountLimited, "the billing limit is reached: see developer.tesla.com"),
        "account disabled": Refusal(AccountLimited, "Tesla switched the app off: see developer.tesla.com"),
        "forbidden, see": Refusal(AccessDenied, "Tesla blocks this client program", "client_blocked"),
        "unsupported": Refusal(AccessDenied, "Tesla does not support this vehicle", "unsupported"),
        "expected partner account": _NO_PARTNER,
        "": Refusal(AccessDenied, "Tesla denies access"),
    },
    404: {"": Refusal(CallWrong, "Tesla does not know this device, or it is not yours", "not_found")},
    405: {"in service": Refusal(CallWrong, "the car is in service", "in_service"), "": _WRONG},
    408: {"": Refusal(VehicleUnavailable, "the car is asleep or offline")},
    412: {
        "not supported": Refusal(SigningRequired, "the car takes this command only signed"),
        "": Refusal(NotRegistered, "the app is not registered in this region: run `fleet2mqtt register`"),
    },
    421: {"": _ELSEWHERE},
    422: {"already been taken": Refusal(CallWrong, _TAKEN), "": _WRONG},
    423: {"": Refusal(AccessDenied, "the account is locked", "account_locked")},
    424: {"": _FAILED},
    451: {"": _ELSEWHERE},
    499: {"": _FAILED},
}

_BY_HUNDREDS: Mapping[int, Refusal] = {
    3: Refusal(AnswerInvalid, "Tesla sends us elsewhere, which is not followed"),
    4: _WRONG,
}


def refusal(answer: Answer, now: datetime) -> BridgeError:
    """The one error of the tree that this answer is."""
    said = text(answer)
    details = _details(answer, said)
    if answer.status == 429:
        return RateLimited(f"too many calls ({details})", wait(answer.headers, said, now))
    row = _row(answer.status, said.lower())
    error = row.error(f"{row.advice} ({details})")
    error.reason = row.reason or error.reason
    return error


def _row(status: int, said: str) -> Refusal:
    rows = REFUSALS.get(status, {"": _BY_HUNDREDS.get(status // 100, _FAILED)})
    return next(row for words, row in rows.items() if words in said)


def _details(answer: Answer, said: str) -> str:
    txid = safe(answer.headers.get("x-txid", ""))
    parts = (f"HTTP {answer.status}", said, f"txid {txid}" if txid else "")
    return ", ".join(part for part in parts if part)


def text(answer: Answer) -> str:
    """What an error answer says, fit for logs and messages: JSON's error fields, else the plain body."""
    try:
        body = document(answer)
    except AnswerInvalid:
        return _plain(answer)
    # 401 of the old API holds its text in `response` and has no `error` (fleet-api.md 1.13).
    said = [body.get(name) for name in ("error", "error_description", "messages")]
    return safe(": ".join(str(part) for part in said if part) or str(body.get("response") or ""))


def _plain(answer: Answer) -> str:
    start = answer.body[:500].decode("utf-8", "replace")
    return "a web page" if "<html" in start.lower() or "<!doctype" in start.lower() else safe(start)


_SECRET = re.compile(r"eyJ[\w.-]{20,}|\b[A-Z]{2}_[\w-]{20,}|\b[0-9a-fA-F]{64,}")


def safe(said: str) -> str:
    """One printable line of at most 200 characters, without anything that looks like a token."""
    line = "".join(c if c.isprintable() else " " for c in redacted(said[:2000]))
    return " ".join(_SECRET.sub("***", line).split())[:200]
