"""Access and refresh tokens: what they grant, how they rotate, when they die (fleet-api.md 1.6 and 1.7)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Literal
from uuid import UUID

from bridge.simulator.answers import Json, Refused, legacy_refuse, oauth_refuse, refuse
from bridge.simulator.clock import SimulatedTime
from bridge.simulator.jwts import ISSUER, sign
from bridge.simulator.policy import REGIONS, Policy

CLIENT_ID = "simulated-client"
CLIENT_SECRET = "simulated-secret"  # noqa: S105  # guards nothing; tests and the demo need to know it
REFRESH_TOKEN = "simulated-refresh-token"  # noqa: S105  # the same

ACCESS_LIFE = timedelta(hours=8)
REFRESH_LIFE = timedelta(days=90)
LOST_ANSWER_GRACE = timedelta(hours=24)
USERINFO = "https://auth.tesla.com/oauth2/v3/userinfo"

Kind = Literal["user", "partner", "business", "legacy"]


@dataclass
class Lineage:
    """One sign-in: a chain of refresh tokens of which the newest, and for a day the one before, are good."""

    client_id: str
    scopes: frozenset[str]
    newest: str
    issued_at: datetime
    used: str | None = None
    used_at: datetime | None = None
    generation: int = 0
    revoked: bool = False


@dataclass
class Grant:
    """What one access token is good for."""

    kind: Kind
    client_id: str
    scopes: frozenset[str]
    expires_at: datetime
    lineage: Lineage | None = None
    generation: int = 0
    revoked: bool = False

    @property
    def superseded(self) -> bool:
        """A second newer pair was issued since: the day of grace belongs to the last one only."""
        return self.lineage is not None and self.lineage.generation > self.generation + 1


class Tokens:
    """Every token this simulation has issued."""

    def __init__(self, clock: SimulatedTime, policy: Policy, seed: int) -> None:
        self._clock = clock
        self._policy = policy
        self._random = Random(f"tokens {seed}")
        self.subject = str(UUID(int=self._random.getrandbits(128), version=4))
        first = Lineage(CLIENT_ID, policy.scopes, REFRESH_TOKEN, clock.now())
        self._lineages = [first]
        self._grants: dict[str, Grant] = {}

    def secret(self) -> str:
        """64 hexadecimal digits nobody has seen before."""
        return self._random.randbytes(32).hex()

    def regional_secret(self) -> str:
        """The same behind the account's region, as codes and refresh tokens are written."""
        return f"{self._policy.account_region.upper()}_{self.secret()}"

    def sign_in(self, client_id: str, scopes: frozenset[str], nonce: str | None) -> Json:
        """A new lineage and its first pair; no refresh token without `offline_access`."""
        lineage = Lineage(client_id, scopes, self.regional_secret(), self._clock.now())
        self._lineages.append(lineage)
        return self._pair(lineage, nonce)

    def refresh(self, client_id: str, refresh_token: str) -> Json:
        """The next pair; 401 `login_required` for anything but the newest token or the one just used."""
        now = self._clock.now()
        lineage = next((line for line in self._lineages if _accepts(line, refresh_token, now)), None)
        if lineage is None or lineage.client_id != client_id:
            raise oauth_refuse(401, "login_required", "The refresh_token is invalid")
        if refresh_token == lineage.newest:
            lineage.used, lineage.used_at = refresh_token, now
            lineage.generation += 1
        lineage.newest, lineage.issued_at = self.regional_secret(), now
        return self._pair(lineage, None)

    def machine(self, kind: Kind, client_id: str, scopes: frozenset[str]) -> Json:
        """A token of the application itself; there is no refresh token to it."""
        grant = Grant(kind, client_id, scopes, self._clock.now() + ACCESS_LIFE)
        return self._access(grant, subject=client_id)

    def remember(self, token: str, grant: Grant) -> None:
        self._grants[token] = grant

    def grant(self, token: str) -> Grant:
        """What the token allows now; Refused with 401 in the many ways Tesla has for that."""
        grant = self._grants.get(token)
        if grant is None:
            raise refuse(401, "invalid bearer token")
        if grant.lineage and grant.lineage.revoked:
            raise refuse(401, "User revoked consent")
        if grant.revoked or grant.superseded or grant.expires_at <= self._clock.now():
            raise self._expired(grant)
        return grant

    def scopes(self, grant: Grant) -> frozenset[str]:
        """What the token may do now: an owner can take back a scope, not add one to an old token."""
        return grant.scopes & self._policy.scopes if grant.kind == "user" else grant.scopes

    def revoke(self, token: str) -> None:
        """Kill one access token; one nobody knows is dead already."""
        if token in self._grants:
            self._grants[token].revoked = True

    def revoke_access(self) -> None:
        """Kill all access tokens; refresh tokens stay good."""
        for grant in self._grants.values():
            grant.revoked = True

    def revoke_consent(self) -> None:
        """The owner took back consent or reset the password: nobody gets in without a new sign-in."""
        for lineage in self._lineages:
            lineage.revoked = True

    def _expired(self, grant: Grant) -> Refused:
        if grant.kind == "legacy":
            return legacy_refuse(self.secret())
        return Refused(401)

    def _pair(self, lineage: Lineage, nonce: str | None) -> Json:
        scopes = lineage.scopes & self._policy.scopes
        expires_at = self._clock.now() + ACCESS_LIFE
        grant = Grant("user", lineage.client_id, scopes, expires_at, lineage, lineage.generation)
        answer = self._access(grant, self.subject)
        if "offline_access" in scopes:
            answer["refresh_token"] = lineage.newest
        if "openid" in scopes:
            answer["id_token"] = self._id_token(lineage.client_id, nonce)
        return answer

    def _access(self, grant: Grant, subject: str) -> Json:
        token = sign({**self._claims(subject), **self._powers(grant), "aud": [*self._audience(), USERINFO]})
        self.remember(token, grant)
        return {
            "access_token": token,
            "expires_in": int(ACCESS_LIFE.total_seconds()),
            "token_type": "Bearer",
        }

    def _claims(self, subject: str) -> Json:
        now = int(self._clock.now().timestamp())
        return {
            "iss": ISSUER,
            "sub": subject,
            "iat": now,
            "auth_time": now,
            "exp": now + int(ACCESS_LIFE.total_seconds()),
            "jti": self.secret()[:32],
        }

    def _powers(self, grant: Grant) -> Json:
        return {
            "azp": grant.client_id,
            "scp": sorted(grant.scopes),
            "amr": ["pwd"] if grant.kind == "user" else [],
            "ou_code": self._policy.account_region.upper(),
            "locale": "en-US",
        }

    def _audience(self) -> list[str]:
        # Captured tokens name both of these; China is an island of its own.
        return [REGIONS["cn"]] if self._policy.account_region == "cn" else [REGIONS["na"], REGIONS["eu"]]

    def _id_token(self, client_id: str, nonce: str | None) -> str:
        claims = {**self._claims(self.subject), "aud": client_id}
        return sign({**claims, "nonce": nonce} if nonce else claims)


def _accepts(lineage: Lineage, token: str, now: datetime) -> bool:
    if lineage.revoked:
        return False
    if token == lineage.newest:
        return now - lineage.issued_at < REFRESH_LIFE
    return token == lineage.used and _within_grace(lineage, now)


def _within_grace(lineage: Lineage, now: datetime) -> bool:
    return lineage.used_at is not None and now - lineage.used_at < LOST_ANSWER_GRACE
