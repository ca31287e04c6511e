"""Work that runs until it ends by itself or is asked to stop."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any


def until_stopped(work: Callable[[asyncio.Event], Coroutine[Any, Any, int]]) -> int:
    """Runs it; SIGINT and SIGTERM set its event."""

    async def body() -> int:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.set_default_executor(_Helpers())
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        return await work(stop)

    return asyncio.run(body())


class _Helpers(ThreadPoolExecutor):
    """A thread for each call. At its end the program waits for none.

    A name look-up, a connect and a TLS handshake cannot be cancelled, and last half a minute where nobody answers.
    """

    _is_over = False

    def submit(self, call: Callable[..., Any], /, *args: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()
        threading.Thread(target=self._work, args=(future, partial(call, *args, **named)), daemon=True).start()
        return future

    def shutdown(self, *_: object, **__: object) -> None:
        self._is_over = True

    def _work(self, future: Future[Any], call: Callable[[], Any]) -> None:
        try:
            tell = partial(future.set_result, call())
        except BaseException as error:  # noqa: BLE001 - whoever asked for it hears of it
            tell = partial(future.set_exception, error)
        if not self._is_over:  # else the loop that would hear of it is closed
            tell()
