"""What a signature covers besides the message: tag, length, value, one after the other (fleet-api.md 7.3)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from tesla_protocol.command.signatures_pb2 import Tag

_MULTIBYTE = frozenset({Tag.TAG_EXPIRES_AT, Tag.TAG_COUNTER, Tag.TAG_FLAGS, Tag.TAG_FAULT})
"""Numbers of 32 bits, big-endian here, whatever they are in the message itself; the other numbers have one byte."""


def metadata(items: Mapping[Tag, bytes | int]) -> bytes:
    """The items by rising tag, and the end mark. Raises ValueError for what is longer than 255 bytes."""
    coded = b"".join(_item(tag, items[tag]) for tag in sorted(items))
    return coded + bytes([Tag.TAG_END])


def _item(tag: Tag, given: bytes | int) -> bytes:
    value = given if isinstance(given, bytes) else given.to_bytes(4 if tag in _MULTIBYTE else 1, "big")
    return bytes([tag, len(value)]) + value


def mac(key: bytes, *parts: bytes) -> bytes:
    """HMAC-SHA256 over all parts, 32 bytes."""
    return hmac.digest(key, b"".join(parts), hashlib.sha256)


def subkey(key: bytes, purpose: str) -> bytes:
    """A key for one purpose: `session info` or `authenticated command`."""
    return mac(key, purpose.encode())
