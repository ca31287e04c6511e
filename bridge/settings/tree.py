"""The settings tree, read from flags, environment, `.env`, `*_FILE`, a secrets directory and Home Assistant's options.

Only `app` and `cli` read it. Precedence: flags, environment, `.env`, `*_FILE`, secrets directory, options.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    NestedSecretsSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from bridge.settings.addon import OptionsSource
from bridge.settings.sources import PREFIX, SECRETS_DIR, FileSource, given


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


class PollingProfile(StrEnum):
    """How much money buys how much freshness (bridge.schedule.PROFILES)."""

    ECO = "eco"
    BALANCED = "balanced"
    LIVE = "live"


class LogFormat(StrEnum):
    CONSOLE = "console"
    JSON = "json"


class Section(BaseModel):
    # `load` refuses unknown names, and names them; an endless time would be no time.
    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)


def _words(given: Any) -> Any:
    """`a,b` -> (a, b)."""
    return [word.strip() for word in given.split(",") if word.strip()] if isinstance(given, str) else given


AccountName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]{0,31}$")]


def _pairs(given: Any) -> Any:
    """`a=b,c=d` -> {a: b, c: d}."""
    if not isinstance(given, str):
        return given
    pairs = [word.partition("=") for word in _words(given)]
    if not all(equals for _, equals, _ in pairs):
        raise ValueError("must be like 5YJ3E1EA7KF000316=model3,1234567=home")
    return {name.strip(): value.strip() for name, _, value in pairs}


TopicLevel = Annotated[str, Field(pattern=r"^[^/+#$\x00-\x20][^/+#\x00-\x1f]{0,63}$")]
TopicName = Annotated[str, Field(max_length=128, pattern=r"^[^/+#$\x00-\x20][^/+#\x00-\x1f]*(/[^/+#\x00-\x1f]+)*$")]


class MqttSettings(Section):
    """The broker."""

    host: str = Field("localhost", description="Name or address of the MQTT broker.")
    port: int = Field(1883, ge=1, le=65535, description="Its port; 8883 is usual with TLS.")
    username: str | None = Field(None, description="User name at the broker.")
    password: SecretStr | None = Field(None, description="Password at the broker.")
    client_id: str = Field(
        "fleet2mqtt",
        pattern=r"^[A-Za-z0-9_-]{1,64}$",
        description="Must be the bridge's alone: two clients with one id throw each other out.",
    )
    tls: bool = Field(False, description="Encrypt the connection and check the broker's certificate.")
    ca_file: Path | None = Field(None, description="Certificate authority of a private broker certificate.")
    keepalive: int = Field(30, ge=5, le=300, description="Seconds between signs of life.")


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
    redirect_uri: str = Field(
        "http://localhost:8585/callback",
        pattern=r"^https?://[!-~]+$",
        description="Where Tesla sends the browser after a sign-in; must be one of the app's.",
    )
    scopes: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)] = Field(
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
    deadline: float = Field(30.0, ge=1, le=300, description="Seconds that one call may take in all.")

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


class HomeAssistantSettings(Section):
    """Home Assistant's discovery."""

    discovery: bool = Field(True, description="Publish discovery documents.")
    prefix: TopicLevel = Field("homeassistant", description="Discovery prefix, as set in Home Assistant.")
    status_topic: TopicName = Field("homeassistant/status", description="Topic of its birth message.")
    command_expiry: int = Field(
        60,
        ge=0,
        description="Seconds after which a broker drops a command of Home Assistant that nobody fetched; 0: never.",
    )


