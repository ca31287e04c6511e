"""Intents: sets a site as its owner wants it for a while, and puts back what was before, whatever happens meanwhile.

A record on disk tells what the bridge changes, and how it was. It is there before the first write (ADR 0012).
"""

from __future__ import annotations

import asyncio
import math
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

import structlog

from bridge import intents
from bridge.clock import Clock, pause
from bridge.commands.admission import Job
from bridge.commands.execution import Executor
from bridge.errors import BridgeError, NotSent
from bridge.intents import NORMAL, Record, Settings
from bridge.model import DeviceId, Kind, Outcome, Result, Value

log = structlog.get_logger()

NAME = "intent"
"""What is kept of a site, by name."""

LOOK = 30.0
"""Seconds between two looks at the wall clock: it may be set, and a machine may be suspended."""

PAUSES = (10.0, 30.0, 60.0, 300.0, 900.0)
"""Seconds between two tries to restore; the last one for ever."""


class Notes(Protocol):
    """Where records are kept (bridge.database): device -> name -> JSON. On disk when `remember` returns."""

    def memories(self) -> Mapping[str, Mapping[str, Any]]: ...
    def remember(self, device: str, name: str, memory: Mapping[str, Any]) -> None: ...


class Hindrance(NamedTuple):
    """Why a site could not be restored this time."""

    outcome: Outcome
    reason: str | None
    message: str


@dataclass(slots=True)
class _Site:
    """What is known of one site.

    `elapses`: monotonic seconds at which an intent of so many minutes ends, whatever is done to the wall clock.
    `not_before`: of the next try to restore. `last`: what became of the last intent.
    """

    record: Record | None = None
    elapses: float = math.inf
    tries: int = 0
    not_before: float = -math.inf
    last: str | None = None


