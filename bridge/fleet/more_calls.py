"""The smaller questions, each asked now and then (fleet-api.md 1.12, 2.4, 5, 8.3).

Which are billed, 6.2 tells only in part: `data` are live calls about a car, `free` those for which no price is known.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Protocol

from bridge.fleet.answers import mapping, mappings
from bridge.fleet.calls import Call, vehicle_path

CARS = ("vehicle_device_data",)
CHARGING = ("vehicle_charging_cmds",)
USER = ("user_data",)

DX = "/api/1/dx"

PAGE = 50
"""Sessions of the charging history in one answer."""


class Wire(Protocol):
    """As much of a client as a question needs."""

    async def send(self, call: Call) -> Any: ...


# --- one car ----------------------------------------------------------------------------------------------------


async def vehicle_data(wire: Wire, vin: str, groups: Collection[str]) -> dict[str, Any]:
    """Some groups of vehicle_data. Billed; the car answers."""
    call = Call(
        "GET",
        vehicle_path(vin, "vehicle_data"),
        params={"endpoints": ";".join(groups)},
        cost="data",
        device=vin,
        scopes=CARS,
    )
    return mapping(await wire.send(call))


async def nearby_charging_sites(wire: Wire, vin: str) -> dict[str, Any]:
    """`superchargers` and `destination_charging`, by distance. Billed; the car answers."""
    return mapping(await _live(wire, vin, "nearby_charging_sites"))


async def recent_alerts(wire: Wire, vin: str) -> list[dict[str, Any]]:
    """`name`, `time`, `audience`, `user_text`. Billed; the car answers."""
    return mappings(mapping(await _live(wire, vin, "recent_alerts")).get("recent_alerts"))


async def release_notes(wire: Wire, vin: str) -> list[dict[str, Any]]:
    """Of the installed version. Some answers hold one `response` more. Billed; the car answers."""
    found = mapping(await _live(wire, vin, "release_notes"))
    inner = found.get("response")
    return mappings((inner if isinstance(inner, dict) else found).get("release_notes"))


async def service_data(wire: Wire, vin: str) -> dict[str, Any]:
    """Empty unless the car is in service. Billed; Tesla's servers answer."""
    return mapping(await _live(wire, vin, "service_data") or {})


async def mobile_enabled(wire: Wire, vin: str) -> dict[str, Any]:
    """`result`: is mobile access on? Billed; Tesla's servers answer."""
    call = Call("GET", vehicle_path(vin, "mobile_enabled"), cost="data", device=vin, scopes=("vehicle_cmds",))
    return mapping(await wire.send(call))


async def drivers(wire: Wire, vin: str) -> list[dict[str, Any]]:
    """Whom the owner has given the car to. Free; for the owner only."""
    return mappings(await wire.send(Call("GET", vehicle_path(vin, "drivers"), device=vin, scopes=CARS)))


async def invitations(wire: Wire, vin: str) -> list[dict[str, Any]]:
    """Those that nobody has taken up yet: the first page. Free."""
    return mappings(await wire.send(Call("GET", vehicle_path(vin, "invitations"), device=vin, scopes=CARS)))


async def options(wire: Wire, vin: str) -> dict[str, Any]:
    """`codes`: `code`, `displayName`, `isActive`. Free."""
    return mapping(await _dx(wire, vin, "vehicles/options"))


async def warranty(wire: Wire, vin: str) -> dict[str, Any]:
    """`activeWarranty`, `upcomingWarranty`, `expiredWarranty`. Free."""
    return mapping(await _dx(wire, vin, "warranty/details"))


async def telemetry_config(wire: Wire, vin: str) -> dict[str, Any]:
    """`synced`, `config`, `limit_reached`. Free."""
    return mapping(await wire.send(Call("GET", vehicle_path(vin, "fleet_telemetry_config"), device=vin, scopes=CARS)))


async def telemetry_errors(wire: Wire, vin: str) -> list[dict[str, Any]]:
    """What went wrong lately with streaming: `name`, `error`. Free."""
    call = Call("GET", vehicle_path(vin, "fleet_telemetry_errors"), device=vin, scopes=CARS)
    return mappings(mapping(await wire.send(call)).get("fleet_telemetry_errors"))


async def _live(wire: Wire, vin: str, endpoint: str) -> Any:
    return await wire.send(Call("GET", vehicle_path(vin, endpoint), cost="data", device=vin, scopes=CARS))


async def _dx(wire: Wire, vin: str, endpoint: str) -> Any:
    return await wire.send(Call("GET", f"{DX}/{endpoint}", params={"vin": vin}, device=vin, scopes=CARS))


# --- the account ------------------------------------------------------------------------------------------------


async def fleet_status(wire: Wire, vins: Collection[str]) -> dict[str, Any]:
    """Which cars have the app's key, and what each says of itself. Counted as one data call; no car is reached."""
    call = Call("POST", "/api/1/vehicles/fleet_status", {"vins": list(vins)}, cost="data", scopes=CARS)
    return mapping(await wire.send(call))


async def region(wire: Wire) -> dict[str, Any]:
    """`region` and `fleet_api_base_url` of the account (fleet-api.md 1.8). Free."""
    return mapping(await wire.send(Call("GET", "/api/1/users/region", scopes=USER)))


async def orders(wire: Wire) -> list[dict[str, Any]]:
    """What the account has ordered and not yet got. Free."""
    return mappings(await wire.send(Call("GET", "/api/1/users/orders", scopes=USER)))


async def charging_sessions(wire: Wire, page: int) -> list[dict[str, Any]]:
    """Supercharging of all cars of the account, the newest first; pages from 1 on. Free."""
    params = {"pageNo": str(page), "pageSize": str(PAGE), "sortBy": "chargeStartDateTime", "sortOrder": "DESC"}
    found = mapping(await wire.send(Call("GET", f"{DX}/charging/history", params=params, scopes=CHARGING)))
    return mappings(found.get("data") or [])
