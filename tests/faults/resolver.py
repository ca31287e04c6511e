"""Put into a process from outside: a file tells what becomes of the name `localhost`. Without it all is as ever."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path
from typing import Any

NXDOMAIN, SERVFAIL, TIMEOUT = "NXDOMAIN", "SERVFAIL", "timeout"
PATIENCE = 0.5
"""Real seconds that a resolver takes that hears nothing; they are five or more."""

FAILURES = {
    NXDOMAIN: (socket.EAI_NONAME, "Name or service not known"),
    SERVFAIL: (socket.EAI_AGAIN, "Temporary failure in name resolution"),
    TIMEOUT: (socket.EAI_AGAIN, "Temporary failure in name resolution"),
}


def arm(file: Path) -> None:
    original = socket.getaddrinfo

    def looked_up(host: Any, port: Any, *words: Any, **named: Any) -> Any:
        said = json.loads(file.read_text()) if host in {"localhost", b"localhost"} and file.exists() else None
        if isinstance(said, str):
            time.sleep(PATIENCE if said == TIMEOUT else 0)
            raise socket.gaierror(*FAILURES[said])
        found = [original(address, port, *words, **named) for address in said or [host]]
        return [each for addresses in found for each in addresses]

    setattr(socket, "getaddrinfo", looked_up)  # noqa: B010 - a fault


def say(file: Path, said: str | list[str]) -> None:
    """One of FAILURES, or addresses, the best first."""
    file.write_text(json.dumps(said))