class Intents:
    """`carry_out` does the commands, `run` ends what has lasted long enough, `news` tells of a site."""

    def __init__(
        self,
        executor: Executor,
        notes: Notes,
        clock: Clock,
        tell: Callable[[DeviceId, Mapping[str, Value]], None],
        duration: Callable[[DeviceId], float],
    ) -> None:
        """`tell` is given the `bridge` answer of a site's rows, whenever it changes.

        `duration`: minutes of an intent that does not say how long; 0: until it is ended.
        """
        self._duration = duration
        self._executor = executor
        self._notes = notes
        self._clock = clock
        self._tell = tell
        self._sites: defaultdict[DeviceId, _Site] = defaultdict(_Site)
        self._changed = asyncio.Event()
        for device, kept in notes.memories().items():
            self._recall(device, kept)

    def _recall(self, device: str, kept: Mapping[str, Any]) -> None:
        """What an earlier run left. What it had only begun is put back."""
        kind, _, id_ = device.partition(" ")
        if kind != Kind.ENERGY_SITE:
            return
        site = self._sites[DeviceId(Kind(kind), id_)]
        if kept.get(NAME):
            record = intents.recalled(kept[NAME])
            site.record = record if record.state == "active" else record.ending()

    # --- what is told -----------------------------------------------------------------------------------

    @property
    def sites(self) -> tuple[DeviceId, ...]:
        """Those of which something is kept."""
        return tuple(self._sites)

    def news(self, at: DeviceId) -> dict[str, Value]:
        """The `bridge` answer of the site's rows."""
        site = self._sites[at]
        record, state = site.record, site.record.state if site.record else NORMAL
        news = {
            "intent_state": state,
            "intent_until": record.until if record and state in {"setting", "active"} else None,
            "intent_reason": ((record and record.trouble) or site.last or "")[:255] or None,
        }
        if state != "setting":  # not before it is in force
            news[NAME] = record.intent if record and state == "active" else NORMAL
        return news

    # --- commands ---------------------------------------------------------------------------------------

    async def carry_out(self, job: Job) -> Result:
        """An intent, or the end of one. The executor holds the site's turn. Raises BridgeError: nothing was sent."""
        at, wanted = job.request.device, job.parameters.get(NAME, NORMAL)
        try:
            return await (self._finish(job) if wanted == NORMAL else self._begin(job, wanted))
        finally:
            record = self._sites[at].record
            if record and record.state == "setting":  # the bridge is being stopped, or has a bug
                self._keep(at, record.ending())
            self._changed.set()

    async def _begin(self, job: Job, intent: str) -> Result:
        at, site = job.request.device, self._sites[job.request.device]
        now = await self._executor.reader.read(at)
        level = await self._executor.reader.level(at) if intent == "hold" else None
        before, owner = site.record, intents.owners(site.record, now)
        if lacking := intents.unknown(owner):
            text = f"the site does not tell its {', '.join(lacking)}, so that could not be put back; nothing was sent"
            return self._result(job, Outcome.UNAVAILABLE, "unknown_setting", text)
        site.tries = 0
        try:
            until, elapses = self._end_of(job, now.get("time_zone"))
            plan = intents.plan(intent, owner, level, now.get("optimisation_strategy"))
        except ValueError as error:
            return self._result(job, Outcome.INVALID, "value", str(error))
        target = intents.goal(before, owner, plan.wanted)
        writes = intents.differing(target, now)
        record = Record(intent, "setting", owner, intents.making(before, writes), until)
        self._executor.begins(job)
        self._keep(at, record, must=True)
        if failed := await self._write(job, writes, before, now):
            return failed
        site.elapses, site.last, site.not_before = elapses, None, -math.inf
        self._keep(at, record.active(target))
        return self._result(job, Outcome.OK, None, "; ".join((intents.named(plan.wanted), *plan.notes)))

    def _end_of(self, job: Job, zone: Value) -> tuple[datetime | None, float]:
        """By the wall clock; and by elapsed time, if it is to last so many minutes. Raises ValueError."""
        now, text, minutes = self._clock.now(), job.parameters.get("until"), job.parameters.get("minutes")
        if text and minutes:
            raise ValueError("set_intent takes until or minutes, not both")
        if text:
            return intents.moment(text, zone, now), math.inf
        minutes = minutes or self._duration(job.request.device)
        if not minutes:
            return None, math.inf
        return now + timedelta(minutes=minutes), self._clock.monotonic() + minutes * 60

    async def _write(
        self, job: Job, writes: list[tuple[str, Value]], before: Record | None, now: Settings
    ) -> Result | None:
        """One after the other; the result of the whole, if one fails."""
        tried = []
        for key, value in writes:
            result = await self._executor.write(job.request.device, key, value)
            if result.attempts:  # else it was provably not sent
                tried.append(key)
            if result.outcome is not Outcome.OK:
                return await self._undo(job, result, tried, before, now)
        return None

    async def _undo(self, job: Job, failed: Result, tried: list[str], before: Record | None, now: Settings) -> Result:
        """Back to how it was when the intent came; an intent that was active then is so again."""
        at, text = job.request.device, f"{failed.request.name}: {failed.message}"
        undone = [await self._executor.write(at, key, now[key]) for key in reversed(tried)]
        outcome = Outcome.REFUSED if tried else failed.outcome
        if all(each.outcome is Outcome.OK for each in undone):
            self._keep(at, before)
            return self._result(job, outcome, failed.reason, f"{text}; everything is as it was before")
        record = self._sites[at].record
        assert record  # noqa: S101 - that of this intent
        self._keep(at, replace(record, state="restoring", trouble=text))
        return self._result(job, outcome, failed.reason, f"{text}; what was done is being put back, see intent_state")

    async def _finish(self, job: Job) -> Result:
        """Ends the intent now; what fails is tried again without being asked."""
        at = job.request.device
        if self._sites[at].record is None:
            return self._result(job, Outcome.OK, None, "there is no intent to end")
        self._executor.begins(job)
        if failed := await self._restore(at):
            outcome = Outcome.REFUSED if failed.outcome is Outcome.REFUSED else Outcome.UNCONFIRMED
            return self._result(job, outcome, failed.reason, f"{failed.message}; it is tried again, see intent_state")
        return self._result(job, Outcome.OK, None, self._sites[at].last or "")

    def _result(self, job: Job, outcome: Outcome, reason: str | None, text: str) -> Result:
        value = job.value if outcome is Outcome.OK else None
        return self._executor.result(job.request, outcome, reason, text, attempts=1, value=value)

    # --- the end ----------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Ends each intent when its time has come, and puts back what was interrupted. Never ends."""
        while True:
            for at in self.sites:
                await self._look(at)
            await pause(self._clock, self._wait(), self._changed)

    async def _look(self, at: DeviceId) -> None:
        if self._left(at) > 0:
            return
        async with self._executor.turn(at):
            if self._left(at) <= 0:  # a command may have come before
                await self._restore(at)

    def _wait(self) -> float:
        return max(0.0, min([LOOK, *map(self._left, self.sites)]))

    def _left(self, at: DeviceId) -> float:
        """Seconds until there is something to put back."""
        site = self._sites[at]
        if site.record is None or site.record.state == "setting":
            return math.inf
        if site.record.state != "active":
            return site.not_before - self._clock.monotonic()
        if site.elapses < math.inf:
            return site.elapses - self._clock.monotonic()
        return (site.record.until - self._clock.now()).total_seconds() if site.record.until else math.inf

    async def _restore(self, at: DeviceId) -> Hindrance | None:
        """One try."""
        site = self._sites[at]
        assert site.record  # noqa: S101 - the caller has looked
        self._keep(at, site.record.ending())
        try:
            hindrance = await self._put_back(at, site)
        except BridgeError as error:
            hindrance = Hindrance(Outcome.UNAVAILABLE, error.reason, str(error))
        if hindrance:
            self._put_off(at, site, hindrance)
        return hindrance

    async def _put_back(self, at: DeviceId, site: _Site) -> Hindrance | None:
        assert site.record  # noqa: S101 - the caller has looked
        back = intents.way_back(site.record, await self._executor.reader.read(at))
        hindrance = None
        for key, value in back.writes:
            result = await self._executor.write(at, key, value)
            if result.outcome is Outcome.OK:
                self._keep(at, site.record.without(key))
            else:
                hindrance = Hindrance(result.outcome, result.reason, f"{key}: {result.message}")
        if hindrance is None:
            site.last, site.elapses, site.tries = intents.said(back), math.inf, 0
            self._keep(at, None)
            log.info("intent ended", device=str(at), said=site.last)
        return hindrance

    def _put_off(self, at: DeviceId, site: _Site, hindrance: Hindrance) -> None:
        assert site.record  # noqa: S101 - the caller has looked
        site.not_before = self._clock.monotonic() + PAUSES[min(site.tries, len(PAUSES) - 1)]
        tell = log.debug if site.tries else log.warning
        site.tries += 1
        state = "failed" if hindrance.outcome is Outcome.REFUSED else "restoring"
        self._keep(at, replace(site.record, state=state, trouble=hindrance.message))
        tell("intent not ended yet", device=str(at), error=hindrance.message)

    # --- what is kept -----------------------------------------------------------------------------------

    def _keep(self, at: DeviceId, record: Record | None, *, must: bool = False) -> None:
        """On disk. Raises NotSent where it must be there and cannot."""
        try:
            self._note(at, NAME, intents.written(record) if record else {})
        except NotSent as error:
            if must:
                raise
            log.warning("an intent could not be written down", device=str(at), error=str(error))
        self._sites[at].record = record
        self._tell(at, self.news(at))

    def _note(self, at: DeviceId, name: str, note: Mapping[str, Any]) -> None:
        try:
            self._notes.remember(str(at), name, note)
        except Exception as error:
            raise NotSent(f"it could not be written down, so nothing was done: {error}") from error
