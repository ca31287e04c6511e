"""The messages between us and a car: made, signed, read, decrypted (fleet-api.md 7.2, 7.4 and 7.5). Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from google.protobuf.message import DecodeError
from tesla_protocol.command.signatures_pb2 import (
    HMAC_Personalized_Signature_Data,
    KeyIdentity,
    SignatureData,
    SignatureType,
    Tag,
)
from tesla_protocol.command.universal_message_pb2 import (
    Destination,
    Domain,
    Flags,
    RoutableMessage,
    SessionInfoRequest,
)

from bridge.errors import AnswerInvalid
from bridge.fleet.signing.metadata import mac, metadata, subkey

ENCRYPT_ANSWER = 1 << Flags.FLAG_ENCRYPT_RESPONSE
"""Always asked for: cars since 2024.38 do it, older ones pass over it."""

VCSEC_HASH = 17
"""Bytes of the request's hash that VCSEC uses: the type and half the tag (fleet-api.md 7.5)."""


@dataclass(frozen=True, slots=True)
class Addressed:
    """From whom and to whom. `address` and `uuid` are 16 random bytes; the uuid is of one message alone."""

    vin: str
    domain: Domain
    address: bytes
    uuid: bytes


@dataclass(frozen=True, slots=True)
class Ticket:
    """When and as which a command is sent: the session's epoch, an unused counter, the car's time of its end."""

    epoch: bytes
    counter: int
    expires_at: int


def handshake(to: Addressed, public_key: bytes) -> RoutableMessage:
    """Asks for the session; needs no signature."""
    return _routed(to, session_info_request=SessionInfoRequest(public_key=public_key))


def command(to: Addressed, payload: bytes, *, key: bytes, public_key: bytes, ticket: Ticket) -> RoutableMessage:
    """Signed with the session's key."""
    message = _routed(to, protobuf_message_as_bytes=payload, flags=ENCRYPT_ANSWER)
    signature = HMAC_Personalized_Signature_Data(
        epoch=ticket.epoch,
        counter=ticket.counter,
        expires_at=ticket.expires_at,
        tag=command_tag(key, to, payload, ticket, ENCRYPT_ANSWER),
    )
    identity = KeyIdentity(public_key=public_key)
    message.signature_data.CopyFrom(SignatureData(signer_identity=identity, HMAC_Personalized_data=signature))
    return message


def _routed(to: Addressed, **parts: object) -> RoutableMessage:
    return RoutableMessage(
        to_destination=Destination(domain=to.domain),
        from_destination=Destination(routing_address=to.address),
        uuid=to.uuid,
        **parts,  # type: ignore[arg-type]
    )


def command_tag(key: bytes, to: Addressed, payload: bytes, ticket: Ticket, flags: int) -> bytes:
    """32 bytes. Without flags none are covered: older cars do not know them."""
    covered: dict[Tag, bytes | int] = {
        Tag.TAG_SIGNATURE_TYPE: SignatureType.SIGNATURE_TYPE_HMAC_PERSONALIZED,
        Tag.TAG_DOMAIN: to.domain,
        Tag.TAG_PERSONALIZATION: to.vin.encode(),
        Tag.TAG_EPOCH: ticket.epoch,
        Tag.TAG_EXPIRES_AT: ticket.expires_at,
        Tag.TAG_COUNTER: ticket.counter,
    }
    if flags:
        covered[Tag.TAG_FLAGS] = flags
    return mac(subkey(key, "authenticated command"), metadata(covered), payload)


# --- on the wire ------------------------------------------------------------------------------------------------------


def packed(message: RoutableMessage) -> str:
    return base64.b64encode(message.SerializeToString()).decode()


def unpacked(text: object, request: RoutableMessage) -> RoutableMessage:
    """The car's message, if it is one and answers this request; else AnswerInvalid."""
    if not isinstance(text, str):
        raise AnswerInvalid("the answer holds no message of the car")
    try:
        message = RoutableMessage.FromString(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError, DecodeError) as error:
        raise AnswerInvalid("the car's message cannot be read") from error
    # VCSEC may leave out which request it answers (fleet-api.md 7.2).
    if message.request_uuid not in {b"", request.uuid}:
        raise AnswerInvalid("the car's message answers another request")
    if message.from_destination.domain != request.to_destination.domain:
        raise AnswerInvalid("the message comes from another part of the car")
    return message


def opened(reply: RoutableMessage, request: RoutableMessage, vin: str, key: bytes) -> bytes:
    """What the car says, decrypted where it is encrypted. Raises AnswerInvalid for what the car has not encrypted."""
    if not reply.signature_data.HasField("AES_GCM_Response_data"):
        return reply.protobuf_message_as_bytes
    sealed = reply.signature_data.AES_GCM_Response_data
    covered = hashlib.sha256(_about_answer(reply, request, vin)).digest()
    try:
        return AESGCM(key).decrypt(sealed.nonce, reply.protobuf_message_as_bytes + sealed.tag, covered)
    except (InvalidTag, ValueError) as error:
        raise AnswerInvalid("the car's answer cannot be decrypted") from error


def _about_answer(reply: RoutableMessage, request: RoutableMessage, vin: str) -> bytes:
    return metadata(
        {
            Tag.TAG_SIGNATURE_TYPE: SignatureType.SIGNATURE_TYPE_AES_GCM_RESPONSE,
            Tag.TAG_DOMAIN: reply.from_destination.domain,
            Tag.TAG_PERSONALIZATION: vin.encode(),
            Tag.TAG_COUNTER: reply.signature_data.AES_GCM_Response_data.counter,
            Tag.TAG_FLAGS: reply.flags,
            Tag.TAG_REQUEST_HASH: request_hash(request),
            Tag.TAG_FAULT: reply.signedMessageStatus.signed_message_fault,
        }
    )


def request_hash(request: RoutableMessage) -> bytes:
    """What ties an answer to its request."""
    tag = request.signature_data.HMAC_Personalized_data.tag
    whole = bytes([SignatureType.SIGNATURE_TYPE_HMAC_PERSONALIZED]) + tag
    return whole[:VCSEC_HASH] if request.to_destination.domain == Domain.DOMAIN_VEHICLE_SECURITY else whole
