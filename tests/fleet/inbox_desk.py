"""A bridge that looks into the inbox of its data directory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from account import STORED, Shelf
from token_world import World, world

from bridge.fleet.auth.inbox import Inbox, hand_over
from bridge.fleet.auth.sources import TokenSource
from bridge.fleet.auth.tokens import Tokens

NEW = replace(STORED, access="new-access", refresh="new-refresh", generation=0)
NAME = "sign-in-home.json"


@dataclass
class Desk:
    """A bridge that looks into the inbox of its data directory."""

    here: World
    source: TokenSource
    directory: Path
    inbox: Inbox

    def restart(self) -> None:
        self.source = self.here.process()
        self.inbox = Inbox(self.directory, "home", self.source)

    def leave(self, tokens: Tokens | None = NEW) -> Path:
        return hand_over(self.directory, "home", tokens, simulated=True)

    @property
    def files(self) -> list[str]:
        return sorted(path.name for path in self.directory.iterdir())


@asynccontextmanager
async def desk(directory: Path, shelf: Shelf | None = None) -> AsyncIterator[Desk]:
    async with world(shelf or Shelf(STORED)) as here:
        source = here.process()
        yield Desk(here, source, directory, Inbox(directory, "home", source))
