"""The JSON object in an answer, strictly read."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from bridge.errors import AnswerInvalid
from bridge.fleet.transport import Answer


def document(answer: Answer) -> Mapping[str, Any]:
    """The body as a JSON object; AnswerInvalid for everything else (reliability.md B6)."""
    kind = answer.headers.get("content-type", "application/json")
    if "json" not in kind.lower():
        raise AnswerInvalid(f"the answer (HTTP {answer.status}) is {kind[:40]!r}, not JSON")
    try:
        found = json.loads(answer.body, parse_constant=_number, parse_float=_number)
    except (ValueError, RecursionError) as error:
        # The error's own text may quote the body.
        raise AnswerInvalid(f"the answer (HTTP {answer.status}) is not JSON: {type(error).__name__}") from None
    if not isinstance(found, dict):
        raise AnswerInvalid(f"the answer (HTTP {answer.status}) is a {type(found).__name__}, not an object")
    return found


def _number(literal: str) -> float:
    """Refuses NaN, Infinity and 1e999, which no other JSON reader would take from us."""
    number = float(literal)
    if not math.isfinite(number):
        raise ValueError("not a number")
    return number
