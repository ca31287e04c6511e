"""Cars over HTTP: listing, data, waking, commands and every way to be refused (fleet-api.md 0.3, 2, 3.1)."""

from typing import Any

import pytest
from simulated_tesla import CAR, Tesla

from bridge.simulator.policy import SCOPES

ASLEEP = "vehicle unavailable: vehicle is offline or asleep"


async def data(tesla: Tesla, *endpoints: str) -> dict[str, Any]:
    query = {"endpoints": ";".join(endpoints)} if endpoints else {}
    answer = await tesla.get(f"vehicles/{CAR}/vehicle_data", **query)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()["response"]
    return body


async def executions(tesla: Tesla) -> list[Any]:
    found: list[Any] = (await tesla.look("executions"))["executions"]
    return found


async def without(tesla: Tesla, *scopes: str) -> None:
    await tesla.control("scopes", scopes=sorted(set(SCOPES) - set(scopes)))


async def test_products_lists_cars_and_sites_together(tesla: Tesla) -> None:
    body = (await tesla.get("products")).json()
    assert body["count"] == 3
    assert [entry.get("vin") for entry in body["response"]] == [CAR, "5YJYGDEE1MF700002", None]
    assert body["response"][2]["energy_site_id"] == 2252000000000001


async def test_vehicles_come_in_pages(tesla: Tesla) -> None:
    body = (await tesla.get("vehicles", page="2", per_page="1")).json()
    assert [entry["vin"] for entry in body["response"]] == ["5YJYGDEE1MF700002"]
    assert body["pagination"] == {
        "previous": 1,
        "next": None,
        "current": 2,
        "per_page": 1,
        "count": 2,
        "pages": 2,
    }


async def test_a_car_is_found_by_vin_and_by_id(tesla: Tesla) -> None:
    by_vin = (await tesla.get(f"vehicles/{CAR}")).json()["response"]
    by_id = (await tesla.get(f"vehicles/{by_vin['id_s']}")).json()["response"]
    assert by_vin["vin"] == by_id["vin"] == CAR


@pytest.mark.parametrize("path", ["vehicles/5YJ3E1EA0MF000000", "vehicles/1/vehicle_data", "nonsense"])
async def test_what_does_not_exist_is_not_found(tesla: Tesla, path: str) -> None:
    answer = await tesla.get(path)
    assert answer.status_code == 404
    assert answer.json() == {"response": None, "error": "not_found", "error_description": ""}


async def test_vehicle_data_holds_all_groups_but_the_optional_ones(tesla: Tesla) -> None:
    body = await data(tesla)
    assert body["vin"] == CAR
    assert {"charge_state", "climate_state", "drive_state", "vehicle_config", "vehicle_state"} <= body.keys()
    assert "latitude" not in body["drive_state"]
    assert "charge_schedule_data" not in body


async def test_endpoints_picks_groups_and_ignores_what_it_does_not_know(tesla: Tesla) -> None:
    body = await data(tesla, "charge_state", "made_up_state")
    assert "charge_state" in body
    assert "climate_state" not in body


async def test_location_is_shown_to_those_who_ask_and_may(tesla: Tesla) -> None:
    drive = (await data(tesla, "drive_state", "location_data"))["drive_state"]
    assert 37 < drive["latitude"] < 38


async def test_location_needs_its_scope(tesla: Tesla) -> None:
    await without(tesla, "vehicle_location")
    assert "latitude" not in (await data(tesla, "drive_state", "location_data"))["drive_state"]


async def test_location_is_withheld_from_drivers_with_privacy(tesla: Tesla) -> None:
    await tesla.force(hide_private=True)
    assert "latitude" not in (await data(tesla, "drive_state", "location_data"))["drive_state"]


@pytest.mark.parametrize("state", ["asleep", "offline"])
async def test_a_car_that_is_not_online_answers_408(tesla: Tesla, state: str) -> None:
    await tesla.force(state=state)
    for answer in (await tesla.get(f"vehicles/{CAR}/vehicle_data"), await tesla.command("flash_lights")):
        assert (answer.status_code, answer.json()["error"]) == (408, ASLEEP)
    assert await executions(tesla) == []


async def test_waking_answers_at_once_and_takes_a_while(tesla: Tesla) -> None:
    await tesla.force(state="asleep")
    assert (await tesla.post(f"vehicles/{CAR}/wake_up")).json()["response"]["state"] == "asleep"
    await tesla.later(seconds=60)
    assert (await tesla.get(f"vehicles/{CAR}")).json()["response"]["state"] == "online"


async def test_a_command_acts_and_shows_in_the_next_reading(tesla: Tesla) -> None:
    assert (await data(tesla))["charge_state"]["charge_limit_soc"] == 80
    answer = (await tesla.command("set_charge_limit", percent=85)).json()
    assert answer["response"] == {"result": True, "reason": ""}
    assert (await data(tesla))["charge_state"]["charge_limit_soc"] == 85


