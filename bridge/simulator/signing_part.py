"""One domain of a car: its key, its epoch, its clock, the counters it has seen (fleet-api.md 7.3, 7.8)."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from hmac import compare_digest
from random import Random

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tesla_protocol.command.signatures_pb2 import SessionInfo
from tesla_protocol.command.universal_message_pb2 import RoutableMessage

from bridge.simulator import signing_metadata as code

SECURITY, INFOTAINMENT = 2, 3
WINDOW = {SECURITY: 0, INFOTAINMENT: 32}
LONGEST_LIFE = 30
LATEST_EXPIRY = 2**30


class Fault(IntEnum):
    """The faults that a verifier gives."""

    UNKNOWN_KEY = 3
    INVALID_SIGNATURE = 5
    BAD_COUNTER = 6
    INVALID_DOMAIN = 8
    INVALID_COMMAND = 9
    DECODING = 10
    BAD_PARAMETER = 13
    INCORRECT_EPOCH = 15
    TIME_EXPIRED = 17
    LIFE_TOO_LONG = 20


class Faulty(Exception):
    """A message that fails; `resync` where the car tells its session with the fault."""

    def __init__(self, fault: int, *, resync: bool = False) -> None:
        super().__init__(fault)
        self.fault = fault
        self.resync = resync


@dataclass
class Counters:
    """What one key has used: the highest, and those below it within the window."""

    last: int = 0
    used: set[int] = field(default_factory=set)

    def takes(self, counter: int, window: int) -> bool:
        """Notes it, if it is new."""
        if counter in self.used or counter <= self.last - max(window, 1):
            return False
        if not window and counter <= self.last:
            return False
        self.used.add(counter)
        self.last = max(self.last, counter)
        self.used = {each for each in self.used if each > self.last - window}
        return True


class Part:
    """The car's side of one domain."""

    def __init__(self, vin: str, domain: int, now: datetime, random: Random) -> None:
        self.domain = domain
        self._vin = vin.encode()
        self._random = random
        self._key: EllipticCurvePrivateKey = generate_private_key(SECP256R1())
        self.reboot(now)

    def reboot(self, now: datetime) -> None:
        """A new epoch: the clock and all counters begin anew."""
        self._epoch = self._random.randbytes(16)
        self._since = now
        self._counters: dict[bytes, Counters] = {}

    def replace_key(self) -> None:
        """Another computer was built in."""
        self._key = generate_private_key(SECP256R1())

    def shift(self, seconds: float) -> None:
        """Moves the part's clock forward."""
        self._since -= timedelta(seconds=seconds)

    def seconds(self, now: datetime) -> int:
        return int((now - self._since).total_seconds())

    def shared(self, public_key: bytes) -> bytes:
        """The 16 bytes that the client's key and this one make."""
        peer = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), public_key)
        return hashlib.sha1(self._key.exchange(ECDH(), peer)).digest()[:16]  # noqa: S324  # the protocol's choice

    def session(self, public_key: bytes, challenge: bytes, now: datetime) -> tuple[bytes, bytes]:
        """SessionInfo as bytes, and its tag."""
        info = SessionInfo(
            counter=self._of(public_key).last,
            publicKey=self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint),
            epoch=self._epoch,
            clock_time=self.seconds(now),
        ).SerializeToString()
        covered = code.coded(
            (code.SIGNATURE_TYPE, code.byte(code.HMAC_OF_SESSION)),
            (code.PERSONALIZATION, self._vin),
            (code.CHALLENGE, challenge),
        )
        key = code.session_key(self.shared(public_key))
        return info, code.hmac_sha256(key, covered + info)

    def verify(self, message: RoutableMessage, now: datetime) -> None:
        """Raises Faulty for the first thing that is wrong, in the order of fleet-api.md 7.8."""
        signed = message.signature_data.HMAC_Personalized_data
        public_key = message.signature_data.signer_identity.public_key
        counters, clock = self._of(public_key), self.seconds(now)
        if signed.epoch != self._epoch:
            raise Faulty(Fault.INCORRECT_EPOCH, resync=True)
        if signed.expires_at and signed.expires_at < clock:
            raise Faulty(Fault.TIME_EXPIRED, resync=True)
        if signed.expires_at > LATEST_EXPIRY:
            raise Faulty(Fault.BAD_PARAMETER, resync=True)
        is_out_of_order = signed.counter == 0 or signed.counter < counters.last
        if is_out_of_order and not 0 < signed.expires_at <= clock + LONGEST_LIFE:
            raise Faulty(Fault.LIFE_TOO_LONG, resync=True)
        if not compare_digest(self._tag(message, public_key), signed.tag):
            raise Faulty(Fault.INVALID_SIGNATURE, resync=True)
        if signed.counter and not counters.takes(signed.counter, WINDOW[self.domain]):
            raise Faulty(Fault.BAD_COUNTER, resync=True)

    def _tag(self, message: RoutableMessage, public_key: bytes) -> bytes:
        signed = message.signature_data.HMAC_Personalized_data
        flags = ((code.FLAGS, code.word(message.flags)),) if message.flags else ()
        covered = code.coded(
            (code.SIGNATURE_TYPE, code.byte(code.HMAC_PERSONALIZED)),
            (code.DOMAIN, code.byte(self.domain)),
            (code.PERSONALIZATION, self._vin),
            (code.EPOCH, signed.epoch),
            (code.EXPIRES_AT, code.word(signed.expires_at)),
            (code.COUNTER, code.word(signed.counter)),
            *flags,
        )
        key = code.command_key(self.shared(public_key))
        return code.hmac_sha256(key, covered + message.protobuf_message_as_bytes)

    def _of(self, public_key: bytes) -> Counters:
        return self._counters.setdefault(public_key, Counters())
