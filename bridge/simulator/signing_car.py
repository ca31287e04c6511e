"""What a car does with signed messages: knows keys, verifies, acts, answers (fleet-api.md 7.5, 7.8)."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from google.protobuf.json_format import ParseDict
from tesla_protocol.command.car_server_pb2 import ActionStatus, Response, ResultReason
from tesla_protocol.command.errors_pb2 import NominalError
from tesla_protocol.command.signatures_pb2 import (
    AES_GCM_Response_Signature_Data,
    HMAC_Signature_Data,
    SessionInfo,
    SignatureData,
)
from tesla_protocol.command.universal_message_pb2 import Destination, MessageStatus, RoutableMessage
from tesla_protocol.command.vcsec_pb2 import FromVCSECMessage

from bridge.simulator import signing_metadata as code
from bridge.simulator.signing_actions import understood
from bridge.simulator.signing_part import INFOTAINMENT, SECURITY, Fault, Faulty, Part

Act = Callable[[str, dict[str, Any], dict[str, Any]], tuple[bool, str, dict[str, Any] | None]]
"""Does (command, parameters, how it was signed) -> (done, reason, JSON of a Response that tells more)."""

ENCRYPT = 1 << 1
KEY_NOT_ON_WHITELIST = 1
FAILED = 2
GENERIC_ERRORS = {"not_parked": 5, "not_supported": 9}
UNKNOWN_ERROR = 1


class SigningCar:
    """One car. `faults` are given to the next commands, unexecuted; `late_faults` after they are executed."""

    def __init__(self, vin: str, now: datetime) -> None:
        self.vin = vin
        self.keys: set[str] = set()
        self.encrypts = True
        self.faults: list[int] = []
        self.late_faults: list[int] = []
        self.given: list[int] = []
        random = Random(f"signing:{vin}")
        self.parts = {domain: Part(vin, domain, now, random) for domain in (SECURITY, INFOTAINMENT)}

    def answer(self, request: RoutableMessage, now: datetime, act: Act) -> RoutableMessage:
        """The car's reply, whatever came. `keys` may be signed with: hex of uncompressed points."""
        part = self.parts.get(request.to_destination.domain)
        if part is None:
            return self._fault(request, Fault.INVALID_DOMAIN)
        if request.HasField("session_info_request"):
            return self._session(part, request, request.session_info_request.public_key, now)
        try:
            return self._command(part, request, now, act)
        except Faulty as faulty:
            reply = self._fault(request, faulty.fault)
            if faulty.resync:
                self._add_session(reply, part, request, request.signature_data.signer_identity.public_key, now)
            return reply

    def _session(self, part: Part, request: RoutableMessage, public_key: bytes, now: datetime) -> RoutableMessage:
        reply = self._reply(request)
        if public_key.hex() in self.keys:
            self._add_session(reply, part, request, public_key, now)
        else:
            reply.session_info = SessionInfo(status=KEY_NOT_ON_WHITELIST).SerializeToString()  # type: ignore[arg-type]
        return reply

    def _command(self, part: Part, request: RoutableMessage, now: datetime, act: Act) -> RoutableMessage:
        if not request.signature_data.HasField("HMAC_Personalized_data"):
            raise Faulty(Fault.BAD_PARAMETER)
        if request.signature_data.signer_identity.public_key.hex() not in self.keys:
            raise Faulty(Fault.UNKNOWN_KEY)
        if self.faults:
            raise Faulty(self.faults.pop(0))
        part.verify(request, now)
        name, parameters = understood(part.domain, request.protobuf_message_as_bytes)
        counter = request.signature_data.HMAC_Personalized_data.counter
        done, reason, told = act(name, parameters, {"domain": part.domain, "counter": counter})
        if self.late_faults:
            raise Faulty(self.late_faults.pop(0), resync=True)
        says_more = told is not None and part.domain != SECURITY
        said = _security_says if part.domain == SECURITY else _infotainment_says
        answer = said(reason, done=done)
        return self._sealed(part, request, answer + _more(told) if says_more and told else answer)

    def _sealed(self, part: Part, request: RoutableMessage, payload: bytes) -> RoutableMessage:
        reply = self._reply(request)
        if not (self.encrypts and request.flags & ENCRYPT):
            reply.protobuf_message_as_bytes = payload
            return reply
        key = part.shared(request.signature_data.signer_identity.public_key)
        # One key and nonce never twice: the nonce says which answer it is of which request.
        nonce = hashlib.sha256(request.uuid + b"1").digest()[:12]
        sealed = AESGCM(key).encrypt(nonce, payload, _about(self.vin, part.domain, request))
        reply.protobuf_message_as_bytes = sealed[:-16]
        data = AES_GCM_Response_Signature_Data(nonce=nonce, counter=1, tag=sealed[-16:])
        reply.signature_data.CopyFrom(SignatureData(AES_GCM_Response_data=data))
        return reply

    def _fault(self, request: RoutableMessage, fault: int) -> RoutableMessage:
        self.given.append(int(fault))
        reply = self._reply(request)
        status = MessageStatus(operation_status=FAILED, signed_message_fault=int(fault))  # type: ignore[arg-type]
        reply.signedMessageStatus.CopyFrom(status)
        return reply

    def _reply(self, request: RoutableMessage) -> RoutableMessage:
        """VCSEC does not say which request it answers."""
        domain = request.to_destination.domain
        return RoutableMessage(
            to_destination=request.from_destination,
            from_destination=Destination(domain=domain),
            request_uuid=b"" if domain == SECURITY else request.uuid,
        )

    def _add_session(
        self, reply: RoutableMessage, part: Part, request: RoutableMessage, public_key: bytes, now: datetime
    ) -> None:
        info, tag = part.session(public_key, request.uuid, now)
        reply.session_info = info
        reply.signature_data.CopyFrom(SignatureData(session_info_tag=HMAC_Signature_Data(tag=tag)))


def _about(vin: str, domain: int, request: RoutableMessage) -> bytes:
    whole = code.byte(code.HMAC_PERSONALIZED) + request.signature_data.HMAC_Personalized_data.tag
    covered = code.coded(
        (code.SIGNATURE_TYPE, code.byte(code.AES_GCM_RESPONSE)),
        (code.DOMAIN, code.byte(domain)),
        (code.PERSONALIZATION, vin.encode()),
        (code.COUNTER, code.word(1)),
        (code.FLAGS, code.word(0)),
        (code.REQUEST_HASH, whole[:17] if domain == SECURITY else whole),
        (code.FAULT, code.word(0)),
    )
    return hashlib.sha256(covered).digest()


def _security_says(reason: str, *, done: bool) -> bytes:
    if done:
        return b""
    error = NominalError(genericError=GENERIC_ERRORS.get(reason, UNKNOWN_ERROR))  # type: ignore[arg-type]
    return FromVCSECMessage(nominalError=error).SerializeToString()


def _more(told: dict[str, Any]) -> bytes:
    """Messages written one after the other are one message."""
    return ParseDict(told, Response()).SerializeToString()


def _infotainment_says(reason: str, *, done: bool) -> bytes:
    status = ActionStatus(result=0 if done else 1, result_reason=ResultReason(plain_text=reason))  # type: ignore[arg-type]
    return Response(actionStatus=status).SerializeToString()
