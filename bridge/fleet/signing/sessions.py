"""Sessions: what our key and one domain of one car agree on (fleet-api.md 7.3). One car and domain, one session.

A counter is written down before it is used, a block at a time, so that none is used twice, not even after a crash.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from google.protobuf.message import DecodeError
from tesla_protocol.command.signatures_pb2 import Session_Info_Status, SessionInfo, SignatureType, Tag
from tesla_protocol.command.universal_message_pb2 import Domain

from bridge.clock import Clock
from bridge.errors import AnswerInvalid, NotSent
from bridge.fleet.notes import Notes
from bridge.fleet.signing.faults import CAR_KEY_CHANGED, KEY_NOT_PAIRED
from bridge.fleet.signing.metadata import mac, metadata, subkey

BLOCK = 32
"""Counters that are written down at once."""

LONGEST_GUESS = 86400.0
"""Seconds since the last run for which the wall clock is believed: a wrong one would sign far into the future."""

LAST_COUNTER = 2**32 - 1


@dataclass(slots=True)
class Session:
    """`counter` was used last; up to `reserved` may be used.

    `heard` is the car's clock when it told last, in seconds since the epoch began: at `zero` by our monotonic clock.
    """

    car_key: bytes
    epoch: bytes
    counter: int
    reserved: int
    heard: int
    zero: float
    key: bytes = field(repr=False)
    told: int = 0
    """The newest counter that the car has taken, as it says."""
    is_stale: bool = False
    """Out of step with the car, which must be asked anew; its counters stay used."""

    def car_time(self, now: float) -> int:
        """The car's clock at this monotonic time of ours."""
        return max(self.heard, int(now - self.zero))