class PollingSettings(Section):
    """How often Tesla is asked. A later data call costs money and may keep a car awake."""

    profile: PollingProfile = Field(
        PollingProfile.BALANCED,
        description="eco: below $3 a month for a car that drives much; balanced: fresher; live: all of the $10 credit.",
    )
    state: float | None = Field(
        None, ge=10, description="Seconds between looks at the free vehicle list; not set: the profile's, 15 to 30."
    )
    driving: float | None = Field(
        None, ge=10, description="Seconds between data calls while driving; not set: the profile's, 38 to 240."
    )
    parked: float = Field(
        1320,
        ge=960,
        description="Seconds of silence once a car is at rest, so that it can fall asleep; at least 16 minutes.",
    )
    live: float = Field(60, ge=5, description="Seconds between looks at an energy site's powers.")
    info: float = Field(900, ge=60, description="Seconds between looks at an energy site's settings.")
    history: float = Field(300, ge=60, description="Seconds between looks at an energy site's day.")
    products: float = Field(3600, ge=60, description="Seconds between looks for new and removed devices.")


class CommandSettings(Section):
    """Commands from MQTT."""

    time_to_live: float = Field(
        90, ge=1, le=600, description="Seconds after which a command that could not be sent is dropped."
    )
    wake: bool = Field(True, description="May a command wake a sleeping car? A wake costs 2 cents.")
    wake_time: float = Field(60, ge=10, le=300, description="Seconds that a car is given to wake up.")
    enable: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)] = Field(
        (), description="Dangerous commands to allow, by name: door_unlock,actuate_trunk."
    )


class LogSettings(Section):
    """The log, on standard error."""

    level: str = Field("info", pattern="^(debug|info|warning|error)$", description="debug, info, warning or error.")
    format: LogFormat = Field(LogFormat.CONSOLE, description="console or json.")


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_ignore_empty=True,  # compose passes on what is not set as an empty text
        env_nested_delimiter="_",
        env_nested_max_split=1,
        extra="ignore",
        frozen=True,
    )

    base_topic: TopicName = Field("fleet2mqtt", description="First part of every topic.")
    data_dir: Path = Field(Path("data"), description="Where tokens, the command journal and the ledger are kept.")
    aliases: Annotated[Mapping[str, TopicLevel], NoDecode, BeforeValidator(_pairs)] = Field(
        {}, description="Other names for VINs and site ids in topics: 5YJ3E1EA7KF000316=model3,1234567=home."
    )
    accounts: Annotated[tuple[AccountName, ...], NoDecode, BeforeValidator(_words)] = Field(
        (), description="Names of further Tesla accounts, in small letters: parents,work. docs/accounts.md explains."
    )
    mqtt: MqttSettings = MqttSettings()
    tesla: TeslaSettings = TeslaSettings()
    homeassistant: HomeAssistantSettings = HomeAssistantSettings()
    polling: PollingSettings = PollingSettings()
    commands: CommandSettings = CommandSettings()
    log: LogSettings = LogSettings()

    @model_validator(mode="after")
    def _topics_are_apart(self) -> Settings:
        if self.base_topic == self.homeassistant.prefix:
            raise ValueError(f"{PREFIX}BASE_TOPIC and {PREFIX}HOMEASSISTANT_PREFIX must differ")
        return self

    @field_validator("accounts")
    @classmethod
    def _accounts_differ(cls, accounts: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(accounts)) != len(accounts):
            raise ValueError("two accounts have the same name")
        if taken := {"tesla", "bridge"}.intersection(accounts):
            raise ValueError(f"{' and '.join(sorted(taken))} cannot be the name of a further account")
        return accounts

    @field_validator("aliases")
    @classmethod
    def _aliases_differ(cls, aliases: Mapping[str, str]) -> Mapping[str, str]:
        if len(set(aliases.values())) != len(aliases):
            raise ValueError("two devices have the same alias")
        return aliases

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Adds `*_FILE`, nested secrets and options to what pydantic-settings reads by itself."""
        secrets = NestedSecretsSettingsSource(
            file_secret_settings,
            secrets_dir=given().get(SECRETS_DIR, "/run/secrets"),
            secrets_dir_missing="ok",
            secrets_prefix=PREFIX.lower(),
            secrets_nested_delimiter="_",
        )
        sources = (init_settings, env_settings, dotenv_settings, FileSource(settings_cls), secrets)
        return (*sources, OptionsSource(settings_cls))
