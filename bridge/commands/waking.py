"""Sleeping cars: who may wake one, and one wake for all commands that wait for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from bridge import catalog
from bridge.clock import Clock
from bridge.commands.admission import Job
from bridge.errors import AnswerInvalid, BudgetSpent, ServerFailed, VehicleUnavailable
from bridge.model import Connectivity, DeviceId, Update
from bridge.state import Store

WAKE = "wake_up"

BELIEVED = 60.0
"""Seconds for which a car that was online is taken to be online still (reliability.md B1)."""

PATIENCE = 90.0
"""Seconds that a wake is given before another one is paid for: cars take up to a minute (fleet-api.md 2.3)."""


class Api(Protocol):
    """The calls that waking makes."""

    async def vehicle(self, vin: str) -> Mapping[str, Any]: ...
    async def wake_up(self, vin: str, *, not_after: float) -> Mapping[str, Any]: ...
    async def check_key(self, vin: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Policy:
    """What the owner has decided."""

    wake_time: float = 60
    """Seconds that a car is given to wake up."""
    may_wake: Callable[[DeviceId], bool] = lambda _: True
    """Does its wake policy let a command wake this car? What may be paid for it, the ledger knows."""
    is_dry: Callable[[], bool] = lambda: False
    """Is nothing to be sent?"""
    interval: float = 0
    """Seconds between two calls for one number."""


class _Asked(NamedTuple):
    """For which job a car was asked to wake up, and until when that serves the others too."""

    job: Job
    until: float


class Waker:
    """One car is woken for one job at a time; the caller sees to that."""

    def __init__(
        self,
        *,
        api: Callable[[DeviceId], Api],
        clock: Clock,
        store: Store,
        policy: Policy,
        learn: Callable[[Update], None],
    ) -> None:
        self._api = api
        self._clock = clock
        self._store = store
        self._policy = policy
        self._learn = learn
        self._asked: dict[DeviceId, _Asked] = {}

    async def awaken(self, job: Job) -> str:
        """Empty when the car is online; else why it is not. Raises BridgeError."""
        at = job.request.device
        if self._is_surely_online(at) or await self._look(at) is Connectivity.ONLINE:
            return ""
        return await self.wake(job)

    async def wake(self, job: Job) -> str:
        """The same for a car that is known not to answer: Tesla's list may call it online for long (B1)."""
        if not job.command.wakes:
            return "the car is asleep, and this command may not wake it"
        if not self._policy.may_wake(job.request.device):
            return "the car is asleep, and its wake_policy is `never`"
        if job.command.endpoint != WAKE:
            # No wake for a command that the car will not take (C6).
            await self._api(job.request.device).check_key(job.request.device.id)
        if self._clock.monotonic() >= job.request.deadline:
            return "the car is asleep, and too little time was left to wake it"
        await self._ask(job)
        return await self._wait(job)

    async def _ask(self, job: Job) -> None:
        """One wake serves all who wait, also one that does not seem to work: the next is not paid for at once."""
        at = job.request.device
        last = self._asked.get(at)
        if last and (last.job is job or self._clock.monotonic() < last.until):
            return
        try:
            # It may have been heard all the same (2.3).
            with suppress(VehicleUnavailable, ServerFailed, AnswerInvalid):
                await self._api(at).wake_up(at.id, not_after=job.request.deadline)
        except BudgetSpent as error:
            raise type(error)(f"the car is asleep and was not woken: {error}") from error
        self._asked[at] = _Asked(job, self._clock.monotonic() + PATIENCE)

    async def _wait(self, job: Job) -> str:
        """Looks, which is free, until the car is online (fleet-api.md 2.3)."""
        at = job.request.device
        until = min(self._clock.monotonic() + self._policy.wake_time, job.request.deadline)
        wait = 2.0
        while self._clock.monotonic() < until:
            await self._clock.sleep(min(wait, until - self._clock.monotonic()))
            if await self._look(at) is Connectivity.ONLINE:
                self._asked[at] = _Asked(job, 0.0)
                return ""
            wait = min(wait * 1.5, 10.0)
        return "the car was asked to wake up and did not come online in time; nothing was sent"

    def _is_surely_online(self, at: DeviceId) -> bool:
        known = self._store.known(at, "connectivity")
        is_fresh = known is not None and self._clock.monotonic() - known.at < BELIEVED
        return bool(is_fresh and known and known.value == Connectivity.ONLINE)

    async def _look(self, at: DeviceId) -> Connectivity | None:
        """The car's state by a free call."""
        asked = self._clock.monotonic()
        entry = await self._api(at).vehicle(at.id)
        self._learn(Update(at, catalog.read(at.kind, {"vehicle": entry}), asked, "poll"))
        state = entry.get("state")
        return Connectivity(state) if state in set(Connectivity) else None
