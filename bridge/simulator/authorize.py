"""The browser half of signing in: an owner who consents at once, or with `deny=1` never (fleet-api.md 1.4)."""

from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bridge.simulator.answers import oauth_refuse
from bridge.simulator.cloud import Cloud
from bridge.simulator.codes import Code
from bridge.simulator.policy import SCOPES
from bridge.simulator.tokens import CLIENT_ID


async def authorize(cloud: Cloud, request: Request) -> Response:
    """Back to the application with a code, or with the reason why not."""
    query = request.query_params
    _check_application(cloud, query)
    error = _objection(query)
    outcome = {"error": error} if error else {"code": _issue(cloud, query)}
    state = {"state": query["state"]} if "state" in query else {}
    target = query["redirect_uri"]
    separator = "&" if "?" in target else "?"
    return RedirectResponse(f"{target}{separator}{urlencode({**outcome, **state})}", 302)


def _check_application(cloud: Cloud, query: Mapping[str, str]) -> None:
    # RFC 6749 4.1.2.1: with these two wrong nobody may be sent anywhere.
    if query.get("client_id") != CLIENT_ID:
        raise oauth_refuse(400, "unauthorized_client", "We don't recognize this client_id")
    if not cloud.policy.may_redirect(query.get("redirect_uri", "")):
        raise oauth_refuse(400, "invalid_redirect_url", "redirect_uri is not registered")


def _objection(query: Mapping[str, str]) -> str | None:
    """The OAuth error code for what is wrong with the request, or what the owner says; None is consent."""
    wanted = set(query.get("scope", "").split())
    objections = {
        "unsupported_response_type": query.get("response_type") != "code",
        "invalid_request": "state" not in query or not _proof_is_s256(query),
        "invalid_scope": not wanted or not wanted <= set(SCOPES),
        "access_denied": query.get("deny") == "1",
    }
    return next((error for error, stands in objections.items() if stands), None)


def _proof_is_s256(query: Mapping[str, str]) -> bool:
    return ("code_challenge" in query) == (query.get("code_challenge_method") == "S256")


def _issue(cloud: Cloud, query: Mapping[str, str]) -> str:
    """A code for the scopes that were asked for and are granted; the rest is left out in silence."""
    text = cloud.tokens.regional_secret()
    cloud.codes[text] = Code(
        client_id=query["client_id"],
        redirect_uri=query["redirect_uri"],
        scopes=frozenset(query["scope"].split()) & cloud.policy.scopes,
        challenge=query.get("code_challenge"),
        nonce=query.get("nonce"),
        issued_at=cloud.clock.now(),
    )
    return text
