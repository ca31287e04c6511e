"""The account: is it signed in, and what does it cost?"""

from __future__ import annotations

from typing import Any

from bridge.catalog import convert, options
from bridge.catalog.options import option
from bridge.catalog.rows import (
    DERIVED,
    Entity,
    Event,
    Limits,
    binary_sensor,
    diagnostics,
    enum,
    group,
    hidden,
    measurement,
    number,
    select,
    sensor,
    timestamp,
    topic,
)
from bridge.catalog.vehicle.refresh import refresh


def _calls(cost: str, name: str, *, enabled: bool = True) -> Entity:
    """How many calls of a price class the bridge has made."""
    return sensor(
        f"calls_{cost}",
        name,
        f"bridge.calls_{cost}",
        unit="calls",
        state_class="total_increasing",
        category="diagnostic",
        enabled=enabled,
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
            sensor(
                "cost_month",
                "Cost this month",
                "bridge.cost_month",
                unit="USD",
                device_class="monetary",
                state_class="total",
                category="diagnostic",
                note="Of the whole app, before Tesla's monthly credit.",
            ),
            sensor(
                "credit_left",
                "Free credit left",
                "bridge.credit_left",
                unit="USD",
                device_class="monetary",
                category="diagnostic",
            ),
            _calls("data", "Data calls this month"),
            _calls("command", "Command calls this month"),
            _calls("wake", "Wake calls this month"),
            _calls("free", "Free calls this month", enabled=False),
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
            ),
        ),
    ),
)

EVENTS: tuple[Event, ...] = ()

COMMANDS = (*options.commands(OPTIONS), refresh("fleet_status", "Refresh keys of vehicles", "mdi:key-wireless"))
