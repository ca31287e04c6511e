"""What only a Cybertruck, a car with Powershare or a Semi has (entities.md J)."""

from __future__ import annotations

from typing import Any

from bridge.catalog import convert
from bridge.catalog.builders import (
    binary_sensor,
    diagnostics,
    enum,
    group,
    hidden,
    measurement,
    number,
    select,
    sensor,
    switch,
)
from bridge.catalog.rows import ASSUMED, STREAMED, Entity, Limits
from bridge.catalog.vehicle.quantities import NOT_TOLD
from bridge.catalog.writes import Write, chooses, sets

PERCENT = Limits(minimum=0, maximum=100)

SUSPENSION = "entry low medium high very_high extract"
"""`SuspensionLevel`, without its invalid value."""


def _percent(key: str, name: str, write: Write, **options: Any) -> Entity:
    return number(
        key, name, ASSUMED, PERCENT, write, unit="%", category="config", needs="cybertruck", note=NOT_TOLD, **options
    )


def _outlet(key: str, name: str, write: Write, note: str) -> Entity:
    return switch(
        key,
        name,
        ASSUMED,
        write,
        device_class="outlet",
        category="config",
        needs="cybertruck",
        icon="mdi:power-socket",
        note=f"{note} {NOT_TOLD}",
    )


def _semi_tyre(axle: int, side: str, wheel: int) -> Entity:
    """Rear axle 1 or 2; wheel 0 or 1 of the left or right side, as Tesla counts them."""
    where = {"L": "left", "R": "right"}[side]
    return sensor(
        f"semi_tyre_pressure_axle_{axle}_{where}_{wheel}",
        f"Semi tyre pressure axle {'I' * axle} {where} {'AB'[wheel]}",
        STREAMED,
        read=convert.rounded(3),
        unit="bar",
        device_class="pressure",
        state_class="measurement",
        precision=2,
        stream=f"SemitruckTpmsPressureRe{axle}{side}{wheel}",
        note="A is the wheel that Tesla counts as 0, B as 1.",
    )


AIR = "charged building_pressure_intermediate exhausting_pressure_intermediate exhausted"

SPECIAL = group(
    "special",
    (
        *hidden(
            switch(
                "powershare",
                "Powershare",
                ASSUMED,
                sets("set_powershare_feature", "on"),
                category="config",
                needs="cybertruck",
                icon="mdi:home-lightning-bolt",
                stream="PowershareStatus",
                note=NOT_TOLD,
            ),
            _percent(
                "powershare_discharge_limit",
                "Powershare discharge limit",
                sets("set_powershare_discharge_limit", "percent"),
            ),
            _percent("lightbar_brightness", "Lightbar brightness", sets("set_lightbar_brightness", "brightness")),
            _percent(
                "truck_bed_light_brightness",
                "Truck bed light brightness",
                sets("set_truck_bed_light_brightness", "brightness"),
            ),
            _outlet(
                "outlets",
                "Outlets",
                chooses("set_outlets", {True: {"outlets": "cabin_and_bed"}, False: {"outlets": "off"}}),
                "In the cabin and the bed.",
            ),
            _outlet(
                "power_feed",
                "Power feed",
                chooses("set_power_feed", {True: {"feeds": "feed_1_and_feed_2"}, False: {"feeds": "off"}}),
                "Both feeds.",
            ),
            select(
                "suspension_level",
                "Suspension level",
                ASSUMED,
                SUSPENSION,
                sets("set_suspension_level", "level"),
                read=convert.known({word: word for word in SUSPENSION.split()}),
                category="config",
                needs="has_air_suspension",
                icon="mdi:car-lifted-pickup",
                note=NOT_TOLD,
            ),
        ),
        *diagnostics(
            enum(
                "powershare_status",
                "Powershare status",
                STREAMED,
                "inactive handshaking init enabled enabled_reconnecting_soon stopped",
                stream="PowershareStatus",
            ),
            enum("powershare_type", "Powershare type", STREAMED, "none load home", stream="PowershareType"),
            enum(
                "powershare_stop_reason",
                "Powershare stop reason",
                STREAMED,
                "none soc_too_low retry fault user reconnecting authentication",
                stream="PowershareStopReason",
            ),
            measurement(
                "powershare_power",
                "Powershare power",
                STREAMED,
                "kW",
                "power",
                stream="PowershareInstantaneousPowerKW",
            ),
            measurement(
                "powershare_hours_left", "Powershare time left", STREAMED, "h", "duration", stream="PowershareHoursLeft"
            ),
            binary_sensor("lightbar_present", "Offroad lightbar present", STREAMED, stream="OffroadLightbarPresent"),
            sensor(
                "lifetime_energy_used_driving",
                "Lifetime energy used while driving",
                STREAMED,
                unit="kWh",
                device_class="energy",
                state_class="total_increasing",
                stream="LifetimeEnergyUsedDrive",
            ),
            *(_semi_tyre(axle, side, wheel) for axle in (1, 2) for side in "LR" for wheel in (0, 1)),
            enum(
                "semi_tractor_brake",
                "Semi tractor park brake",
                STREAMED,
                f"not_available error {AIR}",
                stream="SemitruckTractorParkBrakeStatus",
            ),
            enum(
                "semi_trailer_brake",
                "Semi trailer park brake",
                STREAMED,
                f"sna invalid bobtail_mode {AIR}",
                stream="SemitruckTrailerParkBrakeStatus",
            ),
            enum(
                "semi_passenger_seat",
                "Semi passenger seat fold",
                STREAMED,
                "sna faulted not_configured folded unfolded",
                stream="SemitruckPassengerSeatFoldPosition",
            ),
        ),
        # Home Assistant sums it up over the years: no diagnostic.
        *hidden(
            sensor(
                "powershare_energy",
                "Powershare energy delivered",
                STREAMED,
                unit="kWh",
                device_class="energy",
                state_class="total_increasing",
                stream="PowershareInstantaneousPowerKW",
                note="The power, summed up over time.",
            ),
        ),
    ),
)
