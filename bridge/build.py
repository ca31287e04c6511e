"""Settings -> the parts that need them."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode, urlsplit

import structlog
from pydantic import SecretStr

from bridge.accounts import Access
from bridge.clock import Clock
from bridge.database import Database
from bridge.derived import derivations
from bridge.derived.deriver import Deriver
from bridge.derived.frame import Known
from bridge.doctor import Case
from bridge.errors import SettingWrong
from bridge.fleet import keys
from bridge.fleet.auth.grants import ClientCredentials, Fixed, Grant, OwnerApi, RefreshToken
from bridge.fleet.auth.sources import TokenSource
from bridge.fleet.auth.store import StoredTokens
from bridge.fleet.client import FleetClient, Signer
from bridge.fleet.home import Home
from bridge.fleet.hosts import FLEET, OWNERS, RELAYS, Region, chosen, proxy as proxy_at
from bridge.fleet.proxy import Proxy
from bridge.fleet.sender import Sender
from bridge.fleet.transport import Transport
from bridge.ledger import Ledger
from bridge.pace import Pace, Profile, paced
from bridge.prices import LIST, PriceList
from bridge.settings import (
    FIRST,
    PollingSettings,
    Settings,
    TeslaSettings,
    TokenType,
    of_all,
)

log = structlog.get_logger()


def pace(polling: PollingSettings, **of_car: Any) -> Pace:
    """How often a car is asked about; `of_car`: what was chosen for it at run time, settings by name."""
    own = {**polling.model_dump(), **of_car}
    return paced(Profile(own.pop("profile")), own)


def deriver(own: Settings, database: Database, known: Known, clock: Clock) -> Deriver:
    """With what it knew before; a zone of former settings is forgotten."""
    if not own.visible_zones:
        database.forget_memory("zone")
    return Deriver(derivations(own.visible_zones), database, known, clock.now)


def ledger(own: Settings, database: Database, clock: Clock) -> Ledger:
    """What calls cost and may cost. Raises SettingWrong."""
    budget, wakes = own.tesla.budget, own.commands.wakes_a_day
    return Ledger(store=database, clock=clock, budget=budget, prices=prices(own), wakes_a_day=wakes)


def prices(own: Settings) -> PriceList:
    """Tesla's, but for what the owner says. Raises SettingWrong for a price class that there is not."""
    try:
        return LIST.altered(own.tesla.prices, own.tesla.limits)
    except ValueError as error:
        raise SettingWrong(f"FLEET2MQTT_TESLA_PRICES or FLEET2MQTT_TESLA_LIMITS: {error}") from None


def accounts(own: Settings, database: Database, clock: Clock, ledger: Ledger) -> list[Access]:
    """How each account is reached, the first one first. Raises SettingWrong, which names the account's own settings."""
    found = []
    for name, tesla in of_all(own).items():
        try:
            tokens, api = account(tesla, database, clock, ledger, name, own=own)
        except SettingWrong as error:
            error.account = _called(name)
            raise
        found.append(Access(name, tokens, api, wanted=frozenset(tesla.scopes), advice=_advice(tesla, name)))
    return found


def account(
    tesla: TeslaSettings,
    database: Database,
    clock: Clock,
    ledger: Ledger,
    name: str = FIRST,
    *,
    own: Settings | None = None,
) -> tuple[TokenSource, FleetClient]:
    """Where the account's tokens come from, and the client that uses them. Raises SettingWrong.

    `own`: the whole tree, where commands are to be signed.
    """
    region, http = region_of(tesla), Transport(clock)
    if region.name in OWNERS:
        log.warning("Tesla has retired the Owner API, and refuses most programs that still use it", region=region.name)
    kept_as = stored_as(tesla, name)
    tokens = TokenSource(
        account=kept_as, grant=grant(tesla), store=StoredTokens(database), region=region, http=http, clock=clock
    )
    client = FleetClient(
        tokens=tokens,
        home=Home(region, clock, is_set="region" in tesla.model_fields_set, notes=database, account=kept_as),
        http=http,
        clock=clock,
        ledger=ledger,
        deadline=tesla.deadline,
        advice=_advice(tesla, name),
        account=_called(name),
        signer=_proxy(tesla, tokens, clock, ledger, name) or (_signer(own, tesla, database, clock) if own else None),
    )
    return tokens, client


