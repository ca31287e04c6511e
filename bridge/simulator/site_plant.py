"""The machines of a site: panels, house, battery and the switch to the grid."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from bridge.simulator.site_battery import Battery
from bridge.simulator.site_control import Moment, off_grid, on_grid
from bridge.simulator.site_flow import Flow
from bridge.simulator.site_settings import Settings
from bridge.simulator.site_tariff import Price

RESTART_LEVEL = 5.0  # percent at which a battery that ran empty in an outage serves the house again
Source = Callable[[float], float]  # epoch -> W


class Plant:
    """Turns sun and demand into flows and moves the battery accordingly."""

    def __init__(self, *, sun: Source, house: Source, battery: Battery, settings: Settings, zone: ZoneInfo) -> None:
        self._sun = sun
        self._house = house
        self.battery = battery
        self.settings = settings
        self.grid_down = False
        self.storm = False
        self.dark = False
        self.forced_sun: float | None = None
        self.forced_house: float | None = None
        self._zone = zone

    @property
    def feeds_cars(self) -> bool:
        """False in an outage once the battery is at the reserve kept from cars (fleet-api.md 4.3)."""
        reserve = self.settings.off_grid_vehicle_charging_reserve_percent
        return not self.grid_down or (not self.dark and self.battery.level > reserve)

    def flow(self, epoch: float, cars: float, seconds: float = 0) -> Flow:
        """The flow at that time with so many W of car charging, as it can last for `seconds`."""
        minute = epoch // 60 * 60
        settings = self.settings
        sun = self._sun(minute) if self.forced_sun is None else self.forced_sun
        house = self._house(minute) if self.forced_house is None else self.forced_house
        demand = house + (cars if self.feeds_cars else 0.0)
        moment = Moment(sun, demand, seconds, self._price(minute), self.storm)
        if self.grid_down:
            return off_grid(moment, self.battery, dark=self.dark)
        return on_grid(moment, self.battery, settings, grid_charging=not settings.grid_charging_disallowed)

    def step(self, epoch: float, cars: float, seconds: float) -> Flow:
        """Live through `seconds` from `epoch` on, by the flow in their middle."""
        flow = self.flow(epoch + seconds / 2, cars, seconds)
        self.battery.run(flow.battery, seconds)
        self.settle()
        return flow

    def settle(self) -> None:
        """See whether the house is dark: an outage with an empty battery, until it has some charge again."""
        if not self.grid_down:
            self.dark = False
        elif self.battery.energy <= 0:
            self.dark = True
        elif self.battery.level >= RESTART_LEVEL:
            self.dark = False

    def _price(self, epoch: float) -> Price:
        if self.settings.default_real_mode != "autonomous":
            return "middle"
        return self.settings.tariff.price(datetime.fromtimestamp(epoch, self._zone))
