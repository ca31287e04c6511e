"""systemd's notify protocol: one datagram to the socket that it names (sd_notify(3))."""

from __future__ import annotations

import os
import socket
from contextlib import suppress


def is_there() -> bool:
    """Has it started us?"""
    return bool(os.environ.get("NOTIFY_SOCKET"))


def notify(*words: str) -> None:
    """`READY=1`, `WATCHDOG=1`, `STOPPING=1`. Nothing happens where no systemd asked for it, or where it is gone."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]  # an abstract socket
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as speaker:
        speaker.setblocking(False)
        speaker.sendto("\n".join(words).encode(), address)