def _proxy(tesla: TeslaSettings, tokens: TokenSource, clock: Clock, ledger: Ledger, name: str) -> Proxy | None:
    """The owner's own, where one is set. Raises SettingWrong."""
    if not tesla.proxy_url:
        if tesla.proxy_ca_file:
            raise SettingWrong("FLEET2MQTT_TESLA_PROXY_CA_FILE: is for FLEET2MQTT_TESLA_PROXY_URL, which is not set")
        return None
    region = proxy_at(tesla.proxy_url, simulated=tokens.region.simulated)
    http = Transport(clock, trust=partial(_trust, tesla.proxy_ca_file))
    sender = Sender(
        tokens=tokens,
        home=Home(region, clock),
        clock=clock,
        ledger=ledger,
        http=http,
        deadline=tesla.deadline,
        random=Random(),  # noqa: S311 - spreads retries, hides nothing
        advice=_advice(tesla, name),
        account=_called(name),
    )
    return Proxy(sender, http, clock)


def _trust(ca_file: Path | None) -> ssl.SSLContext:
    """Reads files: called off the event loop. With a file of its own a server needs no other authority."""
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise SettingWrong(f"FLEET2MQTT_TESLA_PROXY_CA_FILE: cannot use {ca_file}: {error}") from None


def _signer(own: Settings, tesla: TeslaSettings, database: Database, clock: Clock) -> Signer | None:
    """Who signs the account's commands; None where there is no key, or another signs. Raises SettingWrong."""
    key_file = keys.where(own.data_dir, tesla.key_file)
    if not _has_key(tesla) or not (tesla.key_file or key_file.exists()):
        return None
    from bridge.fleet.signing import carrier  # noqa: PLC0415 - 8 MB of protobuf, only for who has a key

    return carrier.Signer(keys.load_private_key(key_file), database, clock)


def _has_key(tesla: TeslaSettings) -> bool:
    """A relay signs with its own key (fleet-api.md 1.1)."""
    return tesla.token_type in HAVE_KEYS and tesla.region not in RELAYS


def case(own: Settings, access: Access, clock: Clock) -> Case:
    """What the doctor is told of an account."""
    tesla = of_all(own)[access.name]
    return Case(
        _called(access.name),
        access.tokens,
        access.api,
        clock,
        wanted=access.wanted,
        advice=access.advice,
        has_key=_has_key(tesla),
        key_file=keys.where(own.data_dir, tesla.key_file),
        domain=tesla.domain,
        app=app(tesla),
    )


def app(tesla: TeslaSettings) -> ClientCredentials | None:
    """The app as what it registers with itself; None where it has no secret of its own (fleet-api.md 1.2)."""
    if tesla.token_type not in _REGISTER or not (tesla.client_id and tesla.client_secret):
        return None
    return ClientCredentials(tesla.client_id, _text(tesla.client_secret), tesla.scopes)


HAVE_KEYS = frozenset(TokenType) - {TokenType.FIXED, TokenType.OWNER_API}
"""Token types of an app of the owner's, or of one whose key he has."""

_REGISTER = HAVE_KEYS - {TokenType.OPEN_SOURCE}


def _called(name: str) -> str:
    """What errors call it: the first account has no name."""
    return "" if name == FIRST else name


def _advice(tesla: TeslaSettings, name: str) -> str:
    """How the owner grants more (fleet-api.md 1.1 and 1.9): a token gets no new scopes by being renewed."""
    login = f"`fleet2mqtt login --account {name}`" if _called(name) else "`fleet2mqtt login`"
    if tesla.token_type not in BY_SIGN_IN:
        return "get a token that covers it, see docs/tokens.md"
    if tesla.region not in FLEET:
        return f"sign in again with {login} and grant it"
    return f"grant it at {consent_page(tesla)} and sign in again with {login}"


