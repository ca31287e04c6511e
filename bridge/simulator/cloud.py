"""Everything the simulated cloud knows, in one place for the routes."""

from dataclasses import dataclass, field
from datetime import datetime

from bridge.simulator.account import Account
from bridge.simulator.answers import Json
from bridge.simulator.clock import SimulatedTime
from bridge.simulator.codes import Code
from bridge.simulator.faults import Faults
from bridge.simulator.invitation import Invitation
from bridge.simulator.ledger import Ledger
from bridge.simulator.limits import Limits
from bridge.simulator.places import Place
from bridge.simulator.policy import Policy
from bridge.simulator.signing_car import SigningCar
from bridge.simulator.tokens import Grant, Tokens

KEY_PAGE = "http://127.0.0.1:8586"
"""Where `fleet2mqtt serve-key` serves."""


@dataclass(frozen=True)
class Execution:
    """A command or energy write that reached its device, and what the device said."""

    time: datetime
    device: str
    name: str
    parameters: Json
    answer: object
    # Domain and counter of the signature that was verified; None for a plain one.
    signed: Json | None = None

    def json(self) -> Json:
        return {**vars(self), "time": self.time.isoformat()}


@dataclass(frozen=True)
class Registration:
    """A domain of the application, and the key that it served: an uncompressed P-256 point in hex."""

    created_at: datetime
    public_key: str


@dataclass
class Cloud:
    """One simulation's state; the routes read and change it, nobody else."""

    clock: SimulatedTime
    policy: Policy
    account: Account
    tokens: Tokens
    faults: Faults
    home: Place
    ledger: Ledger = field(default_factory=Ledger)
    limits: Limits = field(default_factory=Limits)
    codes: dict[str, Code] = field(default_factory=dict)
    legacy_refresh: set[str] = field(default_factory=set)
    # The base URL that stands for every domain: simulated ones are in no DNS.
    key_page: str = KEY_PAGE
    domains: dict[str, Registration] = field(default_factory=dict)
    invitations: list[Invitation] = field(default_factory=list)
    executions: list[Execution] = field(default_factory=list)
    signing_cars: dict[str, SigningCar] = field(default_factory=dict)
    # VIN -> what the car shall stream.
    telemetry: dict[str, Json] = field(default_factory=dict)
    # VIN -> what it failed at: no simulated car streams, so somebody has to say it.
    telemetry_errors: dict[str, list[Json]] = field(default_factory=dict)

    def signing_car(self, vin: str, *, paired: bool = True) -> SigningCar:
        """What verifies the signed messages to this car; one that is not paired has lost all keys."""
        if vin not in self.signing_cars:
            self.signing_cars[vin] = SigningCar(vin, self.clock.now())
        if not paired:
            self.signing_cars[vin].keys.clear()
        return self.signing_cars[vin]

    def account_of(self, grant: Grant) -> Account:
        """An application's own token sees an account without devices."""
        return Account() if grant.kind == "partner" else self.account
