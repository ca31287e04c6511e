"""The Owner API's sign-in as it was until 2021, for what still speaks it (fleet-api.md 1.13)."""

from datetime import timedelta
from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bridge.simulator.account import Owner
from bridge.simulator.answers import Json, legacy_refuse, parsed
from bridge.simulator.cloud import Cloud
from bridge.simulator.gate import free_route
from bridge.simulator.policy import SCOPES
from bridge.simulator.tokens import Grant

LEGACY_ID = "81527cff06843c8634fdc09e8ac0abefb46ac849f38fe1e431c2ef2106796384"
LEGACY_SECRET = "c7257eb71a564034f9419ee651c7d0e5f7aa6bfbd18bafb5c5c033b093bb2fa3"  # noqa: S105  # everybody's
LIFE = timedelta(days=45)


def routes(cloud: Cloud) -> list[Route]:
    return [
        free_route(cloud, "POST", "/oauth/token", partial(_token, cloud)),
        free_route(cloud, "POST", "/oauth/revoke", partial(_revoke, cloud)),
    ]


async def _token(cloud: Cloud, request: Request) -> Response:
    body = await _fields(request)
    client = (body.get("client_id"), body.get("client_secret"))
    if client != (LEGACY_ID, LEGACY_SECRET) or not _proves(cloud, body):
        raise legacy_refuse(cloud.tokens.secret())
    return JSONResponse(_pair(cloud))


async def _revoke(cloud: Cloud, request: Request) -> Response:
    """The token may stand in the body or be the Bearer token; what is not known is revoked already."""
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    token = (await _fields(request)).get("token") or (bearer if scheme.lower() == "bearer" else "")
    cloud.tokens.revoke(str(token))
    return Response()


async def _fields(request: Request) -> Json:
    fields = parsed(await request.body())
    return fields if isinstance(fields, dict) else {}


def _proves(cloud: Cloud, body: Json) -> bool:
    """The password (its misspelt name too) or a refresh token, once."""
    if body.get("grant_type") == "refresh_token":
        token = body.get("refresh_token")
        known = token in cloud.legacy_refresh
        cloud.legacy_refresh.discard(str(token))
        return known
    owner = cloud.account.owner or Owner()
    password = body.get("password") or body.get("passowrd")
    asked = (body.get("grant_type"), body.get("email"), password)
    return asked == ("password", owner.email, owner.password)


def _pair(cloud: Cloud) -> Json:
    now = cloud.clock.now()
    access, refresh = cloud.tokens.secret(), cloud.tokens.secret()
    cloud.tokens.remember(access, Grant("legacy", LEGACY_ID, frozenset(SCOPES), now + LIFE))
    cloud.legacy_refresh.add(refresh)
    return {
        "access_token": access,
        "token_type": "bearer",
        "expires_in": int(LIFE.total_seconds()),
        "refresh_token": refresh,
        "created_at": int(now.timestamp()),
    }
