"""What comes back is believed only if it is the answer to what was asked, and as the car encrypted it."""

from __future__ import annotations

import base64
from contextlib import suppress

import pytest
from hypothesis import given, strategies as st
from simulated_tesla import NOON
from tesla_protocol.command.car_server_pb2 import Response
from tesla_protocol.command.signatures_pb2 import SessionInfo
from tesla_protocol.command.universal_message_pb2 import Domain, RoutableMessage
from tesla_protocol.command.vcsec_pb2 import FromVCSECMessage
from vectors import ADDRESS, CLIENT_PRIVATE, UUID, VIN, private_key

from bridge.errors import AnswerInvalid
from bridge.fleet.answers import CommandAnswer
from bridge.fleet.signing import messages, replies
from bridge.fleet.signing.actions import ACTIONS
from bridge.fleet.signing.messages import Addressed, Ticket
from bridge.fleet.signing.sessions import point, shared_key
from bridge.simulator.signing_car import SigningCar

OURS = private_key(CLIENT_PRIVATE)
PUBLIC = point(OURS.public_key())
DOMAINS = [Domain.DOMAIN_VEHICLE_SECURITY, Domain.DOMAIN_INFOTAINMENT]
NAMES = {Domain.DOMAIN_VEHICLE_SECURITY: "door_lock", Domain.DOMAIN_INFOTAINMENT: "flash_lights"}


def talk(domain: Domain) -> tuple[RoutableMessage, RoutableMessage, bytes]:
    """A request, the simulated car's reply to it, and the key that both have."""
    car = SigningCar(VIN, NOON)
    car.keys.add(PUBLIC.hex())
    to = Addressed(VIN, domain, bytes.fromhex(ADDRESS), bytes.fromhex(UUID))
    opened = car.answer(messages.handshake(to, PUBLIC), NOON, lambda *_: (True, "", None))
    info = session_info(opened)
    key = shared_key(OURS, info.publicKey)
    ticket = Ticket(epoch=info.epoch, counter=1, expires_at=10)
    request = messages.command(to, ACTIONS[NAMES[domain]].payload({}), key=key, public_key=PUBLIC, ticket=ticket)
    return request, car.answer(request, NOON, lambda *_: (True, "", None)), key


def session_info(reply: RoutableMessage) -> SessionInfo:
    return SessionInfo.FromString(reply.session_info)


@pytest.mark.parametrize("domain", DOMAINS)
def test_an_answer_is_decrypted(domain: Domain) -> None:
    request, reply, key = talk(domain)
    assert reply.signature_data.HasField("AES_GCM_Response_data")
    assert replies.answer(domain, messages.opened(reply, request, VIN, key)) == CommandAnswer(result=True, reason="")


def _spoilt(reply: RoutableMessage, what: str) -> None:
    sealed = reply.signature_data.AES_GCM_Response_data
    if what == "counter":
        sealed.counter += 1
    elif what == "flags":
        reply.flags = 1
    elif what == "fault":
        reply.signedMessageStatus.signed_message_fault = 1  # type: ignore[assignment]
    elif what == "nonce":
        sealed.nonce = bytes(12)
    elif what == "no nonce":
        sealed.nonce = b""
    elif what == "tag":
        sealed.tag = bytes(16)
    else:
        reply.protobuf_message_as_bytes += b"\x00"


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("what", ["counter", "flags", "fault", "nonce", "no nonce", "tag", "payload"])
def test_an_answer_that_was_changed_is_not_believed(domain: Domain, what: str) -> None:
    request, reply, key = talk(domain)
    _spoilt(reply, what)
    with pytest.raises(AnswerInvalid):
        messages.opened(reply, request, VIN, key)


@pytest.mark.parametrize("domain", DOMAINS)
def test_an_answer_of_another_car_or_to_another_request_is_not_believed(domain: Domain) -> None:
    request, reply, key = talk(domain)
    with pytest.raises(AnswerInvalid):
        messages.opened(reply, request, "5YJ30123456789ABD", key)
    request.signature_data.HMAC_Personalized_data.tag = bytes(32)
    with pytest.raises(AnswerInvalid):
        messages.opened(reply, request, VIN, key)


def test_a_reply_must_name_our_request_or_none_and_come_from_whom_was_asked() -> None:
    request, reply, _ = talk(Domain.DOMAIN_INFOTAINMENT)
    assert messages.unpacked(messages.packed(reply), request) == reply
    reply.request_uuid = b"x" * 16
    with pytest.raises(AnswerInvalid, match="another request"):
        messages.unpacked(messages.packed(reply), request)
    reply.request_uuid = b""
    reply.from_destination.domain = Domain.DOMAIN_VEHICLE_SECURITY
    with pytest.raises(AnswerInvalid, match="another part"):
        messages.unpacked(messages.packed(reply), request)


@pytest.mark.parametrize("text", [None, 7, "", "?", "YWJj", {}])
def test_what_is_no_message_is_not_believed(text: object) -> None:
    request, _, _ = talk(Domain.DOMAIN_INFOTAINMENT)
    with pytest.raises(AnswerInvalid):
        messages.unpacked(text, request)


@given(st.binary(max_size=300))
def test_no_noise_is_a_message(noise: bytes) -> None:
    request = RoutableMessage(uuid=b"u" * 16)
    request.to_destination.domain = Domain.DOMAIN_INFOTAINMENT
    with pytest.raises(AnswerInvalid):
        messages.unpacked(base64.b64encode(noise).decode(), request)


@given(st.sampled_from(DOMAINS), st.binary(max_size=100))
def test_noise_for_an_answer_is_an_answer_or_a_named_error(domain: Domain, noise: bytes) -> None:
    with suppress(AnswerInvalid, replies.StillBusy):
        assert isinstance(replies.answer(domain, noise), CommandAnswer)


# --- what the car says --------------------------------------------------------------------------------------------


def vcsec(**said: object) -> bytes:
    return FromVCSECMessage(**said).SerializeToString()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (1, "unknown"),
        (2, "closures_open"),
        (3, "already on"),
        (4, "disabled_for_user_command"),
        (5, "vehicle_not_in_park"),
        (6, "unauthorized"),
        (7, "not_allowed_over_transport"),
        (9, "not_supported"),
        (77, "error_77"),
    ],
)
def test_vcsecs_refusals_have_words(number: int, reason: str) -> None:
    said = vcsec(nominalError={"genericError": number})
    assert replies.answer(Domain.DOMAIN_VEHICLE_SECURITY, said) == CommandAnswer(result=False, reason=reason)


def test_vcsec_may_be_busy_or_may_not_tell() -> None:
    with pytest.raises(replies.StillBusy):
        replies.answer(Domain.DOMAIN_VEHICLE_SECURITY, vcsec(commandStatus={"operationStatus": 1}))
    with pytest.raises(AnswerInvalid):
        replies.answer(Domain.DOMAIN_VEHICLE_SECURITY, vcsec(commandStatus={"operationStatus": 2}))


@pytest.mark.parametrize("said", [b"", vcsec(commandStatus={}), vcsec(vehicleStatus={})])
def test_all_else_of_vcsec_is_a_yes(said: bytes) -> None:
    assert replies.answer(Domain.DOMAIN_VEHICLE_SECURITY, said).result


def test_infotainment_gives_its_reason_in_words() -> None:
    said = Response(actionStatus={"result": 1, "result_reason": {"plain_text": "already_set"}}).SerializeToString()
    assert replies.answer(Domain.DOMAIN_INFOTAINMENT, said) == CommandAnswer(result=False, reason="already_set")
