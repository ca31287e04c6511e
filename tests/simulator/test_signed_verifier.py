"""The simulated car verifies signatures by the rules of fleet-api.md 7.8. Messages are made here by hand."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from simulated_tesla import CAR, Tesla
from tesla_protocol.command.car_server_pb2 import Response as CarResponse
from tesla_protocol.command.signatures_pb2 import SessionInfo
from tesla_protocol.command.universal_message_pb2 import RoutableMessage

SECURITY, INFOTAINMENT = 2, 3
FLASH = bytes.fromhex("1203d20100")
LOCK, UNLOCK = bytes.fromhex("1001"), bytes.fromhex("1000")
ENCRYPT = 2
UUID = b"u" * 16
OURS = ec.derive_private_key(7, ec.SECP256R1())
PUBLIC = OURS.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def tlv(*items: tuple[int, bytes]) -> bytes:
    return b"".join(bytes([tag, len(value)]) + value for tag, value in items) + b"\xff"


class Client:
    """The other side, as far as these tests need it. Every part of a message can be spoilt."""

    def __init__(self, tesla: Tesla) -> None:
        self.tesla = tesla
        self.info = SessionInfo()
        self.key = b""

    async def send(self, message: RoutableMessage) -> RoutableMessage:
        text = base64.b64encode(message.SerializeToString()).decode()
        answer = await self.tesla.post(f"vehicles/{CAR}/signed_command", routable_message=text)
        assert answer.status_code == 200, answer.text
        return RoutableMessage.FromString(base64.b64decode(answer.json()["response"]))

    async def open(self, domain: int = INFOTAINMENT, uuid: bytes = UUID) -> RoutableMessage:
        message = RoutableMessage(uuid=uuid)
        message.to_destination.domain = domain  # type: ignore[assignment]
        message.session_info_request.public_key = PUBLIC
        reply = await self.send(message)
        self.learn(reply)
        return reply

    def learn(self, reply: RoutableMessage) -> None:
        """Takes the session of a reply, whose tag must be right."""
        self.info = SessionInfo.FromString(reply.session_info)
        if self.info.status:
            return
        peer = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), self.info.publicKey)
        self.key = hashlib.sha1(OURS.exchange(ec.ECDH(), peer)).digest()[:16]  # noqa: S324 - the protocol's choice
        covered = tlv((0, b"\x06"), (2, CAR.encode()), (6, UUID))
        key = hmac.digest(self.key, b"session info", "sha256")
        assert reply.signature_data.session_info_tag.tag == hmac.digest(key, covered + reply.session_info, "sha256")

    def command(
        self,
        payload: bytes = FLASH,
        *,
        domain: int = INFOTAINMENT,
        counter: int | None = None,
        expires: int | None = None,
        epoch: bytes | None = None,
        vin: str = CAR,
        flags: int = ENCRYPT,
    ) -> RoutableMessage:
        counter = self.info.counter + 1 if counter is None else counter
        expires = self.info.clock_time + 10 if expires is None else expires
        epoch = self.info.epoch if epoch is None else epoch
        message = RoutableMessage(uuid=UUID, flags=flags, protobuf_message_as_bytes=payload)
        message.to_destination.domain = domain  # type: ignore[assignment]
        covered = [(0, b"\x08"), (1, bytes([domain])), (2, vin.encode()), (3, epoch)]
        covered += [(4, struct.pack(">I", expires)), (5, struct.pack(">I", counter))]
        covered += [(7, struct.pack(">I", flags))] if flags else []
        key = hmac.digest(self.key, b"authenticated command", "sha256")
        message.signature_data.signer_identity.public_key = PUBLIC
        signed = message.signature_data.HMAC_Personalized_data
        signed.epoch, signed.counter, signed.expires_at = epoch, counter, expires
        signed.tag = hmac.digest(key, tlv(*covered) + payload, "sha256")
        return message


@pytest.fixture
async def client(tesla: Tesla) -> Client:
    """A client with a session; the car knows its key."""
    await tesla.force(command_signing="required")
    await tesla.control(f"vehicles/{CAR}/signing", keys=[PUBLIC.hex()])
    client = Client(tesla)
    await client.open()
    return client


def fault(reply: RoutableMessage) -> int:
    return int(reply.signedMessageStatus.signed_message_fault)


async def done(tesla: Tesla) -> list[Any]:
    return [(each["name"], each["signed"]) for each in (await tesla.look("executions"))["executions"]]


async def test_a_signed_command_is_executed_and_its_answer_encrypted(client: Client) -> None:
    message = client.command()
    reply = await client.send(message)
    sealed = reply.signature_data.AES_GCM_Response_data
    request_hash = b"\x08" + message.signature_data.HMAC_Personalized_data.tag
    zero = struct.pack(">I", 0)
    covered = [(0, b"\x09"), (1, b"\x03"), (2, CAR.encode()), (5, struct.pack(">I", sealed.counter)), (7, zero)]
    aad = hashlib.sha256(tlv(*covered, (8, request_hash), (9, zero))).digest()
    opened = AESGCM(client.key).decrypt(sealed.nonce, reply.protobuf_message_as_bytes + sealed.tag, aad)
    assert CarResponse.FromString(opened).actionStatus.result == 0
    assert (fault(reply), reply.request_uuid) == (0, UUID)
    assert await done(client.tesla) == [("flash_lights", {"domain": 3, "counter": 1})]


async def test_without_the_flag_the_answer_is_in_the_clear(client: Client) -> None:
    reply = await client.send(client.command(flags=0))
    assert not reply.signature_data.HasField("AES_GCM_Response_data")
    assert CarResponse.FromString(reply.protobuf_message_as_bytes).actionStatus.result == 0


@pytest.mark.parametrize(("payload", "name"), [(LOCK, "door_lock"), (UNLOCK, "door_unlock")])
async def test_vcsec_has_a_session_of_its_own(client: Client, payload: bytes, name: str) -> None:
    await client.open(SECURITY)
    reply = await client.send(client.command(payload, domain=SECURITY, flags=0))
    assert (fault(reply), reply.protobuf_message_as_bytes, reply.request_uuid) == (0, b"", b"")
    assert await done(client.tesla) == [(name, {"domain": 2, "counter": 1})]


WRONG: dict[str, tuple[dict[str, Any], int, bool]] = {
    "another epoch": ({"epoch": b"e" * 16}, 15, True),
    "too late": ({"expires": 1}, 17, True),
    "an endless time": ({"expires": 2**31}, 13, True),
    "no counter and too long": ({"counter": 0, "expires": 90_000}, 20, True),
    "another VIN": ({"vin": "5YJ30123456789ABC"}, 5, True),
    "no such part of the car": ({"domain": 4}, 8, False),
    "not readable": ({"payload": b"\xff"}, 10, False),
    "not a command": ({"payload": bytes.fromhex("1200")}, 9, False),
}


@pytest.mark.parametrize(("what", "expected", "tells_session"), WRONG.values(), ids=WRONG.keys())
async def test_what_is_wrong_gets_its_fault(
    client: Client,
    what: dict[str, Any],
    expected: int,
    tells_session: bool,  # noqa: FBT001 - a column of the table
) -> None:
    await client.tesla.later(seconds=20)
    await client.open()
    reply = await client.send(client.command(**what))
    assert (fault(reply), bool(reply.session_info)) == (expected, tells_session)
    if tells_session:
        client.learn(reply)
        assert fault(await client.send(client.command())) == 0
    assert len(await done(client.tesla)) == tells_session


@pytest.mark.parametrize("spoil", ["tag", "payload", "flags", "expires_at", "counter"])
async def test_nothing_that_is_signed_can_be_changed(client: Client, spoil: str) -> None:
    message = client.command()
    signed = message.signature_data.HMAC_Personalized_data
    if spoil == "tag":
        signed.tag = bytes(32)
    elif spoil == "payload":
        message.protobuf_message_as_bytes = bytes.fromhex("1203da0100")
    elif spoil == "flags":
        message.flags = 0
    else:
        setattr(signed, spoil, getattr(signed, spoil) + 1)
    assert fault(await client.send(message)) == 5
    assert await done(client.tesla) == []


async def test_a_message_is_taken_once(client: Client) -> None:
    message = client.command()
    assert fault(await client.send(message)) == 0
    reply = await client.send(message)
    assert (fault(reply), SessionInfo.FromString(reply.session_info).counter) == (6, 1)
    assert len(await done(client.tesla)) == 1


@pytest.mark.parametrize(
    ("domain", "payload", "expected"), [(INFOTAINMENT, FLASH, [0, 0, 6, 0, 6]), (SECURITY, LOCK, [0, 6, 6, 0, 6])]
)
async def test_only_infotainment_takes_counters_out_of_order(
    client: Client, domain: int, payload: bytes, expected: list[int]
) -> None:
    """It has a window of 32; an older counter, or one that was used, is none."""
    await client.open(domain)
    counters = (10, 9, 9, 60, 20)
    faults = [fault(await client.send(client.command(payload, domain=domain, counter=each))) for each in counters]
    assert faults == expected


async def test_a_restarted_car_begins_a_new_epoch(client: Client) -> None:
    await client.send(client.command())
    before = client.info.epoch
    await client.tesla.control(f"vehicles/{CAR}/signing", reboot=True)
    await client.open()
    assert (client.info.counter, client.info.clock_time) == (0, 0)
    assert client.info.epoch != before


async def test_a_session_says_how_far_it_is(client: Client) -> None:
    await client.send(client.command())
    await client.tesla.later(seconds=30)
    await client.open()
    assert (client.info.counter, client.info.clock_time) == (1, 30)


# --- keys and servers ---------------------------------------------------------------------------------------------


async def test_a_key_that_the_car_does_not_know_opens_nothing(client: Client) -> None:
    await client.tesla.control(f"vehicles/{CAR}/signing", keys=[])
    reply = await client.open()
    assert (client.info.status, reply.signature_data.session_info_tag.tag) == (1, b"")
    assert fault(await client.send(client.command())) == 3


async def test_a_message_without_a_signature_is_a_bad_one(client: Client) -> None:
    message = client.command()
    message.ClearField("signature_data")
    assert fault(await client.send(message)) == 13


async def post(tesla: Tesla, message: RoutableMessage) -> tuple[int, str]:
    text = base64.b64encode(message.SerializeToString()).decode()
    answer = await tesla.post(f"vehicles/{CAR}/signed_command", routable_message=text)
    return answer.status_code, answer.text


async def test_an_encrypted_request_is_refused_by_tesla(client: Client) -> None:
    message = client.command()
    message.signature_data.AES_GCM_Personalized_data.counter = 1
    assert (await post(client.tesla, message))[0] == 400


async def test_noise_is_refused_by_tesla(client: Client) -> None:
    answer = await client.tesla.post(f"vehicles/{CAR}/signed_command", routable_message="?")
    assert answer.status_code == 400


async def test_a_car_without_the_protocol_answers_422(client: Client) -> None:
    await client.tesla.force(command_signing="off")
    assert (await post(client.tesla, client.command()))[0] == 422


async def test_a_sleeping_car_answers_408(client: Client) -> None:
    await client.tesla.force(state="asleep")
    assert (await post(client.tesla, client.command()))[0] == 408


async def test_a_scope_is_needed_for_what_is_signed_too(client: Client) -> None:
    await client.tesla.control("scopes", scopes=["vehicle_device_data", "vehicle_charging_cmds"])
    status, said = await post(client.tesla, client.command())
    assert (status, "vehicle_cmds" in said) == (403, True)
    assert await done(client.tesla) == []


async def test_a_car_that_wants_signatures_takes_plain_what_tesla_does_itself(client: Client) -> None:
    refused = await client.tesla.command("flash_lights")
    value = {"android.intent.extra.TEXT": "Oak Street 1"}
    taken = await client.tesla.command("navigation_request", type="share_ext_content_raw", value=value)
    assert (refused.status_code, taken.status_code) == (403, 200)
