"""A Supervisor that knows a broker or none: for tests here, and as a program in a container.

As `supervisor/api/services.py` of home-assistant/supervisor 2026.08 answers. It needs nothing but Python.
"""

from __future__ import annotations

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "0123456789abcdef" * 7

SERVICE = "/services/mqtt"


class Supervisor(ThreadingHTTPServer):
    """`answers` are statuses, in order. `broker`: None, where none is installed; a text is given as it is."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], broker: dict[str, Any] | str | None) -> None:
        super().__init__(address, _Handler)
        self.broker = broker
        self.answers: list[int] = []


class _Handler(BaseHTTPRequestHandler):
    server: Supervisor

    def do_GET(self) -> None:
        status, body = self._answer()
        self.server.answers.append(status)
        sys.stdout.write(f"{self.path} {status}\n")
        sys.stdout.flush()
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body.encode())

    def _answer(self) -> tuple[int, str]:
        broker = self.server.broker
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            return 401, "401: Unauthorized"
        if self.path != SERVICE:
            return 404, json.dumps({"result": "error", "message": "Service does not exist"})
        if broker is None:
            return 400, json.dumps({"result": "error", "message": "Service not enabled"})
        return 200, broker if isinstance(broker, str) else json.dumps({"result": "ok", "data": broker})

    def log_message(self, *_: Any) -> None:
        """Its own line says it."""


if __name__ == "__main__":
    Supervisor(("", 80), json.loads(os.environ["BROKER"])).serve_forever()
