"""Put into a process from outside: while a file is there, no name of a host is found (NXDOMAIN)."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any


def arm(file: Path) -> None:
    original = socket.getaddrinfo

    def looked_up(*words: Any, **named: Any) -> Any:
        if file.exists():
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return original(*words, **named)

    setattr(socket, "getaddrinfo", looked_up)  # noqa: B010 - a fault
