"""Faults on request, over a real connection (fleet-api.md 9, transport)."""

import asyncio
from collections.abc import AsyncIterator

import httpx2
import pytest
from simulated_tesla import CAR, NOON, Tesla

from bridge.simulator.server import Simulation, serve


@pytest.fixture
async def tesla() -> AsyncIterator[Tesla]:
    """Behind a socket: only there can a connection be cut."""
    async with (
        serve(Simulation(start=NOON, speed=0, cars=1, sites=0)) as url,
        httpx2.AsyncClient(base_url=url, timeout=5) as http,
    ):
        tesla = Tesla(http)
        await tesla.sign_in()
        await tesla.force(state="online")
        yield tesla


async def executed(tesla: Tesla) -> int:
    return len((await tesla.look("executions"))["executions"])


async def test_a_status_happens_so_many_times_and_executes_nothing(tesla: Tesla) -> None:
    await tesla.control("faults", match=r"POST .*/command/", times=2, status=503)
    statuses = [(await tesla.command("flash_lights")).status_code for _ in range(3)]
    assert statuses == [503, 503, 200]
    assert await executed(tesla) == 1


async def test_a_lost_answer_hides_a_command_that_was_executed(tesla: Tesla) -> None:
    await tesla.control("faults", match="/command/", times=1, drop="after")
    with pytest.raises(httpx2.RemoteProtocolError):
        await tesla.command("flash_lights")
    assert await executed(tesla) == 1
    assert (await tesla.look("ledger"))["entries"][-1]["status"] == 200


async def test_a_lost_request_is_not_executed_and_not_billed(tesla: Tesla) -> None:
    await tesla.control("faults", match="/command/", times=1, drop="before")
    with pytest.raises(httpx2.RemoteProtocolError):
        await tesla.command("flash_lights")
    assert await executed(tesla) == 0
    assert (await tesla.look("bill"))["usage_usd"] == 0
    assert (await tesla.command("flash_lights")).status_code == 200


async def test_a_gateway_can_time_out_after_the_command_was_executed(tesla: Tesla) -> None:
    await tesla.control("faults", match="/command/", times=1, status=504, html=True, after=True)
    answer = await tesla.command("flash_lights")
    assert answer.status_code == 504
    assert answer.text.startswith("<html>")
    assert await executed(tesla) == 1


async def test_an_answer_can_end_in_the_middle(tesla: Tesla) -> None:
    await tesla.control("faults", match="products", times=1, truncate=True)
    with pytest.raises(httpx2.RemoteProtocolError):
        await tesla.get("products")
    assert (await tesla.get("products")).status_code == 200


async def test_any_body_and_header_can_be_put_in_place(tesla: Tesla) -> None:
    await tesla.control(
        "faults", match="GET /api/1/products", status=429, body="slow down", headers={"Retry-After": "7"}
    )
    answer = await tesla.get("products")
    assert (answer.status_code, answer.text, answer.headers["retry-after"]) == (429, "slow down", "7")


async def test_the_token_endpoint_can_lose_its_answer_too(tesla: Tesla) -> None:
    await tesla.control("faults", match="/oauth2/v3/token", times=1, drop="after")
    with pytest.raises(httpx2.RemoteProtocolError):
        await tesla.refresh()
    assert (await tesla.refresh()).status_code == 200


async def test_a_real_delay_lets_the_client_lose_patience(tesla: Tesla) -> None:
    await tesla.control("faults", match="products", times=1, real_delay_s=30)
    with pytest.raises(httpx2.ReadTimeout):
        await tesla.http.get("/api/1/products", timeout=0.05)


async def test_a_simulated_delay_ends_when_simulated_time_has_passed(tesla: Tesla) -> None:
    await tesla.control("faults", match="products", delay_s=60)
    slow = asyncio.create_task(tesla.get("products"))
    done, _ = await asyncio.wait({slow}, timeout=0.05)
    assert not done
    await tesla.later(seconds=60)
    assert (await slow).status_code == 200


async def test_clearing_the_faults_ends_a_delay(tesla: Tesla) -> None:
    await tesla.control("faults", match="products", real_delay_s=30)
    slow = asyncio.create_task(tesla.get("products"))
    await asyncio.wait({slow}, timeout=0.05)
    await tesla.http.delete("/control/faults")
    assert (await slow).status_code == 200


async def test_other_requests_are_left_alone(tesla: Tesla) -> None:
    await tesla.control("faults", match=f"vehicles/{CAR}/vehicle_data$", status=500)
    assert (await tesla.get(f"vehicles/{CAR}")).status_code == 200
