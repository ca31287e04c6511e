"""Energy sites over HTTP (fleet-api.md 4)."""

from typing import Any

import httpx2
import pytest
from simulated_tesla import CAR, SITE, Tesla


async def read(tesla: Tesla, what: str, **query: str) -> Any:
    answer = await tesla.get(f"energy_sites/{SITE}/{what}", **query)
    assert answer.status_code == 200, answer.text
    return answer.json()["response"]


async def write(tesla: Tesla, what: str, **body: Any) -> httpx2.Response:
    return await tesla.post(f"energy_sites/{SITE}/{what}", **body)


async def test_power_adds_up(tesla: Tesla) -> None:
    status = await read(tesla, "live_status")
    assert status["load_power"] == status["solar_power"] + status["battery_power"] + status["grid_power"]


async def test_a_setting_is_acknowledged_and_shows_a_little_later(tesla: Tesla) -> None:
    answer = await write(tesla, "backup", backup_reserve_percent=35)
    assert answer.status_code == 200
    assert answer.json() == {"response": {"code": 201, "message": "Updated"}}
    await tesla.later(seconds=30)
    assert (await read(tesla, "site_info"))["backup_reserve_percent"] == 35


async def test_writes_are_recorded_as_executions(tesla: Tesla) -> None:
    await write(tesla, "operation", default_real_mode="autonomous")
    (execution,) = (await tesla.look("executions"))["executions"]
    assert (execution["device"], execution["name"]) == (SITE, "operation")
    assert execution["parameters"] == {"default_real_mode": "autonomous"}


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("storm_mode", {"enabled": True}),
        ("off_grid_vehicle_charging_reserve", {"off_grid_vehicle_charging_reserve_percent": 40}),
        ("grid_import_export", {"customer_preferred_export_rule": "pv_only"}),
    ],
)
async def test_every_setting_can_be_written(tesla: Tesla, what: str, body: dict[str, Any]) -> None:
    assert (await write(tesla, what, **body)).status_code == 200


async def test_a_bad_setting_is_a_400_and_executes_nothing(tesla: Tesla) -> None:
    answer = await write(tesla, "backup", backup_reserve_percent=150)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_field")
    assert (await tesla.look("executions"))["executions"] == []


async def test_the_days_history_has_buckets_with_offsets(tesla: Tesla) -> None:
    history = await read(
        tesla,
        "calendar_history",
        kind="energy",
        period="day",
        start_date="2026-07-14T00:00:00-07:00",
        end_date="2026-07-14T23:59:59-07:00",
        time_zone="America/Los_Angeles",
    )
    assert history["time_series"][0]["timestamp"] == "2026-07-14T00:00:00-07:00"
    assert sum(bucket["solar_energy_exported"] for bucket in history["time_series"]) > 0


async def test_a_history_without_its_kind_is_a_400(tesla: Tesla) -> None:
    answer = await tesla.get(f"energy_sites/{SITE}/calendar_history")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_field")


async def test_charges_and_backup_time_can_be_asked_for(tesla: Tesla) -> None:
    assert "charge_history" in await read(tesla, "telemetry_history", kind="charge")
    assert (await read(tesla, "backup_time_remaining"))["time_remaining_hours"] > 0


async def test_a_dead_gateway_is_a_500(tesla: Tesla) -> None:
    await tesla.control(f"sites/{SITE}", dead_gateway=True)
    answer = await tesla.get(f"energy_sites/{SITE}/live_status")
    assert (answer.status_code, answer.json()["error"]) == (500, "upstream internal error")


async def test_an_unknown_site_is_a_404(tesla: Tesla) -> None:
    assert (await tesla.get("energy_sites/12/live_status")).status_code == 404
    assert (await tesla.get("energy_sites/home/live_status")).status_code == 404


async def test_a_charging_car_shows_at_the_wall_connector_and_in_the_load(tesla: Tesla) -> None:
    await tesla.force(at_home=True, plugged=True, battery_level=40)
    await tesla.command("charge_start")
    await tesla.later(seconds=120)
    status = await read(tesla, "live_status")
    (connector,) = [entry for entry in status["wall_connectors"] if entry.get("vin") == CAR]
    assert connector["wall_connector_power"] > 1000
    assert status["load_power"] > connector["wall_connector_power"]


async def test_a_jump_of_hours_does_not_lose_the_charge_in_between(tesla: Tesla) -> None:
    """The car is full long before the jump ends; the wall connector has seen it charge all the same."""
    await tesla.force(at_home=True, plugged=True, battery_level=60)
    await tesla.command("charge_start")
    before = await read(tesla, "telemetry_history", kind="charge")
    await tesla.later(hours=5)
    await tesla.force(plugged=False)
    await tesla.later(seconds=120)
    after = await read(tesla, "telemetry_history", kind="charge")
    assert len(after["charge_history"]) == len(before["charge_history"]) + 1
    assert after["charge_history"][-1]["energy_added_wh"] > 5000
