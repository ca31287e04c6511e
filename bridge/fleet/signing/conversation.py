"""Talking to a car in signed messages: the session, the command, and what is done about a fault (fleet-api.md 7)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from cryptography.hazmat.primitives.asymmetric import ec
from tesla_protocol.command.universal_message_pb2 import Domain, RoutableMessage

from bridge.clock import Clock
from bridge.errors import AnswerInvalid, BridgeError, NotSent, ServerFailed, TryLater, VehicleUnavailable
from bridge.fleet import answers
from bridge.fleet.answers import CommandAnswer
from bridge.fleet.calls import Call, vehicle_path
from bridge.fleet.notes import Notes
from bridge.fleet.refusals import refusal, text
from bridge.fleet.signing import faults, messages, replies
from bridge.fleet.signing.faults import Fault, Then
from bridge.fleet.signing.messages import Addressed, Ticket
from bridge.fleet.signing.sessions import Session, Sessions
from bridge.fleet.transport import Answer

TRIES = 3
PAUSE = 1.0
"""Seconds before a car that was busy is asked again."""

LIFETIME = 10
"""Seconds for which a signed command is good, by the car's clock; more than 30 it refuses (fleet-api.md 7.4)."""

PATIENCE = 10.0
"""Seconds after which what a car tells of its session is too old to be believed (fleet-api.md 7.3)."""

PLAIN_ONLY = 422
"""Status of a car that does not know signed commands (fleet-api.md 7.1)."""

NOT_AWAKE = 503
"""Status of a sleeping car, besides 408, with one of these texts (fleet-api.md 0.3, 7.1)."""
_ASLEEP = ("vehicle is not available", "vehicle is offline")

SCOPES = ("vehicle_cmds", "vehicle_charging_cmds")

_STILL_BUSY = Fault(Then.WAIT_IF_REPEATABLE, "busy", "the car is still busy with it", ServerFailed)
_SECOND_COPY = Fault(
    Then.WAIT_IF_REPEATABLE,
    ServerFailed.reason,
    "the command may have arrived twice: the car refused one copy, and the other may have been done",
    ServerFailed,
)

log = structlog.get_logger()


class PlainOnly(Exception):
    """The car does not know signed commands."""


class Wire(Protocol):
    """The calls of one account."""

    async def answer(self, call: Call) -> Answer: ...
    async def fleet_status(self, vins: list[str]) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Order:
    """What one car is to do, in protobuf. `repeatable`: doing it twice is like doing it once."""

    vin: str
    domain: Domain
    payload: bytes
    repeatable: bool
    not_after: float | None


