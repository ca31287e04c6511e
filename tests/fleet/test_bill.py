"""The ledger beside the simulated account's own bill, under every fault (reliability.md B4, "equals its count +-0").

Where every call got an answer they are equal. A call that got none may have been billed or not, and nobody outside can
know: it is counted, and told as unanswered. So the bill is never above the ledger, and below it by those at most.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import httpx2
import pytest
from account import Shelf, client_of
from fakes import FakeClock
from simulated_tesla import CAR, NOON, SITE

from bridge.database import Database
from bridge.errors import BridgeError
from bridge.fleet.auth.grants import RefreshToken
from bridge.fleet.client import FleetClient
from bridge.ledger import Ledger
from bridge.prices import LIST
from bridge.simulator.server import Simulation, serve
from bridge.simulator.tokens import CLIENT_ID, REFRESH_TOKEN

CALLS: Mapping[str, Callable[[FleetClient], Awaitable[Any]]] = {
    "vehicles": lambda client: client.vehicles(),
    "data": lambda client: client.vehicle_data(CAR, ("charge_state",)),
    "wake": lambda client: client.wake_up(CAR),
    "command": lambda client: client.command(CAR, "command/flash_lights", {}),
    "fleet status": lambda client: client.fleet_status([CAR]),
    "live status": lambda client: client.live_status(SITE),
    "site setting": lambda client: client.energy_write(SITE, "backup", {"backup_reserve_percent": 20}),
}

ANSWERED: Mapping[str, Mapping[str, Any]] = {
    "none": {"match": "no such line"},
    **{f"{status}": {"status": status} for status in (400, 401, 402, 403, 404, 405, 406, 408, 412, 421, 422, 423)},
    **{f"{status}": {"status": status} for status in (424, 451, 499, 500, 502, 503, 504, 540)},
    "429": {"status": 429, "headers": {"retry-after": "2"}},
    "429 for long": {"status": 429, "headers": {"retry-after": "900"}},
    "switched off": {"status": 403, "body": '{"error": "account disabled: EXCEEDED_LIMIT"}'},
    "a web page": {"html": True},
    "a web page of a gateway": {"status": 502, "html": True},
    "not JSON": {"body": "all is well"},
    "half of JSON": {"body": '{"response": '},
    "done, and told 503": {"status": 503, "after": True},
    "done, and told 408": {"status": 408, "after": True},
    "slow": {"real_delay_s": 0.02},
}
UNANSWERED: Mapping[str, Mapping[str, Any]] = {
    "lost before it was done": {"drop": "before"},
    "done, and the answer lost": {"drop": "after"},
    "the answer cut off": {"truncate": True},
    "too slow": {"real_delay_s": 0.6},
}
HURRIED = LIST.altered({"energy": 0.0}, {"data": 1000, "command": 1000, "wake": 1000})


@dataclass
class Desk:
    """A simulated account, a client of it, and the books."""

    url: str
    client: FleetClient
    ledger: Ledger
    tesla: httpx2.AsyncClient

    async def control(self, path: str, **body: Any) -> None:
        (await self.tesla.post(path, json=body)).raise_for_status()

    async def bill(self) -> Mapping[str, Any]:
        """Once all that is under way has arrived: a lost call is not over for the one who loses it."""
        await self.tesla.delete("faults")
        await asyncio.sleep(0.05)  # noqa: TID251 - the simulator's own time, over real sockets
        found: Mapping[str, Any] = (await self.tesla.get("bill")).json()
        return found

    async def ask(self, name: str) -> None:
        with suppress(BridgeError):
            await CALLS[name](self.client)


@asynccontextmanager
async def desk(database: Database, clock: FakeClock, **simulated: Any) -> AsyncIterator[Desk]:
    """A client that gives up after 0.3 s; time hurries, so that all retries are made."""
    ledger = Ledger(store=database, clock=clock, budget=10.0, prices=HURRIED)
    grant = RefreshToken(CLIENT_ID, REFRESH_TOKEN)
    async with (
        serve(Simulation(start=NOON, speed=0, tick=False, **simulated)) as url,
        httpx2.AsyncClient(base_url=f"{url}/control/") as tesla,
        client_of(url, grant=grant, store=Shelf(), clock=clock, book=ledger, deadline=0.3) as client,
    ):
        await tesla.post("limits", json={"data": 1000, "command": 1000, "wake": 1000})
        await client.products()
        yield Desk(url, client, ledger, tesla)


@pytest.fixture
async def one(tmp_path: Path) -> AsyncIterator[Desk]:
    with Database(tmp_path) as database:
        async with desk(database, FakeClock(NOON, hurries=True)) as running:
            yield running


def _paid(calls: Mapping[str, int]) -> dict[str, int]:
    return {cost: number for cost, number in calls.items() if LIST.dollars[cost]}


@pytest.mark.parametrize("fault", ANSWERED)
async def test_what_was_answered_is_billed_to_the_cent(one: Desk, fault: str) -> None:
    for times, name in product((1, None), CALLS):
        await one.control("faults", **{"match": "/api/1/", "times": times, **ANSWERED[fault]})
        await one.ask(name)
        await one.tesla.delete("faults")
    bill, month = await one.bill(), one.ledger.month()
    assert _paid(month.calls) == bill["calls"]
    assert month.dollars == pytest.approx(bill["usage_usd"], abs=1e-9)
    assert month.unanswered == 0


@pytest.mark.parametrize("fault", UNANSWERED)
async def test_what_was_not_answered_is_counted_and_told_apart(one: Desk, fault: str) -> None:
    for times, name in product((1, None), CALLS):
        await one.control("faults", match="/api/1/", times=times, **UNANSWERED[fault])
        await one.ask(name)
        await one.tesla.delete("faults")
    bill, month = await one.bill(), one.ledger.month()
    over = {cost: number - bill["calls"].get(cost, 0) for cost, number in _paid(month.calls).items()}
    assert all(number >= 0 for number in over.values()), "the bill is above the ledger"
    assert sum(over.values()) <= month.unanswered
    if fault != "lost before it was done":
        assert over == {"data": 0, "wake": 0, "command": 0}


async def test_a_server_that_cannot_be_reached_costs_nothing(tmp_path: Path) -> None:
    clock = FakeClock(NOON, hurries=True)
    with Database(tmp_path) as database:
        ledger = Ledger(store=database, clock=clock, budget=10.0)
        async with client_of("http://127.0.0.1:9", clock=clock, book=ledger) as client:
            for call in CALLS.values():
                with suppress(BridgeError):
                    await call(client)
        assert (ledger.month().calls, ledger.month().unanswered) == ({}, 0)


@pytest.mark.case("F13")
async def test_a_sleeping_car_and_a_real_limit_are_billed_alike(one: Desk) -> None:
    await one.control(f"vehicles/{CAR}", state="asleep")
    await one.control("limits", data=4)
    for _ in range(8):
        await one.ask("data")
    bill, month = await one.bill(), one.ledger.month()
    assert _paid(month.calls) == bill["calls"]
    assert month.limited_until is not None


async def test_an_app_that_tesla_switches_off_is_left_alone(one: Desk) -> None:
    """The first refusal is billed; of all that comes after none is sent."""
    await one.control("bill", limit_usd=0.003)
    for _ in range(20):
        for name in ("data", "command", "wake", "vehicles"):
            await one.ask(name)
    bill, month = await one.bill(), one.ledger.month()
    assert bill["disabled"]
    assert bill["calls"] == _paid(month.calls) == {"data": 2, "command": 1, "wake": 1}
    assert month.calls["free"] == 21
