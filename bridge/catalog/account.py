"""The account: is it signed in, and what does it cost?"""

from __future__ import annotations

from typing import Any

from bridge.catalog import convert, options
from bridge.catalog.builders import (
    binary_sensor,
    diagnostics,
    enum,
    event,
    group,
    hidden,
    measurement,
    number,
    select,
    sensor,
    timestamp,
    topic,
)
from bridge.catalog.options import option
from bridge.catalog.places import Place
from bridge.catalog.rows import DERIVED, Entity, Event, Limits
from bridge.catalog.vehicle.refresh import refresh


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


def _newest_status(raw: Any) -> str:
    orders = [convert.mapping(order) for order in convert.objects()(raw)]
    return convert.word(orders[0]["status"]) if orders else "none"


CHARGING = (
    sensor(
        "last_session_energy",
        "Last supercharging energy",
        "charging_history.last.energy",
        read=convert.rounded(2),
        unit="kWh",
        device_class="energy",
    ),
    sensor(
        "last_session_cost",
        "Last supercharging cost",
        "charging_history.last.cost",
        read=convert.rounded(2),
        device_class="monetary",
        note="In the currency of charging_currency.",
    ),
    timestamp("last_session_start", "Last supercharging began", "charging_history.last.began", read=convert.iso),
    timestamp("last_session_end", "Last supercharging ended", "charging_history.last.ended", read=convert.iso),
    sensor(
        "last_session_invoices",
        "Last supercharging invoices",
        "charging_history.last.invoices",
        read=convert.number,
        category="diagnostic",
        note="How many there are; Tesla shows them under Charging in the account.",
    ),
    sensor(
        "month_sessions",
        "Supercharging sessions this month",
        "charging_history.month_sessions",
        read=convert.number,
        state_class="total",
    ),
    sensor(
        "month_energy",
        "Supercharging energy this month",
        "charging_history.month_energy",
        read=convert.rounded(2),
        unit="kWh",
        device_class="energy",
        state_class="total_increasing",
        note="By the calendar at the charger, as of the last look.",
    ),
    sensor(
        "month_cost",
        "Supercharging cost this month",
        "charging_history.month_cost",
        read=convert.rounded(2),
        device_class="monetary",
        state_class="total",
        note="Parking fees too. In the currency of charging_currency; sessions in another one are not in it.",
    ),
    sensor("charging_currency", "Supercharging currency", "charging_history.currency", category="diagnostic"),
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
            measurement(
                "refresh_token_age",
                "Refresh token age",
                DERIVED,
                "d",
                "duration",
                category="diagnostic",
                precision=1,
                note="Since token_renewed. After 90 days without a renewal the sign-in ends.",
            ),
            binary_sensor(
                "scopes_lacking",
                "Scopes lacking",
                "bridge.scopes_missing",
                read=lambda raw: convert.text(raw) != "none",
                device_class="problem",
                category="diagnostic",
                note="scopes_missing tells which; the sign-in must be made again with them.",
            ),
            binary_sensor(
                "public_key_problem",
                "Public key problem",
                "bridge.public_key_problem",
                device_class="problem",
                category="diagnostic",
                note="The page of the app's public key, looked at once a day; unknown where there is no key or domain.",
            ),
            *diagnostics(
                binary_sensor(
                    "partner_registered",
                    "App registered",
                    "bridge.partner_registered",
                    note="With this bridge's key in the account's region; looked at once a day.",
                ),
                enum(
                    "home_region",
                    "Home region",
                    "users_region.region",
                    "na eu cn",
                    note="Where Tesla says that the account lives.",
                ),
                sensor(
                    "open_orders",
                    "Open orders",
                    "orders.list",
                    read=convert.count,
                    state_class="measurement",
                ),
                sensor(
                    "order_status",
                    "Order status",
                    "orders.list",
                    read=_newest_status,
                    note="Of the first that Tesla lists; none: there is no order.",
                ),
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
    *group("charging", hidden(*CHARGING)),
    # Where a car was charged is where it was.
    *group(
        "location",
        hidden(
            sensor(
                "last_supercharger",
                "Last supercharger",
                "charging_history.last.site",
                icon="mdi:ev-station",
                note="Of the last session.",
                place=Place.SPOT,
            ),
        ),
    ),
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

COMMANDS = (*options.commands(OPTIONS), refresh("fleet_status", "Refresh keys of vehicles", "mdi:key-wireless"))
