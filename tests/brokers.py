"""Real brokers for tests, each on a free port: Mosquitto with the shipped configuration, or the embedded one."""

from __future__ import annotations

import getpass
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from bridge.mqtt import BrokerAddress

ROOT = Path(__file__).parent.parent
SHIPPED = ROOT / "mosquitto"
ACL = (SHIPPED / "acl").read_text()
HOST = "127.0.0.1"
PASSWORD = "secret"
USERS = ("bridge", "homeassistant", "nodered", "viewer")
PATIENCE = 10.0


class Broker:
    """One broker. Survives `kill` and `restart` on the same port, with what it kept on disk.

    `ports`: of all its listeners, in the order of its configuration; `port` is the first.
    """

    def __init__(self, kind: str, command: list[str], *ports: int) -> None:
        self.kind = kind
        self.host = HOST
        self.port = ports[0]
        self.ports = ports
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None

    def address(self, user: str = "bridge", **changes: Any) -> BrokerAddress:
        """How `user` reaches it. Each user has a client id of its own."""
        usual: dict[str, Any] = {"client_id": f"test-{user}", "username": user, "password": PASSWORD}
        return BrokerAddress(self.host, **({"port": self.port} | usual | changes))

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self._process, "not started"
        return self._process

    def start(self) -> None:
        """Returns when it accepts connections."""
        # The embedded broker ends when its standard input does.
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, cwd=ROOT)
        for port in self.ports:
            self._await_port(port)

    def _await_port(self, port: int) -> None:
        for _ in range(int(PATIENCE / 0.01)):
            assert self.process.poll() is None, f"{self.kind} ended: {' '.join(self._command)}"
            if _accepts(port):
                return
            time.sleep(0.01)
        raise TimeoutError(f"{self.kind} accepts no connection on {port}")

    def stop(self) -> None:
        """In good order: it saves what it keeps."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Like a power cut: it saves nothing more."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Connections stay open, and nobody answers."""
        self.process.send_signal(signal.SIGSTOP)

    def reload(self) -> None:
        """It reads its ACL and its passwords anew."""
        self.process.send_signal(signal.SIGHUP)

    def resume(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def _end(self, how: signal.Signals) -> None:
        if self._process:
            self._process.send_signal(how)
            self._process.send_signal(signal.SIGCONT)
            self._process.communicate(timeout=PATIENCE)
            self._process = None


@contextmanager
def running_broker(directory: Path, *, extra: str = "", acl: str | None = None) -> Iterator[Broker]:
    """Mosquitto if it is installed, else the embedded broker.

    `extra`: further lines of Mosquitto's configuration. `acl`: what its ACL is, in place of the shipped one.
    """
    broker = mosquitto(directory, extra=extra) if has_mosquitto() else embedded()
    if acl is not None:
        (directory / "acl").write_text(acl)
    broker.start()
    try:
        yield broker
    finally:
        broker.kill()  # quicker than in good order, and nobody needs what it kept


def has_mosquitto() -> bool:
    return shutil.which("mosquitto") is not None and shutil.which("mosquitto_passwd") is not None


def mosquitto(directory: Path, *, configuration: str = "mosquitto.conf", extra: str = "") -> Broker:
    """With the shipped configuration, which differs only in port and paths. Everything it keeps is in `directory`."""
    port = free_port()
    text = (SHIPPED / configuration).read_text()
    for shipped, here in {
        "listener 1883\n": f"listener {port} {HOST}\n",
        "listener 1883 ": f"listener {port} ",
        "/mosquitto/config/": f"{directory}/",
        "/mosquitto/data/": f"{directory}/",
    }.items():
        text = text.replace(shipped, here)
    # Started as root it would become `mosquitto`, who cannot read a temporary directory.
    text += f"\nuser {getpass.getuser()}\n{extra}\n"
    (directory / "mosquitto.conf").write_text(text)
    (directory / "acl").write_text(ACL)
    (directory / "acl").chmod(0o600)
    write_passwords(directory / "passwd")
    others = [int(line.split()[1]) for line in extra.splitlines() if line.startswith("listener ")]
    return Broker("mosquitto", ["mosquitto", "-c", str(directory / "mosquitto.conf")], port, *others)


def encrypted(certificates: Path) -> str:
    """The shipped lines for a listener with TLS, for `extra`. `certificates`: made by mosquitto/make-certificates."""
    text = (SHIPPED / "tls.conf").read_text()
    here = text.replace("listener 8883\n", f"listener {free_port()} {HOST}\n")
    return here.replace("/mosquitto/config/certs/", f"{certificates}/")


def embedded() -> Broker:
    port = free_port()
    return Broker("embedded", [sys.executable, "-m", "bridge.broker", str(port)], port)


def free_port() -> int:
    """Not one of those that connections get: one of them might have it before the broker does."""
    while True:
        port = secrets.choice(range(20000, 32000))
        with suppress(OSError), closing(socket.create_server((HOST, port))):
            return port


def _accepts(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True


def write_passwords(path: Path, *others: str) -> None:
    """The same for each user, and for the others."""
    path.write_text("".join(f"{user}:{PASSWORD}\n" for user in (*USERS, *others)))
    path.chmod(0o600)
    subprocess.run(["mosquitto_passwd", "-U", str(path)], check=True)
