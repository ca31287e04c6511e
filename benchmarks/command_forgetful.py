"""The bridge as `fleet2mqtt run` runs it, but neither commands nor calls are written down: what the disk costs."""

from __future__ import annotations

import asyncio
from typing import Any

from bridge import app, logs, settings
from bridge.cli.stopping import until_stopped
from bridge.clock import SystemClock
from bridge.database import Database


class Forgetful(Database):
    """Everything else is kept."""

    def journal(self, **_: Any) -> int:
        return 1

    def mark_sent(self, *_: Any) -> None: ...
    def mark_done(self, *_: Any) -> None: ...
    def mark_published(self, *_: Any) -> None: ...
    def count_call(self, *_: Any) -> None: ...


async def main(stop: asyncio.Event) -> int:
    own = settings.load()
    logs.configure(own.log.level, as_json=False)
    with Forgetful(own.data_dir) as database:
        return await app.Bridge(own, SystemClock(), database, None, stop).run()


if __name__ == "__main__":
    until_stopped(main)
