"""Signing in: authorize, token, discovery and keys (fleet-api.md 1.1 to 1.7)."""

from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bridge.simulator.authorize import authorize
from bridge.simulator.cloud import Cloud
from bridge.simulator.gate import free_route
from bridge.simulator.grants import GRANTS, token
from bridge.simulator.jwts import ISSUER, jwks
from bridge.simulator.policy import SCOPES

KEYS = "/oauth2/v3/discovery/thirdparty/keys"
# The third-party document and the one of the account itself.
DISCOVERY = (
    "/oauth2/v3/thirdparty/.well-known/openid-configuration",
    "/oauth2/v3/.well-known/openid-configuration",
)


def routes(cloud: Cloud) -> list[Route]:
    return [
        free_route(cloud, "GET", "/oauth2/v3/authorize", partial(authorize, cloud)),
        free_route(cloud, "POST", "/oauth2/v3/token", partial(token, cloud)),
        free_route(cloud, "GET", KEYS, _keys),
        *(free_route(cloud, "GET", path, _discovery) for path in DISCOVERY),
    ]


async def _keys(_request: Request) -> Response:
    return JSONResponse(jwks())


async def _discovery(request: Request) -> Response:
    """Standard members only: what Tesla's documents hold was never captured (fleet-api.md 10)."""
    base = str(request.base_url).rstrip("/")
    return JSONResponse(
        {
            "issuer": ISSUER,
            "authorization_endpoint": f"{base}/oauth2/v3/authorize",
            "token_endpoint": f"{base}/oauth2/v3/token",
            "jwks_uri": f"{base}{KEYS}",
            "response_types_supported": ["code"],
            "grant_types_supported": sorted(GRANTS),
            "scopes_supported": list(SCOPES),
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "none"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }
    )
