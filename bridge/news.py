"""What the bridge tells of itself and of the account. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bridge.errors import SignInRequired
from bridge.health import Health
from bridge.ledger import CREDIT, PRICES, Month
from bridge.model import Roster
from bridge.topics import CONTRACT_VERSION, Topics


def info(roster: Roster, topics: Topics, version: str, started_at: datetime) -> dict[str, Any]:
    """For <base>/bridge/info: no secrets in it."""
    return {
        "version": version,
        "contract_version": CONTRACT_VERSION,
        "started_at": started_at,
        "devices": [
            {
                "kind": device.at.kind,
                "id": device.at.id,
                "name": device.name,
                "model": device.model,
                "topic": topics.device(device.at),
            }
            for device in roster.devices
        ],
    }


def account(health: Health, so_far: Month, region: str, token_expires: datetime | None) -> dict[str, Any]:
    """The `bridge` answer of the account's rows."""
    return {
        "signed_in": not isinstance(health.blocker, SignInRequired),
        "region": region,
        "token_expires": token_expires,
        "problem": health.problem or "none",
        "cost_month": so_far.dollars,
        "credit_left": round(max(0.0, CREDIT - so_far.dollars), 4),
        **{f"calls_{cost}": so_far.calls.get(cost, 0) for cost in PRICES},
    }


def month(so_far: Month) -> dict[str, Any]:
    """The ledger's part of <base>/bridge/health."""
    return {"month": {"name": so_far.name, "calls": so_far.calls, "dollars": so_far.dollars}}
