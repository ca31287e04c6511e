"""The simulation behind a socket: ports, signals and stopping."""

import asyncio
import signal
import socket
from time import perf_counter

import httpx2
import pytest
from simulated_tesla import NOON

from bridge.simulator.server import Simulation, serve

EMPTY = Simulation(start=NOON, cars=0, sites=0)


async def test_it_serves_on_a_free_port_and_stops_when_the_block_ends() -> None:
    async with serve(EMPTY) as url, httpx2.AsyncClient() as http:
        assert (await http.get(f"{url}/status")).text == "ok"
    async with httpx2.AsyncClient() as http:
        with pytest.raises(httpx2.ConnectError):
            await http.get(f"{url}/status")


async def test_it_serves_on_the_port_it_is_given() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    async with serve(EMPTY, port=port) as url:
        assert url == f"http://127.0.0.1:{port}"


async def test_a_taken_port_is_an_os_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = serve(EMPTY, port=taken.getsockname()[1])
        with pytest.raises(OSError, match="in use"):
            await server.__aenter__()


async def test_it_leaves_the_signal_handlers_of_its_host_alone() -> None:
    before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    async with serve(EMPTY) as url, httpx2.AsyncClient() as http:
        await http.get(f"{url}/status")
        assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == before


async def test_it_stops_within_a_second_though_a_client_hangs() -> None:
    async with httpx2.AsyncClient() as http:
        async with serve(EMPTY) as url:
            await http.post(f"{url}/control/faults", json={"match": "status", "real_delay_s": 60})
            hanging = asyncio.create_task(http.get(f"{url}/status"))
            await asyncio.wait({hanging}, timeout=0.05)
            began = perf_counter()
        assert perf_counter() - began < 1
        assert (await hanging).status_code == 200


async def test_an_error_in_the_block_comes_out_as_it_was() -> None:
    with pytest.raises(KeyError):
        async with serve(EMPTY):
            raise KeyError
