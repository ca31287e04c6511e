"""The account: is it signed in, and what does it cost?"""

from __future__ import annotations

from bridge.catalog import convert, options
from bridge.catalog.options import option
from bridge.catalog.rows import (
    Entity,
    Event,
    Limits,
    binary_sensor,
    enum,
    event,
    group,
    number,
    select,
    sensor,
    timestamp,
    topic,
)


def _calls(key: str, name: str, *, state_class: str = "total_increasing", enabled: bool = False) -> Entity:
    return sensor(
        key,
        name,
        f"bridge.{key}",
        unit="calls",
        state_class=state_class,
        category="diagnostic",
        enabled=enabled,
    )


def _dollars(key: str, name: str, *, state_class: str | None = None, note: str = "") -> Entity:
    return sensor(
        key,
        name,
        f"bridge.{key}",
        unit="USD",
        device_class="monetary",
        state_class=state_class,
        category="diagnostic",
        note=note,
    )


OPTIONS = options.options(
    number(
        "monthly_budget",
        "Monthly budget",
        "bridge.monthly_budget",
        Limits(minimum=0, maximum=1000, step=0.01),
        option("monthly_budget"),
        unit="USD",
        device_class="monetary",
        category="config",
        needs="budget_owner",
        icon="mdi:wallet",
        note="Of all accounts together.",
    ),
    select(
        "budget_mode",
        "Budget mode",
        "bridge.budget_mode",
        "off warn slow_down hard_stop",
        option("budget_mode"),
        category="config",
        needs="budget_owner",
        icon="mdi:wallet-outline",
        note="What is done to keep to it; each does what those before it do.",
    ),
)

ENTITIES = (
    *group(
        "status",
        (
            binary_sensor(
                "signed_in",
                "Signed in",
                "bridge.signed_in",
                device_class="connectivity",
                category="diagnostic",
            ),
            binary_sensor(
                "connected",
                "Connected",
                "bridge.connected",
                device_class="connectivity",
                category="diagnostic",
                note="Tesla answers the calls about the account itself.",
            ),
            binary_sensor(
                "login_required",
                "Sign-in required",
                "bridge.login_required",
                device_class="problem",
                category="diagnostic",
                note="Somebody has to sign in again.",
            ),
            enum(
                "region",
                "Region",
                "bridge.region",
                "na eu cn simulated",
                category="diagnostic",
                enabled=False,
            ),
            timestamp(
                "token_expires",
                "Access token expires",
                "bridge.token_expires",
                read=convert.same,
                category="diagnostic",
                enabled=False,
            ),
            timestamp(
                "token_renewed",
                "Tokens renewed",
                "bridge.token_renewed",
                read=convert.same,
                category="diagnostic",
                enabled=False,
            ),
            timestamp(
                "sign_in_ends",
                "Sign-in ends",
                "bridge.sign_in_ends",
                read=convert.same,
                category="diagnostic",
                note="If it is not renewed before, as it is every few hours.",
            ),
            sensor(
                "scopes_granted",
                "Scopes granted",
                "bridge.scopes_granted",
                read=convert.same,
                category="diagnostic",
                enabled=False,
            ),
            sensor(
                "scopes_missing",
                "Scopes missing",
                "bridge.scopes_missing",
                read=convert.same,
                category="diagnostic",
                note="Of those that the sign-in asks for.",
            ),
            sensor("problem", "Problem", "bridge.problem", category="diagnostic"),
            topic(
                "budget_owner",
                "Budget owner",
                "bridge.budget_owner",
                read=convert.boolean,
                note="The budget is that of all accounts together: it is set at the first one.",
            ),
            binary_sensor(
                "service_trouble",
                "Service trouble",
                "bridge.service_trouble",
                device_class="problem",
                category="diagnostic",
                note="Tesla's servers failed at a quarter of the calls of the last ten minutes, and at three or more.",
            ),
        ),
    ),
    *group(
        "cost",
        (
            _dollars(
                "cost_month",
                "Cost this month",
                state_class="total",
                note="Of the whole app, before Tesla's monthly credit.",
            ),
            _dollars("cost_forecast", "Cost forecast", note="Of the whole month, at the pace of the last seven days."),
            _dollars("credit_left", "Free credit left"),
            _dollars("budget_left", "Budget left"),
            enum(
                "budget_state",
                "Budget state",
                "bridge.budget_state",
                "ok warned slowed data_stopped commands_only stopped",
                category="diagnostic",
                note="Reading stops at 90 % of the budget, wakes at 95 %, commands at 100 %.",
            ),
            timestamp(
                "rate_limited_until",
                "Rate limited until",
                "bridge.rate_limited_until",
                read=convert.same,
                category="diagnostic",
                note="Tesla has asked to wait, or has switched the app off. Unknown: nothing is held up.",
            ),
            _calls("calls_data", "Data calls this month", enabled=True),
            _calls("calls_command", "Command calls this month", enabled=True),
            _calls("calls_wake", "Wake calls this month", enabled=True),
            _calls("calls_energy", "Energy site calls this month"),
            _calls("calls_free", "Free calls this month"),
            _calls("calls_unanswered", "Calls this month without an answer"),
        ),
    ),
    *group(
        "requests",
        (
            _calls("requests_data", "Data calls in 24 hours", state_class="measurement"),
            _calls("requests_command", "Command calls in 24 hours", state_class="measurement"),
            _calls("requests_wake", "Wake calls in 24 hours", state_class="measurement"),
            _calls("requests_energy", "Energy site calls in 24 hours", state_class="measurement"),
            _calls("requests_free", "Free calls in 24 hours", state_class="measurement"),
        ),
    ),
    *OPTIONS,
)

EVENTS: tuple[Event, ...] = (
    event(
        "budget",
        "Budget",
        "budget_50 budget_80 budget_100",
        category="diagnostic",
        note="So much of the month's budget is spent, with `cost_month` and `budget_left`. Once a month each.",
    ),
)

COMMANDS = options.commands(OPTIONS)
