"""Which way a command goes to a car: plain or signed (fleet-api.md 2.5, 7.6)."""

from __future__ import annotations

import asyncio
import os
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from typing import Any, Self

import structlog
from cryptography.hazmat.primitives.asymmetric import ec

from bridge.catalog.vehicle import COMMANDS
from bridge.clock import Clock
from bridge.errors import BridgeError, SigningRequired
from bridge.fleet import answers
from bridge.fleet.answers import CommandAnswer
from bridge.fleet.calls import Call
from bridge.fleet.notes import Notes
from bridge.fleet.signing import jws
from bridge.fleet.signing.actions import ACTIONS, UNSIGNED
from bridge.fleet.signing.conversation import Conversation, Order, PlainOnly, Wire
from bridge.fleet.signing.faults import KEY_NOT_PAIRED
from bridge.fleet.transport import Answer

_ONCE = frozenset(row.endpoint.removeprefix("command/") for row in COMMANDS if not row.repeatable)
_SIGNED_ONLY = frozenset(row.endpoint.removeprefix("command/") for row in COMMANDS if row.signed_only)

log = structlog.get_logger()


class Signer:
    """Sends the commands of one account, each in the form that its car takes, one at a time to each car."""

    signs_all = True

    def __init__(
        self,
        key: ec.EllipticCurvePrivateKey,
        notes: Notes,
        clock: Clock,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._key = key
        self._talk = Conversation(key, notes, clock, random)
        self._notes = notes
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._signs: dict[str, bool] = {}
        self._asked: set[str] = set()
        self._unpaired: set[str] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing is held open."""

    async def command(self, wire: Wire, vin: str, plain: Call) -> CommandAnswer:
        """`plain`: the command as it goes unsigned. What one form is refused for, the other is tried, once."""
        async with self._locks[vin]:
            if _name(plain) in UNSIGNED:
                return await _as_it_is(wire, plain)
            if _name(plain) in _SIGNED_ONLY:
                return await self._signed_or_not_at_all(wire, vin, plain)
            if await self._takes_signed(wire, vin):
                return await self._signed_else_plain(wire, vin, plain)
            return await self._plain_else_signed(wire, vin, plain)

    async def _signed_else_plain(self, wire: Wire, vin: str, plain: Call) -> CommandAnswer:
        try:
            return await self._signed(wire, vin, plain)
        except PlainOnly:
            self._remember(vin, signs=False)
        return await _as_it_is(wire, plain)

    async def _signed_or_not_at_all(self, wire: Wire, vin: str, plain: Call) -> CommandAnswer:
        try:
            return await self._signed(wire, vin, plain)
        except PlainOnly:
            text = f"{_name(plain)} exists only as a signed command, and this car takes none; nothing was done"
            raise SigningRequired(text) from None

    async def _plain_else_signed(self, wire: Wire, vin: str, plain: Call) -> CommandAnswer:
        try:
            answer = await _as_it_is(wire, plain)
        except SigningRequired as refused:
            self._remember(vin, signs=True)
            try:
                return await self._signed(wire, vin, plain)
            except PlainOnly:
                raise refused from None
        if answer.result and vin not in self._signs:
            self._remember(vin, signs=False)
        return answer

    async def _signed(self, wire: Wire, vin: str, plain: Call) -> CommandAnswer:
        await self.check(wire, vin)
        name = _name(plain)
        if name not in ACTIONS:
            raise SigningRequired(f"the car takes only signed commands, and {name} has no signed form")
        action = ACTIONS[name]
        order = Order(vin, action.domain, action.payload(plain.body or {}), name not in _ONCE, plain.not_after)
        try:
            return await self._talk.perform(wire, order)
        except SigningRequired as error:
            if error.reason == KEY_NOT_PAIRED.reason:
                self._unpaired.add(vin)
            raise

    async def ping(self, wire: Wire, vin: str) -> bool:
        """A signed message there and back; False for a car that knows none. Raises SigningRequired, or TryLater."""
        async with self._locks[vin]:
            try:
                await self._talk.ping(wire, vin)
            except PlainOnly:
                return False
            return True

    async def configure_telemetry(self, wire: Wire, vins: Collection[str], config: Mapping[str, Any]) -> Answer:
        """One signature for all cars that know our key (fleet-api.md 7.10, 8.3)."""
        body = {"vins": list(vins), "token": jws.token(self._key, config, jws.TELEMETRY)}
        path = "/api/1/vehicles/fleet_telemetry_config_jws"
        return await wire.answer(Call("POST", path, body, write=True, scopes=("vehicle_device_data",)))

    # --- what is known of a car -------------------------------------------------------------------------------

    async def check(self, wire: Wire, vin: str) -> None:
        """Raises SigningRequired while our key is not in a car that said so: Tesla is asked, the car is left alone."""
        if vin not in self._unpaired:
            return
        status = await wire.fleet_status([vin])
        if vin not in (status.get("key_paired_vins") or ()):
            raise KEY_NOT_PAIRED.raised()
        self._unpaired.discard(vin)

    async def _takes_signed(self, wire: Wire, vin: str) -> bool:
        """As remembered, else as Tesla says; plain where it does not: a refusal then tells (403)."""
        if vin not in self._signs:
            note = self._notes.secret(_note(vin))
            if note:
                self._signs[vin] = bool(note["signs"])
            elif vin not in self._asked:
                self._asked.add(vin)  # once, even in vain: each answer below 500 is billed (fleet-api.md 6.2)
                await self._ask(wire, vin)
        return self._signs.get(vin, False)

    async def _ask(self, wire: Wire, vin: str) -> None:
        try:
            status = await wire.fleet_status([vin])
        except BridgeError as error:
            log.info("whether a car takes signed commands could not be asked", vin=vin, error=str(error))
            return
        info = (status.get("vehicle_info") or {}).get(vin)
        required = info.get("vehicle_command_protocol_required") if isinstance(info, Mapping) else None
        if isinstance(required, bool):
            self._remember(vin, signs=required)

    def _remember(self, vin: str, *, signs: bool) -> None:
        log.info("how a car takes commands", vin=vin, signed=signs)
        self._signs[vin] = signs
        try:
            self._notes.keep_secrets({_note(vin): {"signs": signs}})
        except Exception as error:  # noqa: BLE001 - Tesla is asked again after a restart, and that is all
            log.warning("how a car takes commands could not be saved", error=str(error))


def _note(vin: str) -> str:
    return f"signing {vin}"


def _name(plain: Call) -> str:
    """`/api/1/vehicles/<VIN>/command/flash_lights` -> `flash_lights`."""
    return plain.path.rpartition("/")[2]


async def _as_it_is(wire: Wire, plain: Call) -> CommandAnswer:
    return answers.vehicle_command(await wire.answer(plain))
