"""Signed commands: what Tesla's servers do before and after the car (fleet-api.md 7.1, 7.8)."""

import base64
import binascii
from typing import Any

from google.protobuf.message import DecodeError
from tesla_protocol.command.universal_message_pb2 import RoutableMessage

from bridge.simulator.answers import Json, envelope, refuse
from bridge.simulator.cloud import Execution
from bridge.simulator.errors import BadParameter, UnknownCommand
from bridge.simulator.gate import Ask, Call
from bridge.simulator.routes_vehicle import CAR, CHARGING_COMMANDS, COMMANDS, live
from bridge.simulator.signing_part import Fault, Faulty


def _signed_command(ask: Ask) -> Json:
    if ask.car.command_signing == "off":
        raise refuse(422, "invalid_resource", "vehicle does not support signed commands")
    car = live(ask)
    request = _message(ask)
    enclave = ask.cloud.signing_car(car.vin, paired=car.key_paired)

    def act(name: str, parameters: dict[str, Any], signed: dict[str, Any]) -> tuple[bool, str, Json | None]:
        if name not in CHARGING_COMMANDS:
            ask.need_scope(*COMMANDS)
        try:
            result, reason = car.command(name, parameters, ask.now)
        except (BadParameter, UnknownCommand):
            raise Faulty(Fault.BAD_PARAMETER) from None
        answer = {"result": result, "reason": reason}
        ask.cloud.executions.append(Execution(ask.now, car.vin, name, parameters, answer, signed))
        return result, reason, car.told(name) if result else None

    reply = enclave.answer(request, ask.now, act)
    return envelope(base64.b64encode(reply.SerializeToString()).decode())


def _message(ask: Ask) -> RoutableMessage:
    try:
        message = RoutableMessage.FromString(base64.b64decode(ask.body.get("routable_message", ""), validate=True))
    except (binascii.Error, DecodeError, TypeError, ValueError):
        raise BadParameter("routable_message is a base64 RoutableMessage") from None
    if message.signature_data.HasField("AES_GCM_Personalized_data"):
        # Tesla could not see what such a message asks for, so it takes none.
        raise refuse(400, "invalid_request", "AES-GCM requests are not accepted")
    return message


CALLS = (Call("POST", f"{CAR}/signed_command", "command", (*COMMANDS, "vehicle_charging_cmds"), _signed_command),)
