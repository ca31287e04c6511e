"""Signing in: a link out, an address in, a code to tokens (fleet-api.md 1.4 and 1.5, RFC 6749 4.1, RFC 7636).

signin = begin(app, region, clock)
open signin.link in a browser; it ends up at app.redirect_uri with an answer
tokens = await signin.finish(http, answer_url, clock)
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from hmac import compare_digest
from urllib.parse import parse_qs, urlsplit

from oauthlib.oauth2 import AccessDeniedError, MissingCodeError, OAuth2Error, WebApplicationClient

from bridge.clock import Clock
from bridge.errors import SettingWrong, SignInRequired
from bridge.fleet.auth.endpoint import Granted, TokenEndpoint
from bridge.fleet.auth.regions import from_claims
from bridge.fleet.auth.tokens import Tokens, claims
from bridge.fleet.auth.verify import Verifier
from bridge.fleet.auth.ways import received
from bridge.fleet.hosts import FLEET, Region, issues
from bridge.fleet.refusals import safe
from bridge.fleet.transport import Transport

PATIENCE = 600.0
"""Seconds that a link is good for (reliability.md T11)."""

_PASTE = "paste the whole address that the browser ended up at, from https:// to its end"


class NoAnswer(SignInRequired):
    """This is no answer to this link. The right one may still come."""


@dataclass(frozen=True, slots=True)
class App:
    """The app at developer.tesla.com. `client_secret` is None for an open-source app, which has none to keep."""

    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    client_secret: str | None = field(default=None, repr=False)


class SignIn:
    """One link, and the one answer to it. `region` is where the account lives, as far as is known."""

    def __init__(self, app: App, region: Region, authorize: str, begun: float) -> None:
        self._app = app
        self._oauth = WebApplicationClient(app.client_id)
        self._state, self._nonce = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        self._verifier = self._oauth.create_code_verifier(64)
        self._begun = begun
        self._is_used = False
        self.region = region
        self.link = f"{authorize}?{self._question()}"

    def _question(self) -> str:
        uri = self._oauth.prepare_request_uri(
            "https://host",  # oauthlib refuses the http of a simulator; which hosts are right, our table knows
            redirect_uri=self._app.redirect_uri,
            scope=list(self._app.scopes),
            state=self._state,
            code_challenge=self._oauth.create_code_challenge(self._verifier, "S256"),
            code_challenge_method="S256",
            nonce=self._nonce,
            prompt_missing_scopes="true",  # else a scope that is new here is missing from the token, in silence
        )
        return urlsplit(uri).query

    async def finish(self, http: Transport, answer_url: str, clock: Clock) -> Tokens:
        """Raises SignInRequired where only a new link helps, SettingWrong, or TryLater.

        The tokens' generation is 0: whoever keeps them knows what came before.
        """
        code = self._code(answer_url, clock)
        self.region = _home(code, self.region)
        granted = await TokenEndpoint(http, clock).ask(self.region, self._form(code))
        if granted.identity:
            verifier = Verifier(http, clock)
            await verifier.identity(granted.identity, self.region, self._app.client_id, self._nonce)
        self.region = self._confirmed(granted)
        return _lasting(received(granted, None, 0, clock.now()))

    def _code(self, answer_url: str, clock: Clock) -> str:
        """The code in the answer, once. An answer to another link, or none at all, uses up nothing."""
        query = answer_url.strip().partition("?")[2].partition("#")[0]
        said = {name: values[-1] for name, values in parse_qs(query).items()}
        if not compare_digest(said.get("state", "").encode(), self._state.encode()):
            raise NoAnswer(f"this is no answer to the sign-in that was begun here: {_PASTE}")
        if self._is_used or clock.monotonic() - self._begun > PATIENCE:
            raise SignInRequired("this sign-in was answered before, or took longer than ten minutes: begin a new one")
        self._refuse_stranger(said)
        code = self._read(query)
        self._is_used = True
        return code

    def _refuse_stranger(self, said: Mapping[str, str]) -> None:
        """Another server's code must not be taken to ours (RFC 9207, whose `iss` Tesla calls `issuer`)."""
        issuer = said.get("iss") or said.get("issuer")
        if issuer and not issues(issuer, self.region):
            raise SignInRequired(f"this is the answer of another server, {safe(issuer)}: begin a new sign-in")

    def _read(self, query: str) -> str:
        try:
            answer = self._oauth.parse_request_uri_response(f"https://host?{query}")
        except AccessDeniedError:
            raise SignInRequired("consent was denied: begin a new sign-in, and allow what it asks for") from None
        except MissingCodeError:
            raise NoAnswer(f"there is no code in this address: {_PASTE}") from None
        except OAuth2Error as error:
            raise SignInRequired(f"Tesla refuses the sign-in: {safe(f'{error.error} {error.description}')}") from None
        return str(answer["code"])

    def _form(self, code: str) -> Mapping[str, str]:
        secret = {"client_secret": self._app.client_secret} if self._app.client_secret else {}
        return {
            "grant_type": "authorization_code",
            "client_id": self._app.client_id,
            **secret,
            "code": code,
            "code_verifier": self._verifier,
            "audience": self.region.api,
            "redirect_uri": self._app.redirect_uri,
        }

    def _confirmed(self, granted: Granted) -> Region:
        """A simulated account says that it lives in one of Tesla's regions; it stays where it is."""
        found = from_claims(claims(granted.access))
        return found if found and self.region.name in FLEET else self.region


def begin(app: App, region: Region, clock: Clock, authorize: str | None = None) -> SignIn:
    """`authorize` is the address that the metadata names; without it, the table's own. Raises SettingWrong."""
    if not region.authorize:
        raise SettingWrong(f"FLEET2MQTT_TESLA_REGION: there is no sign-in with a browser at {region.name}")
    return SignIn(app, region, authorize or region.authorize, clock.monotonic())


def _home(code: str, region: Region) -> Region:
    """Codes begin with the account's region, as in EU_1a2b. Followed only where the same server gives the tokens."""
    found = FLEET.get(code.partition("_")[0].lower())
    return found if found and found.token == region.token else region


def _lasting(tokens: Tokens) -> Tokens:
    if not tokens.refresh:
        raise SettingWrong(
            "FLEET2MQTT_TESLA_SCOPES: Tesla gave no refresh token, so the sign-in would last for hours only; "
            "ask for offline_access, and allow it"
        )
    return tokens