class Conversation:
    """With all cars of one private key. The caller sees to it that a car gets one order at a time."""

    def __init__(
        self, key: ec.EllipticCurvePrivateKey, notes: Notes, clock: Clock, random: Callable[[int], bytes]
    ) -> None:
        self._sessions = Sessions(key, notes, clock)
        self._clock = clock
        self._random = random
        self._address = random(16)

    async def perform(self, wire: Wire, order: Order) -> CommandAnswer:
        """What the car says. Raises the error of the last fault, or of the call.

        It is sent again only where the fault proves that it was not executed, or where twice is like once.
        """
        doubt: Fault | None = None
        for tries in range(1, TRIES + 1):
            try:
                outcome = await self._try(wire, order)
            except BridgeError as error:
                if doubt and not isinstance(error, ServerFailed | AnswerInvalid):
                    raise ServerFailed(f"{doubt.text}; then: {error}") from error
                raise
            if isinstance(outcome, CommandAnswer):
                return outcome
            if tries == TRIES or not _may_repeat(outcome, order):
                raise (doubt or outcome).raised()
            log.info("signed command sent again", vin=order.vin, why=outcome.reason)
            if outcome.then is Then.WAIT_IF_REPEATABLE:
                doubt = outcome
            if outcome.then is not Then.RESYNC:
                await self._clock.sleep(PAUSE)
        raise AssertionError("unreachable")

    async def ping(self, wire: Wire, vin: str) -> None:
        """Asks a car for its session: it answers only those whose key it knows. Nothing is done in the car.

        Raises as `perform` does, and PlainOnly.
        """
        await self._open(wire, Order(vin, Domain.DOMAIN_VEHICLE_SECURITY, b"", repeatable=True, not_after=None))

    async def _try(self, wire: Wire, order: Order) -> CommandAnswer | Fault:
        session = self._sessions.get(order.vin, order.domain) or await self._open(wire, order)
        request = self._signed(order, session)
        asked = _now()
        reply = await self._exchange(wire, order, request, write=True)
        if number := reply.signedMessageStatus.signed_message_fault:
            told = self._told(reply, request, order) if _now() - asked <= PATIENCE else None
            fault = faults.of(number)
            return await self._in_step(wire, order, request, fault, told) if fault.then is Then.RESYNC else fault
        try:
            return replies.answer(order.domain, messages.opened(reply, request, order.vin, session.key))
        except replies.StillBusy:
            return _STILL_BUSY

    def _signed(self, order: Order, session: Session) -> RoutableMessage:
        ticket = Ticket(
            epoch=session.epoch,
            counter=self._sessions.count(order.vin, order.domain, session),
            expires_at=session.car_time(self._clock.monotonic()) + LIFETIME,
        )
        public_key = self._sessions.public_key
        return messages.command(self._to(order), order.payload, key=session.key, public_key=public_key, ticket=ticket)

    def _to(self, order: Order) -> Addressed:
        return Addressed(order.vin, order.domain, self._address, self._random(16))

    # --- the session ------------------------------------------------------------------------------------------

    async def _open(self, wire: Wire, order: Order) -> Session:
        """Nothing has been done when this fails, whatever became of the call."""
        for tries in range(1, TRIES + 1):
            try:
                outcome = await self._handshake(wire, order)
            except (ServerFailed, AnswerInvalid) as error:
                raise NotSent(f"no session with the car: {error}; nothing was done") from error
            if isinstance(outcome, Session):
                return outcome
            if tries == TRIES or outcome.then is Then.STOP:
                final = outcome.raised()
                raise NotSent(f"no session with the car: {final}") if isinstance(final, TryLater) else final
            await self._clock.sleep(PAUSE)
        raise AssertionError("unreachable")

    async def _handshake(self, wire: Wire, order: Order) -> Session | Fault:
        request = messages.handshake(self._to(order), self._sessions.public_key)
        asked = _now()
        reply = await self._exchange(wire, order, request, write=False)
        if number := reply.signedMessageStatus.signed_message_fault:
            return faults.of(number)
        if _now() - asked > PATIENCE:
            raise AnswerInvalid("the car's session came too late")
        return self._taken(reply, request, order)

    def _taken(self, reply: RoutableMessage, request: RoutableMessage, order: Order) -> Session:
        tag = reply.signature_data.session_info_tag.tag
        return self._sessions.take(order.vin, order.domain, reply.session_info, tag, request.uuid)

    def _told(self, reply: RoutableMessage, request: RoutableMessage, order: Order) -> Session | None:
        """The car tells its session with many faults: it is taken, so that the next message is in step."""
        if not reply.session_info:
            return None
        try:
            return self._taken(reply, request, order)
        except AnswerInvalid as error:
            log.warning("a car's session was not believed", vin=order.vin, error=str(error))
            return None

    async def _in_step(
        self, wire: Wire, order: Order, request: RoutableMessage, fault: Fault, session: Session | None
    ) -> Fault:
        """The fault, once the car's counter has proved that the message was not executed; else what came before it.

        Tesla may deliver a message twice. The car executes the first copy, and the fault of the second is what we get:
        6 or 26 for its counter, 17 when it comes late. So no fault is a proof by itself (reliability.md C1).
        """
        if session is None:
            self._sessions.drop(order.vin, order.domain)
            try:
                session = await self._open(wire, order)
            except (BridgeError, PlainOnly) as error:
                raise ServerFailed(f"{_SECOND_COPY.text}; then: {error}") from error
        return _SECOND_COPY if _was_ours(session, request) else fault

    async def _exchange(self, wire: Wire, order: Order, request: RoutableMessage, *, write: bool) -> RoutableMessage:
        call = Call(
            "POST",
            vehicle_path(order.vin, "signed_command"),
            {"routable_message": messages.packed(request)},
            cost="command",
            device=order.vin,
            write=write,
            not_after=order.not_after,
            scopes=SCOPES,
            accepts=frozenset({PLAIN_ONLY, NOT_AWAKE}),
            is_urgent=True,
        )
        answer = await wire.answer(call)
        if answer.status == PLAIN_ONLY:
            raise PlainOnly
        if answer.status == NOT_AWAKE:
            raise _not_awake(answer, self._clock)
        return messages.unpacked(answers.member(answer), request)


def _not_awake(answer: Answer, clock: Clock) -> BridgeError:
    is_asleep = any(words in text(answer).lower() for words in _ASLEEP)
    return VehicleUnavailable("the car is asleep or offline") if is_asleep else refusal(answer, clock.now())


def _was_ours(session: Session, request: RoutableMessage) -> bool:
    """The newest counter that the car has seen is this message's: it has had it already."""
    sent = request.signature_data.HMAC_Personalized_data
    return session.told == sent.counter and session.epoch == sent.epoch


def _may_repeat(fault: Fault, order: Order) -> bool:
    proven = fault.then in {Then.RESYNC, Then.WAIT}
    return proven or (fault.then is Then.WAIT_IF_REPEATABLE and order.repeatable)


def _now() -> float:
    """The network's time is real, even where the demo's clock runs fast."""
    return asyncio.get_running_loop().time()
