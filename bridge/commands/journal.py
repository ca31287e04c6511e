"""The command journal: what was asked, whether it was sent, and how it ended, across crashes.

A command is written down before its bytes leave, so that a crash never repeats it and never leaves it unanswered.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from bridge.catalog import CATALOGUE
from bridge.clock import Clock
from bridge.commands.admission import Job
from bridge.model import DeviceId, Kind, Outcome, Request, Result, Value
from bridge.trying import Trying

REMEMBERED = 86_400.0
"""Seconds for which a repeated request gets the first one's result."""

TIDY = 3600.0
"""Seconds between two looks for what is older than that."""


class Entry(Protocol):
    """One command as the database keeps it."""

    @property
    def id(self) -> int: ...
    @property
    def fingerprint(self) -> str: ...
    @property
    def request(self) -> Mapping[str, Any]: ...
    @property
    def sent(self) -> Mapping[str, Any] | None: ...
    @property
    def result(self) -> Mapping[str, Any] | None: ...


class CommandStore(Protocol):
    """Where the journal is kept."""

    def journal(
        self,
        *,
        identity: str | None,
        fingerprint: str,
        request: Mapping[str, Any],
        received_at: float,
    ) -> int: ...
    def mark_sent(self, number: int, sent: Mapping[str, Any]) -> None: ...
    def mark_done(self, number: int, result: Mapping[str, Any]) -> None: ...
    def mark_published(self, number: int) -> None: ...
    def find_command(self, identity: str) -> Entry | None: ...
    def open_commands(self) -> list[Any]: ...
    def forget_commands(self, before: float) -> None: ...


@dataclass(frozen=True, slots=True)
class Left:
    """A command that an earlier run left behind. `result` None: it was sent, and nobody knows how it ended."""

    number: int
    request: Request
    expected: Mapping[str, Value]
    result: Result | None


class Earlier(NamedTuple):
    """An earlier request with the same identity. `result` None: it is still being worked on."""

    is_same: bool
    result: Result | None


class Journal:
    """One line for each command, from its arrival to the moment the broker took its result."""

    def __init__(self, store: CommandStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._numbers: dict[Job, int] = {}
        self._sent: set[Job] = set()
        self._ended: dict[int, Mapping[str, Any]] = {}
        self._taken: set[int] = set()
        self._writing = Trying("the command journal cannot be written")
        self._tidied = -math.inf

    def earlier(self, job: Job) -> Earlier | None:
        """The request that this one repeats, of this run or an earlier one."""
        self.catch_up()
        entry = self._store.find_command(job.identity) if job.identity else None
        if entry is None:
            return None
        received_at = datetime.fromisoformat(entry.request["received_at"])
        written = self._ended.get(entry.id, entry.result)
        result = _result(written, replace(job.request, received_at=received_at)) if written else None
        return Earlier(entry.fingerprint == fingerprint(job), result)

    def accepts(self, job: Job) -> None:
        """It will be worked on: from now on a crash does not leave it unanswered."""
        self._tidy()
        self._numbers[job] = self._write(job)

    def sends(self, job: Job) -> None:
        """The bytes leave next, or we begin. On disk when this returns."""
        # Of what we do ourselves no device can tell whether it was done.
        expected = {} if job.command.is_local else dict(job.expected)
        self._store.mark_sent(self._numbers[job], {"expected": expected})
        self._sent.add(job)

    def was_sent(self, job: Job) -> bool:
        return job in self._sent

    def ends(self, job: Job, result: Result) -> int:
        """Its one result. Gives the number to be told to `published`."""
        self._sent.discard(job)
        number = self._numbers.pop(job)
        self._ended[number] = _written(result)
        self.catch_up()
        return number

    def published(self, number: int) -> None:
        """The broker took its result."""
        self._taken.add(number)
        self.catch_up()

    def catch_up(self) -> None:
        """Writes how commands ended. What cannot be written waits: a full disk costs no answer, and makes no second."""
        for number, result in list(self._ended.items()):
            with self._writing:
                self._store.mark_done(number, result)
                del self._ended[number]
        for number in list(self._taken):
            with self._writing:
                self._store.mark_published(number)
                self._taken.remove(number)

    def left_behind(self) -> list[Left]:
        """What an earlier run did not finish, and what no broker took, for as long as it could be repeated."""
        self.catch_up()
        with suppress(Exception):  # a full disk can still be read
            self._tidy()
        return [_left(entry, self._clock) for entry in self._store.open_commands()]

    def settles(self, left: Left, result: Result) -> None:
        """The result of what an earlier run had sent."""
        self._ended[left.number] = _written(result)
        self.catch_up()

    def _tidy(self) -> None:
        """Drops what is too old to be repeated."""
        if self._clock.monotonic() - self._tidied >= TIDY:
            self._tidied = self._clock.monotonic()
            self._store.forget_commands(self._clock.now().timestamp() - REMEMBERED)

    def _write(self, job: Job) -> int:
        request = job.request
        return self._store.journal(
            identity=job.identity,
            fingerprint=fingerprint(job) if job.identity else "",  # what nobody can repeat is compared with nothing
            request={
                "kind": request.device.kind,
                "id": request.device.id,
                "name": request.name,
                "transaction": request.transaction,
                "correlation": request.correlation.hex() if request.correlation else None,
                "response_topic": request.response_topic,
                "received_at": request.received_at.isoformat(),
            },
            received_at=request.received_at.timestamp(),
        )


def fingerprint(job: Job) -> str:
    """The same for two requests that ask the same of the same device. Tells nothing of a PIN's digits."""
    asked = (job.request.device, job.request.name, sorted(job.asked.items()))
    return hashlib.sha256(repr(asked).encode()).hexdigest()


def _written(result: Result) -> dict[str, Any]:
    return {
        "outcome": result.outcome,
        "reason": result.reason,
        "message": result.message,
        "attempts": result.attempts,
        "value": result.value,
        "finished_at": result.finished_at.isoformat(),
    }


def _result(written: Mapping[str, Any], request: Request) -> Result:
    return Result(
        request,
        Outcome(written["outcome"]),
        datetime.fromisoformat(written["finished_at"]),
        reason=written["reason"],
        message=written["message"],
        attempts=written["attempts"],
        value=written["value"],
    )


def _left(entry: Entry, clock: Clock) -> Left:
    request = _request(entry.request, clock)
    expected = (entry.sent or {}).get("expected", {})
    if entry.result:
        return Left(entry.id, request, expected, _result(entry.result, request))
    if entry.sent is None:
        text = "the bridge was stopped before the command could be sent"
        lost = Result(request, Outcome.UNAVAILABLE, clock.now(), reason="restarted", message=text)
        return Left(entry.id, request, expected, lost)
    known = {key: value for key, value in expected.items() if key in CATALOGUE[request.device.kind].entities}
    return Left(entry.id, request, known, None)


def _request(kept: Mapping[str, Any], clock: Clock) -> Request:
    return Request(
        device=DeviceId(Kind(kept["kind"]), kept["id"]),
        name=kept["name"],
        payload=b"",
        received_at=datetime.fromisoformat(kept["received_at"]),
        deadline=clock.monotonic(),
        transaction=kept["transaction"],
        correlation=bytes.fromhex(kept["correlation"]) if kept["correlation"] else None,
        response_topic=kept["response_topic"],
    )
