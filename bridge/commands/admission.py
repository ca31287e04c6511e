"""Request + row + state -> a job to do, or the reason why not. Pure: nothing is sent, nothing is remembered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bridge.catalog import CATALOGUE, validate
from bridge.catalog.offer import Offer, limits
from bridge.catalog.rows import Command, Entity, Parameter
from bridge.errors import ScopeMissing
from bridge.model import Outcome, Request, Value
from bridge.topics import Payload, PayloadInvalid, decode


class Refusal(Exception):
    """The request will not be carried out, and nothing was sent."""

    def __init__(self, outcome: Outcome, reason: str, message: str, transaction: str | None = None) -> None:
        super().__init__(message)
        self.outcome = outcome
        self.reason = reason
        self.transaction = transaction


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """A request that may be carried out.

    `asked` is what the sender gave, without PINs: the same for every delivery of one request, whatever was filled in.
    `expected`: entity -> value once it is done; empty for one-shots. `is_part`: one of several writes that the bridge
    does for one command, or at the end of an intent; it has no line in the journal.
    """

    request: Request
    command: Command
    parameters: Mapping[str, Value]
    asked: Mapping[str, Value]
    expected: Mapping[str, Value]
    is_part: bool = False

    @property
    def identity(self) -> str | None:
        """What two deliveries of one request have in common: the transaction, else MQTT 5 correlation data.

        In that order, because a client that sends its transaction once more makes new correlation data for it.
        """
        if self.request.transaction:
            return f"t:{self.request.transaction!a}"  # ASCII, because JSON may hold what is no text (a lone surrogate)
        return "c:" + self.request.correlation.hex() if self.request.correlation else None

    @property
    def value(self) -> Value:
        """What was asked for, as the result shows it: never a PIN, nor a place that was filled in or is masked."""
        if self.request.name in self.expected:
            return self.expected[self.request.name]
        return self.asked or None


def admit(request: Request, values: Mapping[str, Value], offer: Offer, *, is_known: bool | None) -> Job:
    """What is asked, if it makes sense. Raises Refusal.

    `values` is what is known of the device; `is_known`: it is in the account, None: not known. Whether the job may be
    done at this time, `check` tells: a repetition gets the first one's result, whatever is so now.
    """
    if request.retained:
        raise Refusal(
            Outcome.INVALID,
            "retained",
            "a retained command is not carried out: it would be repeated at every restart. Publish without retain",
        )
    payload = _payload(request.payload)
    asked = replace(request, transaction=payload.transaction)
    try:
        return _job(asked, payload.value, values, offer)
    except Refusal as refusal:
        _check_known(asked, is_known=is_known)
        refusal.transaction = payload.transaction
        raise
    except (ValueError, OverflowError) as error:  # of `validate`, or of a row that cannot be set to this value
        _check_known(asked, is_known=is_known)
        raise Refusal(Outcome.INVALID, "value", str(error), payload.transaction) from None


def check(job: Job, offer: Offer, *, is_known: bool | None) -> None:
    """May it be done now, as far as can be told without asking Tesla? Raises Refusal."""
    _check_known(job.request, is_known=is_known)
    try:
        _check_allowed(job.command, offer)
    except Refusal as refusal:
        refusal.transaction = job.request.transaction
        raise


def _payload(payload: bytes) -> Payload:
    try:
        return decode(payload)
    except PayloadInvalid as error:
        raise Refusal(Outcome.INVALID, "payload", str(error)) from None


def _check_known(request: Request, *, is_known: bool | None) -> None:
    if is_known is None:
        text = "Tesla has not told yet which devices are in this account"
        raise Refusal(Outcome.UNAVAILABLE, "starting", text, request.transaction)
    if not is_known:
        text = f"{request.device} is not in this account"
        raise Refusal(Outcome.INVALID, "unknown_device", text, request.transaction)


def _job(request: Request, given: validate.Given, values: Mapping[str, Value], offer: Offer) -> Job:
    catalogue = CATALOGUE[request.device.kind]
    entity = catalogue.entities.get(request.name)
    if entity and entity.check and isinstance(given, Mapping) and "value" not in given:
        given = {"value": given}  # a JSON object is the value itself
    if entity and entity.write:
        return _set_entity(request, entity, given, values, offer)
    return _call_command(request, given, values, offer)


def _set_entity(
    request: Request, entity: Entity, given: validate.Given, values: Mapping[str, Value], offer: Offer
) -> Job:
    value = validate.entity_value(entity, given, limits(entity, values))
    assert entity.write  # noqa: S101 - the caller has looked
    stops = entity.stop if value == validate.STOP else None
    invocation = stops or entity.write(value)
    command = CATALOGUE[request.device.kind].commands[invocation.command]
    more = validate.besides(command, given)
    parameters = validate.complete(command, {**more, **invocation.parameters}, values)
    asked = {entity.key: value} | {row.name: more[row.name] for row in _told(command, offer) if row.name in more}
    return Job(request, command, parameters, asked, {} if stops else {entity.key: value})


def part(request: Request, value: Value) -> Job:
    """One of several writes: the entity of the request's name gets a value that is valid."""
    catalogue = CATALOGUE[request.device.kind]
    write = catalogue.entities[request.name].write
    assert write  # noqa: S101 - only settings come here
    invocation = write(value)
    expected = {request.name: value}
    return Job(request, catalogue.commands[invocation.command], invocation.parameters, expected, expected, is_part=True)


def _call_command(request: Request, given: validate.Given, values: Mapping[str, Value], offer: Offer) -> Job:
    command = CATALOGUE[request.device.kind].commands.get(request.name)
    if command is None or not command.direct:
        raise Refusal(
            Outcome.INVALID,
            "unknown_command",
            f"there is nothing called {request.name[:64]!r} to set; docs/commands.md lists what there is",
        )
    parameters = validate.parameters(command, given, values)
    return Job(request, command, parameters, _asked(command, given, parameters, offer), {})


def _asked(command: Command, given: validate.Given, parameters: Mapping[str, Value], offer: Offer) -> dict[str, Value]:
    named = given if isinstance(given, Mapping) else {}
    rows = [row for row in _told(command, offer) if row.name in named or not row.fill]
    return {row.name: parameters[row.name] for row in rows if row.name in parameters}


def _told(command: Command, offer: Offer) -> list[Parameter]:
    """What may be written down and echoed."""
    return [row for row in command.parameters if offer.echoes(row)]


def _check_allowed(command: Command, offer: Offer) -> None:
    if not offer.is_enabled(command):
        raise Refusal(
            Outcome.INVALID,
            "not_enabled",
            f"{command.name} is off until you enable it: add it to FLEET2MQTT_COMMANDS_ENABLE",
        )
    if not offer.may_tell(command):
        raise Refusal(
            Outcome.INVALID,
            "location",
            f"the answer to {command.name} tells a place; FLEET2MQTT_LOCATION={offer.location} does not let that out",
        )
    if not offer.can_send(command):
        raise Refusal(
            Outcome.UNAVAILABLE,
            "signing_required",
            f"{command.name} exists only as a signed command, and the bridge has no key: make one with "
            "`fleet2mqtt keys` and put it into the car with `fleet2mqtt pair` (docs/signing.md)",
        )
    if not offer.in_scope(command):
        lack = ScopeMissing.lacking(command.scopes, offer.advice)
        raise Refusal(Outcome.UNAVAILABLE, lack.reason, str(lack))
