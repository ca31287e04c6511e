"""The bytes that signatures cover, and the codes (fleet-api.md 7.3 to 7.5)."""

import hashlib
import hmac
from struct import pack

SIGNATURE_TYPE, DOMAIN, PERSONALIZATION, EPOCH, EXPIRES_AT, COUNTER, CHALLENGE, FLAGS, REQUEST_HASH, FAULT = range(10)
END = 0xFF

HMAC_OF_SESSION = 6
HMAC_PERSONALIZED = 8
AES_GCM_RESPONSE = 9


def byte(value: int) -> bytes:
    return pack(">B", value)


def word(value: int) -> bytes:
    return pack(">I", value)


def coded(*items: tuple[int, bytes]) -> bytes:
    """Tag, length, value; the caller gives them by rising tag."""
    return b"".join(byte(tag) + byte(len(value)) + value for tag, value in items) + byte(END)


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    return hmac.new(key, message, hashlib.sha256).digest()


def session_key(key: bytes) -> bytes:
    return hmac_sha256(key, b"session info")


def command_key(key: bytes) -> bytes:
    return hmac_sha256(key, b"authenticated command")
