"""Where an account lives: as set, else as its token says, until Tesla says otherwise (fleet-api.md 1.7 and 1.8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import structlog

from bridge.clock import Clock
from bridge.fleet import answers, hosts
from bridge.fleet.auth.regions import from_claims
from bridge.fleet.auth.tokens import claims
from bridge.fleet.hosts import FLEET, Region
from bridge.fleet.notes import Notes
from bridge.fleet.transport import Answer

MOVE_PAUSE = 3600.0
"""Seconds before a 421 is followed again, so that two regions cannot play ping-pong with us (reliability.md B2)."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Move:
    """Away from the region with this API; `at` is monotonic."""

    left: str
    to: Region
    at: float


class Home:
    """One account's. Only hosts of the table can be one (hosts.py)."""

    def __init__(
        self, region: Region, clock: Clock, *, is_set: bool = True, notes: Notes | None = None, account: str = ""
    ) -> None:
        """`is_set`: the owner has chosen the region, so a token does not change it. `account`: its name in `notes`."""
        self._declared = region
        self._native = region
        self._is_set = is_set or region.name not in FLEET
        self._clock = clock
        self._notes = notes
        self._note = f"region {account}"
        self._seen = ""
        self._move = self._recalled()

    @property
    def region(self) -> Region:
        return self._move.to if self._move and self._move.left == self._native.api else self._native

    def see(self, access: str) -> None:
        """A token that is about to be used may say where the account lives. Costs nothing for one that was seen."""
        if access != self._seen and not self._is_set:
            self._seen = access
            self._native = from_claims(claims(access)) or self._declared

    def follow(self, answer: Answer) -> bool:
        """A 421 is followed to a host of the table, at most once an hour; nobody else is sent anything."""
        url = answers.base_url(answer)
        region = hosts.named(url, self.region) if url else None
        if region is None or region == self.region or self._moved_lately():
            return False
        log.info("the account lives in another region", was=self.region.name, now=region.name)
        self._move = _Move(self._native.api, region, self._clock.monotonic())
        self._keep(self._move)
        return True

    def _moved_lately(self) -> bool:
        return self._move is not None and self._clock.monotonic() - self._move.at < MOVE_PAUSE

    # --- across a restart -------------------------------------------------------------------------------------

    def _keep(self, move: _Move) -> None:
        if not self._notes:
            return
        note = {"left": move.left, "to": move.to.api, "at": self._clock.now().isoformat()}
        try:
            self._notes.keep_secrets({self._note: note})
        except Exception as error:  # noqa: BLE001 - the next start asks the wrong region once, and that is all
            log.warning("the account's region could not be saved", error=str(error))

    def _recalled(self) -> _Move | None:
        note = self._notes.secret(self._note) if self._notes else None
        to = hosts.named(note["to"], self._declared) if note else None
        if note is None or to is None:
            return None
        ago = (self._clock.now() - datetime.fromisoformat(note["at"])).total_seconds()
        # The wall clock may have been set meanwhile: it counts as at most an hour, and never as the future.
        return _Move(note["left"], to, self._clock.monotonic() - min(max(ago, 0.0), MOVE_PAUSE))
