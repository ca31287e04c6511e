"""What every benchmark stands on: a Mosquitto, a tiny Tesla API, and processes that end with the benchmark."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, Self

from benchmarks.names import HOST, TOKEN

PATIENCE = 20.0

_CONFIGURATION = """
listener {port} {host}
allow_anonymous true
persistence false
set_tcp_nodelay true
max_queued_messages 0
log_dest none
"""


class Services:
    """Use in a `with` block. `directory` is for files that belong on a real disk."""

    PATH = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin"))

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.broker = free_port()
        self._open = ExitStack()
        self._tesla = 0

    def __enter__(self) -> Self:
        configuration = self.directory / "mosquitto.conf"
        configuration.write_text(_CONFIGURATION.format(port=self.broker, host=HOST))
        mosquitto = shutil.which("mosquitto", path=self.PATH) or "mosquitto"
        self._open.enter_context(running([mosquitto, "-c", str(configuration)]))
        _wait_for(self.broker)
        self._tesla = self._open.enter_context(child("benchmarks.tesla")).hear()["port"]
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    @property
    def api(self) -> str:
        """Base URL of the tiny Tesla API."""
        return f"http://{HOST}:{self._tesla}"

    def settings(self, base: str, directory: Path) -> dict[str, str]:
        """The environment of a bridge that has a base topic, a client id and a data directory of its own."""
        return os.environ | {
            "FLEET2MQTT_BASE_TOPIC": base,
            "FLEET2MQTT_DATA_DIR": str(directory),
            "FLEET2MQTT_MQTT_HOST": HOST,
            "FLEET2MQTT_MQTT_PORT": str(self.broker),
            "FLEET2MQTT_MQTT_CLIENT_ID": base,
            "FLEET2MQTT_TESLA_REGION": "simulated",
            "FLEET2MQTT_TESLA_SIMULATOR_URL": self.api,
            "FLEET2MQTT_TESLA_TOKEN_TYPE": "fixed",
            "FLEET2MQTT_TESLA_ACCESS_TOKEN": TOKEN,
            "FLEET2MQTT_TESLA_BUDGET": "1000000",
            "FLEET2MQTT_TESLA_LIMITS": "data=1000000,command=1000000",
            "FLEET2MQTT_COMMANDS_INTERVAL": "0",
        }


class Child:
    """A process of ours that answers each line it hears with a line of JSON."""

    def __init__(self, pid: int, stdin: IO[str], stdout: IO[str]) -> None:
        self.pid = pid
        self._stdin = stdin
        self._stdout = stdout

    def hear(self) -> dict[str, Any]:
        line = self._stdout.readline()
        assert line, "a benchmark process has ended; its error stands above"
        heard: dict[str, Any] = json.loads(line)
        return heard

    def ask(self) -> dict[str, Any]:
        self._stdin.write("\n")
        self._stdin.flush()
        return self.hear()


@contextmanager
def child(module: str, *words: object) -> Iterator[Child]:
    """`python -m module words`; it must end when its standard input does."""
    command = [sys.executable, "-m", module, *map(str, words)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        yield Child(process.pid, process.stdin, process.stdout)


@contextmanager
def running(command: list[str], env: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is stopped by SIGTERM. The end of what it said is shown if the benchmark fails."""
    with (
        TemporaryFile() as said,
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said, env=env) as process,
    ):
        try:
            yield process
        except BaseException:
            said.seek(0)
            sys.stderr.write(f"{' '.join(command)}:\n{said.read()[-2000:].decode(errors='replace')}\n")
            raise
        finally:
            process.terminate()
            process.wait(PATIENCE)


def tell(**answer: Any) -> None:
    """The child's side of `Child.hear`."""
    print(json.dumps(answer), flush=True)


def free_port() -> int:
    with closing(socket.create_server((HOST, 0))) as probe:
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    until = time.perf_counter() + PATIENCE
    while time.perf_counter() < until:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise TimeoutError(f"nothing listens on port {port}")
