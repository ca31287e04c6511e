"""The car: all its parts together. What happens to them stands in vehicle_life and vehicle_drive."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bridge.simulator.places import Place, miles_between
from bridge.simulator.vehicle_agenda import Agenda
from bridge.simulator.vehicle_battery import Battery
from bridge.simulator.vehicle_body import Body, Tyres
from bridge.simulator.vehicle_charging import Charging
from bridge.simulator.vehicle_climate import Climate
from bridge.simulator.vehicle_config import DISPLAY
from bridge.simulator.vehicle_journey import Journey, Moment
from bridge.simulator.vehicle_media import Media
from bridge.simulator.vehicle_routine import Stop, Story
from bridge.simulator.vehicle_schedules import Timetable
from bridge.simulator.vehicle_settings import Settings
from bridge.simulator.vehicle_sleep import Sleep
from bridge.simulator.vehicle_software import Software

AT_MILES = 0.2


@dataclass(frozen=True)
class Route:
    """A destination in the navigation."""

    name: str
    place: Place


@dataclass
class Drive:
    """`gear` None is parked. `speed` (mph) is what a test forced; a journey has its own."""

    gear: str | None = None
    speed: float = 0.0
    heading: float = 0.0
    journey: Journey | None = None
    departed: datetime | None = None
    covered: Moment | None = None
    to: Stop | None = None
    route: Route | None = None


@dataclass
class Access:
    """What the account and the test bench hold about the car; field names are those of `force`."""

    hide_private: bool = False
    command_signing: str = "allowed"
    key_paired: bool = True
    mobile_access: bool = True
    in_service: bool = False
    access_type: str = "OWNER"
    number_of_keys: int = 3
    discounted: bool = False
    old_firmware: bool = False
    read_delay: float = 0.0
    refuse: list[str] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)


@dataclass
class Car:
    """State of one car at `now` (UTC); `config` is its `vehicle_config`, `display` its `gui_settings`."""

    vin: str
    number: int
    seed: int
    zone: ZoneInfo
    stops: Mapping[str, Stop]
    story: Story
    config: dict[str, Any]
    now: datetime
    place: Place
    odometer: float
    battery: Battery
    charging: Charging
    climate: Climate
    tyres: Tyres
    software: Software
    settings: Settings
    sleep: Sleep
    busy_from: datetime
    polling_keeps_awake: bool = True
    forced_outside: float | None = None
    last_drive: datetime | None = None
    warming_was_due: bool = False
    body: Body = field(default_factory=Body)
    media: Media = field(default_factory=Media)
    timetable: Timetable = field(default_factory=Timetable)
    drive: Drive = field(default_factory=Drive)
    agenda: Agenda = field(default_factory=Agenda)
    access: Access = field(default_factory=Access)
    display: dict[str, Any] = field(default_factory=lambda: dict(DISPLAY))

    @property
    def parked(self) -> bool:
        """In P, or without a gear."""
        return self.drive.gear in {None, "P"}

    @property
    def local(self) -> datetime:
        """The time on the car's clock."""
        return self.now.astimezone(self.zone)

    @property
    def home(self) -> Stop:
        """Where it lives."""
        return self.stops["home"]

    @property
    def at_home(self) -> bool:
        """Parked or not, it is there."""
        return self.is_at(self.home)

    def is_at(self, stop: Stop) -> bool:
        """Near enough to be called there."""
        return miles_between(self.place, stop.place) < AT_MILES

    def has(self, feature: str) -> bool:
        """Whether `vehicle_config` says that the car has it."""
        return bool(self.config.get(feature))
