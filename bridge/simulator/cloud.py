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
from bridge.simulator.tokens import Grant, Tokens


@dataclass(frozen=True)
class Execution:
    """A command or energy write that reached its device, and what the device said."""

    time: datetime
    device: str
    name: str
    parameters: Json
    answer: object

    def json(self) -> Json:
        return {**vars(self), "time": self.time.isoformat()}


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
    domains: dict[str, datetime] = field(default_factory=dict)
    invitations: list[Invitation] = field(default_factory=list)
    executions: list[Execution] = field(default_factory=list)

    def account_of(self, grant: Grant) -> Account:
        """An application's own token sees an account without devices."""
        return Account() if grant.kind == "partner" else self.account
