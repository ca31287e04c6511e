"""Connection pools: one for each host, replaced when it is old or has failed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpcore2

from bridge.clock import Clock

MAX_AGE = 600.0
"""Seconds; Tesla changes addresses without notice, so no connection may outlive this by much (reliability.md B11)."""


@dataclass(slots=True)
class _Pool:
    http: httpcore2.AsyncConnectionPool
    born: float
    users: int = 0
    retired: bool = False


class Pools:
    """Lends them. A retired one finishes what it has begun and is closed behind its last user.

    Every failure retires a pool, and so does being cancelled: a connection may hang without being closed (B13), and
    httpcore2 2.16 loses bytes of a shared HTTP/2 connection when a request is cancelled while writing.
    """

    def __init__(self, build: Callable[[], httpcore2.AsyncConnectionPool], clock: Clock) -> None:
        self._build = build
        self._clock = clock
        self._pools: dict[str, _Pool] = {}

    @asynccontextmanager
    async def lease(self, origin: str) -> AsyncIterator[httpcore2.AsyncConnectionPool]:
        """The pool for this origin (scheme, host and port)."""
        pool = await self._fresh(origin)
        pool.users += 1
        try:
            yield pool.http
        except BaseException:
            self._retire(origin, pool)
            raise
        finally:
            pool.users -= 1
            await _close_if_done(pool)

    async def close(self) -> None:
        for origin, pool in list(self._pools.items()):
            self._retire(origin, pool)
            await _close_if_done(pool)

    async def _fresh(self, origin: str) -> _Pool:
        pool = self._pools.get(origin)
        if pool and self._clock.monotonic() - pool.born >= MAX_AGE:
            self._retire(origin, pool)
            await _close_if_done(pool)
        if origin not in self._pools:
            self._pools[origin] = _Pool(self._build(), self._clock.monotonic())
        return self._pools[origin]

    def _retire(self, origin: str, pool: _Pool) -> None:
        pool.retired = True
        if self._pools.get(origin) is pool:
            del self._pools[origin]


async def _close_if_done(pool: _Pool) -> None:
    if pool.retired and not pool.users:
        await pool.http.aclose()
