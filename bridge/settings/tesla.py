"""The settings of a Tesla account."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import NoDecode

from bridge.settings.section import Section, pairs, words
from bridge.settings.sources import PREFIX


class RegionName(StrEnum):
    """Where the account lives: a row of the table of hosts, or the simulator, whose token is worth nothing."""

    NA = "na"
    EU = "eu"
    CN = "cn"
    TESLEMETRY = "teslemetry"
    TESSIE = "tessie"
    MYTESLAMATE = "myteslamate"
    OWNER = "owner"
    OWNER_CN = "owner-cn"
    SIMULATED = "simulated"


class TokenType(StrEnum):
    """How the bridge signs in (fleet-api.md 1.2, 1.13)."""

    THIRD_PARTY = "third-party"
    OPEN_SOURCE = "open-source"
    PARTNER = "partner"
    BUSINESS = "business"
    FIXED = "fixed"
    OWNER_API = "owner-api"


SIMULATED = ("simulated-client", "simulated-refresh-token")
"""What `fleet2mqtt simulate` knows from the start: everybody may."""


def _is_real(token: SecretStr) -> bool:
    """Tesla's refresh tokens begin with their region; older ones are JWTs (fleet-api.md 1.5)."""
    return token.get_secret_value().startswith(("NA_", "EU_", "CN_", "eyJ"))


class TeslaSettings(Section):
    """The Tesla account. [accounts.md](accounts.md) tells how to have several."""

    token_type: TokenType = Field(
        TokenType.THIRD_PARTY,
        description="How to sign in: third-party, open-source, partner, business, fixed or owner-api.",
    )
    region: RegionName = Field(
        RegionName.NA,
        description="na (also Asia and Pacific), eu or cn; a relay: teslemetry, tessie or myteslamate; "
        "owner or owner-cn, the retired Owner API; or simulated.",
    )
    client_id: str | None = Field(None, description="Client id of your app at developer.tesla.com.")
    client_secret: SecretStr | None = Field(None, description="Its secret. Refreshing a token does not need it.")
    domain: str | None = Field(
        None,
        pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$",
        description="Domain of your app, which serves its public key: example.com.",
    )
    key_file: Path | None = Field(
        None,
        description="A private key of your own, PEM, P-256, mode 0600. Without it: the one that `keys` makes.",
    )
    proxy_url: str | None = Field(
        None,
        description="Address of your own tesla-http-proxy, which then signs instead of the bridge: "
        "https://localhost:4443. It gets the access token. docs/signing.md explains.",
    )
    proxy_ca_file: Path | None = Field(None, description="Certificate, or its authority, of that proxy.")
    redirect_uri: str = Field(
        "http://localhost:8585/callback",
        pattern=r"^https?://[!-~]+$",
        description="Where Tesla sends the browser after a sign-in; must be one of the app's.",
    )
    scopes: Annotated[tuple[str, ...], NoDecode, BeforeValidator(words)] = Field(
        (
            "openid",
            "offline_access",
            "user_data",
            "vehicle_device_data",
            "vehicle_location",
            "vehicle_cmds",
            "vehicle_charging_cmds",
            "energy_device_data",
            "energy_cmds",
        ),
        description="What to ask for at a sign-in.",
    )
    refresh_token: SecretStr | None = Field(
        None,
        description="The first refresh token. Used once; from then on the bridge keeps its own in the data directory.",
    )
    access_token: SecretStr | None = Field(
        None, description="A fixed access token, or a relay's, with token_type=fixed."
    )
    auth_code: SecretStr | None = Field(None, description="A business's consent code, with token_type=business.")
    email: str | None = Field(None, description="The account's e-mail address, with token_type=owner-api.")
    password: SecretStr | None = Field(None, description="Its password, with token_type=owner-api.")
    simulator_url: str | None = Field(None, description="Address of the simulator, with region=simulated.")
    budget: float = Field(
        10.0, ge=0, description="US dollars a month that calls may cost. Tesla's monthly credit is 10."
    )
    prices: Annotated[Mapping[str, float], NoDecode, BeforeValidator(pairs)] = Field(
        {}, description="US dollars a call, where developer.tesla.com shows others: data=0.002,energy=0.001."
    )
    limits: Annotated[Mapping[str, int], NoDecode, BeforeValidator(pairs)] = Field(
        {}, description="Calls a minute to one device, where Tesla allows others: data=60,command=30,wake=3."
    )
    deadline: float = Field(30.0, ge=1, le=300, description="Seconds that one call may take in all.")

    @model_validator(mode="before")
    @classmethod
    def _leaves_the_simulators_out(cls, given: Any) -> Any:
        """compose.yaml sets them until the owner sets others; Tesla must not be shown them as an account's."""
        if not isinstance(given, Mapping) or given.get("region", RegionName.NA) == RegionName.SIMULATED:
            return given
        return {name: value for name, value in given.items() if value not in SIMULATED}

    @model_validator(mode="after")
    def _has_what_its_region_needs(self) -> TeslaSettings:
        if self.region is RegionName.SIMULATED and not self.simulator_url:
            raise ValueError(f"{PREFIX}TESLA_SIMULATOR_URL is needed with {PREFIX}TESLA_REGION=simulated")
        if self.region is RegionName.SIMULATED and self.refresh_token and _is_real(self.refresh_token):
            raise ValueError(
                f"{PREFIX}TESLA_REFRESH_TOKEN is a real one, which a simulator must never see; "
                f"set {PREFIX}TESLA_REGION to na, eu or cn"
            )
        return self
