"""An owner's own tesla-http-proxy, which signs in the bridge's place (fleet-api.md 3.5).

It gets the account's access token with every command: the owner's explicit choice.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any, Self

from bridge.clock import Clock
from bridge.errors import BridgeError, SigningRequired, VehicleUnavailable
from bridge.fleet import answers
from bridge.fleet.answers import CommandAnswer
from bridge.fleet.calls import Call
from bridge.fleet.refusals import refusal, text
from bridge.fleet.sender import Sender
from bridge.fleet.transport import Answer, Transport

FAILED = 500
"""Its status for what the car refuses and for a car that sleeps."""

_FAILURES: Mapping[str, Callable[[], BridgeError]] = {
    "has not been paired": lambda: SigningRequired("the proxy's key is not in the car: pair it"),
    "offline or asleep": lambda: VehicleUnavailable("the car is asleep or offline"),
}

_COUNTED_FROM_ONE = {"set_cop_temp": "cop_temp", "remote_seat_cooler_request": "seat_cooler_level"}
"""Command -> the parameter that it takes one higher than Tesla does (fleet-api.md 3.3)."""


class Proxy:
    """Stands in the place of a Signer. The proxy knows itself which car takes what."""

    signs_all = False

    def __init__(self, sender: Sender, http: Transport, clock: Clock) -> None:
        """`sender` sends to the proxy, over `http`, which trusts nobody else."""
        self._sender = sender
        self._http = http
        self._clock = clock

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.__aexit__()

    async def command(self, _wire: object, _vin: str, plain: Call) -> CommandAnswer:
        """`plain`: the command as Tesla takes it."""
        call = replace(plain, body=_in_its_words(plain), accepts=frozenset({FAILED}))
        return answers.vehicle_command(self._checked(await self._sender.answer(call)))

    async def configure_telemetry(self, _wire: object, vins: Collection[str], config: Mapping[str, Any]) -> Answer:
        """The proxy signs it."""
        body = {"vins": list(vins), "config": dict(config)}
        return await self._sender.answer(Call("POST", "/api/1/vehicles/fleet_telemetry_config", body, write=True))

    async def check(self, _wire: object, _vin: str) -> None:
        """Only the proxy knows which cars have its key."""

    async def ping(self, _wire: object, _vin: str) -> None:
        """It is the proxy that signs."""

    def _checked(self, answer: Answer) -> Answer:
        if answer.status != FAILED:
            return answer
        said = text(answer)
        error = next((error() for words, error in _FAILURES.items() if words in said), None)
        raise error or refusal(answer, self._clock.now())


def _in_its_words(plain: Call) -> Mapping[str, Any]:
    body = dict(plain.body or {})
    name = _COUNTED_FROM_ONE.get(plain.path.rpartition("/")[2])
    return body | {name: body[name] + 1} if name in body else body
