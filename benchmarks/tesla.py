"""A tiny Tesla API with one car that is online and does what it is told: `python -m benchmarks.tesla`.

By hand, because a web framework would take longer than what is measured. Prints its port; ends with its input.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from typing import Any

from benchmarks.bodies import bodies, entry
from benchmarks.names import HOST, VIN
from benchmarks.services import tell

_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


def _answer(response: Any) -> bytes:
    return _http(json.dumps({"response": response}).encode())


def _http(body: bytes, status: str = "200 OK") -> bytes:
    head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


ANSWERS: dict[str, bytes] = {
    "/api/1/products": _answer([entry()]),
    "/api/1/vehicles": _answer([entry()]),
    f"/api/1/vehicles/{VIN}": _answer(entry()),
    f"/api/1/vehicles/{VIN}/vehicle_data": _http(b'{"response": %b}' % bodies()[0]),
    f"/api/1/vehicles/{VIN}/command/flash_lights": _answer({"result": True, "reason": ""}),
    f"/api/1/vehicles/{VIN}/command/set_charge_limit": _answer({"result": True, "reason": ""}),
}
UNKNOWN = _http(b'{"error": "not_found"}', "404 Not Found")


class Connection(asyncio.Protocol):
    """Answers one request after the other; a request may arrive in pieces."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._received = b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := _end_of_request(self._received)) is not None:
            request, self._received = self._received[:end], self._received[end:]
            path = request.split(b" ", 2)[1].decode().partition("?")[0]
            self._transport.write(ANSWERS.get(path, UNKNOWN))


def _end_of_request(received: bytes) -> int | None:
    """Where the first request ends, or None if it is not complete."""
    head, separator, rest = received.partition(b"\r\n\r\n")
    if not separator:
        return None
    length = _LENGTH.search(head)
    size = int(length[1]) if length else 0
    return len(head) + len(separator) + size if len(rest) >= size else None


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Connection, HOST, 0)
    tell(port=server.sockets[0].getsockname()[1])
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
