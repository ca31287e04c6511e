"""What systemd hears of the bridge, through a socket like its own."""

from __future__ import annotations

import configparser
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from brokers import ROOT

from bridge import alive, systemd


@pytest.fixture(params=["a file", "abstract"])
def ear(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    name = f"{tmp_path}/notify" if request.param == "a file" else f"@fleet2mqtt-{tmp_path.name}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(name.replace("@", "\0"))
        listening.settimeout(1)
        monkeypatch.setenv("NOTIFY_SOCKET", name)
        yield listening


def test_words_come_as_the_lines_of_one_datagram(ear: socket.socket) -> None:
    systemd.notify("READY=1", "WATCHDOG=1")
    assert ear.recv(1000) == b"READY=1\nWATCHDOG=1"


def test_without_systemd_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    systemd.notify("READY=1")


def test_a_systemd_that_is_gone_harms_nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nothing"))
    systemd.notify("WATCHDOG=1")


def unit() -> configparser.ConfigParser:
    read = configparser.ConfigParser(strict=False)
    read.optionxform = str  # type: ignore[assignment,method-assign]  # systemd's names have capitals
    read.read(ROOT / "packaging" / "fleet2mqtt.service")
    return read


def test_the_watchdog_waits_for_several_signs_of_life() -> None:
    assert unit()["Service"]["Type"] == "notify"
    assert float(unit()["Service"]["WatchdogSec"]) >= 3 * alive.PERIOD


def test_the_data_directory_is_the_one_that_systemd_makes() -> None:
    service = unit()["Service"]
    assert service["Environment"] == f"FLEET2MQTT_DATA_DIR=/var/lib/{service['StateDirectory']}"
    assert service["StateDirectoryMode"] == "0700"
