"""Requests in, exactly one result each out. One worker per device, in order."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

import structlog

from bridge.catalog.offer import Offer
from bridge.clock import Clock
from bridge.commands.admission import Job, Refusal, admit, check
from bridge.commands.execution import Executor
from bridge.commands.journal import Journal, Left
from bridge.model import DeviceId, Outcome, Request, Result, Value
from bridge.state import Store

log = structlog.get_logger()

QUEUE = 32
"""Commands that may wait for one device."""

Answer = Callable[[Result, Callable[[], None]], None]
"""Publishes a result; calls back when the broker has taken it."""


class _Queue:
    """What waits for one device, what is being done, and the task that does it."""

    def __init__(self) -> None:
        self.jobs: deque[Job] = deque()
        self.arrived = asyncio.Event()
        self.running: Job | None = None
        self.worker: asyncio.Task[None] | None = None
        self.begun: dict[frozenset[str], float] = {}
        """Set-point -> when the last call for it began."""


class Commander:
    """`receive` takes requests, `run` carries them out, `stop` ends it in good order."""

    def __init__(
        self,
        *,
        executor: Executor,
        journal: Journal,
        store: Store,
        answer: Answer,
        offer: Callable[[DeviceId], Offer],
        is_known: Callable[[DeviceId], bool | None],
        rest: Callable[[], Awaitable[None]],
        clock: Clock,
        interval: float = 0,
    ) -> None:
        """`is_known`: is this device in the account? None: nobody has told yet.

        `rest` returns when Tesla may be asked for what nobody waits for. `interval`: seconds between two calls for one
        set-point.
        """
        self._clock = clock
        self._interval = interval
        self._executor = executor
        self._journal = journal
        self._store = store
        self._answer = answer
        self._offer = offer
        self._is_known = is_known
        self._rest = rest
        self._queues: dict[DeviceId, _Queue] = {}
        self._group: asyncio.TaskGroup | None = None
        self._stopping = False

    async def run(self) -> None:
        """Answers what an earlier run left behind, then works until `stop`."""
        self._queues.clear()
        async with asyncio.TaskGroup() as group:
            self._group = group
            for left in self._journal.left_behind():
                group.create_task(self._settle(left))
            await asyncio.Event().wait()

    async def stop(self, patience: float) -> None:
        """Answers everything: what was not sent at once, what was sent when Tesla does or so many seconds later."""
        self._stopping = True
        for queue in self._queues.values():
            while queue.jobs:
                self._refuse(queue.jobs.popleft(), "stopping", "the bridge is being stopped")
            if queue.running and queue.worker and not self._journal.was_sent(queue.running):
                queue.worker.cancel()
        busy = [queue.worker for queue in self._queues.values() if queue.running and queue.worker]
        late = (await asyncio.wait(busy, timeout=patience))[1] if busy else set()
        for worker in late:
            worker.cancel()
        await asyncio.gather(*late)
        self._journal.catch_up()

    @property
    def waiting(self) -> int:
        """Commands that wait or are being done."""
        return sum(len(queue.jobs) + bool(queue.running) for queue in self._queues.values())

    # --- arrival ----------------------------------------------------------------------------------------

    def receive(self, request: Request) -> None:
        """Answers at once what cannot be done; queues the rest. Never raises."""
        try:
            self._admit(request)
        except Refusal as refusal:
            asked = replace(request, transaction=refusal.transaction)
            self._publish(self._executor.result(asked, refusal.outcome, refusal.reason, str(refusal)))
        except Exception:  # a bug of ours must cost neither an answer nor the connection
            log.exception("command not taken", device=str(request.device), command=request.name[:64])
            text = "the bridge failed before it could be sent"
            self._publish(self._executor.result(request, Outcome.UNAVAILABLE, "internal", text))

    def _admit(self, request: Request) -> None:
        at = request.device
        offer, is_known = self._offer(at), self._is_known(at)
        job = admit(request, self._awaited(at), offer, is_known=is_known)
        if self._is_new(job):
            check(job, offer, is_known=is_known)
            self._enqueue(job)

    def _awaited(self, device: DeviceId) -> Mapping[str, Value]:
        """What will be known once the commands before have been done: what they set is not to be set back."""
        queue = self._queues.get(device)
        before = [queue.running, *queue.jobs] if queue else []
        expected = {key: value for job in before if job for key, value in job.expected.items()}
        return {**self._store.exact(device), **expected}

    def _is_new(self, job: Job) -> bool:
        """A repeated request gets the result of the first; one that asks for something else is refused."""
        earlier = self._journal.earlier(job)
        if earlier and not earlier.is_same:
            text = "this transaction was used for another command; use a new one for each"
            raise Refusal(Outcome.INVALID, "transaction", text, job.request.transaction)
        if earlier and earlier.result:
            self._publish(earlier.result)
        return earlier is None

    def _enqueue(self, job: Job) -> None:
        queue = self._queue(job.request.device)
        if self._stopping or len(queue.jobs) >= QUEUE:
            text = "the bridge is being stopped" if self._stopping else f"{QUEUE} commands are waiting already"
            raise Refusal(Outcome.UNAVAILABLE, "busy", text, job.request.transaction)
        self._write_down(job)
        self._supersede(queue, job)
        queue.jobs.append(job)
        queue.arrived.set()

    def _write_down(self, job: Job) -> None:
        try:
            self._journal.accepts(job)
        except Exception as error:
            text = f"it could not be written down, so it was not sent: {error}"
            raise Refusal(Outcome.UNAVAILABLE, "disk", text, job.request.transaction) from error

    def _supersede(self, queue: _Queue, job: Job) -> None:
        """Only the newest value of a set-point is worth sending (reliability.md C8)."""
        for waiting in list(queue.jobs):
            if job.expected and waiting.expected.keys() == job.expected.keys():
                queue.jobs.remove(waiting)
                self._refuse(waiting, "superseded", "a newer value for the same setting arrived first")

    def _queue(self, device: DeviceId) -> _Queue:
        if device not in self._queues:
            assert self._group, "receive before run"  # noqa: S101 - a bug of ours
            queue = self._queues[device] = _Queue()
            queue.worker = self._group.create_task(self._work(queue))
        return self._queues[device]

    async def _work(self, queue: _Queue) -> None:
        while not self._stopping:
            await queue.arrived.wait()
            queue.arrived.clear()
            while queue.jobs:
                if (wait := self._to_wait(queue)) > 0:
                    await self._clock.sleep(wait)  # it stays in the queue: a newer value may take its place
                    continue
                job = queue.running = queue.jobs.popleft()
                self._finish(job, await self._carry_out(job))
                queue.running = None

    def _to_wait(self, queue: _Queue) -> float:
        """Seconds until the next job may begin: somebody who turns a knob makes a few calls (reliability.md C8)."""
        job, now = queue.jobs[0], self._clock.monotonic()
        if not any(isinstance(value, int | float) and not isinstance(value, bool) for value in job.expected.values()):
            return 0.0
        what = frozenset(job.expected)
        wait = queue.begun.get(what, -math.inf) + self._interval - now
        if wait <= 0:
            queue.begun[what] = now
        return wait

    async def _carry_out(self, job: Job) -> Result:
        try:
            return await self._executor.carry_out(job)
        except asyncio.CancelledError:
            if not self._stopping:
                raise
            return self._executor.interrupted(job)
        except Exception:  # a bug of ours must not leave a command unanswered, nor stop the others
            log.exception("command failed", device=str(job.request.device), command=job.request.name)
            text = "the bridge failed while working on it; whether it was done is not known"
            return self._executor.result(job.request, Outcome.UNCONFIRMED, "internal", text)

    # --- the end ----------------------------------------------------------------------------------------

    async def _settle(self, left: Left) -> None:
        """Answers what an earlier run left: a stored result, or what a read-back shows."""
        result = left.result or await self._judge(left)
        self._journal.settles(left, result)
        self._publish(result, left.number)

    async def _judge(self, left: Left) -> Result:
        try:
            if left.expected:
                await self._rest()  # a crash loop must not pay for a look at each start (reliability.md E4)
            return await self._executor.verdict(left)
        except Exception:  # a bug of ours must not be met, and paid for, at every start from now on
            log.exception("command not read back", device=str(left.request.device), command=left.request.name)
            text = (
                "the bridge was stopped after sending it, and failed to read it back; whether it was done is not known"
            )
            return self._executor.result(left.request, Outcome.UNCONFIRMED, "internal", text, attempts=1)

    def _refuse(self, job: Job, reason: str, text: str) -> None:
        self._finish(job, self._executor.result(job.request, Outcome.UNAVAILABLE, reason, text))

    def _finish(self, job: Job, result: Result) -> None:
        self._publish(result, self._journal.ends(job, result))

    def _publish(self, result: Result, number: int | None = None) -> None:
        self._answer(result, lambda: None if number is None else self._journal.published(number))
        # Whoever sends nonsense is answered; it must not fill the log.
        tell = log.debug if result.outcome is Outcome.INVALID else log.info
        tell(
            "command",
            device=str(result.request.device),
            command=result.request.name[:64],
            outcome=result.outcome.value,
            reason=result.reason,
            attempts=result.attempts,
        )
