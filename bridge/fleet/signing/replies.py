"""What the car says to a command that it took -> a yes, or a no with its reason (fleet-api.md 7.5, 7.7). Pure."""

from __future__ import annotations

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import DecodeError
from tesla_protocol.command.car_server_pb2 import OperationStatus_E as CarStatus, Response
from tesla_protocol.command.errors_pb2 import GenericError_E
from tesla_protocol.command.universal_message_pb2 import Domain
from tesla_protocol.command.vcsec_pb2 import FromVCSECMessage, OperationStatus_E as VcsecStatus

from bridge.errors import AnswerInvalid
from bridge.fleet.answers import CommandAnswer
from bridge.fleet.refusals import safe

DONE = CommandAnswer(result=True, reason="")


class StillBusy(Exception):
    """VCSEC says: wait."""


def answer(domain: Domain, payload: bytes) -> CommandAnswer:
    """Raises StillBusy, or AnswerInvalid where it does not tell."""
    try:
        return _vcsec(payload) if domain == Domain.DOMAIN_VEHICLE_SECURITY else _infotainment(payload)
    except DecodeError as error:
        raise AnswerInvalid("the car's answer cannot be read") from error


def _infotainment(payload: bytes) -> CommandAnswer:
    said = Response.FromString(payload)
    status = said.actionStatus
    if status.result == CarStatus.OPERATIONSTATUS_OK:
        return _told(said)
    return CommandAnswer(result=False, reason=safe(status.result_reason.plain_text))


def _told(said: Response) -> CommandAnswer:
    """Fields are named as in the protocol; those that hold nothing are told too."""
    name = said.WhichOneof("response_msg")
    if name is None:
        return DONE
    told = MessageToDict(
        getattr(said, name), preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    return CommandAnswer(result=True, reason="", told=told)


def _vcsec(payload: bytes) -> CommandAnswer:
    """Nothing to say is a yes."""
    said = FromVCSECMessage.FromString(payload)
    match said.WhichOneof("sub_message"):
        case "nominalError":
            return CommandAnswer(result=False, reason=_word(said.nominalError.genericError))
        case "commandStatus" if said.commandStatus.operationStatus == VcsecStatus.OPERATIONSTATUS_WAIT:
            raise StillBusy
        case "commandStatus" if said.commandStatus.operationStatus == VcsecStatus.OPERATIONSTATUS_ERROR:
            raise AnswerInvalid("the car says that something went wrong, and not what")
        case _:
            return DONE


def _word(error: int) -> str:
    """GENERICERROR_CLOSURES_OPEN -> closures_open; `already on` is how the other domain says it."""
    if error == GenericError_E.GENERICERROR_ALREADY_ON:
        return "already on"
    known = GenericError_E.values()
    return GenericError_E.Name(error).removeprefix("GENERICERROR_").lower() if error in known else f"error_{error}"