def consent_page(tesla: TeslaSettings) -> str:
    """Where an owner grants more, or takes consent back (fleet-api.md 1.1). Only for Tesla's own regions."""
    back = f"https://{tesla.domain}" if tesla.domain else tesla.redirect_uri
    query = urlencode({"revoke_client_id": tesla.client_id or "", "back_url": back})
    authority = urlsplit(FLEET[tesla.region].authorize).netloc
    return f"https://{authority}/user/revoke/consent?{query}"


def region_of(tesla: TeslaSettings) -> Region:
    return chosen(tesla.region, tesla.token_type, tesla.simulator_url)


BY_SIGN_IN = frozenset({TokenType.THIRD_PARTY, TokenType.OPEN_SOURCE})
"""Token types that an owner gives by signing in with a browser."""


def stored_as(tesla: TeslaSettings, name: str) -> str:
    """Tokens of another kind have another name on disk: none is ever sent to a host that it is not for."""
    return name if tesla.token_type in BY_SIGN_IN else f"{name} {tesla.token_type}"


# --- the ways to come to a token ------------------------------------------------------------------------------------

_NEEDS: Mapping[TokenType, Sequence[str]] = {
    TokenType.THIRD_PARTY: ("client_id",),
    TokenType.OPEN_SOURCE: ("client_id",),
    TokenType.PARTNER: ("client_id", "client_secret"),
    TokenType.BUSINESS: ("client_id", "client_secret", "auth_code"),
    TokenType.FIXED: ("access_token",),
    TokenType.OWNER_API: ("email", "password"),
}

_WHERE: Mapping[str, str] = {
    "client_id": "it is shown for your app at developer.tesla.com. To try without an account: fleet2mqtt demo",
    "client_secret": "it is shown for your app at developer.tesla.com",
    "auth_code": "the business finds it in Tesla for Business under Account, Consent Management",
    "access_token": "a relay shows it to its customers; docs/tokens.md says where",
    "email": "it is the account's",
    "password": "it is the account's",
}


def grant(tesla: TeslaSettings) -> Grant:
    """One row for each token type. Raises SettingWrong, with a line for each setting that the type lacks."""
    missing = [name for name in _NEEDS[tesla.token_type] if not getattr(tesla, name)]
    if tesla.access_token and tesla.token_type is not TokenType.FIXED:
        raise SettingWrong(
            "FLEET2MQTT_TESLA_ACCESS_TOKEN: is for FLEET2MQTT_TESLA_TOKEN_TYPE=fixed only; set that, or remove this"
        )
    if missing:
        raise SettingWrong("; ".join(f"{_name(name)}: is missing; {_WHERE[name]}" for name in missing))
    return _GRANTS[tesla.token_type](tesla)


def _name(field: str) -> str:
    return f"FLEET2MQTT_TESLA_{field.upper()}"


def _refresh_token(tesla: TeslaSettings) -> Grant:
    return RefreshToken(tesla.client_id or "", _text(tesla.refresh_token) or None)


def _client_credentials(tesla: TeslaSettings) -> Grant:
    auth_code = _text(tesla.auth_code) if tesla.token_type is TokenType.BUSINESS else None
    return ClientCredentials(tesla.client_id or "", _text(tesla.client_secret), tesla.scopes, auth_code)


def _text(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""


_GRANTS: Mapping[TokenType, Callable[[TeslaSettings], Grant]] = {
    TokenType.THIRD_PARTY: _refresh_token,
    TokenType.OPEN_SOURCE: _refresh_token,
    TokenType.PARTNER: _client_credentials,
    TokenType.BUSINESS: _client_credentials,
    TokenType.FIXED: lambda tesla: Fixed(_text(tesla.access_token)),
    TokenType.OWNER_API: lambda tesla: OwnerApi(tesla.email or "", _text(tesla.password)),
}
