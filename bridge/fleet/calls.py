"""One call of the Fleet API, and the checks that keep its address well formed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from bridge.errors import CallWrong


@dataclass(frozen=True, slots=True)
class Call:
    """What to ask. `cost` is a price class of prices.toml. A `write` is never sent twice.

    `not_after`: the Clock's monotonic time from which on it must not be sent any more. `scopes`: the token must hold
    one of them (fleet-api.md 1.9). `accepts`: statuses that are an answer here, and no error. `is_urgent`: it belongs
    to a command, so it leaves also while reads wait for Tesla's servers.
    """

    method: str
    path: str
    body: Mapping[str, Any] | None = None
    params: Mapping[str, str] | None = None
    cost: str = "free"
    device: str | None = None
    write: bool = False
    not_after: float | None = None
    scopes: tuple[str, ...] = ()
    accepts: frozenset[int] = frozenset()
    is_urgent: bool = False

    @property
    def may_be_held(self) -> bool:
        """By a breaker: all that is read for no command."""
        return not self.write and not self.is_urgent


class Ledger(Protocol):
    """Who knows what calls cost and which are blocked. What `begin` gives, the others take."""

    def begin(self, cost: str, about: str, account: str) -> Any:
        """Enters a call that is about to leave; `about` is its device, or the account.

        Raises BudgetSpent, RateLimited or AccountLimited when it must not be made now.
        """
        ...

    def end(self, line: Any, status: int | None) -> None:
        """An answer came; status 0: none came, so it may have been billed; None: provably nothing left."""
        ...

    def limited(self, line: Any, wait: float) -> None:
        """A 429: no such call for `wait` seconds."""
        ...

    def switched_off(self, line: Any, said: str) -> None:
        """A 402, or 403 EXCEEDED_LIMIT: no call that has a price."""
        ...


NO_ANSWER = 0

_PATH = re.compile(r"(/[A-Za-z0-9_-]+)+")
_VIN = re.compile(r"[A-Z0-9]{3,17}")
_SITE = re.compile(r"[0-9]{1,20}")
_ENDPOINT = re.compile(r"[a-z0-9_]+(/[a-z0-9_]+)?")


def checked_path(path: str) -> str:
    """Nothing in it can end the path, climb out of it or be read in two ways."""
    return _checked(_PATH, path, "path")


def vehicle_path(vin: str, endpoint: str = "") -> str:
    """`/api/1/vehicles/{vin}` or a path below; CallWrong for what is no VIN."""
    return _below("/api/1/vehicles", _checked(_VIN, vin, "VIN"), endpoint)


def site_path(site: int | str, endpoint: str) -> str:
    """A path below `/api/1/energy_sites/{id}`; CallWrong for what is no number."""
    return _below("/api/1/energy_sites", _checked(_SITE, str(site), "energy site id"), endpoint)


def _below(base: str, tag: str, endpoint: str) -> str:
    return f"{base}/{tag}/{_checked(_ENDPOINT, endpoint, 'endpoint')}" if endpoint else f"{base}/{tag}"


def _checked(pattern: re.Pattern[str], given: str, what: str) -> str:
    if not pattern.fullmatch(given):
        raise CallWrong(f"{given[:40]!r} is no {what}; nothing was sent")
    return given
