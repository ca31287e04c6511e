"""The account: its owner, cars and energy sites, and the cables between them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bridge.simulator.answers import Json

# A car that plugs in during a long step must show up at its wall connector within this time.
STEP = timedelta(minutes=5)

Cables = Mapping[str, tuple[str | None, float]]


class Car(Protocol):
    """What the server needs of a car: simulated (vehicle.py) or recorded (recorded.py)."""

    vin: str

    @property
    def state(self) -> str: ...
    @property
    def plugged_din(self) -> str | None: ...
    @property
    def charger_watts(self) -> float: ...
    @property
    def in_service(self) -> bool: ...
    @property
    def mobile_access(self) -> bool: ...
    @property
    def command_signing(self) -> str: ...
    @property
    def key_paired(self) -> bool: ...
    def advance(self, now: datetime) -> None: ...
    def entry(self) -> Json: ...
    def data(self, groups: frozenset[str] | None, *, location: bool) -> Json: ...
    def wake(self, now: datetime) -> None: ...
    def command(self, name: str, params: Json, now: datetime) -> tuple[bool, str]: ...
    def told(self, name: str) -> Json | None: ...
    def fleet_status(self) -> Json: ...
    def force(self, **fields: object) -> None: ...


class Site(Protocol):
    """What the server needs of an energy site: simulated (site.py) or recorded (recorded.py)."""

    site_id: int

    def advance(self, now: datetime, ev: Cables) -> None: ...
    def product(self) -> Json: ...
    def live_status(self) -> Json: ...
    def site_info(self) -> Json: ...
    def write(self, path: str, body: Json, now: datetime) -> Json | str: ...
    def calendar_history(
        self, *, kind: str, start: str | None, end: str | None, period: str, zone: str | None
    ) -> Json | None: ...
    def telemetry_history(self, *, kind: str, start: str | None, end: str | None, zone: str | None) -> Json: ...
    def backup_time_remaining(self) -> Json: ...
    def force(self, **fields: object) -> None: ...


@dataclass(frozen=True)
class Owner:
    """Who signs in; the password is for the legacy grant only."""

    email: str = "owner@example.com"
    full_name: str = "Simulated Owner"
    password: str = "simulated-password"  # noqa: S105  # guards nothing; tests and the demo need to know it


class Account:
    """Cars and sites of one owner; `owner` None is an application's own, empty account."""

    def __init__(self, cars: Sequence[Car] = (), sites: Sequence[Site] = (), owner: Owner | None = None) -> None:
        self.cars = tuple(cars)
        self.sites = tuple(sites)
        self.owner = owner
        self._advanced_to: datetime | None = None

    def advance(self, now: datetime) -> None:
        """Bring everybody's life up to `now`, in steps short enough for a cable to be noticed."""
        at = self._advanced_to or now
        while now - at > STEP:
            at += STEP
            self._step(at)
        self._step(now)
        self._advanced_to = now

    def car(self, tag: str) -> Car | None:
        """The car with this VIN or list id."""
        return next((car for car in self.cars if tag == car.vin or tag == car.entry().get("id_s")), None)

    def site(self, tag: str) -> Site | None:
        return next((site for site in self.sites if tag == str(site.site_id)), None)

    def _step(self, now: datetime) -> None:
        for car in self.cars:
            car.advance(now)
        plugged = {car.plugged_din: (car.vin, car.charger_watts) for car in self.cars if car.plugged_din}
        for site in self.sites:
            site.advance(now, plugged)
