"""Verifies "Tesla.SS256" tokens: rG + cA = V on P-256, in plain numbers (fleet-api.md 7.10)."""

import base64
import binascii
import hashlib
import json
from struct import pack

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey

from bridge.simulator.answers import Json

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
Point = tuple[int, int] | None  # None is the neutral one


def claims(token: str) -> Json:
    """What a token says, whose signature is right; ValueError for every other."""
    signed, _, signature = token.rpartition(".")
    header, _, body = signed.partition(".")
    try:
        if json.loads(_decoded(header)) != {"alg": "Tesla.SS256", "typ": "JWT"}:
            raise ValueError("another kind of token")
        said: Json = json.loads(_decoded(body))
        key = base64.b64decode(said["iss"], validate=True)
        good = verifies(key, signed.encode(), _decoded(signature))
    except (KeyError, TypeError, binascii.Error) as error:
        raise ValueError(f"no token: {error}") from None
    if not good:
        raise ValueError("wrong signature")
    return said


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def verifies(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """`public_key` is an uncompressed point; ValueError if it is none."""
    numbers = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), public_key).public_numbers()
    if len(signature) != 96:
        return False
    commitment, r = b"\x04" + signature[:64], int.from_bytes(signature[64:])
    parts = (b"\x04" + b"".join(each.to_bytes(32) for each in G), commitment, public_key, message)
    digest = hashlib.sha256(b"".join(pack(">I", len(part)) + part for part in parts)).digest()
    found = _sum(_times(r, G), _times(int.from_bytes(digest), (numbers.x, numbers.y)))
    return found == (int.from_bytes(signature[:32]), int.from_bytes(signature[32:64]))


def _times(factor: int, point: Point) -> Point:
    total: Point = None
    while factor:
        if factor & 1:
            total = _sum(total, point)
        point, factor = _sum(point, point), factor >> 1
    return total


def _sum(one: Point, other: Point) -> Point:
    if one is None or other is None:
        return one or other
    (x1, y1), (x2, y2) = one, other
    if x1 == x2 and (y1 + y2) % P == 0:
        return None
    slope = (3 * x1 * x1 - 3) * pow(2 * y1, -1, P) if one == other else (y2 - y1) * pow(x2 - x1, -1, P)
    x3 = (slope * slope - x1 - x2) % P
    return x3, (slope * (x1 - x3) - y1) % P
