"""The settings tree, read from flags, environment, `.env`, `*_FILE`, a secrets directory and Home Assistant's options.

Only `app` and `cli` read it. Precedence: flags, environment, `.env`, `*_FILE`, secrets directory, options.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    BeforeValidator,
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

from bridge.catalog import CATALOGUE
from bridge.catalog.places import Location, Place, is_told
from bridge.pace import Profile
from bridge.settings.addon import OptionsSource
from bridge.settings.section import Section, pairs, places, words
from bridge.settings.sources import PREFIX, SECRETS_DIR, FileSource, given
from bridge.settings.tesla import TeslaSettings


class LogFormat(StrEnum):
    CONSOLE = "console"
    JSON = "json"


AccountName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]{0,31}$")]


TopicLevel = Annotated[str, Field(pattern=r"^[^/+#$\x00-\x20][^/+#\x00-\x1f]{0,63}$")]
TopicName = Annotated[str, Field(max_length=128, pattern=r"^[^/+#$\x00-\x20][^/+#\x00-\x1f]*(/[^/+#\x00-\x1f]+)*$")]

ZoneName = Annotated[str, Field(pattern=r"^\w[\w .-]{0,31}$")]
Zone = tuple[
    Annotated[float, Field(ge=-90, le=90)],
    Annotated[float, Field(ge=-180, le=180)],
    Annotated[float, Field(ge=20, le=1_000_000)],
]
"""Degrees north and east, metres."""


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

    profile: Profile = Field(
        Profile.BALANCED,
        description="eco: below $3 a month for a car that drives much; balanced: fresher; live: all of the $10 credit.",
    )
    state: float | None = Field(None, ge=10, description="Seconds between looks at the free vehicle list; not set: 15.")
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


class WakePolicy(StrEnum):
    """May a command wake a sleeping car?"""

    NEVER = "never"
    WITHIN_BUDGET = "within_budget"
    ALWAYS = "always"


def _policy(given: Any) -> Any:
    """It was true or false once."""
    word = str(given).strip().lower()
    if word in {"true", "on", "1", "yes"}:
        return WakePolicy.WITHIN_BUDGET
    return WakePolicy.NEVER if word in {"false", "off", "0", "no"} else given


class CommandSettings(Section):
    """Commands from MQTT."""

    time_to_live: float = Field(
        90, ge=1, le=600, description="Seconds after which a command that could not be sent is dropped."
    )
    wake: Annotated[WakePolicy, BeforeValidator(_policy)] = Field(
        WakePolicy.WITHIN_BUDGET,
        description="May a command wake a sleeping car? never, within_budget or always. A wake costs 2 cents.",
    )
    wake_time: float = Field(60, ge=10, le=300, description="Seconds that a car is given to wake up.")
    interval: float = Field(
        5, ge=0, le=60, description="Seconds between two calls for one number; of many values the newest is sent."
    )
    wakes_a_day: int = Field(10, ge=0, description="How often commands may wake one car in a day (UTC).")
    enable: Annotated[tuple[str, ...], NoDecode, BeforeValidator(words)] = Field(
        (), description="Dangerous commands to allow, by name: door_unlock,actuate_trunk."
    )

    @field_validator("enable")
    @classmethod
    def _are_commands(cls, enable: tuple[str, ...]) -> tuple[str, ...]:
        """Each by its name: there is no word for all of them (docs/decisions/0008)."""
        known = {name for catalogue in CATALOGUE.values() for name in catalogue.commands}
        for number, name in enumerate(enable, 1):
            if name not in known:
                raise ValueError(f"number {number} is not the name of a command; docs/commands.md lists them")
        return enable


class LogSettings(Section):
    """The log, on standard error."""

    level: str = Field("info", pattern="^(debug|info|warning|error)$", description="debug, info, warning or error.")
    format: LogFormat = Field(LogFormat.CONSOLE, description="console or json.")


class MetricsSettings(Section):
    """Figures for Prometheus."""

    port: int = Field(0, ge=0, le=65535, description="Port of /metrics for Prometheus; 0: there is none.")
    host: str = Field(
        "127.0.0.1", description="Address that it listens on; 0.0.0.0: all, and whoever reaches it may read."
    )


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
    aliases: Annotated[Mapping[str, TopicLevel], NoDecode, BeforeValidator(pairs)] = Field(
        {}, description="Other names for VINs and site ids in topics: 5YJ3E1EA7KF000316=model3,1234567=home."
    )
    accounts: Annotated[tuple[AccountName, ...], NoDecode, BeforeValidator(words)] = Field(
        (), description="Names of further Tesla accounts, in small letters: parents,work. docs/accounts.md explains."
    )
    zones: Annotated[Mapping[ZoneName, Zone], NoDecode, BeforeValidator(places)] = Field(
        {},
        description="Places that a car is in or not: latitude, longitude and radius in metres, "
        "home=52.1000,4.3000,150;work=52.2000,4.4000,300. The name home tells whether a car is at home.",
    )
    location: Location = Field(
        Location.EXACT,
        description="How much of where a car is is let out: exact; rounded: two decimals, about 1 km; "
        "zone: only the name of the zone; off: nothing.",
    )
    mqtt: MqttSettings = MqttSettings()
    tesla: TeslaSettings = TeslaSettings()
    homeassistant: HomeAssistantSettings = HomeAssistantSettings()
    polling: PollingSettings = PollingSettings()
    commands: CommandSettings = CommandSettings()
    log: LogSettings = LogSettings()
    metrics: MetricsSettings = MetricsSettings()

    @property
    def visible_zones(self) -> Mapping[str, Zone]:
        """Those that a car is looked for in: none where nothing of where it is is let out."""
        return {} if self.location is Location.OFF else self.zones

    @property
    def places_told(self) -> frozenset[Place]:
        """In which ways it is let out where cars are: by numbers, names, zones. In none: then it is not asked for."""
        told = frozenset(place for place in Place if is_told(place, self.location))
        return told if self.zones else told - {Place.ZONE}

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

    @field_validator("zones")
    @classmethod
    def _zones_are_somewhere(cls, zones: Mapping[str, Zone]) -> Mapping[str, Zone]:
        if "elsewhere" in zones:
            raise ValueError("elsewhere is what is in no zone; give it another name")
        return zones

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
