"""Devices of each kind with all their values, and their discovery documents: what the tests of discovery share."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from catalog_cases import ANSWERS
from fakes import NOON
from ha_contract import check_documents, check_payload, topics_read

from bridge.catalog import CATALOGUE, read
from bridge.catalog.offer import Offer
from bridge.catalog.rows import ASSUMED, Entity
from bridge.components import Look
from bridge.homeassistant import document, messages
from bridge.model import Device, DeviceId, Kind, Value
from bridge.topics import Topics, encode

DEVICES = {
    Kind.VEHICLE: DeviceId(Kind.VEHICLE, "5YJXCDE20MF000001"),
    Kind.ENERGY_SITE: DeviceId(Kind.ENERGY_SITE, "2252000000000001"),
    Kind.WALL_CONNECTOR: DeviceId(Kind.WALL_CONNECTOR, "1529455-02-D--AAA00000000001"),
    Kind.ACCOUNT: DeviceId(Kind.ACCOUNT, "tesla"),
    Kind.BRIDGE: DeviceId(Kind.BRIDGE, "bridge"),
}
CAR = DEVICES[Kind.VEHICLE]

OF_ITSELF = {
    "last_seen": NOON,
    "data_source": "poll",
    "data_age": 3,
    "freshness": {"charge": {"last_seen": "2026-07-01T12:00:00+00:00", "age": 3, "stale": False, "source": "poll"}},
    "data_stale": False,
    "battery_level_estimated": False,
    "last_command": "wake",
    "last_command_outcome": "ok",
    "signed_in": True,
    "login_required": False,
    "connected": True,
    "region": "eu",
    "token_expires": NOON,
    "token_renewed": NOON,
    "sign_in_ends": NOON,
    "scopes_granted": "openid, vehicle_cmds",
    "scopes_missing": "none",
    "problem": "none",
    "public_key_problem": False,
    "partner_registered": True,
    "cost_month": 1.25,
    "cost_forecast": 3.2,
    "credit_left": 8.75,
    "budget_left": 8.75,
    "budget_state": "ok",
    "rate_limited_until": NOON,
    "calls_today_data": 40,
    "calls_today_command": 3,
    "calls_today_wake": 1,
    "last_paid_call": NOON,
    "calls_data": 600,
    "calls_command": 12,
    "calls_wake": 2,
    "calls_energy": 4000,
    "calls_free": 9000,
    "calls_unanswered": 2,
    "requests_data": 60,
    "requests_command": 4,
    "requests_wake": 1,
    "requests_energy": 1700,
    "requests_free": 2900,
    "state": "online",
    "version": "1.0.0",
    "started_at": NOON,
    "devices": 5,
    "polling": True,
    "polling_profile": "balanced",
    "driving_interval": 60,
    "charging_interval": 3600,
    "parked_interval": 1320,
    "wake_policy": "within_budget",
    "last_error": "none",
    "last_command_latency": 350,
    "monthly_budget": 10.0,
    "budget_owner": True,
    "budget_mode": "hard_stop",
    "service_trouble": False,
    "log_level": "info",
    "dry_run": False,
    "has_problem": False,
    "command_queue": 0,
    "restartable": True,
    "intent": "hold",
    "intent_state": "active",
    "intent_reason": "put back: backup_reserve 20",
    "intent_until": NOON,
    "intent_duration": 120,
}
"""What the bridge says of itself, of the account, and of how fresh a device's values are."""


def _assumed(row: Entity) -> Value:
    """A value that was set through the bridge."""
    if row.options:
        return row.options[-1]
    return row.limits.minimum if row.limits else True


SET = {
    kind: {key: _assumed(row) for key, row in CATALOGUE[kind].entities.items() if row.source == ASSUMED}
    for kind in Kind
}


