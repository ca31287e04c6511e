"""The account: is it signed in, and what does it cost?"""

from __future__ import annotations

from bridge.catalog import convert
from bridge.catalog.rows import Command, Entity, Event, binary_sensor, enum, group, sensor, timestamp


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
)

EVENTS: tuple[Event, ...] = ()

COMMANDS: tuple[Command, ...] = ()