class Sessions:
    """All of them, of one private key."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, notes: Notes, clock: Clock) -> None:
        self._key = key
        self.public_key = point(key.public_key())
        self._notes = notes
        self._clock = clock
        self._open: dict[tuple[str, Domain], Session] = {}
        self._trusted: dict[tuple[str, Domain], bytes] = {}

    def get(self, vin: str, domain: Domain) -> Session | None:
        """The open one, or that of an earlier run; None: the car must be asked."""
        place = vin, domain
        if place not in self._open and (session := self._recalled(vin, domain)):
            self._open[place] = session
            self._trusted[place] = session.car_key
        session = self._open.get(place)
        return None if session is None or session.is_stale else session

    def drop(self, vin: str, domain: Domain) -> None:
        """The next command asks the car anew."""
        if session := self.get(vin, domain):
            session.is_stale = True

    def take(self, vin: str, domain: Domain, said: bytes, tag: bytes, challenge: bytes) -> Session:
        """The session as the car tells it.

        Raises AnswerInvalid for what the car has not said itself, in answer to this challenge; SigningRequired where
        our key is not in the car, or the car has another key than it had.
        """
        info = _parsed(said)
        if info.status == Session_Info_Status.SESSION_INFO_STATUS_KEY_NOT_ON_WHITELIST:
            raise KEY_NOT_PAIRED.raised()
        if not info.epoch:
            raise AnswerInvalid("the car's session has no epoch")
        key = shared_key(self._key, info.publicKey)
        if not hmac.compare_digest(session_tag(key, vin, challenge, said), tag):
            raise AnswerInvalid("the car's session is not signed by the car")
        self.get(vin, domain)  # recalls that of an earlier run
        self._check_key(vin, domain, info.publicKey)
        session = self._made(info, key, self._open.get((vin, domain)))
        self._write(vin, domain, session, session.counter)
        self._open[vin, domain] = session
        self._trusted[vin, domain] = info.publicKey
        return session

    def count(self, vin: str, domain: Domain, session: Session) -> int:
        """The next counter, which nobody has used. Raises NotSent where it cannot be written down."""
        if session.counter >= LAST_COUNTER:
            self.drop(vin, domain)
            raise NotSent("all counters of this session are used; the car must be restarted")
        if session.counter >= session.reserved:
            ahead = min(session.counter + BLOCK, LAST_COUNTER)
            self._write(vin, domain, session, ahead)
            session.reserved = ahead
        session.counter += 1
        return session.counter

    def _made(self, info: SessionInfo, key: bytes, before: Session | None) -> Session:
        """Within an epoch neither the clock nor the counter goes back; a new one may jump the counter ahead."""
        used = before.counter if before else 0
        if before and before.epoch == info.epoch and info.clock_time < before.heard:
            raise AnswerInvalid("the car's session is older than the one before")
        counter = max(used, info.counter)
        return Session(
            car_key=info.publicKey,
            epoch=info.epoch,
            counter=counter,
            reserved=counter,
            heard=info.clock_time,
            zero=self._clock.monotonic() - info.clock_time,
            key=key,
            told=info.counter,
        )

    def _check_key(self, vin: str, domain: Domain, car_key: bytes) -> None:
        trusted = self._trusted.get((vin, domain))
        if trusted is None or trusted == car_key:
            return
        self._notes.keep_secrets({_name(vin, domain): None})
        raise CAR_KEY_CHANGED.raised()

    # --- across a restart -------------------------------------------------------------------------------------

    def _write(self, vin: str, domain: Domain, session: Session, counter: int) -> None:
        now = self._clock.monotonic()
        note = {
            "our_key": _fingerprint(self.public_key),
            "car_key": session.car_key.hex(),
            "epoch": session.epoch.hex(),
            "counter": counter,
            "clock": session.car_time(now),
            "at": self._clock.now().isoformat(),
        }
        try:
            self._notes.keep_secrets({_name(vin, domain): note})
        except Exception as error:
            raise NotSent(f"the counter could not be written down, so nothing was sent: {error}") from error

    def _recalled(self, vin: str, domain: Domain) -> Session | None:
        note = self._notes.secret(_name(vin, domain))
        if not note or note["our_key"] != _fingerprint(self.public_key):
            return None
        ago = (self._clock.now() - datetime.fromisoformat(note["at"])).total_seconds()
        car_key = bytes.fromhex(note["car_key"])
        return Session(
            car_key=car_key,
            epoch=bytes.fromhex(note["epoch"]),
            counter=note["counter"],
            reserved=note["counter"],
            heard=note["clock"],
            zero=self._clock.monotonic() - note["clock"] - ago,
            key=shared_key(self._key, car_key),
            is_stale=not 0 <= ago <= LONGEST_GUESS,
        )


def _name(vin: str, domain: Domain) -> str:
    return f"signing {vin} {int(domain)}"


def _fingerprint(public_key: bytes) -> str:
    return hashlib.sha256(public_key).hexdigest()[:16]


def _parsed(said: bytes) -> SessionInfo:
    try:
        return SessionInfo.FromString(said)
    except DecodeError as error:
        raise AnswerInvalid("the car's session cannot be read") from error


# --- keys -------------------------------------------------------------------------------------------------------------


def point(key: ec.EllipticCurvePublicKey) -> bytes:
    """04, x, y: 65 bytes."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def shared_key(own: ec.EllipticCurvePrivateKey, other: bytes) -> bytes:
    """16 bytes. Raises AnswerInvalid for what is no point of the curve."""
    try:
        peer = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), other)
    except ValueError as error:
        raise AnswerInvalid("the car's key is none") from error
    # The protocol wants SHA-1 here; of a secret that nobody can choose, and only to shorten it.
    return hashlib.sha1(own.exchange(ec.ECDH(), peer)).digest()[:16]  # noqa: S324


def session_tag(key: bytes, vin: str, challenge: bytes, said: bytes) -> bytes:
    """How the car signs what it tells of a session."""
    covered = metadata(
        {
            Tag.TAG_SIGNATURE_TYPE: SignatureType.SIGNATURE_TYPE_HMAC,
            Tag.TAG_PERSONALIZATION: vin.encode(),
            Tag.TAG_CHALLENGE: challenge,
        }
    )
    return mac(subkey(key, "session info"), covered, said)