WORKED_OUT: Mapping[Kind, Mapping[str, Value]] = {
    Kind.ACCOUNT: {"refresh_token_age": 0.2},
    Kind.ENERGY_SITE: {
        "backup_time_estimate": 1.2,
        "time_to_full": 129,
        "time_to_reserve": 312,
        "tariff_period": "off_peak",
        "buy_price": 0.19,
        "sell_price": 0.05,
        "tariff_next_change": NOON,
        "next_tariff_period": "on_peak",
        "next_buy_price": 0.42,
        "next_sell_price": 0.2,
        "grid_independence": 71.5,
        "self_consumption_solar": 14.4,
        "self_consumption_battery": 56.9,
        "solar_generated_lifetime": 12_000_000,
        "battery_charged_lifetime": 5_000_000,
        "battery_discharged_lifetime": 4_500_000,
        "grid_imported_lifetime": 3_000_000,
        "grid_exported_lifetime": 6_000_000,
        "home_usage_lifetime": 8_500_000,
        "lifetime_since": "2024-05-17",
        "lifetime_settled_until": "2025-12-31",
        "control_pending": False,
    },
    Kind.WALL_CONNECTOR: {
        "vehicle_name": "Nikola",
        "energy_today": 4200,
        "energy_lifetime": 1_500_000,
        "energy_per_vehicle": {"5YJXCDE20MF000001": 1_400_000, "unknown": 100_000},
    },
    Kind.VEHICLE: {
        "charge_energy_total": 1234.56,
        "full_charge_at": NOON,
        "charging_power": 11040,
        "next_charge_start": NOON,
        "charge_cost": 4.2,
        "rated_consumption": 152.3,
        "pack_energy": 74.1,
        "route_arrival": NOON,
        "trip_distance": 23.4,
        "trip_duration": 1800,
        "trip_energy": 3.9,
        "trip_consumption": 167,
        "trip_maximum_speed": 128.7,
        "trip_maximum_power": 92,
        "trip_start": NOON,
        "zone": "home",
        "at_home": True,
        "charge_zone": "home",
        "vehicle_state": "charging",
        "state_since": NOON,
        "asleep": False,
        "left_open": False,
        "awake_because": "sentry",
        "asleep_today": 6.5,
        "awake_for_bridge_today": 4.0,
        "awake_for_others_today": 0.3,
        "kept_awake_by_bridge": False,
        "phantom_drain": 0.8,
    },
}
"""What the bridge derives from the rest."""

KNOWN = {
    kind: read(kind, {**ANSWERS.get(kind, {}), "bridge": OF_ITSELF}) | SET[kind] | dict(WORKED_OUT.get(kind, {}))
    for kind in Kind
}
UNKNOWN: Mapping[Kind, Mapping[str, Value]] = {
    kind: {key: {} if isinstance(value, dict) else None for key, value in KNOWN[kind].items()} for kind in Kind
}
"""What the catalogue reads from an answer without a single field: objects are empty, never null."""

DANGEROUS = sorted(name for kind in Kind for name, row in CATALOGUE[kind].commands.items() if row.dangerous)
TOPICS = Topics()

Json = Mapping[str, Any]
Words = Mapping[str, tuple[str, ...]]


def described(
    at: DeviceId,
    values: Mapping[str, Value],
    *,
    enabled: Collection[str] = (),
    scopes: Collection[str] | None = None,
    words: Words | None = None,
    expiry: int = 60,
) -> Json:
    look = Look(TOPICS, "1.0.0", command_expiry=expiry, offer=Offer(enabled, scopes))
    return document(Device(at, "Device", via=DEVICES[Kind.BRIDGE]), values, look, words or {})


def said(at: DeviceId, shown: Json) -> Mapping[str, Json]:
    """Topic -> message of everything that Home Assistant is told of a device."""
    return {topic: message for topic, message in messages("homeassistant", at, shown).items() if message}


def complaints(at: DeviceId, shown: Json, values: Mapping[str, Value]) -> list[str]:
    """Of the messages that carry the document, and of every value on the topics that it names."""
    rows = CATALOGUE[at.kind].entities
    payloads = {TOPICS.value(at, rows[key].group, key): encode(value).payload for key, value in values.items()}
    heard = [
        complaint
        for topic, option, component in topics_read(shown["components"])
        if topic in payloads
        for complaint in check_payload(component, payloads[topic], option)
    ]
    return check_documents(said(at, shown)) + heard
