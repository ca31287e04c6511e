"""Does the car sleep, and if not, why (entities.md L21 to L23). bridge/derived/sleep.py works it out."""

from __future__ import annotations

from bridge.catalog import convert
from bridge.catalog.builders import binary_sensor, enum, group, sensor
from bridge.catalog.rows import DERIVED, Entity


def _today(key: str, name: str, unit: str, note: str) -> Entity:
    return sensor(
        key,
        name,
        DERIVED,
        read=convert.number,
        unit=unit,
        device_class="duration",
        state_class="total_increasing",
        category="diagnostic",
        enabled=False,
        note=note,
    )


SLEEP: tuple[Entity, ...] = group(
    "sleep",
    (
        enum(
            "awake_because",
            "Awake because",
            DERIVED,
            "nothing driving user_present charging update climate sentry settling bridge other_app",
            category="diagnostic",
            note="`settling`: about to fall asleep. `bridge`: kept awake by the bridge's own last call. "
            "`other_app`: awake though nothing was asked for a quarter of an hour.",
        ),
        _today("asleep_today", "Asleep today", "h", "A day begins at midnight where the car is."),
        _today(
            "awake_for_bridge_today",
            "Awake for the bridge today",
            "min",
            "At most: on many cars a data call does not keep the car awake.",
        ),
        _today("awake_for_others_today", "Awake for other apps today", "h", "Or for a reason that the car keeps."),
        binary_sensor(
            "kept_awake_by_bridge",
            "Kept awake by the bridge",
            DERIVED,
            device_class="problem",
            category="diagnostic",
            enabled=False,
            note="For longer than the quarter of an hour in which a car falls asleep.",
        ),
        sensor(
            "phantom_drain",
            "Phantom drain",
            DERIVED,
            unit="%/d",
            state_class="measurement",
            category="diagnostic",
            enabled=False,
            note="Battery level lost since the car was parked, a day. Known after six hours.",
        ),
    ),
)
