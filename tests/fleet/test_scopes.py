"""Nothing is asked that the token does not cover, and what Tesla refuses for that reason is asked once (F8)."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from account import ADVICE, SITE, VIN, client_of
from fakes import NOON
from loopback import Tesla, bad, good, serve

from bridge.errors import AccessDenied, ScopeMissing, SigningRequired
from bridge.fleet.auth.grants import Fixed
from bridge.fleet.client import FleetClient

Ask = Callable[[FleetClient], Awaitable[Any]]


def token(*scopes: str, **claims: Any) -> str:
    parts = ({"alg": "none"}, {"scp": [*scopes], **claims})
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + ".x"


CALLS: dict[str, tuple[Ask, set[str]]] = {
    "products": (lambda client: client.products(), {"vehicle_device_data", "energy_device_data"}),
    "vehicles": (lambda client: client.vehicles(), {"vehicle_device_data"}),
    "vehicle": (lambda client: client.vehicle(VIN), {"vehicle_device_data"}),
    "vehicle_data": (lambda client: client.vehicle_data(VIN, ["charge_state"]), {"vehicle_device_data"}),
    "fleet_status": (lambda client: client.fleet_status([VIN]), {"vehicle_device_data"}),
    "wake_up": (lambda client: client.wake_up(VIN), {"vehicle_device_data", "vehicle_cmds"}),
    "command": (
        lambda client: client.command(VIN, "command/honk_horn", {}),
        {"vehicle_cmds", "vehicle_charging_cmds"},
    ),
    "live_status": (lambda client: client.live_status(SITE), {"energy_device_data"}),
    "site_info": (lambda client: client.site_info(SITE), {"energy_device_data"}),
    "energy_history": (
        lambda client: client.energy_history(SITE, start=NOON, end=NOON, period="day", zone="UTC"),
        {"energy_device_data"},
    ),
    "energy_write": (lambda client: client.energy_write(SITE, "backup", {}), {"energy_cmds"}),
}
EVERYTHING = {scope for _, scopes in CALLS.values() for scope in scopes}


@pytest.mark.case("F8")
@pytest.mark.parametrize("call", CALLS)
async def test_a_call_that_the_token_does_not_cover_is_never_made(call: str) -> None:
    ask, needed = CALLS[call]
    tesla = Tesla(good({}))
    others = token("openid", "something_new", *(EVERYTHING - needed))
    async with serve(tesla) as url, client_of(url, grant=Fixed(others)) as client:
        with pytest.raises(ScopeMissing) as lack:
            await ask(client)
    assert tesla.seen == []
    assert all(scope in str(lack.value) for scope in needed)
    assert ADVICE in str(lack.value)


@pytest.mark.parametrize(
    ("call", "scope"), [(call, scope) for call, (_, needed) in CALLS.items() for scope in sorted(needed)]
)
async def test_any_one_of_its_scopes_is_enough(call: str, scope: str) -> None:
    lists = call in {"products", "vehicles"}
    tesla = Tesla(good([] if lists else {"result": True, "reason": ""}))
    async with serve(tesla) as url, client_of(url, grant=Fixed(token(scope))) as client:
        await CALLS[call][0](client)
    assert len(tesla.seen) == 1


@pytest.mark.parametrize("access", ["opaque", token(), token(scp=None), token(scp={"new": 1}), token(scp=7)])
async def test_a_token_that_does_not_say_covers_everything(access: str) -> None:
    """Unknown is data (reliability.md A9)."""
    tesla = Tesla(good({}))
    async with serve(tesla) as url, client_of(url, grant=Fixed(access)) as client:
        await client.vehicle(VIN)
    assert len(tesla.seen) == 1


LACK = "Unauthorized missing scopes vehicle_cmds"


@pytest.mark.case("F8")
@pytest.mark.parametrize("access", ["opaque", token("vehicle_cmds", "vehicle_device_data")])
async def test_a_refusal_for_want_of_a_scope_is_remembered_for_that_endpoint_alone(access: str) -> None:
    tesla = Tesla(bad(403, LACK), good({}))
    async with serve(tesla) as url, client_of(url, grant=Fixed(access)) as client:
        for vin in (VIN, VIN, "5YJ3E1EA7KF000999"):
            with pytest.raises(ScopeMissing, match=ADVICE):
                await client.command(vin, "command/honk_horn", {})
        assert len(tesla.seen) == 1
        await client.vehicle(VIN)
        assert len(tesla.seen) == 2


async def test_what_tesla_says_is_missing_is_told() -> None:
    async with serve(Tesla(bad(403, LACK))) as url, client_of(url) as client:
        with pytest.raises(ScopeMissing, match=LACK):
            await client.command(VIN, "command/honk_horn", {})


@pytest.mark.case("F8")
async def test_a_new_sign_in_may_ask_once_more() -> None:
    tesla = Tesla(bad(403, LACK))
    async with serve(tesla) as url, client_of(url) as client:
        for _ in range(2):
            for _ in range(3):
                with pytest.raises(ScopeMissing):
                    await client.command(VIN, "command/honk_horn", {})
            client.ask_anew()
    assert len(tesla.seen) == 2


async def test_a_token_that_covers_something_else_may_ask_once_more() -> None:
    tesla = Tesla(bad(403, LACK), good({"result": True, "reason": ""}))
    async with serve(tesla) as url, client_of(url, grant=Fixed(token("vehicle_cmds"))) as client:
        with pytest.raises(ScopeMissing):
            await client.command(VIN, "command/honk_horn", {})
        client._tokens._tokens = Fixed(token("vehicle_cmds", "vehicle_device_data")).first(NOON)
        await client.command(VIN, "command/honk_horn", {})
    assert len(tesla.seen) == 2


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("Tesla Vehicle Command Protocol required, please refer to the documentation", SigningRequired),
        ("unsupported vehicle", AccessDenied),
    ],
)
async def test_a_403_of_another_kind_is_not_taken_for_one(text: str, error: type[Exception]) -> None:
    """Reliability A10: five kinds, five ways on."""
    tesla = Tesla(bad(403, text))
    async with serve(tesla) as url, client_of(url) as client:
        for _ in range(2):
            with pytest.raises(error):
                await client.command(VIN, "command/honk_horn", {})
    assert len(tesla.seen) == 2
