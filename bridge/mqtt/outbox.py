"""What waits for the broker, across connections.

What is retained has one place for each topic: a slow broker costs memory for the newest value only, and with the
connection it is forgotten, because all of it is published again on the next. What is said once is kept until the
broker has taken or refused it.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from functools import partial
from itertools import count
from typing import NamedTuple, Protocol

from bridge.errors import BridgeError, BrokerRefused
from bridge.mqtt.connection import REFUSED, Taken
from bridge.mqtt.messages import Publication
from bridge.mqtt.packets import FLAWS

WINDOW = 200
"""Messages that the broker may owe us an acknowledgement for."""

LETTERS = 1000
"""Messages said once that may wait for a connection; the oldest go first."""

_ADVICE = {135: "give this user write access to it", **FLAWS}
"""Reason codes of PUBACK, and of what is not even sent, in words."""

Report = Callable[[str, BridgeError | None], None]
"""Told of a part that it fails, or works."""


class Outlet(Protocol):
    """A connection to the broker."""

    @property
    def pending(self) -> int: ...
    def publish(self, publication: Publication, taken: Taken | None = None) -> None: ...
    def flush(self) -> None: ...


class Letter(NamedTuple):
    """A message, what to do when the broker has taken it, and whether it must outlive the connection."""

    publication: Publication
    taken: Callable[[], None] | None
    is_kept: bool


class Outbox:
    """Hands over no more than the broker can take; its answers make room for more."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._outlet: Outlet | None = None
        self._once: deque[Letter] = deque(maxlen=LETTERS)
        # Not dict: to take the first of many out of one takes the longer, the more were taken out before.
        self._first: OrderedDict[str, Letter] = OrderedDict()
        self._values: OrderedDict[str, Letter] = OrderedDict()
        self._kept: dict[str, Publication] = {}
        self._numbers = count()
        self._unanswered: dict[int, Letter] = {}
        self._refused: dict[str, str] = {}
        self.published = 0
        """Messages handed over since the start."""

    def attach(self, outlet: Outlet) -> None:
        self.detach()
        self._outlet = outlet
        self._refused.clear()

    def detach(self) -> None:
        """The connection is gone. What it had not answered is said again; twice is better than never."""
        self._outlet = None
        for table in (self._first, self._values, self._kept):
            table.clear()
        again = (letter for letter in self._unanswered.values() if letter.is_kept)
        self._once = deque((*again, *self._once), LETTERS)
        self._unanswered.clear()

    @property
    def is_refused(self) -> bool:
        """Has the broker refused a message on this connection, and not taken the next on its topic?"""
        return bool(self._refused)

    @property
    def is_drained(self) -> bool:
        return not (self._once or self._first or self._values or self._unanswered)

    def say(self, publication: Publication, taken: Callable[[], None] | None = None) -> None:
        """Goes out once, in order, before everything retained. `taken` is called when the broker took it."""
        self._once.append(Letter(publication, taken, is_kept=True))

    def retain(
        self, publication: Publication, *, is_first: bool = False, taken: Callable[[], None] | None = None
    ) -> None:
        """Takes the place of what waits for its topic. `is_first`: goes before all that are not."""
        if self._outlet:
            table = self._first if is_first else self._values
            table[publication.topic] = Letter(publication, taken, is_kept=False)
            self._kept[publication.topic] = publication

    def kept(self, topic: str) -> bytes | None:
        """What is to be retained there, on this connection; empty: nothing; None: the topic is not ours."""
        publication = self._kept.get(topic)
        return publication.payload if publication else None

    def restore(self, topics: Iterable[str]) -> None:
        """Says it there again."""
        for topic in topics:
            self.retain(self._kept[topic])
        self.pump()

    def pump(self) -> None:
        while self._outlet and self._outlet.pending < WINDOW and (letter := self._next()):
            number = next(self._numbers)
            self._unanswered[number] = letter
            self.published += 1
            self._outlet.publish(letter.publication, partial(self._answered, number))

    def hurry(self) -> None:
        """An answer must not wait for what this turn of the event loop still has to do. Not for paho's callbacks."""
        self.pump()
        if self._outlet:
            self._outlet.flush()

    def _next(self) -> Letter | None:
        if self._once:
            return self._once.popleft()
        table = self._first or self._values
        return table.popitem(last=False)[1] if table else None

    def _answered(self, number: int, reason: int) -> None:
        letter = self._unanswered.pop(number, None)
        if letter is None:
            return  # of a connection that is gone: the message waits for the next
        if reason >= REFUSED:
            self._complain(letter.publication.topic, reason)
        else:
            if letter.taken:
                letter.taken()
            if self._refused:
                self._take_back(letter.publication.topic)
        self.pump()

    def _complain(self, topic: str, reason: int) -> None:
        """Once for each first level of topics and connection, naming what to do (reliability.md D6)."""
        tree = topic.split("/", maxsplit=1)[0]
        if tree not in self._refused:
            self._refused[tree] = topic
            why = _ADVICE.get(reason, "the broker's log may tell why")
            self._report(_part(tree), BrokerRefused(f"the broker refuses {topic[:200]} (reason {reason}): {why}"))

    def _take_back(self, topic: str) -> None:
        tree = topic.split("/", maxsplit=1)[0]
        if self._refused.get(tree) == topic:
            del self._refused[tree]
            self._report(_part(tree), None)


def _part(tree: str) -> str:
    return f"mqtt out {tree}"
