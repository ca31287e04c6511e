"""What is simulated: the options, and the cloud they describe."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from starlette.applications import Starlette

from bridge.simulator.account import Account, Owner, Site
from bridge.simulator.app import build
from bridge.simulator.clock import SimulatedTime, system_time
from bridge.simulator.cloud import KEY_PAGE, Cloud
from bridge.simulator.faults import Faults
from bridge.simulator.places import Place
from bridge.simulator.policy import SCOPES, Policy
from bridge.simulator.recorded import load_account
from bridge.simulator.site import EnergySite
from bridge.simulator.tokens import Tokens
from bridge.simulator.vehicle import Vehicle


@dataclass(frozen=True)
class Region:
    """Where a simulated account of a region lives, and what its wall connector gives."""

    home: Place
    zone: str
    phases: int
    amps: int


HOMES = {
    "na": Region(Place(37.4419, -122.1430), "America/Los_Angeles", 1, 48),
    "eu": Region(Place(52.3906, 13.0645), "Europe/Berlin", 3, 16),
    "cn": Region(Place(31.2304, 121.4737), "Asia/Shanghai", 1, 32),
}
# Beginning of the VIN, name and life: a Model 3 that goes to work and a Model Y that sleeps, by turns.
MODELS = (("LRW3F7EK4NC7", "Simulated 3", "commuter"), ("5YJYGDEE1MF7", "Simulated Y", "resting"))
FIRST_SITE_ID = 2252000000000001


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """Options. `start` None is now; `speed` 0 stands still; `tick` False lives only when it is asked."""

    seed: int = 1
    speed: float = 1.0
    start: datetime | None = None
    cars: int = 2
    sites: int = 1
    from_directory: Path | None = None
    scopes: Collection[str] = SCOPES
    region: str = "na"
    redirect_uris: Collection[str] = ()
    key_page: str = KEY_PAGE
    # Of every car: off, allowed or required.
    command_signing: str = "allowed"
    tick: bool = True


def build_app(simulation: Simulation) -> Starlette:
    """The application, for in-process clients; its cloud is `app.state.cloud`."""
    return build(build_cloud(simulation))


def build_cloud(simulation: Simulation) -> Cloud:
    """OSError or ValueError when the recorded answers are useless."""
    clock = SimulatedTime(simulation.start or system_time(), simulation.speed)
    policy = Policy(
        scopes=frozenset(simulation.scopes),
        region=simulation.region,
        account_region=simulation.region,
        redirect_uris=frozenset(simulation.redirect_uris),
    )
    return Cloud(
        clock=clock,
        policy=policy,
        account=_account(simulation, clock.now()),
        tokens=Tokens(clock, policy, simulation.seed),
        faults=Faults(clock),
        home=HOMES[simulation.region].home,
        key_page=simulation.key_page,
    )


def _account(simulation: Simulation, start: datetime) -> Account:
    if simulation.from_directory:
        return load_account(simulation.from_directory)
    cars = [_car(simulation, number, start) for number in range(1, simulation.cars + 1)]
    sites = [_site(simulation, number, start) for number in range(1, simulation.sites + 1)]
    return Account(cars, sites, Owner())


def _wall_connector(number: int) -> str:
    return f"1734412-02-D--PGT{number:011d}"


def _car(simulation: Simulation, number: int, start: datetime) -> Vehicle:
    """Each site has one cable; the cars beyond that charge at a socket."""
    car = _vehicle(simulation, number, start)
    car.force(command_signing=simulation.command_signing)
    return car


def _vehicle(simulation: Simulation, number: int, start: datetime) -> Vehicle:
    prefix, name, story = MODELS[(number - 1) % len(MODELS)]
    region = HOMES[simulation.region]
    return Vehicle(
        vin=f"{prefix}{number:05d}",
        number=number,
        name=name if number <= len(MODELS) else f"{name} {number}",
        seed=simulation.seed,
        start=start,
        home=region.home,
        zone=region.zone,
        story=story,
        wall_connector=_wall_connector(number) if number <= simulation.sites else None,
        phases=region.phases,
        amps=region.amps,
    )


def _site(simulation: Simulation, number: int, start: datetime) -> Site:
    region = HOMES[simulation.region]
    return EnergySite(
        site_id=FIRST_SITE_ID + number - 1,
        name="Simulated Home" if number == 1 else f"Simulated Home {number}",
        seed=simulation.seed + number - 1,
        start=start,
        zone=region.zone,
        latitude=region.home.latitude,
        longitude=region.home.longitude,
        wall_connectors=(_wall_connector(number),),
    )