async def test_executions_tell_what_reached_the_car(tesla: Tesla) -> None:
    await tesla.command("set_charge_limit", percent=85)
    (execution,) = await executions(tesla)
    assert execution["device"] == CAR
    assert execution["name"] == "set_charge_limit"
    assert execution["parameters"] == {"percent": 85}
    assert execution["answer"] == {"result": True, "reason": ""}


async def test_a_refusal_of_the_car_is_a_200(tesla: Tesla) -> None:
    await tesla.command("set_charge_limit", percent=85)
    answer = await tesla.command("set_charge_limit", percent=85)
    assert answer.status_code == 200
    assert answer.json()["response"] == {"result": False, "reason": "already_set"}


async def test_an_unknown_command_is_a_400(tesla: Tesla) -> None:
    answer = await tesla.command("self_destruct")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_command")


async def test_a_bad_parameter_is_a_400_and_executes_nothing(tesla: Tesla) -> None:
    answer = await tesla.command("set_charge_limit", percent="much")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_field")
    assert await executions(tesla) == []


async def test_a_car_that_wants_signed_commands_says_so_even_asleep(tesla: Tesla) -> None:
    await tesla.force(command_signing="required", state="asleep")
    answer = await tesla.command("flash_lights")
    assert answer.status_code == 403
    assert answer.json()["error"].startswith("Tesla Vehicle Command Protocol required")


async def test_a_car_in_service_answers_405(tesla: Tesla) -> None:
    await tesla.force(in_service=True)
    answer = await tesla.get(f"vehicles/{CAR}/vehicle_data")
    assert (answer.status_code, answer.json()["error"]) == (405, "vehicle is currently in service")


async def test_switched_off_mobile_access_is_a_401_of_its_own(tesla: Tesla) -> None:
    await tesla.force(mobile_access=False)
    answer = await tesla.post(f"vehicles/{CAR}/wake_up")
    assert (answer.status_code, answer.json()["error"]) == (401, "mobile_access_disabled")
    enabled = await tesla.get(f"vehicles/{CAR}/mobile_enabled")
    assert enabled.json()["response"]["result"] is False


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        ("vehicle_device_data", "GET", f"vehicles/{CAR}/vehicle_data"),
        ("vehicle_device_data", "GET", "vehicles"),
        ("vehicle_cmds", "POST", f"vehicles/{CAR}/command/door_lock"),
        ("user_data", "GET", "users/me"),
        ("energy_device_data", "GET", "energy_sites/2252000000000001/live_status"),
        ("energy_cmds", "POST", "energy_sites/2252000000000001/backup"),
    ],
)
async def test_a_missing_scope_is_named(tesla: Tesla, scope: str, method: str, path: str) -> None:
    await without(tesla, scope)
    await tesla.sign_in()
    answer = await tesla.http.request(method, f"/api/1/{path}")
    assert (answer.status_code, answer.json()["error"]) == (403, f"Unauthorized missing scopes {scope}")


async def test_the_charging_scope_alone_can_charge_but_not_unlock(tesla: Tesla) -> None:
    await without(tesla, "vehicle_cmds")
    await tesla.sign_in()
    assert (await tesla.command("set_charge_limit", percent=85)).status_code == 200
    assert (await tesla.command("door_unlock")).status_code == 403


async def test_products_shows_only_what_the_scopes_cover(tesla: Tesla) -> None:
    await without(tesla, "vehicle_device_data")
    await tesla.sign_in()
    assert [entry["device_type"] for entry in (await tesla.get("products")).json()["response"]] == ["energy"]


async def test_fleet_status_tells_about_the_cars_it_knows(tesla: Tesla) -> None:
    await tesla.force(command_signing="required")
    answer = (await tesla.post("vehicles/fleet_status", vins=[CAR, "5YJ3E1EA0MF000000"])).json()["response"]
    assert answer["vehicle_info"].keys() == {CAR}
    assert answer["vehicle_info"][CAR]["vehicle_command_protocol_required"] is True
    assert set(answer["key_paired_vins"]) | set(answer["unpaired_vins"]) == {CAR}


@pytest.mark.parametrize(
    ("headers", "content", "status"),
    [
        ({"content-type": "text/plain"}, b"{}", 406),
        ({"content-type": "application/json"}, b"{not json", 400),
        ({"content-type": "application/json"}, b"[]", 400),
        ({"content-type": "application/json; charset=utf-8"}, b"{}", 200),
        ({}, b"", 200),
    ],
)
async def test_parameters_are_a_json_object_or_nothing(
    tesla: Tesla, headers: dict[str, str], content: bytes, status: int
) -> None:
    path = f"/api/1/vehicles/{CAR}/command/flash_lights"
    answer = await tesla.http.post(path, headers=headers, content=content)
    assert answer.status_code == status


async def test_a_wrong_method_is_named(tesla: Tesla) -> None:
    answer = await tesla.get(f"vehicles/{CAR}/wake_up")
    assert (answer.status_code, answer.json()["error"]) == (405, "invalid_method")
