"""What a good answer holds, in the shape that was asked for, or AnswerInvalid."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bridge.errors import AnswerInvalid
from bridge.fleet.documents import document
from bridge.fleet.refusals import safe, text
from bridge.fleet.transport import Answer


@dataclass(frozen=True, slots=True)
class CommandAnswer:
    """Whether Tesla or the car did it, and if not, why: in their words."""

    result: bool
    reason: str
    told: Mapping[str, Any] | None = None
    """What was asked for, where the command asks for something."""


def is_ok(answer: Answer) -> bool:
    return 200 <= answer.status < 300


def is_token_refused(answer: Answer) -> bool:
    """A 401 that a new access token may cure. Tesla looks at the token first, so nothing was done."""
    return answer.status == 401 and "mobile_access_disabled" not in text(answer)


_BASE_URL = re.compile(r"use base URL:\s*([^\s,\"]+)")
_ALT_SVC = re.compile(r"h2=\"?(https?://[^\s,;\"]+)")


def base_url(answer: Answer) -> str | None:
    """The base URL that a 421 names, whatever it is worth: in its text or as `Alt-Svc` (fleet-api.md 1.8)."""
    if answer.status != 421:
        return None
    match = _BASE_URL.search(text(answer)) or _ALT_SVC.search(answer.headers.get("alt-svc", ""))
    return match[1] if match else None


def member(answer: Answer, *, bare: bool = False) -> Any:
    """The `response` member. `bare`: an answer without that envelope is taken whole (`/dx/`, fleet-api.md 2.4)."""
    body = document(answer)
    if body.get("error"):
        raise AnswerInvalid(f"the answer (HTTP {answer.status}) holds an error: {text(answer)}")
    if bare and "response" not in body:
        return body
    if "response" not in body:
        raise AnswerInvalid(f"the answer (HTTP {answer.status}) has no `response`")
    return body["response"]


def mapping(found: Any) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise AnswerInvalid(f"the answer is a {type(found).__name__}, not an object")
    return found


def mappings(found: Any) -> list[dict[str, Any]]:
    """A list of objects. One entry that is none costs itself, never the others (reliability.md B9)."""
    if not isinstance(found, list):
        raise AnswerInvalid(f"the answer is a {type(found).__name__}, not a list")
    return [entry for entry in found if isinstance(entry, dict)]


def vehicle_command(answer: Answer) -> CommandAnswer:
    """`{"result": bool, "reason": text}` (fleet-api.md 3.1). An empty body of a 2xx is a yes."""
    if not answer.body:
        return CommandAnswer(result=True, reason="")
    found = mapping(member(answer))
    if not isinstance(found.get("result"), bool):
        raise AnswerInvalid("the answer to the command does not say whether it was done")
    return CommandAnswer(found["result"], _word(found.get("reason")))


def energy_write(answer: Answer) -> CommandAnswer:
    """Any 2xx is a yes, unless `response.code` says otherwise (fleet-api.md 4.4)."""
    found = member(answer) if answer.body else None
    if not isinstance(found, Mapping) or found.get("code") is None:
        return CommandAnswer(result=True, reason="")
    code = found["code"]
    if not isinstance(code, int):
        raise AnswerInvalid("the answer to the write does not say whether it was done")
    return CommandAnswer(200 <= code < 300, _word(found.get("message")))


def _word(reason: Any) -> str:
    return safe(reason) if isinstance(reason, str) else ""
