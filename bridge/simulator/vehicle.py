"""A simulated car as Tesla's cloud sees it (fleet-api.md 2.1-2.5, 3): what the server and the tests use."""

from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

from bridge.simulator import vehicle_answers
from bridge.simulator.places import Place
from bridge.simulator.vehicle_birth import born, stops_around
from bridge.simulator.vehicle_car import Car
from bridge.simulator.vehicle_charging import Supply
from bridge.simulator.vehicle_commands import execute
from bridge.simulator.vehicle_commands_signed import told
from bridge.simulator.vehicle_config import equipment
from bridge.simulator.vehicle_force import force
from bridge.simulator.vehicle_life import live, settle

Answer = dict[str, Any]


class Vehicle:
    """One car of an account; the same for the same seed and start.

    `story` is "commuter" (workdays to work at 07:45, home at 17:10, then charges) or "resting"
    (asleep at home, plugged in at 55 %, charging stopped by its owner). `wall_connector` is the DIN
    at home, `options` replaces members of `vehicle_config`, `phases` and `amps` are the home supply.
    The car has lived a day when it starts.
    """

    def __init__(
        self,
        *,
        vin: str,
        number: int,
        name: str,
        seed: int,
        start: datetime,
        home: Place,
        work: Place | None = None,
        zone: str = "Europe/Berlin",
        story: str = "commuter",
        wall_connector: str | None = None,
        phases: int = 3,
        amps: int = 16,
        options: Mapping[str, Any] | None = None,
        polling_keeps_awake: bool = True,
    ) -> None:
        self.vin = vin
        supply = Supply(amps=amps, phases=phases, din=wall_connector)
        self._car = born(
            vin=vin, number=number, name=name, seed=seed, start=start, zone=zone, story=story,
            stops=stops_around(home, work, supply), config=equipment(vin, options),
        )  # fmt: skip
        self._car.polling_keeps_awake = polling_keeps_awake
        self._stale: tuple[datetime, Car] | None = None

    @property
    def state(self) -> str:
        """`online`, `asleep` or `offline`; only an online car answers `data` and `command`."""
        return self._car.sleep.state

    @property
    def plugged_din(self) -> str | None:
        """The DIN of the wall connector whose cable is in the car."""
        supply = self._car.charging.supply
        return supply.din if supply else None

    @property
    def charger_watts(self) -> float:
        """What it draws from that wall connector now."""
        return self._car.charging.watts if self.plugged_din else 0.0

    @property
    def in_service(self) -> bool:
        """At Tesla's: the server answers 405."""
        return self._car.access.in_service

    @property
    def mobile_access(self) -> bool:
        """Off: the server answers 401 `mobile_access_disabled`."""
        return self._car.access.mobile_access

    @property
    def command_signing(self) -> str:
        """`off`, `allowed` or `required`: with the last the server refuses plain REST commands."""
        return self._car.access.command_signing

    @property
    def key_paired(self) -> bool:
        """Whether the application's virtual key is in the car."""
        return self._car.access.key_paired

    @property
    def noticed(self) -> list[tuple[str, datetime]]:
        """What people in the street saw and heard: ("horn" | "lights" | "boombox" | "homelink", when)."""
        return list(self._car.body.noticed)

    @property
    def hidden(self) -> dict[str, object]:
        """What commands set and no answer of the REST API shows."""
        settings = self._car.settings
        locks = {"pin_to_drive": settings.pin_to_drive.active, "parental_controls": settings.parental.active}
        return settings.hidden | locks

    def advance(self, now: datetime) -> None:
        """Lives up to `now`; a time before the last one changes nothing."""
        live(self._car, now.astimezone(UTC))

    def entry(self) -> Answer:
        """The car's entry in `products` and `vehicles`."""
        return vehicle_answers.entry(self._car)

    def data(self, groups: frozenset[str] | None, *, location: bool) -> Answer:
        """`vehicle_data`; None means the default groups. `location` is the scope. Keeps the car awake."""
        if self._car.polling_keeps_awake:
            self._car.sleep.stir(self._car.now)
        return vehicle_answers.data(self._shown(), groups, location=location)

    def wake(self, now: datetime) -> None:
        """`wake_up`: a sleeping car comes online 8 to 25 seconds later."""
        self.advance(now)
        self._car.sleep.ask(self._car.now)

    def command(self, name: str, params: Answer, now: datetime) -> tuple[bool, str]:
        """(done, reason); BadParameter, UnknownCommand. The next `data` shows what it did."""
        self.advance(now)
        self._car.sleep.stir(self._car.now)
        delay = self._car.access.read_delay
        if delay:
            self._stale = (self._car.now + timedelta(seconds=delay), deepcopy(self._car))
        reason = execute(self._car, name, params)
        settle(self._car)
        return not reason, reason

    def told(self, name: str) -> Answer | None:
        """What the car answers to a signed question besides yes, as JSON of the protocol's Response."""
        return told(self._car, name)

    def fleet_status(self) -> Answer:
        """The car's member of `vehicle_info` in `fleet_status`."""
        return vehicle_answers.fleet_status(self._car)

    def force(self, **fields: Any) -> None:
        """Sets what a test or the demo wants; BadParameter for unknown names and unfit values.

        state                "online", "asleep" (ends all that keeps it awake), "offline"
        offline              bool: unreachable until False
        wake_fails           bool: wake calls do nothing
        polling_keeps_awake  bool
        battery_level        percent, may have decimals
        plugged              bool: at home the wall connector's cable, at a charger its own, elsewhere a socket
        charging             bool: plugs in and starts, or stops, as the owner would
        no_power             bool: charging_state NoPower
        at_home              bool: parked at home or at work, unplugged
        place                name of a stop: home, work, shop, lake, supercharger, fast_charger
        drive_to             name of a stop: drives off at once
        location             {"latitude", "longitude"}: moves it there
        shift_state          "P", "D", "R", "N" (standing still), None: parks, ends a drive
        speed                mph shown in a gear that was forced
        climate_on           bool
        inside_temp, outside_temp    °C; outside stays until None
        software_update      "", "available", "downloading", "downloading_wifi_wait"
        odometer             miles
        locked, sentry_mode, user_present    bool
        df, dr, pf, pr, ft, rt, fd_window, fp_window, rd_window, rp_window    0 is closed
        tpms_pressure_fl, _fr, _rl, _rr      bar as read now
        hide_private, key_paired, mobile_access, in_service, discounted    bool
        command_signing      "off", "allowed", "required"
        equipment            {name: value}: put into vehicle_config
        access_type          "OWNER", "DRIVER"
        number_of_keys       int
        old_firmware         bool: leaves out what firmware of 2023 did not have
        read_delay           seconds for which data() still shows the state before a command
        refuse               a reason or a list of reasons: the next commands are refused so
        answers              {"group.field" or "group": value}: put into data(); "<missing>" takes it out
        """
        force(self._car, fields)
        settle(self._car)

    def _shown(self) -> Car:
        """The car, or for a while after a command what it was before (`read_delay`)."""
        if self._stale and self._car.now < self._stale[0]:
            return self._stale[1]
        return self._car
