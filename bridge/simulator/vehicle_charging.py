"""The charge port: cable, charging states, alternating and direct current."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sin

from bridge.simulator.vehicle_battery import Battery, ac_share, dc_kilowatts

STARTING_SECONDS = 8  # from cable or command to the first ampere
UNLATCHED_SECONDS = 45  # the cable is held again when nobody pulled it
AMPS_PER_SECOND = 2.0
AC_EFFICIENCY = 0.92
TOP_UP_PERCENT = 3  # a complete charge begins again only when so much is missing
SMALL = 1e-6
ONBOARD_AMPS = 16  # charge_current_request_max while no cable says otherwise
IDLE_VOLTS = 2  # recorded: what the charger reads behind an open relay


@dataclass(frozen=True)
class Supply:
    """What the cable in the port comes from; `dc_kilowatts` 0 means alternating current."""

    amps: int = 16
    phases: int = 3
    din: str | None = None
    dc_kilowatts: float = 0.0

    @property
    def is_dc(self) -> bool:
        """A fast charger."""
        return self.dc_kilowatts > 0


@dataclass
class Charging:
    """State of the charge port; `status` holds the words of `charging_state`."""

    since: datetime
    status: str = "Disconnected"
    supply: Supply | None = None
    has_power: bool = True
    limit: int = 80
    wanted_amps: int = ONBOARD_AMPS
    enabled_by_user: bool | None = None
    door_open: bool = False
    unlatched_until: datetime | None = None
    amps: float = 0.0
    watts: float = 0.0
    energy_added: float = 0.0

    @property
    def plugged(self) -> bool:
        """A cable is in the port."""
        return self.supply is not None

    @property
    def active(self) -> bool:
        """Charging, or about to."""
        return self.status in {"Starting", "Charging"}

    @property
    def next_at(self) -> datetime | None:
        """When the state changes by itself."""
        return self.since + timedelta(seconds=STARTING_SECONDS) if self.status == "Starting" else None

    @property
    def max_amps(self) -> int:
        """`charge_current_request_max`."""
        return self.supply.amps if self.supply and not self.supply.is_dc else ONBOARD_AMPS

    @property
    def requested_amps(self) -> int:
        """`charge_current_request`: the wish, held below the maximum."""
        return min(self.wanted_amps, self.max_amps)

    def plug(self, supply: Supply) -> None:
        """A cable goes in: a new session."""
        self.supply = supply
        self.door_open = True
        self.enabled_by_user = None
        self.energy_added = 0.0

    def unplug(self) -> None:
        """The cable goes out and the door closes."""
        self.supply = None
        self.door_open = False
        self.unlatched_until = None
        self.enabled_by_user = None

    def unlatch(self, now: datetime) -> None:
        """Lets go of the cable for a while."""
        self.unlatched_until = now + timedelta(seconds=UNLATCHED_SECONDS)

    def set_limit(self, percent: int, battery: Battery) -> None:
        """A limit above the level ends a complete charge."""
        self.limit = percent
        if self.status == "Complete" and battery.percent < percent - SMALL:
            self.pause()

    def pause(self) -> None:
        """Lets the next `settle` decide anew."""
        self.status = "Stopped"

    def settle(self, battery: Battery, now: datetime, *, allowed: bool) -> None:
        """Moves to the state that cable, power, owner, limit and schedule (`allowed`) ask for."""
        wanted = self._wanted(battery, now, allowed=allowed)
        if wanted != self.status:
            self.status = wanted
            self.since = now
        if self.status != "Charging":
            self.amps = self.watts = 0.0
        if self.status == "Complete" and self.enabled_by_user:
            self.enabled_by_user = None

    def _wanted(self, battery: Battery, now: datetime, *, allowed: bool) -> str:
        if not self.supply:
            return "Disconnected"
        if not self.has_power:
            return "NoPower"
        if self._is_full(battery):
            return "Complete"
        if self.enabled_by_user is False or not (allowed or self.enabled_by_user):
            return "Stopped"
        return self._running(now)

    def _is_full(self, battery: Battery) -> bool:
        slack = TOP_UP_PERCENT if self.status == "Complete" else SMALL
        return battery.percent >= self.limit - slack

    def _running(self, now: datetime) -> str:
        if self.status == "Charging":
            return "Charging"
        if self.status == "Starting" and now >= self.since + timedelta(seconds=STARTING_SECONDS):
            return "Charging"
        return "Starting"

    def flow(self, battery: Battery, now: datetime, seconds: float) -> None:
        """Charges for so long, up to `now`."""
        if self.status != "Charging" or self.supply is None:
            return
        mean_watts = self._ramp(self.supply, battery, now, seconds)
        efficiency = 1.0 if self.supply.is_dc else AC_EFFICIENCY
        kwh = min(mean_watts * efficiency * seconds / 3.6e6, battery.room(self.limit))
        battery.change(kwh)
        self.energy_added += kwh

    def _ramp(self, supply: Supply, battery: Battery, now: datetime, seconds: float) -> float:
        """Moves current and power to their target; the mean power on the way, W."""
        if supply.is_dc:
            self.watts = min(supply.dc_kilowatts, dc_kilowatts(battery.percent)) * 1000
            return self.watts
        before = self.amps
        target = self.requested_amps * ac_share(battery.percent)
        ramp = min(seconds, abs(target - before) / AMPS_PER_SECOND)
        self.amps += max(-ramp * AMPS_PER_SECOND, min(ramp * AMPS_PER_SECOND, target - before))
        mean_amps = self.amps + (before - self.amps) / 2 * (ramp / seconds if seconds else 0)
        self.watts = self.volts(now) * self.amps * supply.phases
        return self.volts(now) * mean_amps * supply.phases

    def volts(self, now: datetime) -> float:
        """Line voltage; a little mains unrest, less under load. On DC: the pack's."""
        if self.status != "Charging" or self.supply is None:
            return IDLE_VOLTS
        if self.supply.is_dc:
            return 388.0
        return 231.5 + 1.8 * sin(now.timestamp() / 700) - 0.15 * self.amps

    def hours_to_limit(self, battery: Battery) -> float:
        """`time_to_full_charge`: 0 unless charging."""
        if not self.active or self.supply is None:
            return 0.0
        return self.hours_needed(battery)

    def hours_needed(self, battery: Battery) -> float:
        """Hours from now to the limit at the current that may flow; percent by percent."""
        hours, percent = 0.0, battery.percent
        while percent < self.limit - SMALL:
            step = min(1.0, self.limit - percent)
            hours += battery.capacity * step / 100 / self._kilowatts_at(percent)
            percent += step
        return hours

    def _kilowatts_at(self, percent: float) -> float:
        supply = self.supply or Supply()
        if supply.is_dc:
            return min(supply.dc_kilowatts, dc_kilowatts(percent))
        amps = max(0.5, self.requested_amps * ac_share(percent))
        return 230 * amps * supply.phases * AC_EFFICIENCY / 1000
