"""What the bridge sends to Tesla, as it leaves: also what Tesla's ledger leaves out, such as renewals."""

from __future__ import annotations

import re

from connection import UP, Way
from proxy import Proxy

TOKEN = "/oauth2/v3/token"
_REQUEST = re.compile(rb"(GET|POST|PUT|DELETE) (\S+) HTTP/1\.1\r\n")


class Tape:
    """Of one cable, from now on. The newest tape of a cable is the one that is written on."""

    def __init__(self, wire: Proxy) -> None:
        self.sent = bytearray()
        wire.record(self._hear)

    def _hear(self, way: Way, data: bytes) -> None:
        if way is UP:
            self.sent += data

    def requests(self, words: str = "") -> list[str]:
        """In their order, as "METHOD /path"; those that hold the words."""
        lines = [b" ".join(found).decode() for found in _REQUEST.findall(bytes(self.sent))]
        return [line for line in lines if words in line]

    @property
    def renewals(self) -> int:
        """Requests for a token."""
        return len(self.requests(f"POST {TOKEN}"))

    @property
    def calls(self) -> list[str]:
        """Requests that an access token was sent with: all but those of the sign-in."""
        return self.requests(" /api/")
