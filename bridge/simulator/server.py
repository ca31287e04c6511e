"""The simulation behind a socket: uvicorn inside the running loop, without its signal handlers."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

from uvicorn import Config, Server
from uvicorn.protocols.http.h11_impl import H11Protocol

from bridge.simulator.app import build
from bridge.simulator.cloud import Cloud
from bridge.simulator.simulation import Simulation, build_app, build_cloud

__all__ = ["Simulation", "build_app", "serve"]

TICK_SECONDS = 10.0  # simulated
SHORTEST_TICK = 0.2  # real


class _Connection(H11Protocol):
    """uvicorn's HTTP/1.1, which lets an answer reach its connection: faults must be able to cut it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class _GuestServer(Server):
    """A server that leaves the host program's signal handlers alone."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serve(simulation: Simulation, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serve until the block ends, on a free port for 0; yields the base URL. OSError if the port is taken."""
    cloud = build_cloud(simulation)
    async with serve_cloud(cloud, host, port) as url:
        ticking = asyncio.create_task(keep_living(cloud)) if simulation.tick else None
        try:
            yield url
        finally:
            await _stopped(ticking)


@asynccontextmanager
async def serve_cloud(cloud: Cloud, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """A cloud that lives only when it is asked, or as its maker lets it."""
    listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    # Inherited by its connections. asyncio does not set it on those of a listener that it has not made, and without
    # it the body of an answer waits for the acknowledgement of its head: 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    config = Config(
        build(cloud),
        http=_Connection,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    server = _GuestServer(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield _url(host, listener.getsockname()[1])
    finally:
        cloud.faults.clear()
        server.should_exit = True
        await serving


async def _stopped(ticking: asyncio.Task[None] | None) -> None:
    """Raises what a car or site has failed with, if one has."""
    if ticking:
        ticking.cancel()
        with suppress(asyncio.CancelledError):
            await ticking


def _url(host: str, port: int) -> str:
    """The address for a client on this machine."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{reachable}:{port}"


async def keep_living(cloud: Cloud) -> None:
    """Let life go on while nobody asks: every 10 simulated seconds, but at most 5 times a second."""
    while True:
        cloud.account.advance(cloud.clock.now())
        await cloud.clock.sleep(max(TICK_SECONDS, cloud.clock.simulated(SHORTEST_TICK)))
