"""The browser half of signing in (fleet-api.md 1.4).

A browser, which asks for HTML, gets a page to allow or deny. A program meets an owner who consents at once, or with
`deny=1` never.
"""

from collections.abc import Mapping
from html import escape
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from bridge.simulator.answers import oauth_refuse
from bridge.simulator.cloud import Cloud
from bridge.simulator.codes import Code
from bridge.simulator.policy import SCOPES
from bridge.simulator.tokens import CLIENT_ID


async def authorize(cloud: Cloud, request: Request) -> Response:
    """Back to the application with a code, or with the reason why not."""
    query = request.query_params
    _check_application(cloud, query)
    is_asked = "text/html" in request.headers.get("accept", "") and not {"allow", "deny"} & query.keys()
    if is_asked and not _objection(query):
        return HTMLResponse(_page(cloud, query))
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


def _issue(cloud: Cloud, query: QueryParams) -> str:
    """A code for the scopes that were asked for and are granted; the rest is left out in silence."""
    text = cloud.tokens.regional_secret()
    cloud.codes[text] = Code(
        client_id=query["client_id"],
        redirect_uri=query["redirect_uri"],
        scopes=_granted(query) & cloud.policy.scopes,
        challenge=query.get("code_challenge"),
        nonce=query.get("nonce"),
        issued_at=cloud.clock.now(),
    )
    return text


def _granted(query: QueryParams) -> frozenset[str]:
    """What was asked for; of that, what is ticked on the page."""
    asked = frozenset(query["scope"].split())
    return asked & set(query.getlist("grant")) if "allow" in query else asked


# --- the page -----------------------------------------------------------------------------------------------------


def _page(cloud: Cloud, query: Mapping[str, str]) -> str:
    asked = [scope for scope in query["scope"].split() if scope in cloud.policy.scopes]
    kept = "".join(f'<input type="hidden" name="{escape(name)}" value="{escape(query[name])}">' for name in query)
    boxes = "".join(_BOX.format(scope=escape(scope)) for scope in asked)
    return _PAGE.format(kept=kept, boxes=boxes, application=escape(query["client_id"]))


_BOX = '<p><label><input type="checkbox" name="grant" value="{scope}" checked> {scope}</label></p>'

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Simulated Tesla sign-in</title>
<style>body {{ font: 1.1em sans-serif; max-width: 32em; margin: 3em auto; padding: 0 1em }}</style></head>
<body><h1>Simulated Tesla account</h1><p>May {application} use this account?</p>
<form method="get">{kept}{boxes}
<p><button name="allow" value="1">Allow</button> <button name="deny" value="1">Deny</button></p></form></body></html>
"""
