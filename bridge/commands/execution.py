"""One job, from a sleeping car to its outcome.

A command is sent at most once when its outcome may be unknown: it is then read back, never repeated
(reliability.md C1).
"""

from __future__ import annotations

from asyncio import Lock
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

import structlog

from bridge import catalog
from bridge.clock import Clock
from bridge.commands.admission import Job, part
from bridge.commands.api import Api, CommandAnswer, is_settled
from bridge.commands.journal import Journal, Left
from bridge.commands.local import Errands
from bridge.commands.reading import Reader, is_own, is_shown
from bridge.commands.waking import WAKE, Policy, Waker
from bridge.errors import AnswerInvalid, BridgeError, CallWrong, NotSent, ServerFailed, VehicleUnavailable
from bridge.model import Connectivity, DeviceId, Kind, Outcome, Request, Result, Update, Value
from bridge.state import Store

log = structlog.get_logger()

LIFE = 60.0
"""Seconds that one write of several has until it must have been sent."""

A_MOMENT = 3.0
"""Seconds after which a device shows what a command has changed."""


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
        compose: Callable[[Job], Awaitable[Result]] | None = None,
    ) -> None:
        """`api` knows the account of a device. `want` asks for its fresh data, so many seconds from now.

        `local`: what the bridge does itself; `compose`: what it does with several writes.
        """
        self._local = local or {}
        self._compose = compose
        self._turns: defaultdict[DeviceId, Lock] = defaultdict(Lock)
        self.reader = Reader(api, clock, learn)
        self._api = api
        self._clock = clock
        self._journal = journal
        self._store = store
        self._policy = policy
        self._learn = learn
        self._want = want
        self._waker = Waker(api=api, clock=clock, store=store, policy=policy, learn=learn)

    def turn(self, at: DeviceId) -> Lock:
        """Whoever holds it is alone with the device."""
        return self._turns[at]

    async def carry_out(self, job: Job) -> Result:
        async with self.turn(job.request.device):
            return await self._carry_out(job)

    async def write(self, at: DeviceId, key: str, value: Value) -> Result:
        """One write of several: the caller holds the turn, and has its own record on disk of what is written.

        A refusal is none where it already is so.
        """
        now, deadline = self._clock.now(), self._clock.monotonic() + LIFE
        job = part(Request(at, key, b"", now, deadline), value)
        result = await self._carry_out(job)
        if result.outcome is Outcome.REFUSED and await self._holds(job):
            return self._done(job, result.attempts)
        return result

    async def _carry_out(self, job: Job) -> Result:
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
        if job.command.is_composed and self._compose:
            return self._expired(job) or await self._compose(job)
        if job.request.device.kind is not Kind.VEHICLE:
            return self._expired(job) or await self._send(job, 1)
        if refusal := self._expired(job) or self._asleep(job, await self._waker.awaken(job)):
            return refusal
        if job.command.endpoint == WAKE:
            return self._awake(job)
        try:
            return await self._drive(job)
        except VehicleUnavailable:
            # It fell asleep since it was last seen: a 408 proves that nothing was done.
            self._saw_state(job.request.device, Connectivity.ASLEEP)
        return self._asleep(job, await self._waker.wake(job)) or await self._drive(job)

    async def _drive(self, job: Job) -> Result:
        """To an online car. What toggles is sent only to one that shows the opposite, else it opens what is closed.

        Raises BridgeError: nothing was done.
        """
        if job.command.toggles and job.expected:
            shown = await self.reader.read(job.request.device)
            if known := self._as_it_is(job, shown):
                return known
        return self._expired(job) or await self._send(job, 2 if self._journal.was_sent(job) else 1)

    def _as_it_is(self, job: Job, shown: Mapping[str, Value]) -> Result | None:
        if is_shown(job.expected, shown):
            return self.result(job.request, Outcome.OK, None, "it is so already; nothing was sent", value=job.value)
        if lacking := [key for key in job.expected if shown.get(key) is None]:
            text = f"the car does not tell its {', '.join(lacking)}, and this command toggles it; nothing was sent"
            return self.result(job.request, Outcome.UNAVAILABLE, "unknown_setting", text)
        return None

    async def _do_here(self, job: Job) -> Result:
        self.begins(job)
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
        self.begins(job)
        try:
            answer = await self._call(job)
        except (ServerFailed, AnswerInvalid) as error:
            return await self._after_silence(job, attempt, error)
        if not answer.result and not is_settled(job.command, answer.reason):
            reason = answer.reason or "no_reason"
            text = f"{job.request.device} refused {job.command.name}: {reason}"
            return self._refuse(job, reason, text, attempt)
        if job.command.confirmed:
            return await self._confirm(job, attempt)
        if answer.told is not None and not job.expected:
            return self._told(job, attempt, answer.told)
        return self._done(job, attempt, answer.reason)

    def _told(self, job: Job, attempt: int, told: Mapping[str, Any]) -> Result:
        """It asked for something: that is the result's value, and what it tells is published."""
        if job.command.tells:
            try:
                values = job.command.tells(told)
            except (KeyError, TypeError, ValueError) as error:
                log.warning("a car's answer holds no value", command=job.command.name, error=repr(error))
            else:
                self._learn(Update(job.request.device, values, self._clock.monotonic(), "command"))
        return self.result(job.request, Outcome.OK, None, "", attempts=attempt, value=dict(told))

    def begins(self, job: Job) -> None:
        """Something is about to be sent for it: on disk when this returns. Raises NotSent, also when it is too late."""
        if job.is_part:
            return
        if self._expired(job):
            raise NotSent("its time to live ran out")
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
        self._want(at, A_MOMENT)
        return self.result(job.request, Outcome.OK, reason or None, "", attempts=attempt, value=job.value)

    async def _confirm(self, job: Job, attempt: int) -> Result:
        """An energy write says `Updated` even when nothing changes (reliability.md C2): read it back."""
        try:
            if await self.reader.settles(job.request.device, job.expected):
                return self._done(job, attempt)
        except BridgeError as trouble:
            text = f"Tesla took {job.request.name}; whether the site shows it could not be seen ({trouble})"
            return self.result(job.request, Outcome.UNCONFIRMED, trouble.reason, text, attempts=attempt)
        if attempt == 1 and job.command.repeatable and not self._excuse(job) and not self._expired(job):
            with suppress(BridgeError):  # that the second could not be sent does not unsend the first
                return await self._send(job, 2)
        text = f"Tesla took {job.request.name}, but the site does not show it"
        return self._refuse(job, "not_applied", text, attempt)

    def _refuse(self, job: Job, reason: str, text: str, attempt: int) -> Result:
        """With the known reason, where there is one."""
        if known := self._excuse(job):
            reason, text = known[0], f"{known[1]} ({text})"
        return self.result(job.request, Outcome.REFUSED, reason, text, attempts=attempt)

    def _excuse(self, job: Job) -> tuple[str, str] | None:
        shown = self._store.values(job.request.device)
        return job.command.excuse(job.parameters, shown) if job.command.excuse else None

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
        await self._clock.sleep(A_MOMENT)
        return await self._holds(job)

    async def _holds(self, job: Job) -> bool:
        return await self.reader.holds(job.request.device, job.expected)

    async def verdict(self, left: Left) -> Result:
        """How a command ended that an earlier run had sent."""
        if left.expected and is_own(left.request.device.kind, left.expected):
            holds = is_shown(left.expected, self._store.values(left.request.device))
        else:
            holds = await self.reader.holds(left.request.device, left.expected)
        if holds:
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
