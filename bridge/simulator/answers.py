"""The shapes Tesla answers in (fleet-api.md 0.2 and 0.3)."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import JSONResponse, PlainTextResponse, Response

Json = dict[str, Any]


class Refused(Exception):
    """A request turned down: `body` is the JSON answer, a plain text, or None for no body at all."""

    def __init__(self, status: int, body: Json | str | None = None, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body
        self.headers = dict(headers or {})

    def response(self) -> Response:
        if isinstance(self.body, dict):
            return JSONResponse(self.body, self.status, self.headers)
        return PlainTextResponse(self.body or "", self.status, self.headers)


def refuse(status: int, error: str, description: str = "", **more: Any) -> Refused:
    """A refusal in the usual envelope."""
    return Refused(status, {"response": None, "error": error, "error_description": description, **more})


def oauth_refuse(status: int, error: str, description: str = "", **more: Any) -> Refused:
    """A refusal of the token endpoint (fleet-api.md 1.6)."""
    return Refused(status, {"error": error, "error_description": description, **more})


def legacy_refuse(txid: str) -> Refused:
    """The Owner API's 401: its text stands under `response`, there is no `error` (fleet-api.md 1.13)."""
    return Refused(401, {"response": f"authorization_required_for_txid_{txid[:32]}"})


def not_found() -> Refused:
    return refuse(404, "not_found")


def parsed(body: bytes) -> Any:
    """The JSON of a request; None for none and for nonsense."""
    try:
        return json.loads(body)
    except ValueError:
        return None


def envelope(response: Any) -> Json:
    return {"response": response}


def listing(items: Sequence[Any]) -> Json:
    return {"response": list(items), "count": len(items)}
