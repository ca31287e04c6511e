"""Does for paho in the asyncio loop what its own thread would."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from select import select
from typing import TYPE_CHECKING, Any

from paho.mqtt.client import Client

from bridge.errors import BrokerLost

if TYPE_CHECKING:
    from paho.mqtt.client import SocketLike  # exists for type checkers only


ASLEEP = 10.0
"""Seconds between two looks after which this process has not run: a machine that slept, a container that was paused."""

AT_ONCE = 200
"""Packets that are read before everybody else has their turn: some 20 ms."""


class Driver:
    """Reads, writes and keeps one connected client alive."""

    def __init__(
        self, client: Client, tick: float, elapsed: Callable[[], float], on_sleep: Callable[[float], None]
    ) -> None:
        """`tick`: seconds between two looks at the keep-alive. `elapsed` counts seconds, a machine's sleep too.

        `on_sleep` is told how long this process has slept, and is to stop this driver. How old the messages are that
        wait here by then nobody knows: none of them is read (reliability.md C11).
        """
        self._client = client
        self._tick = tick
        self._elapsed = elapsed
        self._on_sleep = on_sleep
        self._awake_at = elapsed()
        self._loop = asyncio.get_running_loop()
        self._socket = client.socket()
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        client, sock = self._client, self._socket
        if sock is None:
            raise BrokerLost("the broker closed the connection at once")
        _send_at_once(sock.fileno())
        client.on_socket_close = self._stop_reading
        client.on_socket_register_write = self._start_writing
        client.on_socket_unregister_write = self._stop_writing
        self._loop.add_reader(sock, self._read)
        self._keep_alive()

    def stop(self) -> None:
        """Closes the connection if it is still open."""
        client, sock = self._client, self._socket
        client.on_socket_close = client.on_socket_register_write = client.on_socket_unregister_write = None
        if self._timer:
            self._timer.cancel()
        if sock is not None and sock.fileno() >= 0:
            self._loop.remove_reader(sock)
            self._loop.remove_writer(sock)
            sock.close()

    def _start_writing(self, client: Client, _data: Any, sock: SocketLike) -> None:
        self._loop.add_writer(sock, client.loop_write)

    def _stop_writing(self, _client: Client, _data: Any, sock: SocketLike) -> None:
        self._loop.remove_writer(sock)

    def _stop_reading(self, _client: Client, _data: Any, sock: SocketLike) -> None:
        self._loop.remove_reader(sock)

    def _is_awake(self) -> bool:
        before, self._awake_at = self._awake_at, self._elapsed()
        if (slept := self._awake_at - before) > ASLEEP:
            self._on_sleep(slept)
        return slept <= ASLEEP

    def _read(self) -> None:
        """All that has come, for what is too much is dropped by the inbox; left unread it would make all else late."""
        if not self._is_awake():
            return
        for _ in range(AT_ONCE):
            self._client.loop_read()
            if not _holds_more(self._client):
                return
        self._loop.call_soon(self._read_on)

    def _read_on(self) -> None:
        """What TLS has decrypted already is not announced again."""
        if _holds_more(self._client):
            self._read()

    def _keep_alive(self) -> None:
        if self._is_awake():
            self._timer = self._loop.call_later(self._tick, self._keep_alive)
            self._client.loop_misc()


def _holds_more(client: Client) -> bool:
    """TLS may also have decrypted bytes that cannot be seen on the socket."""
    sock = client.socket()
    if sock is None or sock.fileno() < 0:
        return False
    return bool((hasattr(sock, "pending") and sock.pending()) or select([sock], [], [], 0)[0])


def _send_at_once(descriptor: int) -> None:
    """Without TCP_NODELAY a QoS 1 answer waits 44 ms for the other side (performance.md, trap 1)."""
    # A second socket object on the same connection: paho's websocket wrapper has no setsockopt.
    with socket.fromfd(descriptor, socket.AF_INET, socket.SOCK_STREAM) as same:
        same.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
