"""While Tesla's servers fail whatever is asked, reads wait and one looks; a single device that fails delays nobody."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from itertools import pairwise
from ssl import PROTOCOL_TLS_CLIENT, SSLContext
from typing import Any

import pytest
from account import SITE, VIN, client_of
from fakes import FakeClock

from bridge.errors import BridgeError, NotSent, ServerFailed, TryLater
from bridge.fleet.auth.grants import Fixed, Grant
from bridge.fleet.client import FleetClient
from bridge.fleet.hosts import Region
from bridge.fleet.transport import Answer, Message, Transport
from bridge.model import DeviceId, Kind
from bridge.pace import Pace
from bridge.sources.poll import Poller

HOUR = 3600.0
OTHER_VIN = "LRW3E7FS2PC000001"

CARS = [{"vin": vin, "state": "online"} for vin in (VIN, OTHER_VIN)]
SITES = [{"energy_site_id": SITE, "resource_type": "battery", "components": {"battery": True}}]
DRIVES = {"vin": VIN, "drive_state": {"shift_state": "D"}, "charge_state": {"battery_level": 80}}

Fault = Callable[[str], Any]
"""Path -> a status, an error to raise, or None where all is well."""


def well(_path: str) -> None: ...


def always(fault: Any) -> Fault:
    return lambda _: fault


FAULTS = [503, NotSent("no route to host"), ServerFailed("no answer in time")]


class Edge(Transport):
    """Tesla without a network: what is asked is written down, and fails as `fault` says."""

    def __init__(self, clock: FakeClock, products: list[Any] | None = None) -> None:
        super().__init__(clock, trust=lambda: SSLContext(PROTOCOL_TLS_CLIENT))
        self.time = clock
        self.products = products or [*CARS, *SITES]
        self.fault: Fault = well
        self.asked: list[tuple[float, str]] = []

    async def exchange(self, region: Region, message: Message, until: float) -> Answer:
        path = message.url.removeprefix(region.api)
        self.asked.append((self.time.monotonic(), path))
        fault = self.fault(path)
        await asyncio.sleep(0)  # noqa: TID251 - others go on meanwhile; no time passes
        if isinstance(fault, Exception):
            raise type(fault)(str(fault))
        return Answer(fault or 200, {}, json.dumps({"response": self._body(path)}).encode())

    def _body(self, path: str) -> Any:
        name = path.rsplit("/", 1)[-1]
        return {"products": self.products, "vehicles": CARS, "vehicle_data": DRIVES}.get(name, {"result": True})

    def forget(self) -> None:
        self.asked.clear()

    def times(self, ending: str) -> list[float]:
        return [at for at, path in self.asked if path.endswith(ending)]


@asynccontextmanager
async def polled(products: list[Any] | None = None) -> AsyncIterator[Edge]:
    """Everything in the account is polled by a client; an hour has gone by."""
    clock = FakeClock()
    edge = Edge(clock, products)
    async with client_of("http://127.0.0.1:9", http=edge, clock=clock, grant=Fixed("access-0")) as client:
        listening = asyncio.Event()
        listening.set()
        poller = Poller(
            account=DeviceId(Kind.ACCOUNT, "tesla"),
            api=client,
            clock=clock,
            pace=lambda _: Pace(),
            scopes=lambda: None,
            listening=listening,
            report=lambda _part, _error: None,
        )
        task = asyncio.create_task(poller.run())
        await clock.run(HOUR)
        edge.forget()
        yield edge
        assert not task.done()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def caller(grant: Grant | None = None) -> AsyncIterator[tuple[FleetClient, Edge]]:
    """A client whose pauses take no time, and its Tesla."""
    clock = FakeClock(hurries=True)
    edge = Edge(clock)
    async with client_of("http://127.0.0.1:9", http=edge, clock=clock, grant=grant) as client:
        yield client, edge


async def goes_down(client: FleetClient, edge: Edge, fault: Any = 503) -> None:
    """Two reads of different devices have failed, with their tries."""
    edge.fault = always(fault)
    for read in (client.vehicles, partial(client.live_status, SITE)):
        with pytest.raises(TryLater):
            await read()
    edge.forget()


# --- hours ----------------------------------------------------------------------------------------------------------


@pytest.mark.case("F14")
@pytest.mark.parametrize("fault", FAULTS, ids=repr)
async def test_six_hours_without_tesla_are_a_hundred_calls_and_all_is_fresh_five_minutes_later(fault: Any) -> None:
    async with polled() as edge:
        edge.fault = always(fault)
        await edge.time.run(6 * HOUR)
        calls = len(edge.asked)
        edge.fault = well
        edge.forget()
        await edge.time.run(300)
        fresh = [name for name in ("/vehicles", "vehicle_data", "live_status", "site_info") if edge.times(name)]
        assert fresh == ["/vehicles", "vehicle_data", "live_status", "site_info"]
        assert 50 < calls <= 100
        assert max(Counter(int(at) for at, _ in edge.asked).values()) <= 4, "not all in the same second"
        edge.forget()
        await edge.time.run(600)
        assert len(edge.times("/vehicles")) == pytest.approx(20, abs=1)


@pytest.mark.case("F14")
async def test_a_short_outage_is_over_a_minute_later() -> None:
    async with polled() as edge:
        edge.fault = always(503)
        await edge.time.run(60)
        edge.fault = well
        edge.forget()
        await edge.time.run(75)
        assert edge.times("/vehicles")
        assert edge.times("live_status")


@pytest.mark.case("F14")
async def test_a_site_that_is_alone_in_its_account_is_left_alone_as_well() -> None:
    async with polled(SITES) as edge:
        edge.fault = always(503)
        await edge.time.run(3 * HOUR)
        edge.forget()
        await edge.time.run(3 * HOUR)
        assert len(edge.asked) <= 45


@pytest.mark.case("F18")
@pytest.mark.parametrize("bad", [f"/{VIN}/", f"/{SITE}/"])
async def test_a_device_that_fails_for_hours_holds_up_no_other(bad: str) -> None:
    async with polled() as edge:
        await edge.time.run(2 * HOUR)
        before = Counter(path for _, path in edge.asked if bad not in path)
        edge.forget()
        edge.fault = lambda path: 503 if bad in path else None
        await edge.time.run(2 * HOUR)
        after = Counter(path for _, path in edge.asked if bad not in path)
        assert after == {path: pytest.approx(count, rel=0.1, abs=1) for path, count in before.items()}


# --- one call ---------------------------------------------------------------------------------------------------------


@pytest.mark.case("F14")
@pytest.mark.parametrize("fault", FAULTS, ids=repr)
async def test_a_read_that_is_held_back_does_not_leave_and_learns_when_to_come_again(fault: Any) -> None:
    async with caller() as (client, edge):
        await goes_down(client, edge, fault)
        with pytest.raises(TryLater) as caught:
            await client.vehicle_data(VIN, [])
        assert type(caught.value) is (ServerFailed if fault == 503 else type(fault))
        assert caught.value.wait is not None
        assert 20 < caught.value.wait < 40
        assert not edge.asked


@pytest.mark.case("F14")
@pytest.mark.parametrize("status", [503, 200])
async def test_when_a_look_is_due_one_read_leaves_once(status: int) -> None:
    async with caller() as (client, edge):
        await goes_down(client, edge)
        edge.fault = always(status)
        edge.time.advance(30)
        ended = await asyncio.gather(*(client.vehicles() for _ in range(10)), return_exceptions=True)
        errors = [each for each in ended if isinstance(each, TryLater)]
        assert len(edge.asked) == 1
        assert len(errors) == (10 if status == 503 else 9)
        assert all(error.wait is not None and error.wait < 70 for error in errors)


@pytest.mark.case("F14")
async def test_looks_are_rarer_the_longer_it_lasts_but_never_five_minutes_apart() -> None:
    async with caller() as (client, edge):
        await goes_down(client, edge)
        began = edge.time.monotonic()
        while edge.time.monotonic() < began + 2 * HOUR:
            edge.time.advance(1)
            with pytest.raises(ServerFailed):
                await client.vehicles()
        looks = [began, *edge.times("/vehicles")]
        apart = [after - before for before, after in pairwise(looks)]
        assert apart[:4] == [pytest.approx(wait, abs=wait / 10) for wait in (30, 60, 120, 240)]
        assert all(240 < wait < 280 for wait in apart[4:])


@pytest.mark.case("F14")
async def test_any_answer_opens_the_way_for_all() -> None:
    async with caller() as (client, edge):
        await goes_down(client, edge)
        edge.fault = well
        assert (await client.command(VIN, "command/honk_horn", {})).result
        await client.vehicles()
        await client.live_status(SITE)
        assert len(edge.asked) == 3


@pytest.mark.case("F14")
async def test_commands_wakes_and_what_they_look_at_always_leave() -> None:
    async with caller() as (client, edge):
        await goes_down(client, edge)
        for call in (
            partial(client.command, VIN, "command/honk_horn", {}),
            partial(client.wake_up, VIN),
            partial(client.vehicle, VIN),
            partial(client.energy_write, SITE, "backup", {"backup_reserve_percent": 20}),
        ):
            edge.forget()
            with pytest.raises(ServerFailed):
                await call()
            assert edge.asked


# --- what is no outage ------------------------------------------------------------------------------------------------


@pytest.mark.case("F18")
async def test_one_device_that_fails_in_several_calls_is_no_outage() -> None:
    async with caller() as (client, edge):
        edge.fault = lambda path: 503 if f"/{SITE}/" in path else None
        for read in (client.live_status, client.site_info, client.backup_time_remaining):
            with pytest.raises(ServerFailed):
                await read(SITE)
        assert len(edge.asked) == 9
        await client.vehicles()


@pytest.mark.case("F18")
async def test_a_device_that_fails_for_long_is_no_outage_while_another_answers() -> None:
    async with caller() as (client, edge):
        edge.fault = lambda path: 503 if f"/{SITE}/" in path else None
        for _ in range(20):
            edge.forget()
            for read in (client.live_status, client.site_info):
                with pytest.raises(ServerFailed):
                    await read(SITE)
            assert len(edge.asked) == 6
            edge.time.advance(50)
            await client.vehicles()


@pytest.mark.case("F14")
@pytest.mark.parametrize("status", [408, 429, 404, 540])
async def test_an_answer_about_a_device_is_no_failure_of_the_servers(status: int) -> None:
    async with caller() as (client, edge):
        edge.fault = always(status)
        for vin in (VIN, OTHER_VIN) * 5:
            edge.forget()
            with pytest.raises(BridgeError):
                await client.vehicle_data(vin, [])
            assert edge.asked


@pytest.mark.case("F14")
async def test_that_no_token_can_be_had_says_nothing_of_the_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    async with caller() as (client, edge):

        async def shut() -> str:
            raise TryLater("auth.tesla.com answers 503")

        with monkeypatch.context() as patched:
            patched.setattr(client._tokens, "access", shut)
            for read in (client.vehicles, partial(client.live_status, SITE)) * 5:
                with pytest.raises(NotSent) as caught:
                    await read()
                assert caught.value.wait is None
        assert not edge.asked
        await client.vehicles()
        await client.live_status(SITE)
        assert len(edge.asked) == 2


@pytest.mark.case("F14")
async def test_failures_that_are_minutes_apart_are_no_outage() -> None:
    async with caller() as (client, edge):
        edge.fault = always(503)
        for read in (client.vehicles, partial(client.live_status, SITE)):
            edge.forget()
            with pytest.raises(ServerFailed):
                await read()
            assert len(edge.asked) == 3
            edge.time.advance(120)
