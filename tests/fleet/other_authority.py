"""A sign-in server that is not of our making: authlib's, on real HTTP, at other addresses than Tesla's.

Its owner consents at once. It wants PKCE of everyone, takes a code once, and rotates refresh tokens.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl

from authlib.common.security import generate_token
from authlib.oauth2 import AuthorizationServer, OAuth2Request
from authlib.oauth2.rfc6749 import ClientMixin, InvalidClientError, TokenMixin, grants
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import AuthorizationCodeMixin, OpenIDCode, UserInfo
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from loopback import serve
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bridge.clock import SystemClock

SECRET = "other-secret"
OWNER = SimpleNamespace(id="owner-1")


@dataclass
class Client(ClientMixin):
    """One app. Without a secret it is a public one (RFC 6749, 2.1)."""

    name: str
    secret: str | None
    redirect_uris: tuple[str, ...]

    def get_client_id(self) -> str:
        return self.name

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == self.secret

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        # As at Tesla, a refresh token needs no secret beside it; for a code, the grant looks at it.
        return method in {"none", "client_secret_post"}

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return True


@dataclass
class Code(AuthorizationCodeMixin):
    client_id: str
    redirect_uri: str
    scope: str
    nonce: str | None
    code_challenge: str | None
    code_challenge_method: str | None

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str | None:
        return self.nonce

    def get_auth_time(self) -> int | None:
        return None

    def get_acr(self) -> str:
        return ""

    def get_amr(self) -> list[str]:
        return []


@dataclass
class Refresh(TokenMixin):
    token: str
    client_id: str
    scope: str

    def check_client(self, client: ClientMixin) -> bool:
        return bool(client.get_client_id() == self.client_id)

    def get_scope(self) -> str:
        return self.scope


@dataclass
class Authority:
    """What the server knows, and what it was asked."""

    url: str = ""
    clients: dict[str, Client] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    refresh_tokens: dict[str, Refresh] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "other-key"}, private=True))
    posts: list[dict[str, str]] = field(default_factory=list)


@asynccontextmanager
async def other_authority(*clients: Client) -> AsyncIterator[Authority]:
    authority = Authority(clients={client.name: client for client in clients})
    server = _Server(authority)
    routes = [
        Route("/.well-known/openid-configuration", server.metadata),
        Route("/other/keys", server.keys),
        Route("/other/authorize", server.authorize),
        Route("/other/token", server.token, methods=["POST"]),
    ]
    async with serve(Starlette(routes=routes)) as url:
        authority.url = url
        yield authority


class _Server(AuthorizationServer):
    def __init__(self, authority: Authority) -> None:
        super().__init__()
        self.authority = authority
        tokens = BearerTokenGenerator(self._access, lambda **_: generate_token(48))
        self.register_token_generator("default", tokens)
        self.register_grant(_CodeGrant, [CodeChallenge(required=True), _Identity(authority)])
        self.register_grant(_RefreshGrant)

    async def metadata(self, _: Request) -> Response:
        url = self.authority.url
        return JSONResponse(
            {
                "issuer": url,
                "authorization_endpoint": f"{url}/other/authorize",
                "token_endpoint": f"{url}/other/token",
                "jwks_uri": f"{url}/other/keys",
            }
        )

    async def keys(self, _: Request) -> Response:
        return JSONResponse(KeySet([self.authority.key]).as_dict(private=False))

    async def authorize(self, request: Request) -> Response:
        asked = _Asked(request, {})
        owner = None if request.query_params.get("deny") else OWNER
        answer: Response = self.create_authorization_response(asked, owner, self.get_authorization_grant(asked))
        return answer

    async def token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        self.authority.posts.append(form)
        answer: Response = self.create_token_response(_Asked(request, form))
        return answer

    # --- what authlib asks for ---

    def create_oauth2_request(self, request: Any) -> Any:
        return request

    def handle_response(self, status: int, body: Any, headers: Any) -> Response:
        return JSONResponse(body, status, dict(headers))

    def send_signal(self, *_: Any, **__: Any) -> None:
        """Nobody listens."""

    def query_client(self, client_id: str) -> Client | None:
        return self.authority.clients.get(client_id)

    def save_token(self, token: Mapping[str, str], request: Any) -> None:
        refresh, client = token["refresh_token"], request.client.get_client_id()
        self.authority.refresh_tokens[refresh] = Refresh(refresh, client, token["scope"])

    def _access(self, *, client: Client, scope: str, **_: Any) -> str:
        now = int(SystemClock().now().timestamp())
        claims = {"iss": self.authority.url, "azp": client.name, "scp": scope.split(), "iat": now, "exp": now + 3600}
        return jwt.encode({"alg": "RS256", "kid": "other-key"}, claims, self.authority.key)


class _Asked(OAuth2Request):
    """The request as authlib wants it. It insists on https, which a test on this machine has not."""

    def __init__(self, request: Request, form: dict[str, str]) -> None:
        super().__init__(request.method, f"https://host{request.url.path}", headers=dict(request.headers))
        self._args, self._form = dict(request.query_params), form
        self.payload = BasicOAuth2Payload({**self._args, **form})

    @property
    def args(self) -> dict[str, str]:
        return self._args

    @property
    def form(self) -> dict[str, str]:
        return self._form


class _Identity(OpenIDCode):
    def __init__(self, authority: Authority) -> None:
        super().__init__(require_nonce=True)
        self._authority = authority

    def exists_nonce(self, nonce: str, request: Any) -> bool:
        return any(code.nonce == nonce for code in self._authority.codes.values())

    def resolve_client_private_key(self, client: Client) -> RSAKey:
        return self._authority.key

    def get_client_claims(self, client: Client) -> dict[str, Any]:
        return {"iss": self._authority.url}

    def get_encode_header(self, client: Client) -> dict[str, str]:
        return {"alg": "RS256", "kid": "other-key"}

    def generate_user_info(self, user: Any, scope: str) -> UserInfo:
        return UserInfo(sub=user.id)


class _CodeGrant(grants.AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_post", "none"]  # noqa: RUF012 - as in authlib
    server: _Server

    def authenticate_token_endpoint_client(self) -> Client:
        client: Client = super().authenticate_token_endpoint_client()
        if client.secret and self.request.auth_method == "none":
            raise InvalidClientError
        return client

    def save_authorization_code(self, code: str, request: Any) -> None:
        asked = request.payload.data
        self.server.authority.codes[code] = Code(
            client_id=request.client.get_client_id(),
            redirect_uri=request.payload.redirect_uri,
            scope=request.scope,
            nonce=asked.get("nonce"),
            code_challenge=asked.get("code_challenge"),
            code_challenge_method=asked.get("code_challenge_method"),
        )

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        # Taken out at once: a code is good for one try.
        found = self.server.authority.codes.pop(code, None)
        return found if found and found.client_id == client.name else None

    def delete_authorization_code(self, authorization_code: Code) -> None:
        """It is gone already."""

    def authenticate_user(self, authorization_code: Code) -> Any:
        return OWNER


class _RefreshGrant(grants.RefreshTokenGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["none", "client_secret_post"]  # noqa: RUF012 - as in authlib
    INCLUDE_NEW_REFRESH_TOKEN = True
    server: _Server

    def authenticate_refresh_token(self, refresh_token: str) -> Refresh | None:
        return self.server.authority.refresh_tokens.pop(refresh_token, None)

    def authenticate_user(self, refresh_token: Refresh) -> Any:
        return OWNER

    def revoke_old_credential(self, refresh_token: Refresh) -> None:
        """It is gone already."""
