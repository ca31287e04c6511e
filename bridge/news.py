"""What the bridge tells of itself and of the account. Pure."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from bridge.accounts import Standing
from bridge.errors import SignInRequired
from bridge.health import Health
from bridge.lag import Lag
from bridge.ledger import Month, Share
from bridge.model import Result, Roster
from bridge.settings import FIRST
from bridge.topics import CONTRACT_VERSION, Topics

SHOWN = ("data", "command", "wake", "energy", "free")
"""Price classes that have rows."""


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


def account(health: Health, standing: Standing, so_far: Month) -> dict[str, Any]:
    """The `bridge` answer of an account's rows. Nothing personal is in it."""
    name = standing.name
    return {
        "signed_in": not health.has(SignInRequired, name),
        "login_required": health.has(SignInRequired, name),
        "connected": health.works(f"account {name}"),
        "region": standing.region,
        "token_expires": standing.token_expires,
        "token_renewed": standing.token_renewed,
        "sign_in_ends": standing.sign_in_ends,
        "scopes_granted": _listed(standing.scopes),
        "scopes_missing": None if standing.scopes is None else _listed(standing.wanted - standing.scopes),
        "problem": health.problem_of(name) or "none",
        "budget_owner": name == FIRST,
        "service_trouble": standing.is_troubled,
        **_cost(so_far),
    }


def _cost(so_far: Month) -> dict[str, Any]:
    return {
        "cost_month": so_far.dollars,
        "cost_forecast": so_far.forecast,
        "credit_left": so_far.credit_left,
        "budget_left": so_far.budget_left,
        "budget_state": so_far.state.value,
        "rate_limited_until": so_far.limited_until,
        "calls_unanswered": so_far.unanswered,
        **{f"calls_{cost}": so_far.calls.get(cost, 0) for cost in SHOWN},
        **{f"requests_{cost}": so_far.last_day.get(cost, 0) for cost in SHOWN},
    }


def car(so_far: Share) -> dict[str, Any]:
    """The `bridge` answer of a car's rows of cost. The last paid call of an earlier run is not forgotten."""
    last = {"last_paid_call": so_far.last_paid} if so_far.last_paid else {}
    today = {f"calls_today_{cost}": so_far.today.get(cost, 0) for cost in ("data", "command", "wake")}
    return {**today, "cost_month": so_far.dollars, **last}


def _listed(scopes: Collection[str] | None) -> str | None:
    """As much as a state of Home Assistant may hold: 255 characters."""
    return None if scopes is None else ", ".join(sorted(scopes))[:255] or "none"


def bridge(health: Health, waiting: int, *, is_restartable: bool) -> dict[str, Any]:
    """What the bridge's rows tell of how it is doing."""
    return {
        "has_problem": health.problem is not None,
        "last_error": health.last_error() or "none",
        "command_queue": waiting,
        "restartable": is_restartable,
    }


def command(result: Result) -> dict[str, Any]:
    """The `bridge` answer of a device's rows of the last command. A clock that was set back tells no latency."""
    took = (result.finished_at - result.request.received_at).total_seconds()
    return {
        "last_command": result.request.name[:64],
        "last_command_outcome": result.outcome.value,
        "last_command_latency": round(1000 * took) if took >= 0 else None,
    }


def lateness(lag: Lag) -> dict[str, int | None]:
    """Of the event loop, in the last five minutes."""
    late = {"p99": lag.quantile(0.99), "max": lag.quantile(1)}
    return {name: None if seconds is None else round(1000 * seconds) for name, seconds in late.items()}


def month(so_far: Month) -> dict[str, Any]:
    """The ledger's part of <base>/bridge/health."""
    return {
        "month": {
            "name": so_far.name,
            "calls": so_far.calls,
            "unanswered": so_far.unanswered,
            "last_day": so_far.last_day,
            "dollars": so_far.dollars,
            "forecast": so_far.forecast,
            "credit_left": so_far.credit_left,
            "budget": so_far.budget,
            "budget_left": so_far.budget_left,
            "budget_state": so_far.state.value,
            "pressure": so_far.pressure,
            "rate_limited_until": so_far.limited_until,
        }
    }
