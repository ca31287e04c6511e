"""What goes wrong in a soak, as a table: each trouble is begun, and a while later it is over."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import NamedTuple

from driven import DrivenHouse

from benchmarks.month.__main__ import FAULTS
from bridge.simulator.faults import Fault

HOUR = 3600.0
BROKER_AWAY, BROKER_RESTARTED, DISK_FULL = "the broker is away", "the broker is restarted", "the disk is full"

Begin = Callable[[DrivenHouse, Random], Callable[[], None]]
"""Gives what ends it."""


class Trouble(NamedTuple):
    """How often, beside the others; how many seconds at most."""

    name: str
    weight: float
    begin: Begin
    longest: float = 0.0


def _odd_answer(one: DrivenHouse, random: Random) -> Callable[[], None]:
    one.cloud.faults.add(replace(random.choice(FAULTS)))
    return _nothing


def _no_tokens(one: DrivenHouse, _: Random) -> Callable[[], None]:
    one.cloud.faults.add(Fault("/oauth2/v3/token", status=503))
    return one.cloud.faults.clear


def _revoked(one: DrivenHouse, _: Random) -> Callable[[], None]:
    one.cloud.tokens.revoke_access()
    return _nothing


def _tesla_away(one: DrivenHouse, _: Random) -> Callable[[], None]:
    one.api.unplug()
    return one.api.plug_in


def _broker_away(one: DrivenHouse, random: Random) -> Callable[[], None]:
    one.hear_out()
    random.choice((one.broker.kill, one.broker.stop))()

    def end() -> None:
        one.broker.start()
        one.watch_anew()

    return end


def _broker_restarted(one: DrivenHouse, random: Random) -> Callable[[], None]:
    _broker_away(one, random)()
    return _nothing


def _cut(one: DrivenHouse, _: Random) -> Callable[[], None]:
    one.api.kick()
    return _nothing


def _wrong_clock(one: DrivenHouse, random: Random) -> Callable[[], None]:
    one.time.set_wrong(random.choice((-HOUR, -120, 120, HOUR)))
    return lambda: one.time.set_wrong(0)


def _suspended(one: DrivenHouse, random: Random) -> Callable[[], None]:
    one.time.suspend(random.uniform(60, 4 * HOUR))
    return _nothing


def _nothing() -> None:
    """It was over at once."""


TROUBLES: Sequence[Trouble] = (
    Trouble("an odd answer", 12, _odd_answer),
    Trouble("connections to Tesla are cut", 2, _cut),
    Trouble("the access tokens are revoked", 1, _revoked),
    Trouble("no new tokens", 1, _no_tokens, 3 * HOUR),
    Trouble("Tesla is away", 1, _tesla_away, 6 * HOUR),
    Trouble(BROKER_RESTARTED, 2, _broker_restarted),
    Trouble(BROKER_AWAY, 1, _broker_away, HOUR),
    Trouble("the clock is wrong", 1, _wrong_clock, HOUR),
    Trouble("the machine is suspended", 1, _suspended),
)


class Disk:
    """A small file system for the data directory, which can be filled. Only root can mount one."""

    trouble: Trouble

    def __init__(self, path: Path) -> None:
        self.path = path
        self.trouble = Trouble(DISK_FULL, 1, self._fill, 3 * HOUR)

    def _fill(self, _one: DrivenHouse, _random: Random) -> Callable[[], None]:
        other = self.path / "other files"
        with other.open("ab", buffering=0) as file:
            while True:
                try:
                    file.write(bytes(512))
                except OSError:
                    return other.unlink


@contextmanager
def disk(path: Path) -> Iterator[Disk | None]:
    """None where nothing can be mounted."""
    path.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", path], check=False).returncode:
        yield None
        return
    try:
        yield Disk(path)
    finally:
        subprocess.run(["umount", "--lazy", path], check=True)


class Weather:
    """One trouble begins about every hour; a few last, and none of a kind twice at the same time."""

    def __init__(self, one: DrivenHouse, random: Random, troubles: Sequence[Trouble] = TROUBLES) -> None:
        self._one = one
        self._random = random
        self._troubles = troubles
        self._lasting: dict[str, tuple[float, Callable[[], None]]] = {}
        self.seen: dict[str, int] = {}

    def change(self, *, but: str = "") -> None:
        """What is over ends; another begins, unless it is this one."""
        self.clear_up(self._one.time.shared.elapsed)
        trouble = self._random.choices(self._troubles, [each.weight for each in self._troubles])[0]
        if trouble.name in {but, *self._lasting} or (self.has(BROKER_AWAY) and trouble.name == BROKER_RESTARTED):
            return
        self.seen[trouble.name] = self.seen.get(trouble.name, 0) + 1
        end = trouble.begin(self._one, self._random)
        if trouble.longest:
            until = self._one.time.shared.elapsed + self._random.uniform(0, trouble.longest)
            self._lasting[trouble.name] = until, end

    def clear_up(self, now: float = float("inf")) -> None:
        for name, (until, end) in list(self._lasting.items()):
            if until <= now:
                del self._lasting[name]
                end()

    def has(self, name: str) -> bool:
        """Does this one last?"""
        return name in self._lasting
