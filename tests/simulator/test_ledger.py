"""What Tesla counts and charges (fleet-api.md 6.2)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from simulated_tesla import CAR, SITE, Tesla

from bridge.simulator.ledger import Entry, Ledger
from bridge.simulator.simulation import Simulation

ALMOST_AUGUST = datetime(2026, 7, 31, 19, 0, tzinfo=UTC)


@pytest.fixture
def simulation() -> Simulation:
    return Simulation(start=ALMOST_AUGUST, speed=0)


async def entries(tesla: Tesla) -> list[Any]:
    found: list[Any] = (await tesla.look("ledger"))["entries"]
    return found


async def spend(tesla: Tesla) -> float:
    usage: float = (await tesla.look("bill"))["usage_usd"]
    return usage


async def test_a_request_is_recorded_with_its_class_device_and_parameters(tesla: Tesla) -> None:
    await tesla.command("set_charge_limit", percent=85)
    (entry,) = await entries(tesla)
    assert entry == {
        "time": "2026-07-31T19:00:00+00:00",
        "price": "command",
        "method": "POST",
        "path": f"/api/1/vehicles/{CAR}/command/set_charge_limit",
        "status": 200,
        "device": CAR,
        "parameters": {"percent": 85},
        "billed": True,
    }


async def test_each_class_has_its_price(tesla: Tesla) -> None:
    await tesla.get(f"vehicles/{CAR}/vehicle_data")
    await tesla.command("flash_lights")
    await tesla.post(f"vehicles/{CAR}/wake_up")
    assert await spend(tesla) == 0.002 + 0.001 + 0.02
    assert (await tesla.look("bill"))["calls"] == {"data": 1, "command": 1, "wake": 1}


async def test_lists_owners_and_energy_are_free(tesla: Tesla) -> None:
    for path in ("products", "vehicles", f"vehicles/{CAR}", "users/me", f"energy_sites/{SITE}/live_status"):
        await tesla.get(path)
    assert await spend(tesla) == 0
    assert [entry["price"] for entry in await entries(tesla)] == ["free"] * 5


async def test_the_device_is_the_vin_even_when_asked_by_id(tesla: Tesla) -> None:
    number = (await tesla.get(f"vehicles/{CAR}")).json()["response"]["id_s"]
    await tesla.get(f"vehicles/{number}/vehicle_data", endpoints="charge_state")
    entry = (await entries(tesla))[-1]
    assert entry["device"] == CAR
    assert entry["parameters"] == {"endpoints": "charge_state"}


async def test_refusals_are_charged(tesla: Tesla) -> None:
    await tesla.force(state="asleep")
    assert (await tesla.get(f"vehicles/{CAR}/vehicle_data")).status_code == 408
    await tesla.control("revoke")
    assert (await tesla.get(f"vehicles/{CAR}/vehicle_data")).status_code == 401
    assert await spend(tesla) == 0.004


async def test_server_errors_are_not(tesla: Tesla) -> None:
    await tesla.control("faults", match="vehicle_data", status=503)
    assert (await tesla.get(f"vehicles/{CAR}/vehicle_data")).status_code == 503
    assert await spend(tesla) == 0
    assert (await entries(tesla))[-1]["billed"] is False


async def test_over_the_limit_billed_calls_end_and_free_ones_go_on(tesla: Tesla) -> None:
    await tesla.control("bill", limit_usd=0.001)
    await tesla.get(f"vehicles/{CAR}/vehicle_data")
    answer = await tesla.get(f"vehicles/{CAR}/vehicle_data")
    assert answer.status_code == 403
    assert answer.json() == {"error": "account disabled: EXCEEDED_LIMIT"}
    assert (await tesla.command("flash_lights")).status_code == 403
    assert (await tesla.get("products")).status_code == 200
    assert (await tesla.look("bill"))["disabled"] is True


async def test_the_next_month_begins_at_zero(tesla: Tesla) -> None:
    await tesla.control("bill", limit_usd=0.001)
    await tesla.get(f"vehicles/{CAR}/vehicle_data")
    await tesla.later(hours=5)
    bill = await tesla.look("bill")
    assert (bill["month"], bill["usage_usd"], bill["disabled"]) == ("2026-08", 0, False)


def test_the_first_ten_dollars_are_on_tesla() -> None:
    ledger = Ledger()
    wake = Entry(ALMOST_AUGUST, "wake", "POST", "/wake_up", 200, CAR, {})
    for _ in range(500):
        ledger.record(wake)
    assert not ledger.exceeded(ALMOST_AUGUST)
    ledger.record(wake)
    assert ledger.exceeded(ALMOST_AUGUST)
    bill = ledger.bill(ALMOST_AUGUST)
    assert (bill["usage_usd"], bill["credit_usd"], bill["due_usd"]) == (10.02, 10, 0.02)


async def test_the_ledger_can_be_emptied(tesla: Tesla) -> None:
    await tesla.get(f"vehicles/{CAR}/vehicle_data")
    await tesla.http.delete("/control/ledger")
    assert await entries(tesla) == []
    assert await spend(tesla) == 0
