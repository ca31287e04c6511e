"""What the battery does: the owner's mode, the tariff, storms and outages, turned into a flow."""

from dataclasses import dataclass

from bridge.simulator.site_battery import Battery
from bridge.simulator.site_flow import DARK, Flow
from bridge.simulator.site_settings import Settings
from bridge.simulator.site_tariff import Price

# Of its power, what self-consumption takes from the grid to reach the reserve (entities.md O13: 1.7 of 5 kW).
GENTLE_SHARE = 0.34


@dataclass(frozen=True, slots=True)
class Moment:
    """What the battery meets for the next `seconds`: W of sun offered and of demand."""

    sun: float
    demand: float
    seconds: float
    price: Price = "middle"
    storm: bool = False

    @property
    def net(self) -> float:
        """What the house lacks; negative: what the sun leaves over."""
        return self.demand - self.sun


def on_grid(moment: Moment, battery: Battery, settings: Settings, *, grid_charging: bool) -> Flow:
    """The flow with the grid there; a `never` export rule curtails the sun instead of exporting it."""
    wish = _wish(moment, battery, settings)
    charge_limit = battery.charge_limit(moment.seconds)
    if not grid_charging and not moment.storm:
        charge_limit = min(charge_limit, max(-moment.net, 0.0))
    discharge_limit = battery.discharge_limit(settings.backup_reserve_percent, moment.seconds)
    power = min(max(wish, -charge_limit), discharge_limit)
    grid = moment.net - power
    solar = moment.sun
    if settings.export_rule == "never" and grid < 0:
        solar, grid = solar + grid, 0.0
    return Flow(solar, power, grid, moment.demand)


def off_grid(moment: Moment, battery: Battery, *, dark: bool) -> Flow:
    """The flow in an outage: the sun is curtailed to what can be used, the load to what can be served."""
    charge_limit = battery.charge_limit(moment.seconds)
    if dark:
        charge = min(moment.sun, charge_limit)
        return DARK._replace(solar=charge, battery=-charge)
    discharge_limit = battery.discharge_limit(0, moment.seconds)
    power = min(max(moment.net, -charge_limit), discharge_limit)
    solar = min(moment.sun, moment.demand + charge_limit)
    return Flow(solar, power, 0.0, solar + power)


def _wish(moment: Moment, battery: Battery, settings: Settings) -> float:
    """What the battery would do without limits, W."""
    if moment.storm or settings.default_real_mode == "backup":
        return -battery.power
    time_based = settings.default_real_mode == "autonomous"
    if battery.level < settings.backup_reserve_percent:
        pace = battery.power if time_based else battery.power * GENTLE_SHARE
        needed = battery.charge_limit(moment.seconds, settings.backup_reserve_percent)
        return min(moment.net, -min(pace, needed))
    return _time_based(moment, battery, settings) if time_based else moment.net


def _time_based(moment: Moment, battery: Battery, settings: Settings) -> float:
    """Fill while power is cheap, give (and sell, if the owner lets it) while it is dear."""
    if moment.price == "cheap":
        return -battery.power
    if moment.price == "peak" and settings.export_rule in {None, "battery_ok"}:
        return battery.power
    return moment.net
