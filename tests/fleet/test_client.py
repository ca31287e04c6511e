"""What the client asks, and what it makes of the answers."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from account import SITE, VIN, Book, client_of
from loopback import Tesla, bad, good, serve
from starlette.responses import JSONResponse, Response

from bridge.errors import AnswerInvalid, CallWrong
from bridge.fleet.answers import CommandAnswer
from bridge.fleet.calls import Call


async def test_every_call_says_what_fleet_api_wants() -> None:
    tesla = Tesla(good([]))
    async with serve(tesla) as url, client_of(url) as client:
        await client.products()
        await client.vehicles()
        tesla.replies[0] = good({})
        await client.vehicle(VIN)
        await client.vehicle_data(VIN, ["charge_state", "location_data"])
        await client.wake_up(VIN)
        await client.fleet_status([VIN])
        await client.live_status(SITE)
        await client.site_info(str(SITE))

    assert [(seen.method, seen.path) for seen in tesla.seen] == [
        ("GET", "/api/1/products"),
        ("GET", "/api/1/vehicles"),
        ("GET", f"/api/1/vehicles/{VIN}"),
        ("GET", f"/api/1/vehicles/{VIN}/vehicle_data"),
        ("POST", f"/api/1/vehicles/{VIN}/wake_up"),
        ("POST", "/api/1/vehicles/fleet_status"),
        ("GET", f"/api/1/energy_sites/{SITE}/live_status"),
        ("GET", f"/api/1/energy_sites/{SITE}/site_info"),
    ]
    assert tesla.seen[3].query == {"endpoints": "charge_state;location_data"}
    assert tesla.seen[4].body == b"{}"
    assert json.loads(tesla.seen[5].body) == {"vins": [VIN]}
    for seen in tesla.seen:
        assert seen.headers["authorization"] == "Bearer access-0"
        assert seen.headers["content-type"] == "application/json"


async def test_every_call_is_entered_at_its_price() -> None:
    book = Book()
    async with serve(Tesla(good({"result": True}))) as url, client_of(url, book=book) as client:
        await client.vehicle(VIN)
        await client.vehicle_data(VIN, [])
        await client.wake_up(VIN)
        await client.command(VIN, "command/flash_lights", {})
        await client.fleet_status([VIN])
        await client.live_status(SITE)
        await client.energy_write(SITE, "backup", {})

    assert book.recorded == [
        ("free", VIN, 200),
        ("data", VIN, 200),
        ("wake", VIN, 200),
        ("command", VIN, 200),
        ("data", "", 200),
        ("free", str(SITE), 200),
        ("free", str(SITE), 200),
    ]


async def test_history_is_asked_for_with_offsets_and_may_be_nothing() -> None:
    tesla = Tesla(good(None))
    start = datetime(2026, 7, 1, tzinfo=timezone(timedelta(hours=-7)))
    async with serve(tesla) as url, client_of(url) as client:
        found = await client.energy_history(
            SITE, start=start, end=start + timedelta(days=1), period="day", zone="America/Los_Angeles"
        )

    assert found is None
    assert tesla.seen[0].path == f"/api/1/energy_sites/{SITE}/calendar_history"
    assert tesla.seen[0].query == {
        "kind": "energy",
        "start_date": "2026-07-01T00:00:00-07:00",
        "end_date": "2026-07-02T00:00:00-07:00",
        "period": "day",
        "time_zone": "America/Los_Angeles",
    }


async def test_what_a_site_tells_besides() -> None:
    tesla = Tesla(good({"time_remaining_hours": 9.86}))
    start = datetime(2026, 7, 1, tzinfo=timezone(timedelta(hours=-7)))
    async with serve(tesla) as url, client_of(url) as client:
        assert await client.backup_time_remaining(SITE) == {"time_remaining_hours": 9.86}
        await client.charge_history(SITE, start=start, end=start + timedelta(days=1), zone="America/Los_Angeles")

    assert [seen.path.rpartition("/")[2] for seen in tesla.seen] == ["backup_time_remaining", "telemetry_history"]
    assert tesla.seen[1].query == {
        "kind": "charge",
        "start_date": "2026-07-01T00:00:00-07:00",
        "end_date": "2026-07-02T00:00:00-07:00",
        "time_zone": "America/Los_Angeles",
    }


# --- commands and writes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        ({"result": True, "reason": ""}, CommandAnswer(result=True, reason="")),
        ({"result": False, "reason": "already_set"}, CommandAnswer(result=False, reason="already_set")),
        ({"result": False, "reason": None, "queued": False}, CommandAnswer(result=False, reason="")),
    ],
)
async def test_the_car_says_yes_or_why_not(response: Any, answer: CommandAnswer) -> None:
    tesla = Tesla(good(response))
    async with serve(tesla) as url, client_of(url) as client:
        assert await client.command(VIN, "command/set_charge_limit", {"percent": 0}) == answer

    assert tesla.seen[0].path == f"/api/1/vehicles/{VIN}/command/set_charge_limit"
    assert json.loads(tesla.seen[0].body) == {"percent": 0}


@pytest.mark.parametrize("response", [{}, {"result": None}, {"result": "true"}, {"result": 1}])
async def test_a_car_that_says_neither_leaves_the_outcome_open(response: Any) -> None:
    async with serve(Tesla(good(response))) as url, client_of(url) as client:
        with pytest.raises(AnswerInvalid):
            await client.command(VIN, "command/flash_lights", {})


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        (good({"code": 201, "message": "Updated"}), CommandAnswer(result=True, reason="Updated")),
        (good({"code": 400, "message": "not allowed"}), CommandAnswer(result=False, reason="not allowed")),
        (good({}), CommandAnswer(result=True, reason="")),
        (good(""), CommandAnswer(result=True, reason="")),
        (good(None), CommandAnswer(result=True, reason="")),
        (JSONResponse({"response": "ok"}, 201), CommandAnswer(result=True, reason="")),
        (Response(status_code=204), CommandAnswer(result=True, reason="")),
    ],
)
async def test_a_site_says_yes_in_many_ways(reply: Response, answer: CommandAnswer) -> None:
    """All of them are in fleet-api.md 4.4."""
    async with serve(Tesla(reply)) as url, client_of(url) as client:
        assert await client.energy_write(SITE, "grid_import_export", {}) == answer


async def test_a_site_that_says_neither_leaves_the_outcome_open() -> None:
    async with serve(Tesla(good({"code": "maybe"}))) as url, client_of(url) as client:
        with pytest.raises(AnswerInvalid):
            await client.energy_write(SITE, "backup", {})


# --- any call -----------------------------------------------------------------------------------------------------


async def test_any_call_gives_the_response_member() -> None:
    async with serve(Tesla(good("base64"))) as url, client_of(url) as client:
        assert await client.send(Call("POST", f"/api/1/vehicles/{VIN}/signed_command", {}, cost="command")) == "base64"


async def test_the_dx_family_may_lack_the_envelope() -> None:
    async with serve(Tesla(JSONResponse({"data": [1]}))) as url, client_of(url) as client:
        assert await client.send(Call("GET", "/api/1/dx/charging/history")) == {"data": [1]}
        with pytest.raises(AnswerInvalid):
            await client.send(Call("GET", "/api/1/products"))


@pytest.mark.parametrize(
    "vin", ["", "AB", "5YJ/../X", "5YJ3E1EA7KF00031%2f", "5yj3e1ea7kf000316", "5YJ?a=b", "٣" * 17, "A" * 18, VIN + "\n"]
)
async def test_what_is_no_vin_never_becomes_an_address(vin: str) -> None:
    """S23: the servers of this test would see it."""
    tesla = Tesla(good({}))
    async with serve(tesla) as url, client_of(url) as client:
        for call in (client.vehicle(vin), client.wake_up(vin), client.command(vin, "command/honk_horn", {})):
            with pytest.raises(CallWrong, match="no VIN; nothing was sent"):
                await call
    assert not tesla.seen


@pytest.mark.parametrize("site", ["", "../1", "1/2", "1?x", "٣", "1 ", -1, "9" * 21])
async def test_what_is_no_site_id_never_becomes_an_address(site: int | str) -> None:
    tesla = Tesla(good({}))
    async with serve(tesla) as url, client_of(url) as client:
        with pytest.raises(CallWrong):
            await client.live_status(site)
    assert not tesla.seen


@pytest.mark.parametrize("endpoint", ["../wake_up", "command/../x", "command//x", "command/x?y", "a/b/c", "Command/x"])
async def test_what_is_no_endpoint_never_becomes_an_address(endpoint: str) -> None:
    tesla = Tesla(good({}))
    async with serve(tesla) as url, client_of(url) as client:
        with pytest.raises(CallWrong):
            await client.command(VIN, endpoint, {})
    assert not tesla.seen


@pytest.mark.parametrize(
    "path", ["", "api", "//evil.example/x", "/api/1/../x", "/api/1/x?y=z", "/api/%2e", "/a b", "@evil"]
)
async def test_any_call_needs_a_plain_path(path: str) -> None:
    tesla = Tesla(good({}))
    async with serve(tesla) as url, client_of(url) as client:
        with pytest.raises(CallWrong, match="no path"):
            await client.send(Call("GET", path))
    assert not tesla.seen


async def test_a_refusal_of_the_ledger_is_no_call() -> None:
    book = Book()
    book.refuses = CallWrong("not today")
    tesla = Tesla(good({}))
    async with serve(tesla) as url, client_of(url, book=book) as client:
        with pytest.raises(CallWrong, match="not today"):
            await client.vehicle(VIN)
    assert not tesla.seen
    assert not book.recorded


async def test_a_ledger_that_fails_does_not_make_a_done_command_look_failed() -> None:
    class Torn(Book):
        def record(self, cost: str, device: str, status: int) -> None:
            raise OSError("disk full")

    async with serve(Tesla(good({"result": True}))) as url, client_of(url, book=Torn()) as client:
        assert (await client.command(VIN, "command/honk_horn", {})).result


async def test_users_region_names_a_region_of_the_table_only() -> None:
    """A simulated account is told of real hosts, and stays away from them."""
    tesla = Tesla(good({"region": "eu", "fleet_api_base_url": "https://fleet-api.prd.eu.vn.cloud.tesla.com"}))
    async with serve(tesla) as url, client_of(url) as client:
        with pytest.raises(AnswerInvalid):
            await client.users_region()
        tesla.replies[0] = good({"region": "eu", "fleet_api_base_url": url})
        assert (await client.users_region()).api == url


async def test_errors_have_their_kind_and_their_txid() -> None:
    tesla = Tesla(bad(408, "vehicle unavailable: vehicle is offline or asleep", x_txid="9f8e"))
    async with serve(tesla) as url, client_of(url) as client:
        with pytest.raises(Exception, match="offline or asleep, txid 9f8e") as caught:
            await client.vehicle_data(VIN, [])
    assert type(caught.value).__name__ == "VehicleUnavailable"
    assert len(tesla.seen) == 1
