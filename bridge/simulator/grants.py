"""The token endpoint: one function per grant (fleet-api.md 1.5 and 1.6)."""

from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bridge.simulator.answers import Json, Refused, oauth_refuse, parsed
from bridge.simulator.cloud import Cloud
from bridge.simulator.policy import REGIONS, SCOPES
from bridge.simulator.tokens import CLIENT_ID, CLIENT_SECRET, Kind

# What an owner hands out in Tesla for Business (fleet-api.md 1.2).
BUSINESS_CODE = "simulated-business-code"
PARTNER_SCOPES = {*SCOPES, "vehicle_specs", "vehicle_pricing_info", "enterprise_management"}

Form = Mapping[str, str]


async def token(cloud: Cloud, request: Request) -> Response:
    """A new token for any of the grants."""
    form = await _form(request)
    grant = GRANTS.get(_field(form, "grant_type"))
    if grant is None:
        raise oauth_refuse(400, "unsupported_grant_type")
    if _field(form, "client_id") != CLIENT_ID:
        raise _unknown_client()
    return JSONResponse(grant(cloud, form, str(request.base_url).rstrip("/")))


def _authorization_code(cloud: Cloud, form: Form, base_url: str) -> Json:
    code = cloud.codes.pop(_field(form, "code"), None)
    if code is None or not code.good(cloud.clock.now()):
        raise oauth_refuse(400, "invalid_auth_code")
    if form.get("redirect_uri") != code.redirect_uri:
        raise oauth_refuse(400, "invalid_redirect_url")
    if "client_secret" in form or code.challenge is None:
        _check_secret(form)
    if not code.proven_by(form.get("code_verifier")):
        raise oauth_refuse(400, "invalid_auth_code", "code_verifier does not match")
    _check_audience(form, base_url)
    return cloud.tokens.sign_in(code.client_id, code.scopes, code.nonce)


def _refresh_token(cloud: Cloud, form: Form, _base_url: str) -> Json:
    return cloud.tokens.refresh(_field(form, "client_id"), _field(form, "refresh_token"))


def _client_credentials(cloud: Cloud, form: Form, base_url: str) -> Json:
    _check_secret(form)
    _check_audience(form, base_url)
    scopes = frozenset(_field(form, "scope").split())
    if not scopes <= PARTNER_SCOPES:
        raise oauth_refuse(400, "invalid_scope")
    if form.get("auth_code", BUSINESS_CODE) != BUSINESS_CODE:
        raise oauth_refuse(400, "invalid_auth_code")
    kind: Kind = "business" if "auth_code" in form else "partner"
    return cloud.tokens.machine(kind, CLIENT_ID, scopes)


GRANTS: dict[str, Callable[[Cloud, Form, str], Json]] = {
    "authorization_code": _authorization_code,
    "refresh_token": _refresh_token,
    "client_credentials": _client_credentials,
}


async def _form(request: Request) -> Form:
    """The fields, as a form or, as it worked historically, as JSON."""
    body = await request.body()
    if request.headers.get("content-type", "").startswith("application/json"):
        fields = parsed(body)
        return {name: str(value) for name, value in fields.items()} if isinstance(fields, dict) else {}
    return dict(parse_qsl(body.decode(errors="replace")))


def _field(form: Form, name: str) -> str:
    if not form.get(name):
        raise oauth_refuse(400, "invalid_request", f"{name} is missing")
    return form[name]


def _check_secret(form: Form) -> None:
    if form.get("client_secret") != CLIENT_SECRET:
        raise _unknown_client()


def _unknown_client() -> Refused:
    return oauth_refuse(
        400,
        "unauthorized_client",
        "We don't recognize this client_id and client_secret combination",
        error_uri="https://auth.tesla.com/error/reference/simulated",
    )


def _check_audience(form: Form, base_url: str) -> None:
    """The token must be asked for a regional API: one of Tesla's or this simulator's own address."""
    if _field(form, "audience").rstrip("/") not in {*REGIONS.values(), base_url}:
        raise oauth_refuse(400, "invalid_request", "audience is no Fleet API base URL")
