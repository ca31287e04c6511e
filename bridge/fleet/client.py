"""The calls the bridge makes, each in the API's own words."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from random import Random
from typing import Any, Protocol, Self

from bridge.clock import Clock
from bridge.errors import AnswerInvalid
from bridge.fleet import answers, hosts
from bridge.fleet.answers import CommandAnswer, mapping, mappings
from bridge.fleet.auth.sources import TokenSource
from bridge.fleet.calls import Call, Ledger, site_path, vehicle_path
from bridge.fleet.home import Home
from bridge.fleet.hosts import Region
from bridge.fleet.sender import Sender
from bridge.fleet.transport import Answer, Transport

DEADLINE = 30.0
"""Seconds that one call may take in all, retries and a renewed token included."""

_CARS, _SITES = ("vehicle_device_data",), ("energy_device_data",)
"""Scopes of everything that is read (fleet-api.md 1.9)."""


class Signer(Protocol):
    """Who knows which cars take commands only signed, and signs them: signing.carrier, or a proxy."""

    signs_all: bool
    """Also the commands that exist only signed?"""

    async def command(self, wire: FleetClient, vin: str, plain: Call) -> CommandAnswer: ...
    async def check(self, wire: FleetClient, vin: str) -> None: ...
    async def ping(self, wire: FleetClient, vin: str) -> bool | None: ...
    async def configure_telemetry(
        self, wire: FleetClient, vins: Collection[str], config: Mapping[str, Any]
    ) -> Answer: ...
    async def __aenter__(self) -> object: ...
    async def __aexit__(self, *_: object) -> None: ...


class FleetClient:
    """One account. Every call raises one error of bridge.errors; use the client in an `async with` block."""

    def __init__(
        self,
        *,
        tokens: TokenSource,
        home: Home,
        clock: Clock,
        ledger: Ledger,
        http: Transport,
        deadline: float = DEADLINE,
        advice: str = "",
        account: str = "",
        signer: Signer | None = None,
        seed: int | None = None,
    ) -> None:
        """`advice` says how the owner grants more scopes; `account` is its name, where it is not the first.

        Without a `signer` commands go plain.
        """
        self.signer = signer
        self._tokens = tokens
        self.http = http
        self._sender = Sender(
            tokens=tokens,
            home=home,
            clock=clock,
            ledger=ledger,
            http=http,
            deadline=deadline,
            advice=advice,
            account=account,
            random=Random(seed),  # noqa: S311 - spreads retries, hides nothing
        )

    async def __aenter__(self) -> Self:
        """Opens the transport; leaving lets a token renewal arrive and closes it."""
        await self.http.__aenter__()
        if self.signer:
            await self.signer.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._tokens.settle()
        if self.signer:
            await self.signer.__aexit__()
        await self.http.__aexit__()

    @property
    def region(self) -> Region:
        """Where the account lives; changes when Tesla says so."""
        return self._sender.region

    @property
    def signs(self) -> bool:
        """Can it send the commands that exist only signed?"""
        return self.signer is not None and self.signer.signs_all

    @property
    def is_troubled(self) -> bool | None:
        """Do Tesla's servers fail? None while nothing was asked in the last ten minutes."""
        return self._sender.service.is_troubled

    @property
    def statuses(self) -> Mapping[int, int]:
        """HTTP status -> how often Tesla has answered it since the start."""
        return self._sender.service.statuses

    def ask_anew(self) -> None:
        """Somebody has signed in: what was refused for want of a scope may be asked once more."""
        self._sender.scopes.forget()

    async def answer(self, call: Call) -> Answer:
        """Any call -> its answer, as it came."""
        return await self._sender.answer(call)

    async def send(self, call: Call) -> Any:
        """Any call -> the `response` member of its answer; None for the empty answer to a write."""
        answer = await self._sender.answer(call)
        if call.write and not answer.body:
            return None
        return answers.member(answer, bare=call.path.startswith("/api/1/dx/"))

    # --- free of charge -----------------------------------------------------------------------------------

    async def products(self) -> list[dict[str, Any]]:
        """Cars and energy sites, as they are listed (fleet-api.md 2.1)."""
        return mappings(
            await self.send(Call("GET", "/api/1/products", scopes=("vehicle_device_data", "energy_device_data")))
        )

    async def vehicles(self) -> list[dict[str, Any]]:
        """The first page of the cars: a hundred."""
        return mappings(await self.send(Call("GET", "/api/1/vehicles", scopes=_CARS)))

    async def vehicle(self, vin: str) -> dict[str, Any]:
        """One entry with its `state`; does not reach the car. Asked for a command."""
        return mapping(await self.send(Call("GET", vehicle_path(vin), device=vin, scopes=_CARS, is_urgent=True)))

    async def users_region(self) -> Region:
        """Where Tesla says that the account lives (fleet-api.md 1.8)."""
        url = mapping(await self.send(Call("GET", "/api/1/users/region"))).get("fleet_api_base_url")
        region = hosts.named(url, self.region) if isinstance(url, str) else None
        if region is None:
            raise AnswerInvalid("Tesla names a region whose host is not known")
        return region

    # --- cars ---------------------------------------------------------------------------------------------

    async def vehicle_data(self, vin: str, groups: Collection[str]) -> dict[str, Any]:
        """The named groups from the car itself: billed, and keeps it awake (fleet-api.md 2.2)."""
        params = {"endpoints": ";".join(groups)}
        call = Call("GET", vehicle_path(vin, "vehicle_data"), params=params, cost="data", device=vin, scopes=_CARS)
        return mapping(await self.send(call))

    async def wake_up(self, vin: str, *, not_after: float | None = None) -> dict[str, Any]:
        """Asks once; the answer comes before the car is up (fleet-api.md 2.3)."""
        scopes = (*_CARS, "vehicle_cmds")
        path = vehicle_path(vin, "wake_up")
        call = Call("POST", path, cost="wake", device=vin, write=True, not_after=not_after, scopes=scopes)
        return mapping(await self.send(call) or {})

    async def command(
        self, vin: str, endpoint: str, body: Mapping[str, Any], *, not_after: float | None = None
    ) -> CommandAnswer:
        """`endpoint` such as `command/flash_lights`. Never sent twice once bytes may have left."""
        path, scopes = vehicle_path(vin, endpoint), ("vehicle_cmds", "vehicle_charging_cmds")
        call = Call("POST", path, body, cost="command", device=vin, write=True, not_after=not_after, scopes=scopes)
        if self.signer:
            return await self.signer.command(self, vin, call)
        return answers.vehicle_command(await self._sender.answer(call))

    async def check_key(self, vin: str) -> None:
        """Raises SigningRequired where the car has said that it does not know our key, and still does not."""
        if self.signer:
            await self.signer.check(self, vin)

    async def ping(self, vin: str) -> bool | None:
        """A signed message to an online car and back; False: it knows none; None: it is not we who sign. Billed."""
        return await self.signer.ping(self, vin) if self.signer else None

    async def fleet_status(self, vins: Collection[str]) -> dict[str, Any]:
        """Which cars have the app's key and which need signed commands (fleet-api.md 2.4)."""
        path = "/api/1/vehicles/fleet_status"
        return mapping(await self.send(Call("POST", path, {"vins": list(vins)}, cost="data", scopes=_CARS)))

    # --- energy sites -------------------------------------------------------------------------------------

    async def live_status(self, site: int | str) -> dict[str, Any]:
        """Powers and level now (fleet-api.md 4.2)."""
        return await self._site(site, "live_status")

    async def site_info(self, site: int | str) -> dict[str, Any]:
        """Settings and components (fleet-api.md 4.3)."""
        return await self._site(site, "site_info")

    async def energy_history(
        self, site: int | str, *, start: datetime, end: datetime, period: str, zone: str, kind: str = "energy"
    ) -> dict[str, Any] | None:
        """Wh in buckets, or None where there is no data. `start` and `end` are aware (fleet-api.md 4.5)."""
        window = {"start_date": start.isoformat(), "end_date": end.isoformat(), "period": period, "time_zone": zone}
        call = Call(
            "GET",
            site_path(site, "calendar_history"),
            params={"kind": kind, **window},
            cost="energy",
            device=str(site),
            scopes=_SITES,
        )
        found = await self.send(call)
        return None if found is None else mapping(found)

    async def backup_time_remaining(self, site: int | str) -> dict[str, Any]:
        """`time_remaining_hours`: how long the battery would carry the house. Undocumented (fleet-api.md 4.4)."""
        return await self._site(site, "backup_time_remaining")

    async def charge_history(self, site: int | str, *, start: datetime, end: datetime, zone: str) -> Any:
        """The charges at the site's wall connectors; no entry says at which one (fleet-api.md 4.5)."""
        window = {"start_date": start.isoformat(), "end_date": end.isoformat(), "time_zone": zone}
        path, params = site_path(site, "telemetry_history"), {"kind": "charge", **window}
        return await self.send(Call("GET", path, params=params, device=str(site), scopes=_SITES))

    async def energy_write(
        self, site: int | str, endpoint: str, body: Mapping[str, Any], *, not_after: float | None = None
    ) -> CommandAnswer:
        """`endpoint` such as `backup`. A yes means accepted, not done: read it back (fleet-api.md 4.4)."""
        path, scopes = site_path(site, endpoint), ("energy_cmds",)
        call = Call("POST", path, body, cost="energy", device=str(site), write=True, not_after=not_after, scopes=scopes)
        return answers.energy_write(await self._sender.answer(call))

    async def _site(self, site: int | str, endpoint: str) -> dict[str, Any]:
        call = Call("GET", site_path(site, endpoint), cost="energy", device=str(site), scopes=_SITES)
        return mapping(await self.send(call))
