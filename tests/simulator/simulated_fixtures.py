"""A simulated Tesla in this process, on a frozen clock that only jumps move."""

from collections.abc import AsyncIterator
from copy import deepcopy
from dataclasses import replace
from functools import cache

import httpx2
import pytest
from simulated_tesla import NOON, Tesla

from bridge.simulator.account import Account
from bridge.simulator.app import build
from bridge.simulator.simulation import Simulation, build_cloud


@cache
def account(simulation: Simulation) -> Account:
    """A car lives a day before it begins, which takes a tenth of a second: once is enough for all tests."""
    return build_cloud(simulation).account


@pytest.fixture
def simulation() -> Simulation:
    """A module that needs another one overrides this."""
    return Simulation(start=NOON, speed=0)


@pytest.fixture
async def stranger(simulation: Simulation) -> AsyncIterator[Tesla]:
    """Nobody has signed in yet."""
    cloud = build_cloud(replace(simulation, cars=0, sites=0, from_directory=None))
    cloud.account = deepcopy(account(simulation))
    transport = httpx2.ASGITransport(build(cloud))
    async with httpx2.AsyncClient(transport=transport, base_url="http://tesla.test") as http:
        yield Tesla(http)


@pytest.fixture
async def tesla(stranger: Tesla) -> Tesla:
    """Signed in, and the car is awake."""
    await stranger.sign_in()
    await stranger.force(state="online")
    return stranger
