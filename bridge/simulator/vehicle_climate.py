"""The cabin: how it cools and heats by itself, and what the climate system does about it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import exp

COLDEST_SETTING, WARMEST_SETTING = 15.0, 28.0
PASSIVE_MINUTES = 50.0  # a parked cabin follows the weather that slowly
ACTIVE_MINUTES = 6.0  # and the set temperature that fast
SUN_DEGREES = 16.0  # what a high sun adds behind glass
REMOTE_RUN = timedelta(hours=2)  # the car switches a climate off that nobody came for
OVERHEAT_LIMIT = {"Low": 30.0, "Medium": 35.0, "High": 40.0}  # °C, fleet-api.md 3.2 set_cop_temp
OVERHEAT_WATCH = timedelta(hours=12)  # after the last drive
LARGEST_KILOWATTS = 6.5

FRONT_SEATS = ("seat_heater_left", "seat_heater_right")
REAR_SEATS = ("seat_heater_rear_left", "seat_heater_rear_center", "seat_heater_rear_right")
THIRD_ROW_SEATS = ("seat_heater_third_row_left", "seat_heater_third_row_right")
COOLED_SEATS = ("seat_fan_front_left", "seat_fan_front_right")


@dataclass
class Climate:
    """Temperatures in °C; `seats` and `fans` are keyed by their answer fields, 0 to 3."""

    inside: float
    outside: float
    since: datetime
    on: bool = False
    preconditioning: bool = False
    driver: float = 21.0
    passenger: float = 21.0
    defrost: int = 0
    keeper: str = "off"
    bioweapon: bool = False
    overheat: str = "On"
    overheat_level: str = "High"
    overheat_cooling: bool = False
    seats: dict[str, int] = field(default_factory=lambda: dict.fromkeys(FRONT_SEATS + REAR_SEATS, 0))
    fans: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COOLED_SEATS, 0))
    auto_seats: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(FRONT_SEATS, True))
    wheel: int = 0
    auto_wheel: bool = False
    kilowatts: float = 0.0

    @property
    def target(self) -> float:
        """What the system works towards."""
        if self.overheat_cooling:
            return OVERHEAT_LIMIT[self.overheat_level]
        return WARMEST_SETTING if self.defrost else self.driver

    @property
    def working(self) -> bool:
        """The fan runs, for whatever reason."""
        return self.on or self.overheat_cooling

    @property
    def fan(self) -> int:
        """`fan_status`."""
        if not self.working:
            return 0
        return 10 if self.defrost else min(7, 2 + int(abs(self.target - self.inside) / 2))

    def start(self, now: datetime, *, preconditioning: bool = False) -> None:
        """Switches on; a running climate only changes its reason."""
        if not self.on:
            self.since = now
        self.on = True
        self.preconditioning = preconditioning

    def stop(self) -> None:
        """Switches off all that needs the climate."""
        self.on = self.preconditioning = self.bioweapon = False
        self.defrost = self.wheel = 0
        self.keeper = "off"
        self.seats = dict.fromkeys(self.seats, 0)
        self.fans = dict.fromkeys(self.fans, 0)

    def expired(self, now: datetime) -> bool:
        """Whether a remote start has run its time; keeper modes have none."""
        return self.on and self.keeper == "off" and now >= self.since + REMOTE_RUN

    def guard(self, *, watching: bool) -> None:
        """Cabin overheat protection: cools from the limit on, until two degrees below."""
        limit = OVERHEAT_LIMIT[self.overheat_level] - (2 if self.overheat_cooling else 0)
        wanted = watching and self.overheat != "Off" and not self.on
        self.overheat_cooling = wanted and self.inside > limit

    def flow(self, outside: float, sun: float, seconds: float) -> float:
        """Changes the cabin for so long; the mean power it took, kW."""
        self.outside = outside
        resting = outside + SUN_DEGREES * sun
        if not self.working:
            self.inside = _towards(self.inside, resting, seconds / 60 / PASSIVE_MINUTES)
            self.kilowatts = 0.0
            return 0.0
        before = self._power(resting)
        self.inside = _towards(self.inside, self._reachable(resting), seconds / 60 / ACTIVE_MINUTES)
        self._heat_seats()
        self.kilowatts = self._power(resting)
        return (before + self.kilowatts) / 2

    def _reachable(self, resting: float) -> float:
        """A fan alone only brings the cabin near the air outside."""
        if self.overheat_cooling and self.overheat == "FanOnly":
            return max(self.target, (resting + self.outside) / 2)
        return self.target

    def _power(self, resting: float) -> float:
        if self.overheat_cooling and self.overheat == "FanOnly":
            return 0.2
        work = 0.3 + 0.07 * abs(self.target - resting) + 0.22 * abs(self.target - self.inside)
        return min(LARGEST_KILOWATTS, work) + 0.06 * sum(self.seats.values())

    def _heat_seats(self) -> None:
        for seat, auto in self.auto_seats.items():
            if auto and self.on:
                self.seats[seat] = max(0, min(3, round((self.target - self.inside - 1) / 4)))
        if self.auto_wheel and self.on:
            self.wheel = 1 if self.inside < self.target - 5 else 0


def _towards(value: float, target: float, share: float) -> float:
    return target + (value - target) * exp(-share)
