"""The tariff, worked out for now (fleet-api.md 4.6; entities.md N17 to N20)."""

from __future__ import annotations

from typing import Any

from bridge.catalog.builders import (
    diagnostics,
    enum,
    group,
    hidden,
    sensor,
    timestamp,
)
from bridge.catalog.rows import DERIVED, Entity

PERIODS = "on_peak partial_peak mid_peak off_peak super_off_peak all"
"""Those that tariffs use most; a tariff may name others."""

_NEXT = "From tariff_next_change on."


def _price(key: str, name: str, note: str, **options: Any) -> Entity:
    return sensor(
        key,
        name,
        DERIVED,
        unit="/kWh",
        unit_from="tariff_currency",
        state_class="measurement",
        note=note,
        needs="tariff_currency",
        **options,
    )


TARIFF = group(
    "tariff",
    (
        _price(
            "buy_price", "Buy price", "Of the tariff's energy charges at the site's own time.", icon="mdi:cash-minus"
        ),
        _price("sell_price", "Sell price", "Of the tariff's sell_tariff; unknown without one.", icon="mdi:cash-plus"),
        *hidden(
            enum(
                "tariff_period",
                "Tariff period",
                DERIVED,
                PERIODS,
                needs="tariff_currency",
                note="By the site's own clock, daylight saving included.",
            ),
            timestamp(
                "tariff_next_change",
                "Next tariff change",
                DERIVED,
                needs="tariff_currency",
                note="When period, buy price or sell price change next; unknown if not within a year.",
            ),
            _price("next_buy_price", "Next buy price", _NEXT),
            _price("next_sell_price", "Next sell price", _NEXT),
            enum("next_tariff_period", "Next tariff period", DERIVED, PERIODS, needs="tariff_currency", note=_NEXT),
        ),
        *diagnostics(sensor("tariff_currency", "Tariff currency", "site_info.tariff_content_v2.currency")),
    ),
)
