"""A signer and the simulated account in one process: what it sends is verified there, by rules of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import replace
from typing import Any

import httpx2
from account import MemoryNotes
from cryptography.hazmat.primitives.asymmetric import ec
from fakes import FakeClock
from simulated_fixtures import account
from simulated_tesla import CAR, Tesla

from bridge.clock import Clock
from bridge.fleet.answers import CommandAnswer, is_ok, mapping, member
from bridge.fleet.calls import Call, vehicle_path
from bridge.fleet.refusals import refusal
from bridge.fleet.signing.carrier import Signer
from bridge.fleet.signing.sessions import point
from bridge.fleet.transport import Answer
from bridge.simulator.app import build
from bridge.simulator.simulation import Simulation, build_cloud

KEY = ec.derive_private_key(4711, ec.SECP256R1())
OTHER_CAR = "5YJYGDEE1MF700002"


class Bench:
    """A wire to the account that remembers what went over it, and a signer at its end."""

    def __init__(self, tesla: Tesla, *, notes: MemoryNotes | None = None, clock: FakeClock | None = None) -> None:
        self.tesla = tesla
        self.calls: list[Call] = []
        self.notes = notes or MemoryNotes()
        self.clock = clock or FakeClock(hurries=True)
        self.fails: dict[int, Exception] = {}
        self.alters: dict[int, Callable[[Answer], Answer]] = {}
        self.twice: dict[int, float] = {}
        self.signer = Signer(KEY, self.notes, self.clock)

    def restart(self, clock: Clock | None = None) -> None:
        """A new process with the same notes."""
        self.signer = Signer(KEY, self.notes, clock or self.clock)

    async def answer(self, call: Call) -> Answer:
        """As the Sender does it. `fails`: raised for the call of this number, when it is done; `alters`: its answer.

        `twice`: it arrives a second time, so many seconds later, and the answer to the first is lost.
        """
        self.calls.append(call)
        answer = await self._delivered(call)
        if (seconds := self.twice.get(len(self.calls))) is not None:
            await self.tesla.later(seconds=seconds)
            answer = await self._delivered(call)
        if error := self.fails.get(len(self.calls)):
            raise error
        if alter := self.alters.get(len(self.calls)):
            answer = alter(answer)
        if not is_ok(answer) and answer.status not in call.accepts:
            raise refusal(answer, self.clock.now())
        return answer

    async def _delivered(self, call: Call) -> Answer:
        response = await self.tesla.http.request(call.method, call.path, json=dict(call.body or {}))
        headers = {name.lower(): text for name, text in response.headers.items()}
        return Answer(response.status_code, headers, response.content)

    async def fleet_status(self, vins: Collection[str]) -> Mapping[str, Any]:
        call = Call("POST", "/api/1/vehicles/fleet_status", {"vins": list(vins)})
        return mapping(member(await self.answer(call)))

    @property
    def asked(self) -> list[str]:
        """The last word of every path."""
        return [call.path.rpartition("/")[2] for call in self.calls]

    async def command(self, name: str, vin: str = CAR, /, **parameters: Any) -> CommandAnswer:
        plain = Call("POST", vehicle_path(vin, f"command/{name}"), parameters, device=vin)
        return await self.signer.command(self, vin, plain)

    async def signing(self, vin: str = CAR, **what: Any) -> Any:
        return await self.tesla.control(f"vehicles/{vin}/signing", **what)

    async def pair(self, vin: str = CAR) -> None:
        await self.signing(vin, keys=[point(KEY.public_key()).hex()])

    async def done(self) -> list[Any]:
        """What cars were told to do, and how it was signed."""
        found: list[Any] = (await self.tesla.look("executions"))["executions"]
        return found


@asynccontextmanager
async def twin(simulation: Simulation) -> AsyncIterator[Tesla]:
    """Another account with the same cars, on the same day, untouched."""
    cloud = build_cloud(replace(simulation, cars=0, sites=0, from_directory=None))
    cloud.account = deepcopy(account(simulation))
    transport = httpx2.ASGITransport(build(cloud))
    async with httpx2.AsyncClient(transport=transport, base_url="http://tesla.test") as http:
        other = Tesla(http)
        await other.sign_in()
        yield other


async def signing_car(tesla: Tesla, vin: str = CAR, **state: Any) -> Bench:
    """A car that takes only signed commands, and knows our key."""
    bench = Bench(tesla)
    await tesla.control(f"vehicles/{vin}", command_signing="required", state="online", **state)
    await bench.pair(vin)
    return bench
