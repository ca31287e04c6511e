"""The ways to come to an access token: what each one asks the token endpoint (fleet-api.md 1.2, 1.5 and 1.13)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bridge.errors import SignInRequired
from bridge.fleet.auth.tokens import Tokens, claims
from bridge.fleet.hosts import Region


class Grant(Protocol):
    """One way."""

    def first(self, now: datetime) -> Tokens | None:
        """What to begin with while the store holds nothing."""
        ...

    def fields(self, tokens: Tokens | None, region: Region) -> Mapping[str, str]:
        """What to post for a new access token. Raises SignInRequired where only a person can get one."""
        ...


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A Tesla account: third-party and open-source apps. Needs no client secret."""

    client_id: str
    refresh_token: str | None = field(default=None, repr=False)

    def first(self, now: datetime) -> Tokens | None:
        """A refresh token from the settings; it counts only until the first pair is stored."""
        return Tokens("", self.refresh_token, now, 0, now) if self.refresh_token else None

    def fields(self, tokens: Tokens | None, region: Region) -> Mapping[str, str]:  # noqa: ARG002 - one way of several
        if not tokens or not tokens.refresh:
            raise SignInRequired("nobody has signed in yet: run `fleet2mqtt login`")
        return {"grant_type": "refresh_token", "client_id": self.client_id, "refresh_token": tokens.refresh}


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """The app itself (partner); with `auth_code`, a business that has consented (third-party-for-business)."""

    client_id: str
    client_secret: str = field(repr=False)
    scopes: tuple[str, ...]
    auth_code: str | None = field(default=None, repr=False)

    def first(self, now: datetime) -> Tokens | None:  # noqa: ARG002 - one way of several
        return None

    def fields(self, tokens: Tokens | None, region: Region) -> Mapping[str, str]:  # noqa: ARG002 - one way of several
        form = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            # offline_access asks for a refresh token, which the app itself never gets.
            "scope": " ".join(scope for scope in self.scopes if scope != "offline_access"),
            "audience": region.api,
        }
        return form | ({"auth_code": self.auth_code} if self.auth_code else {})


@dataclass(frozen=True, slots=True)
class Fixed:
    """An access token from the settings, Tesla's own or a relay's: used until it is refused."""

    access: str = field(repr=False)

    def first(self, now: datetime) -> Tokens | None:
        return Tokens(self.access, None, claims(self.access).expires_at, 0, now)

    def fields(self, tokens: Tokens | None, region: Region) -> Mapping[str, str]:  # noqa: ARG002 - one way of several
        raise SignInRequired("the fixed access token is no longer good: set another FLEET2MQTT_TESLA_ACCESS_TOKEN")


OWNER_ID = "81527cff06843c8634fdc09e8ac0abefb46ac849f38fe1e431c2ef2106796384"
OWNER_SECRET = "c7257eb71a564034f9419ee651c7d0e5f7aa6bfbd18bafb5c5c033b093bb2fa3"  # noqa: S105 - published, and everybody's
"""Of Tesla's app of that time. The Owner API takes no other (fleet-api.md 1.13)."""


@dataclass(frozen=True, slots=True)
class OwnerApi:
    """E-mail and password, as the Owner API took them until 2021; then its refresh token, for 45 days a time."""

    email: str
    password: str = field(repr=False)

    def first(self, now: datetime) -> Tokens | None:
        """The password in place of a refresh token: to begin with, and again when that one is refused."""
        return Tokens("", "", now, 0, now)

    def fields(self, tokens: Tokens | None, region: Region) -> Mapping[str, str]:  # noqa: ARG002 - one way of several
        app = {"client_id": OWNER_ID, "client_secret": OWNER_SECRET}
        if tokens and tokens.refresh:
            return {"grant_type": "refresh_token", **app, "refresh_token": tokens.refresh}
        return {"grant_type": "password", **app, "email": self.email, "password": self.password}
