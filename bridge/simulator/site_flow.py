"""Where the power of one moment comes from and goes to."""

from typing import NamedTuple


class Flow(NamedTuple):
    """Watts with the signs of fleet-api.md 4.2; load = solar + battery + grid."""

    solar: float
    battery: float
    grid: float
    load: float


DARK = Flow(0.0, 0.0, 0.0, 0.0)


class Paths(NamedTuple):
    """The same moment (W) or a span of it (Wh), told apart by source and sink; all >= 0."""

    sun_to_load: float
    sun_to_battery: float
    sun_to_grid: float
    battery_to_load: float
    battery_to_grid: float
    grid_to_load: float
    grid_to_battery: float


def paths(flow: Flow) -> Paths:
    """The house is served first, then the battery, then the grid; the sun serves before the battery."""
    solar, battery, _, load = flow
    charge, discharge = max(-battery, 0.0), max(battery, 0.0)
    sun_to_load = min(solar, load)
    sun_to_battery = min(solar - sun_to_load, charge)
    battery_to_load = min(discharge, load - sun_to_load)
    return Paths(
        sun_to_load=sun_to_load,
        sun_to_battery=sun_to_battery,
        sun_to_grid=solar - sun_to_load - sun_to_battery,
        battery_to_load=battery_to_load,
        battery_to_grid=discharge - battery_to_load,
        grid_to_load=load - sun_to_load - battery_to_load,
        grid_to_battery=charge - sun_to_battery,
    )
