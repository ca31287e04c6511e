"""Tyres (entities.md E)."""

from __future__ import annotations

from typing import Any

from bridge.catalog import convert
from bridge.catalog.builders import (
    binary_sensor,
    diagnostics,
    group,
    sensor,
    timestamp,
)
from bridge.catalog.rows import STREAMED, Entity

TYRES_AT = (
    ("fl", "front_left", "front left"),
    ("fr", "front_right", "front right"),
    ("rl", "rear_left", "rear left"),
    ("rr", "rear_right", "rear right"),
)

_WARNING_FIELDS = tuple(f"tpms_{kind}_warning_{at}" for kind in ("soft", "hard") for at, _, _ in TYRES_AT)


def _bar(key: str, name: str, field: str, **options: Any) -> Entity:
    return sensor(
        key,
        name,
        f"vehicle_state.{field}",
        read=convert.rounded(3),
        unit="bar",
        device_class="pressure",
        precision=2,
        **options,
    )


def _tyre(at: str, key: str, name: str) -> tuple[Entity, ...]:
    return diagnostics(
        _bar(
            f"tyre_pressure_{key}",
            f"Tyre pressure {name}",
            f"tpms_pressure_{at}",
            state_class="measurement",
            stream=f"TpmsPressure{at.title()}",
        ),
        binary_sensor(
            f"tyre_soft_warning_{key}",
            f"Tyre pressure warning {name}",
            f"vehicle_state.tpms_soft_warning_{at}",
            device_class="problem",
            stream="TpmsSoftWarnings",
        ),
        binary_sensor(
            f"tyre_hard_warning_{key}",
            f"Tyre pressure alarm {name}",
            f"vehicle_state.tpms_hard_warning_{at}",
            device_class="problem",
            stream="TpmsHardWarnings",
        ),
        timestamp(
            f"tyre_pressure_time_{key}",
            f"Tyre pressure measured {name}",
            f"vehicle_state.tpms_last_seen_pressure_time_{at}",
            read=convert.seconds_epoch,
            stream=f"TpmsLastSeenPressureTime{at.title()}",
        ),
    )


TYRES = group(
    "tyres",
    (
        binary_sensor(
            "tyre_warning",
            "Tyre warning",
            "vehicle_state",
            read=convert.any_of(convert.boolean, *_WARNING_FIELDS),
            device_class="problem",
            stream="TpmsSoftWarnings TpmsHardWarnings",
        ),
        *(row for tyre in TYRES_AT for row in _tyre(*tyre)),
        *diagnostics(
            _bar("tyre_pressure_front", "Tyre pressure recommended front", "tpms_rcp_front_value"),
            _bar("tyre_pressure_rear", "Tyre pressure recommended rear", "tpms_rcp_rear_value"),
            sensor(
                "tyre_soft_warnings",
                "Tyre pressure warnings",
                STREAMED,
                stream="TpmsSoftWarnings",
                note="The tyres that have one.",
            ),
            sensor(
                "tyre_hard_warnings",
                "Tyre pressure alarms",
                STREAMED,
                stream="TpmsHardWarnings",
                note="The tyres that have one.",
            ),
        ),
    ),
)
