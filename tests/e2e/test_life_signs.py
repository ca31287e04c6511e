"""What those hear who watch over the process: systemd by its socket, an engine by `fleet2mqtt health`."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from outside import PATIENCE
from whole_house import House, empty_house


def health(one: House) -> tuple[int, str]:
    """Exit code and what it says."""
    done = subprocess.run(
        [Path(sys.executable).with_name("fleet2mqtt"), "health"],
        env=one.bridge.environment,
        cwd=one.bridge.directory,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.strip()


def test_systemd_and_the_health_check_hear_of_start_and_stop(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with empty_house(tmp_path) as one, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(f"{tmp_path}/notify")
        systemd.settimeout(PATIENCE)
        one.bridge.environment["NOTIFY_SOCKET"] = f"{tmp_path}/notify"
        assert health(one) == (1, f"no bridge is running with the data directory {data}")
        one.start()
        assert systemd.recv(100) == b"READY=1\nWATCHDOG=1"
        assert health(one) == (0, "healthy"), "though its memory is nobody else's to read"
        limits = Path(f"/proc/{one.bridge.process.pid}/limits").read_text()
        assert re.search(r"Max core file size +0 +0 ", limits), "T15"
        assert one.bridge.stop() == 0
        heard = {systemd.recv(100)}
        while b"STOPPING=1" not in heard:
            heard.add(systemd.recv(100))
        assert heard <= {b"READY=1\nWATCHDOG=1", b"STOPPING=1"}
        assert health(one) == (1, f"no bridge is running with the data directory {data}")


def test_a_wrong_setting_is_told_before_systemd_is_told_of_a_start(tmp_path: Path) -> None:
    with empty_house(tmp_path) as one, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(f"{tmp_path}/notify")
        systemd.setblocking(False)
        one.bridge.environment["NOTIFY_SOCKET"] = f"{tmp_path}/notify"
        one.bridge.start(mqtt_port="many")
        assert one.bridge.process.wait(PATIENCE) == 2
        with pytest.raises(BlockingIOError):
            systemd.recv(100)
