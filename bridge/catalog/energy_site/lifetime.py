"""Energy since the site was installed, shares of today, and the charges of cars (entities.md P22 to P30, Q)."""

from __future__ import annotations

from bridge.catalog import convert
from bridge.catalog.builders import diagnostics, group, sensor, topic
from bridge.catalog.rows import DERIVED, Entity

_NEVER_BACK = (
    "Never runs backwards. The history of today and of past days, asked for anew after the bridge was off, on top of "
    "what Tesla tells for the time before (lifetime_since)."
)

LIFETIME = group(
    "lifetime",
    (
        *(
            sensor(
                key,
                f"{name} lifetime",
                DERIVED,
                unit="Wh",
                device_class="energy",
                state_class="total_increasing",
                needs=needs,
                note=_NEVER_BACK,
            )
            for key, name, needs in (
                ("solar_generated_lifetime", "Solar generated", "has_solar"),
                ("battery_charged_lifetime", "Battery charged", "has_battery"),
                ("battery_discharged_lifetime", "Battery discharged", "has_battery"),
                ("grid_imported_lifetime", "Grid imported", None),
                ("grid_exported_lifetime", "Grid exported", None),
                ("home_usage_lifetime", "House used", None),
            )
        ),
        topic(
            "lifetime_since",
            "Lifetime counted since",
            DERIVED,
            note="Date. The installation where Tesla tells the sums of all years, else the day the bridge came.",
        ),
        topic(
            "lifetime_settled_until",
            "Lifetime settled until",
            DERIVED,
            note="Date. Days before it are counted for good; it and those after it are asked for again.",
        ),
        topic(
            "past_days",
            "Energy of past days",
            "past_days",
            read=convert.mapping,
            note="`days`: date -> Wh of each field of Tesla's history on the site's own day; null: Tesla has no data.",
        ),
    ),
)

_OF_USE = "Of what the house used today, from the energy history; unknown before anything was used."


def _share(key: str, name: str, needs: str | None = None) -> Entity:
    return sensor(key, name, DERIVED, unit="%", state_class="measurement", precision=1, needs=needs, note=_OF_USE)


SHARES = group(
    "history",
    (
        _share("grid_independence", "Grid independence today"),
        *diagnostics(
            _share("self_consumption_solar", "Self-consumption solar share today", "has_solar"),
            _share("self_consumption_battery", "Self-consumption battery share today", "has_battery"),
        ),
    ),
)

CHARGES = group(
    "charges",
    (
        topic(
            "charge_sessions",
            "Charge sessions",
            "charge_history.sessions",
            read=convert.objects(),
            note="The last month's list of {start, duration in seconds, energy in Wh} at all wall connectors together: "
            "Tesla does not say at which. A site with one wall connector gives them to it too.",
        ),
    ),
)
