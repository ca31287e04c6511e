"""The embedded broker, for trying and quick tests only: it keeps nothing on disk and asks for no password.

iotcore (rumqttd) cannot be stopped once it serves, so it gets a process of its own: `python -m bridge.broker PORT`.
That process prints its port when it accepts connections, and ends when its standard input closes, so also when the
process that started it dies. It ignores retain-handling, retain-as-published and no-local, and replays at most a
hundred retained messages to a QoS 1 subscription (to one of QoS 0 all): Mosquitto stays the broker of record.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sys
import threading
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from iotcore import IotCoreBroker

from bridge.errors import BrokerLost

_HOST = "127.0.0.1"

_PATIENCE = 10.0
"""Seconds in which it must accept connections."""

_CONFIGURATION = """
id = 0

[router]
id = 0
max_connections = 100
max_outgoing_packet_count = 5000
# Bytes times segments: what a subscription may keep in memory.
max_segment_size = 1048576
max_segment_count = 10

# The number in [v5.1] is this listener's, not MQTT's. Without such a table it speaks MQTT 3.1.1 only.
[v5.1]
name = "fleet2mqtt"
listen = "{host}:{port}"
next_connection_delay_ms = 1

[v5.1.connections]
connection_timeout_ms = 60000
max_payload_size = 2000000
max_inflight_count = 5000
dynamic_filters = true
"""


@asynccontextmanager
async def embedded_broker(port: int = 0) -> AsyncIterator[int]:
    """A broker on 127.0.0.1 that accepts connections; gives its port. 0: any free one. Raises BrokerLost."""
    # A session of its own: Ctrl-C is for the bridge, which still has something to say to the broker.
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bridge.broker",
        str(port),
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        start_new_session=True,
    )
    try:
        yield await _accepting(child)
    finally:
        with suppress(ProcessLookupError):
            child.terminate()
        await child.wait()


async def _accepting(child: Process) -> int:
    assert child.stdout  # noqa: S101 - asked for with PIPE
    try:
        async with asyncio.timeout(_PATIENCE):
            said = (await child.stdout.readline()).decode().strip()
    except TimeoutError:
        said = f"nothing heard for {_PATIENCE:g} s"
    if not said.isdigit():
        raise BrokerLost(f"the embedded broker does not start: {said or 'it ended at once'}")
    return int(said)


def main() -> None:
    """The child process."""
    port = int(sys.argv[1]) or _free_port()
    logging.disable()  # rumqttd reports every packet as an error
    try:
        broker = _broker(port)
    except OSError as error:
        print(error)  # noqa: T201 - the parent reads it
        return
    threading.Thread(target=_end_with_parent, daemon=True).start()
    threading.Thread(target=_say_when_accepting, args=(port,), daemon=True).start()
    broker.run_forever()


def _broker(port: int) -> IotCoreBroker:
    """Reads its configuration at once, so the file need not stay."""
    with TemporaryDirectory(prefix="fleet2mqtt-") as directory:
        path = Path(directory, "rumqttd.toml")
        path.write_text(_CONFIGURATION.format(host=_HOST, port=port))
        broker = IotCoreBroker(config_path=str(path))
    broker.check_ports()
    return broker


def _free_port() -> int:
    with closing(socket.create_server((_HOST, 0))) as probe:
        return int(probe.getsockname()[1])


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


def _say_when_accepting(port: int) -> None:
    while True:
        with suppress(OSError), closing(socket.create_connection((_HOST, port), timeout=1)):
            break
        time.sleep(0.02)
    print(port, flush=True)  # noqa: T201 - the parent reads it


if __name__ == "__main__":
    main()
