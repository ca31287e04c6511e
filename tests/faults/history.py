"""What happened in a house, from outside: messages, Tesla's ledger and executions, the process, its log."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any, Generic, Protocol, TypeVar

from bridge.simulator.cloud import Cloud, Execution
from bridge.simulator.ledger import Entry

T = TypeVar("T")


class Message(Protocol):
    """One that the spy heard; `at` on perf_counter's clock."""

    @property
    def at(self) -> float: ...
    @property
    def topic(self) -> str: ...
    @property
    def payload(self) -> bytes: ...
    @property
    def retain(self) -> bool: ...
    @property
    def correlation(self) -> bytes | None: ...


class Taped(list[T], Generic[T]):
    """A list of the simulator's that remembers when each thing came, and all that was ever in it."""

    def __init__(self, given: Iterable[T] = ()) -> None:
        super().__init__(given)
        self.tape: list[tuple[float, T]] = []

    def append(self, thing: T) -> None:
        self.tape.append((perf_counter(), thing))
        super().append(thing)


@dataclass
class Life:
    """One process, from its start to its end."""

    pid: int
    began: float
    ended: float | None = None
    code: int | None = None
    is_our_doing: bool = False
    """It was killed or stopped by the test."""

    descriptors: int | None = None
    threads: int | None = None
    """As they were when it was ready."""

    def lasted_from(self, at: float) -> bool:
        """Did it live at that time?"""
        return self.began <= at and (self.ended is None or at < self.ended)


@dataclass
class Command:
    """A message that asks for something."""

    at: float
    device: str
    name: str
    value: Any
    transaction: str | None
    correlation: bytes | None
    retain: bool

    @property
    def identity(self) -> object:
        """Two with the same are one wish that came twice; those without are a wish each."""
        return self.transaction or self.correlation or id(self)


@dataclass
class History:
    """All of it. `messages` gives those of every spy there was."""

    directory: Path
    cloud: Cloud
    messages: Callable[[], Sequence[Message]]
    base: str = "fleet2mqtt"
    lives: list[Life] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._entries: Taped[Entry] = Taped(self.cloud.ledger.entries)
        self._executions: Taped[Execution] = Taped(self.cloud.executions)
        self.cloud.ledger.entries, self.cloud.executions = self._entries, self._executions
        self._commands: list[Command] = []
        self._looked_at = 0

    def forget(self) -> None:
        """What a long life need not keep; the messages are cleared by whom they belong to. Commands are remembered."""
        self._looked_at = 0
        self._entries.tape.clear()
        self._executions.tape.clear()

    @property
    def entries(self) -> list[tuple[float, Entry]]:
        return list(self._entries.tape)

    @property
    def executions(self) -> list[tuple[float, Execution]]:
        return list(self._executions.tape)

    @property
    def log(self) -> str:
        path = self.directory / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    @property
    def data(self) -> Path:
        return Path(self.environment.get("FLEET2MQTT_DATA_DIR", self.directory / "data"))

    @property
    def commands(self) -> list[Command]:
        """Each message is looked at once: a history may be long, and is asked often."""
        messages = self.messages()
        self._commands += filter(None, map(self._command, messages[self._looked_at :]))
        self._looked_at = len(messages)
        return self._commands

    @property
    def results(self) -> list[tuple[str, str, bytes | None, dict[str, Any]]]:
        """Device, name, correlation data, body."""
        found = []
        for each in self.messages():
            kind, _, rest = each.topic.removeprefix(f"{self.base}/").partition("/")
            id_, _, name = rest.partition("/result/")
            if name:
                found.append((f"{kind}/{id_}", name, each.correlation, json.loads(each.payload)))
        return found

    def was_online(self, at: float) -> bool:
        """Had the broker said so, before that moment?"""
        said = [each for each in self.messages() if each.topic == f"{self.base}/bridge/state" and each.at < at]
        return bool(said) and said[-1].payload == b"online"

    def _command(self, message: Message) -> Command | None:
        parts = message.topic.removeprefix(f"{self.base}/").split("/")
        if len(parts) != 4 or parts[2] != "set" or not message.payload:
            return None
        try:
            body = json.loads(message.payload)
        except (ValueError, RecursionError):  # what a fuzzer sends may be as deep as it likes
            body = message.payload.decode(errors="replace")
        given = body if isinstance(body, dict) else {"value": body}
        transaction = given.get("transaction")
        return Command(
            message.at,
            "/".join(parts[:2]),
            parts[3],
            given.get("value"),
            transaction if isinstance(transaction, str) else None,
            message.correlation,
            message.retain,
        )
