"""Every step of the protocol gives what Tesla's own program gives."""

from __future__ import annotations

import hashlib

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from tesla_protocol.command.signatures_pb2 import SessionInfo, SignatureType, Tag
from tesla_protocol.command.universal_message_pb2 import Domain
from vectors import (
    ADDRESS,
    CAR_PRIVATE,
    CAR_PUBLIC,
    CLIENT_PRIVATE,
    CLIENT_PUBLIC,
    CLIMATE_ON,
    COMMAND_KEY,
    COUNTER,
    EPOCH,
    EXPIRES_AT,
    GCM_METADATA,
    GCM_NONCE,
    GCM_SEALED,
    METADATA_WITH_FLAGS,
    OTHER_EPOCH,
    OTHER_METADATA_HASH,
    SESSION_INFO,
    SESSION_INFO_KEY,
    SESSION_METADATA,
    SESSION_TAG,
    SHARED,
    TAG_WITHOUT_FLAGS,
    UUID,
    VIN,
    private_key,
)

from bridge.fleet.signing.actions import ACTIONS
from bridge.fleet.signing.messages import ENCRYPT_ANSWER, Addressed, Ticket, command, command_tag
from bridge.fleet.signing.metadata import mac, metadata, subkey
from bridge.fleet.signing.sessions import point, session_tag, shared_key

KEY = bytes.fromhex(SHARED)
TICKET = Ticket(epoch=bytes.fromhex(EPOCH), counter=COUNTER, expires_at=EXPIRES_AT)
TO = Addressed(VIN, Domain.DOMAIN_INFOTAINMENT, bytes.fromhex(ADDRESS), bytes.fromhex(UUID))
PAYLOAD = bytes.fromhex(CLIMATE_ON)


def covered(signature_type: SignatureType, **more: int) -> bytes:
    items: dict[Tag, bytes | int] = {
        Tag.TAG_SIGNATURE_TYPE: signature_type,
        Tag.TAG_DOMAIN: Domain.DOMAIN_INFOTAINMENT,
        Tag.TAG_PERSONALIZATION: VIN.encode(),
        Tag.TAG_EPOCH: bytes.fromhex(EPOCH),
        Tag.TAG_EXPIRES_AT: EXPIRES_AT,
        Tag.TAG_COUNTER: COUNTER,
    }
    return metadata(items | {getattr(Tag, f"TAG_{name.upper()}"): value for name, value in more.items()})


def test_public_keys_are_uncompressed_points() -> None:
    assert point(private_key(CAR_PRIVATE).public_key()).hex() == CAR_PUBLIC
    assert point(private_key(CLIENT_PRIVATE).public_key()).hex() == CLIENT_PUBLIC


def test_both_sides_come_to_the_same_key() -> None:
    assert shared_key(private_key(CLIENT_PRIVATE), bytes.fromhex(CAR_PUBLIC)).hex() == SHARED
    assert shared_key(private_key(CAR_PRIVATE), bytes.fromhex(CLIENT_PUBLIC)).hex() == SHARED


def test_each_purpose_has_its_own_key() -> None:
    assert subkey(KEY, "session info").hex() == SESSION_INFO_KEY
    assert subkey(KEY, "authenticated command").hex() == COMMAND_KEY


def test_what_the_car_tells_of_a_session_is_signed() -> None:
    items: dict[Tag, bytes | int] = {
        Tag.TAG_SIGNATURE_TYPE: SignatureType.SIGNATURE_TYPE_HMAC,
        Tag.TAG_PERSONALIZATION: VIN.encode(),
        Tag.TAG_CHALLENGE: bytes.fromhex(UUID),
    }
    assert metadata(items).hex() == SESSION_METADATA
    assert session_tag(KEY, VIN, bytes.fromhex(UUID), bytes.fromhex(SESSION_INFO)).hex() == SESSION_TAG
    info = SessionInfo.FromString(bytes.fromhex(SESSION_INFO))
    assert (info.counter, info.clock_time, info.epoch.hex()) == (6, 2650, EPOCH)


def test_metadata_of_an_encrypted_request() -> None:
    """Never sent: Tesla blocks such requests. It proves the coding of the metadata."""
    assert covered(SignatureType.SIGNATURE_TYPE_AES_GCM_PERSONALIZED).hex() == GCM_METADATA
    aad = hashlib.sha256(bytes.fromhex(GCM_METADATA)).digest()
    assert AESGCM(KEY).encrypt(bytes.fromhex(GCM_NONCE), PAYLOAD, aad).hex() == GCM_SEALED


def test_metadata_of_another_car() -> None:
    items: dict[Tag, bytes | int] = {
        Tag.TAG_SIGNATURE_TYPE: SignatureType.SIGNATURE_TYPE_AES_GCM_PERSONALIZED,
        Tag.TAG_DOMAIN: Domain.DOMAIN_VEHICLE_SECURITY,
        Tag.TAG_PERSONALIZATION: b"testVIN",
        Tag.TAG_EPOCH: bytes.fromhex(OTHER_EPOCH),
        Tag.TAG_EXPIRES_AT: 0xE74,
        Tag.TAG_COUNTER: 0x53A,
    }
    assert hashlib.sha256(metadata(items)).hexdigest() == OTHER_METADATA_HASH


def test_climate_on_is_the_protobuf_that_tesla_sends() -> None:
    assert ACTIONS["auto_conditioning_start"].payload({}).hex() == CLIMATE_ON


def test_a_command_without_flags_covers_none() -> None:
    assert command_tag(KEY, TO, PAYLOAD, TICKET, 0).hex() == TAG_WITHOUT_FLAGS


def test_a_command_covers_its_flags() -> None:
    signed = command(TO, PAYLOAD, key=KEY, public_key=bytes.fromhex(CLIENT_PUBLIC), ticket=TICKET)
    expected = mac(bytes.fromhex(COMMAND_KEY), bytes.fromhex(METADATA_WITH_FLAGS), PAYLOAD)
    assert covered(SignatureType.SIGNATURE_TYPE_HMAC_PERSONALIZED, flags=ENCRYPT_ANSWER).hex() == METADATA_WITH_FLAGS
    assert signed.signature_data.HMAC_Personalized_data.tag == expected
    assert signed.flags == ENCRYPT_ANSWER == 2


def test_the_command_on_the_wire() -> None:
    signed = command(TO, PAYLOAD, key=KEY, public_key=bytes.fromhex(CLIENT_PUBLIC), ticket=TICKET)
    signature = signed.signature_data
    assert signature.signer_identity.public_key.hex() == CLIENT_PUBLIC
    assert signature.HMAC_Personalized_data.epoch.hex() == EPOCH
    assert (signature.HMAC_Personalized_data.counter, signature.HMAC_Personalized_data.expires_at) == (7, 2655)
    assert signed.to_destination.domain == Domain.DOMAIN_INFOTAINMENT
    assert signed.from_destination.routing_address.hex() == ADDRESS
    assert (signed.uuid.hex(), signed.protobuf_message_as_bytes) == (UUID, PAYLOAD)
