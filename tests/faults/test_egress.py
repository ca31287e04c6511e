"""S20: the bridge speaks to the broker and to Tesla, and to nobody else. No update check, no telemetry of ours."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from brokers import HOST
from lonely_house import traced

from bridge.fleet.hosts import REGIONS

pytestmark = [pytest.mark.case("S20"), pytest.mark.mosquitto, pytest.mark.empty_network, pytest.mark.timeout(240)]

ALONE = ["unshare", "--net", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
"""A network with nothing in it but itself."""

PEER = re.compile(
    r'sin_port=htons\((\d+)\), sin_addr=inet_addr\("([^"]+)"\)'
    r'|sin6_port=htons\((\d+)\).*?inet_pton\(AF_INET6, "([^"]+)"'
)


def reached_for(directory: Path) -> set[tuple[str, int]]:
    """Addresses and ports that connections or packets were meant for, whether or not they came there."""
    found = PEER.findall((directory / "trace").read_text())
    return {(four or six, int(four_port or six_port)) for four_port, four, six_port, six in found}


def lonely(*words: str) -> Any:
    """What the house says at its end."""
    paths = {"PYTHONPATH": os.pathsep.join(each for each in sys.path if each)}
    command = [*ALONE, sys.executable, str(Path(__file__).with_name("lonely_house.py")), *words]
    done = subprocess.run(command, env=os.environ | paths, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_eye_sees_whoever_looks_for_a_name_or_calls_an_address(tmp_path: Path) -> None:
    """Else the cases below could not fail."""
    code = """
import socket
for attempt in (lambda: socket.create_connection(("192.0.2.1", 443)), lambda: socket.getaddrinfo("example.com", 443)):
    try: attempt()
    except OSError: pass
"""
    subprocess.run([*ALONE, *traced(tmp_path, (sys.executable, "-c", code))], check=True)
    seen = reached_for(tmp_path)
    assert ("192.0.2.1", 443) in seen
    assert 53 in {port for _, port in seen}


def test_in_a_day_of_two_starts_commands_and_looks_it_reaches_for_broker_and_account_alone(tmp_path: Path) -> None:
    may = lonely("living", str(tmp_path))
    assert reached_for(tmp_path) == {(HOST, port) for port in may["ports"]}


@pytest.mark.parametrize("region", ["eu", "cn"])
def test_of_a_real_region_it_looks_for_teslas_hosts_alone(tmp_path: Path, region: str) -> None:
    row = REGIONS[region]
    hosts = {urlsplit(url).hostname for url in (row.api, row.token, row.metadata, row.keys, *row.oauth) if url}
    may = lonely("asking", str(tmp_path), region)
    assert may["names"], (tmp_path / "log").read_text()
    assert set(may["names"]) <= hosts
    assert reached_for(tmp_path) == {(HOST, port) for port in may["ports"]}
