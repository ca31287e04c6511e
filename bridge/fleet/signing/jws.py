"""Tokens that Tesla passes on to cars, such as a telemetry configuration: "Tesla.SS256" (fleet-api.md 7.10). Pure.

The signature is Schnorr's on P-256: V's coordinates and r, 32 bytes each, with V = vG and r = v - ac.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from bridge.fleet.signing.sessions import point

TELEMETRY = "com.tesla.fleet.TelemetryClient"
"""Audience of a telemetry configuration."""

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
GENERATOR = bytes.fromhex(
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
)
"""Of the curve."""


def token(key: ec.EllipticCurvePrivateKey, claims: Mapping[str, Any], audience: str) -> str:
    """The claims, signed. The same claims give the same token."""
    issuer = base64.b64encode(point(key.public_key())).decode()
    header = {"alg": "Tesla.SS256", "typ": "JWT"}
    message = f"{_coded(_json(header))}.{_coded(_json({**claims, 'aud': audience, 'iss': issuer}))}"
    return f"{message}.{_coded(signature(key, message.encode()))}"


def signature(key: ec.EllipticCurvePrivateKey, message: bytes) -> bytes:
    """96 bytes."""
    nonce = _nonce(key, message)
    commitment = point(ec.derive_private_key(nonce, ec.SECP256R1()).public_key())
    challenge = _challenge(commitment, point(key.public_key()), message)
    response = (nonce - key.private_numbers().private_value * challenge) % ORDER
    return commitment[1:] + response.to_bytes(32, "big")


def _nonce(key: ec.EllipticCurvePrivateKey, message: bytes) -> int:
    """That of RFC 6979, which cryptography uses in ECDSA without telling it: s = (hash + r a) / nonce."""
    signed = key.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    r, s = decode_dss_signature(signed)
    digest = int.from_bytes(hashlib.sha256(message).digest(), "big")
    return (digest + r * key.private_numbers().private_value) * pow(s, -1, ORDER) % ORDER


def _challenge(commitment: bytes, public_key: bytes, message: bytes) -> int:
    parts = (GENERATOR, commitment, public_key, message)
    digest = hashlib.sha256(b"".join(len(part).to_bytes(4, "big") + part for part in parts)).digest()
    return int.from_bytes(digest, "big")


def _json(what: Mapping[str, Any]) -> bytes:
    """Like Tesla's own program writes it, byte for byte."""
    text = json.dumps(what, separators=(",", ":"), sort_keys=True, ensure_ascii=False, allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text.encode()


def _coded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
