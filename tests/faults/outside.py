"""The thread that the servers live in which the bridge talks to."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any, Self, TypeVar

T = TypeVar("T")
PATIENCE = float(os.environ.get("FAULTS_PATIENCE", "30"))
"""Seconds that a test waits for anything before it fails. Nothing takes long; a loaded machine may."""


class Outside:
    """An event loop in a thread of its own: tests themselves just wait."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="outside")
        self._stack = AsyncExitStack()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self._stack.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)

    def enter(self, server: AbstractAsyncContextManager[T]) -> T:
        """Starts a server; it is stopped at the end."""
        return self.run(self._stack.enter_async_context(server))
