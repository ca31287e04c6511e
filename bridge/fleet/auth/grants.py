"""The ways to come to an access token: what each one asks the token endpoint (fleet-api.md 1.2 and 1.5)."""

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
        """The form to post for a new access token. Raises SignInRequired where only a person can get one."""
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
            raise SignInRequired("nobody has signed in yet: set FLEET2MQTT_TESLA_REFRESH_TOKEN")
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
            "scope": " ".join(self.scopes),
            "audience": region.api,
        }
        return form | ({"auth_code": self.auth_code} if self.auth_code else {})


@dataclass(frozen=True, slots=True)
class Fixed:
    """An access token from the settings, for tests: used until Tesla refuses it."""

    access: str = field(repr=False)

    def first(self, now: datetime) -> Tokens | None:
        return Tokens(self.access, None, claims(self.access).expires_at, 0, now)

    def fields(self, tokens: Tokens | None, region: Region) -> Mapping[str, str]:  # noqa: ARG002 - one way of several
        raise SignInRequired("the fixed access token is no longer good: set another")


GRANTS: Mapping[str, type[RefreshToken | ClientCredentials | Fixed]] = {
    "refresh_token": RefreshToken,
    "client_credentials": ClientCredentials,
    "fixed": Fixed,
}
