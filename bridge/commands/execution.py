"""One job, from a sleeping car to its outcome.

A command is sent at most once when its outcome may be unknown: it is then read back, never repeated
(reliability.md C1).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from typing import Any, Protocol

import structlog

from bridge import catalog
from bridge.clock import Clock
from bridge.commands import waking
from bridge.commands.admission import Job
from bridge.commands.journal import Journal, Left
from bridge.commands.local import Errands
from bridge.commands.waking import WAKE, Policy, Waker
from bridge.errors import AnswerInvalid, BridgeError, CallWrong, NotSent, ServerFailed, VehicleUnavailable
from bridge.model import Connectivity, DeviceId, Kind, Outcome, Request, Result, Update, Value
from bridge.state import Store

log = structlog.get_logger()

READ_BACK = (1.0, 3.0, 5.0, 10.0)
"""Seconds between the read-backs of an energy setting: site_info lags a write by seconds (fleet-api.md 4.3)."""

SOON = 3.0
"""Seconds after a command when the device is looked at: a car shows a change after a moment."""

SETTLED = frozenset({"already_set", "already on", "already off", "requested"})
"""Refusals of any command that mean it is so already, or was accepted (fleet-api.md 3.1)."""

VERIFY_GROUPS = ("charge_state", "climate_state", "vehicle_state")


class CommandAnswer(Protocol):
    """What the car or site said: a yes, or a no with its reason."""

    @property
    def result(self) -> bool: ...
    @property
    def reason(self) -> str: ...


class Api(waking.Api, Protocol):
    """The calls that commands make."""

    async def vehicle_data(self, vin: str, groups: Collection[str]) -> Mapping[str, Any]: ...
    async def command(self, vin: str, endpoint: str, body: Mapping[str, Any], *, not_after: float) -> CommandAnswer: ...
    async def energy_write(
        self, site: str, endpoint: str, body: Mapping[str, Any], *, not_after: float
    ) -> CommandAnswer: ...
    async def site_info(self, site: str) -> Mapping[str, Any]: ...


class Executor:
    """Carries out one job at a time per device; the caller sees to that."""

    def __init__(
        self,
        *,
        api: Callable[[DeviceId], Api],
        clock: Clock,
        journal: Journal,
        store: Store,
        policy: Policy,
        learn: Callable[[Update], None],
        want: Callable[[DeviceId, float], None],
        local: Errands | None = None,
    ) -> None:
        """`api` knows the account of a device. `want` asks for its fresh data, so many seconds from now.

        `local`: what the bridge does itself.
        """
        self._local = local or {}
        self._api = api
        self._clock = clock
        self._journal = journal
        self._store = store
        self._policy = policy
        self._learn = learn
        self._want = want
        self._waker = Waker(api=api, clock=clock, store=store, policy=policy, learn=learn)

    async def carry_out(self, job: Job) -> Result:
        try:
            return await self._try_once_awake(job)
        except BridgeError as error:
            # Everything that ends up here happened before the bytes left, or was refused by Tesla's servers.
            if isinstance(error, NotSent) and (expired := self._expired(job)):
                return expired
            outcome = Outcome.REFUSED if isinstance(error, CallWrong) else Outcome.UNAVAILABLE
            return self.result(job.request, outcome, error.reason, str(error))

    async def _try_once_awake(self, job: Job) -> Result:
        if self._policy.is_dry() and job.command.scopes:
            return self._expired(job) or self._held_back(job)
        if job.command.is_local:
            return self._expired(job) or await self._do_here(job)
        if job.request.device.kind is not Kind.VEHICLE:
            return self._expired(job) or await self._send(job, 1)
        if refusal := self._expired(job) or self._asleep(job, await self._waker.awaken(job)):
            return refusal
        if job.command.endpoint == WAKE:
            return self._awake(job)
        if job.command.toggles and job.expected and await self._holds(job):
            return self.result(job.request, Outcome.OK, None, "it is so already; nothing was sent", value=job.value)
        try:
            return self._expired(job) or await self._send(job, 1)
        except VehicleUnavailable:
            # It fell asleep since it was last seen: a 408 proves that nothing was done.
            self._saw_state(job.request.device, Connectivity.ASLEEP)
        why = await self._waker.wake(job)
        return self._asleep(job, why) or self._expired(job) or await self._send(job, 2)

    async def _do_here(self, job: Job) -> Result:
        self._note_sending(job)
        said = await self._local[job.command.name](job.request.device, job.parameters)
        self._learn(Update(job.request.device, job.expected, self._clock.monotonic(), "command"))
        return self.result(job.request, Outcome.OK, None, said or "", value=job.value)

    def _held_back(self, job: Job) -> Result:
        text = (
            "dry run: the command is in order, and nothing was sent. Switch dry_run of the bridge off to send commands"
        )
        return self.result(job.request, Outcome.UNAVAILABLE, "dry_run", text)

    def _asleep(self, job: Job, why: str) -> Result | None:
        return (self._expired(job) or self.result(job.request, Outcome.UNAVAILABLE, "asleep", why)) if why else None

    def _awake(self, job: Job) -> Result:
        text = "the car is online"
        if job.command.refreshes:
            self._want(job.request.device, 0.0)
            text = "the car is online; its data is read within a minute"
        return self.result(job.request, Outcome.OK, None, text)

    def _expired(self, job: Job) -> Result | None:
        if self._clock.monotonic() < job.request.deadline:
            return None
        text = "its time to live ran out before it could be sent; nothing was sent"
        return self.result(job.request, Outcome.EXPIRED, "too_late", text)

    async def _send(self, job: Job, attempt: int) -> Result:
        self._note_sending(job)
        try:
            answer = await self._call(job)
        except (ServerFailed, AnswerInvalid) as error:
            return await self._after_silence(job, attempt, error)
        if not answer.result and not _is_settled(job, answer.reason):
            reason = answer.reason or "no_reason"
            text = f"{job.request.device} refused {job.command.name}: {reason}"
            return self.result(job.request, Outcome.REFUSED, reason, text, attempts=attempt)
        if job.command.confirmed:
            return await self._confirm(job, attempt)
        return self._done(job, attempt, answer.reason)

    def _note_sending(self, job: Job) -> None:
        try:
            self._journal.sends(job)
        except Exception as error:
            raise NotSent(f"it could not be written down, so it was not sent: {error}") from error

    async def _call(self, job: Job) -> CommandAnswer:
        at, command = job.request.device, job.command
        body = command.body(job.parameters, self._clock.now()) if command.body else job.parameters
        if at.kind is Kind.VEHICLE:
            return await self._api(at).command(at.id, command.endpoint, body, not_after=job.request.deadline)
        return await self._api(at).energy_write(at.id, command.endpoint, body, not_after=job.request.deadline)

    def _done(self, job: Job, attempt: int, reason: str = "") -> Result:
        """The expected values are published at once; a look at the device follows."""
        at = job.request.device
        self._learn(Update(at, job.expected, self._clock.monotonic(), "command"))
        self._want(at, SOON)
        return self.result(job.request, Outcome.OK, reason or None, "", attempts=attempt, value=job.value)

    async def _confirm(self, job: Job, attempt: int) -> Result:
        """An energy write says `Updated` even when nothing changes (reliability.md C2): read it back."""
        for wait in READ_BACK:
            await self._clock.sleep(wait)
            if await self._holds(job):
                return self._done(job, attempt)
        if attempt == 1 and job.command.repeatable and not self._expired(job):
            with suppress(BridgeError):  # that the second could not be sent does not unsend the first
                return await self._send(job, 2)
        text = f"Tesla took {job.request.name}, but the site does not show it"
        return self.result(job.request, Outcome.REFUSED, "not_applied", text, attempts=attempt)

    def interrupted(self, job: Job) -> Result:
        """What there is to say of a job when the bridge stops in the middle of it."""
        if self._journal.was_sent(job):
            text = "the bridge was stopped before Tesla answered; whether it was done could not be seen"
            return self.result(job.request, Outcome.UNCONFIRMED, "stopping", text, attempts=1)
        text = "the bridge was stopped before it could be sent"
        return self.result(job.request, Outcome.UNAVAILABLE, "stopping", text)

    async def _after_silence(self, job: Job, attempt: int, error: BridgeError) -> Result:
        """It was sent and there is no answer: look whether it was done; never send it again."""
        log.warning("command unanswered", device=str(job.request.device), command=job.request.name, error=str(error))
        if await self._came_true(job):
            return self._done(job, attempt)
        text = f"it was sent, and no sound answer came ({error}); whether it was done could not be seen"
        return self.result(job.request, Outcome.UNCONFIRMED, error.reason, text, attempts=attempt)

    async def _came_true(self, job: Job) -> bool:
        if not job.expected:
            return False  # nothing to look for
        await self._clock.sleep(READ_BACK[1])
        return await self._holds(job)

    async def _holds(self, job: Job) -> bool:
        """Does the device show the expected values? Nothing expected, or unreadable, counts as no."""
        if not job.expected:
            return False
        try:
            values = await self._read(job.request.device)
        except BridgeError:
            return False
        return all(values.get(key) == value for key, value in job.expected.items())

    async def _read(self, at: DeviceId) -> Mapping[str, Value]:
        asked = self._clock.monotonic()
        if at.kind is Kind.VEHICLE:
            body: Mapping[str, Any] = await self._api(at).vehicle_data(at.id, VERIFY_GROUPS)
        else:
            body = {"site_info": await self._api(at).site_info(at.id)}
        values = catalog.read(at.kind, body)
        self._learn(Update(at, values, asked, "poll"))
        return values

    async def verdict(self, left: Left) -> Result:
        """How a command ended that an earlier run had sent."""
        try:
            values = await self._read(left.request.device) if left.expected else {}
        except BridgeError:
            values = {}
        if left.expected and all(values.get(key) == value for key, value in left.expected.items()):
            return self.result(left.request, Outcome.OK, None, "the bridge was restarted; the value was read back")
        text = "the bridge was stopped after sending it; whether it was done could not be seen"
        return self.result(left.request, Outcome.UNCONFIRMED, "restarted", text, attempts=1)

    def result(
        self,
        request: Request,
        outcome: Outcome,
        reason: str | None,
        text: str,
        *,
        attempts: int = 0,
        value: Value = None,
    ) -> Result:
        return Result(request, outcome, self._clock.now(), reason=reason, message=text, attempts=attempts, value=value)

    def _saw_state(self, at: DeviceId, state: Connectivity) -> None:
        values = catalog.read(at.kind, {"vehicle": {"state": state.value}})
        self._learn(Update(at, values, self._clock.monotonic(), "poll"))


def _is_settled(job: Job, reason: str) -> bool:
    """tesla-http-proxy puts its own words before the car's, so suffixes count too (fleet-api.md 3.5)."""
    settled = SETTLED | job.command.settled
    return reason.strip().lower() in settled or any(reason.endswith(f": {word}") for word in settled)
