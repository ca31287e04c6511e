"""Settings -> the parts that need them."""

from __future__ import annotations

import ssl

from bridge.clock import Clock
from bridge.commands.execution import Policy
from bridge.database import Database
from bridge.errors import SettingWrong
from bridge.fleet.auth.grants import Fixed, Grant, RefreshToken
from bridge.fleet.auth.sources import TokenSource
from bridge.fleet.auth.store import StoredTokens
from bridge.fleet.client import FleetClient
from bridge.fleet.hosts import REGIONS, Region, simulated
from bridge.fleet.transport import Transport
from bridge.ledger import Ledger
from bridge.mqtt import BrokerAddress
from bridge.schedule import Pace
from bridge.settings import CommandSettings, MqttSettings, PollingSettings, RegionName, TeslaSettings


def pace(polling: PollingSettings) -> Pace:
    return Pace(**polling.model_dump())


def policy(commands: CommandSettings) -> Policy:
    return Policy(wake=commands.wake, wake_time=commands.wake_time)


def account(tesla: TeslaSettings, database: Database, clock: Clock, ledger: Ledger) -> tuple[TokenSource, FleetClient]:
    """Where the account's tokens come from, and the client that uses them."""
    region, http = _region(tesla), Transport(clock)
    tokens = TokenSource(
        account="tesla", grant=_grant(tesla), store=StoredTokens(database), region=region, http=http, clock=clock
    )
    client = FleetClient(tokens=tokens, region=region, http=http, clock=clock, ledger=ledger, deadline=tesla.deadline)
    return tokens, client


def _grant(tesla: TeslaSettings) -> Grant:
    if tesla.access_token:
        return Fixed(tesla.access_token.get_secret_value())
    if not tesla.client_id:
        raise SettingWrong(
            "FLEET2MQTT_TESLA_CLIENT_ID: is missing; it is shown for your app at developer.tesla.com. "
            "To try without an account: fleet2mqtt demo"
        )
    refresh_token = tesla.refresh_token.get_secret_value() if tesla.refresh_token else None
    return RefreshToken(tesla.client_id, refresh_token)


def _region(tesla: TeslaSettings) -> Region:
    if tesla.region is RegionName.SIMULATED:
        return simulated(tesla.simulator_url or "")
    return REGIONS[tesla.region]


def tls(mqtt: MqttSettings) -> ssl.SSLContext | None:
    """Reads files: call it off the event loop. Raises SettingWrong."""
    if not mqtt.tls:
        return None
    try:
        return ssl.create_default_context(cafile=mqtt.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise SettingWrong(f"FLEET2MQTT_MQTT_CA_FILE: cannot use {mqtt.ca_file}: {error}") from None


def broker_address(mqtt: MqttSettings, context: ssl.SSLContext | None, *, suffix: str = "") -> BrokerAddress:
    """`suffix` keeps a second client of ours apart: two with one id throw each other out."""
    return BrokerAddress(
        host=mqtt.host,
        port=mqtt.port,
        client_id=mqtt.client_id + suffix,
        username=mqtt.username,
        password=mqtt.password.get_secret_value() if mqtt.password else None,
        tls=context,
        keepalive=mqtt.keepalive,
    )
