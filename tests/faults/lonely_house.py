"""A house in a network of its own, which leads nowhere; everything that the bridge wants to reach is written down.

    unshare --net --mount python lonely_house.py living DIRECTORY
    unshare --net --mount python lonely_house.py asking DIRECTORY REGION

`living` is a day in the simulated account. `asking` is a real region: nobody answers, and the name server here notes
the names. What the system was asked is in DIRECTORY/trace, as strace writes it; the line printed is what may be there.
"""

from __future__ import annotations

import fcntl
import json
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import subject
from brokers import HOST, running_broker
from subject import BRIDGE, CAR, SITE
from whole_house import House, empty_house, environment, message

SECONDS = 8
"""For how long a bridge asks for names."""


def traced(directory: Path, command: Sequence[str]) -> tuple[str, ...]:
    """With strace standing aside (-D): the process is the bridge's own."""
    calls = "trace=connect,sendto,sendmsg,sendmmsg"
    return ("strace", "-D", "-f", "-qq", "-e", calls, "-s", "0", "-A", "-o", str(directory / "trace"), *command)


def bring_up_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        up = struct.pack("16sH14s", b"lo", 1, b"")  # struct ifreq with IFF_UP
        fcntl.ioctl(any_socket, 0x8914, up)  # SIOCSIFFLAGS


# --- a day --------------------------------------------------------------------------------------------------------


def live(directory: Path) -> set[int]:
    """Gives the ports that the bridge needs."""
    subject._examined[0] = replace(BRIDGE, command=traced(directory, BRIDGE.command))
    with empty_house(directory) as one:
        one.start()
        _do_everything(one)
        assert one.bridge.stop() == 0
        one.start()  # the second time, with what it has kept
        assert one.bridge.stop() == 0
        return {one.api.port, one.mqtt.port}


def _do_everything(one: House) -> None:
    assert one.ask(CAR, "charge_limit", message("mine", value=77))["outcome"] == "ok"
    assert one.ask(SITE, "backup_reserve", message("mine too", value=31))["outcome"] == "ok"
    assert one.ask(CAR, "no_such_thing", "?")["outcome"] != "ok"
    one.look(CAR)
    one.look(SITE)
    one.spy.publish("fleet2mqtt/bridge/request/doctor")
    one.mqtt.unplug()
    one.mqtt.plug_in()
    one.comes_to(CAR, "charge/charge_limit", "77")


# --- a region -----------------------------------------------------------------------------------------------------


def ask(directory: Path, region: str) -> tuple[set[int], set[str]]:
    """The ports that the bridge needs, and the names that it asked for."""
    (directory / "broker").mkdir()
    with name_server(directory) as names, running_broker(directory / "broker") as broker:
        settings = environment(directory, 0, broker.port) | {
            "FLEET2MQTT_TESLA_REGION": region,
            "FLEET2MQTT_TESLA_CLIENT_ID": "11111111-2222-4333-8444-555555555555",
            "FLEET2MQTT_TESLA_REFRESH_TOKEN": f"{region.upper()}_{64 * 'a'}",
        }
        del settings["FLEET2MQTT_TESLA_SIMULATOR_URL"]
        for verb in ("run", "check"):
            command = traced(directory, (BRIDGE.command[0], verb))
            with (directory / "log").open("ab") as log:
                bridge = subprocess.Popen(command, env=settings, cwd=directory, stdout=log, stderr=log)
            try:
                bridge.wait(SECONDS)
            except subprocess.TimeoutExpired:
                bridge.terminate()
                bridge.wait(SECONDS)
        return {broker.port, 53}, names


@contextmanager
def name_server(directory: Path) -> Iterator[set[str]]:
    """Knows no name, and notes each."""
    resolver = directory / "resolv.conf"
    resolver.write_text(f"nameserver {HOST}\n")
    subprocess.run(["mount", "--bind", str(resolver), "/etc/resolv.conf"], check=True)
    names: set[str] = set()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as port:
        port.bind((HOST, 53))
        threading.Thread(target=_serve_names, args=(port, names), daemon=True).start()
        yield names


def _serve_names(port: socket.socket, names: set[str]) -> None:
    while True:
        asked, client = port.recvfrom(512)
        names.add(_name(asked[12:]))
        port.sendto(asked[:2] + b"\x81\x83" + asked[4:6] + bytes(6) + asked[12:], client)  # NXDOMAIN


def _name(question: bytes) -> str:
    """Of a DNS question: labels, each after its length."""
    labels = []
    while length := question[0]:
        labels.append(question[1 : 1 + length].decode())
        question = question[1 + length :]
    return ".".join(labels)


def main() -> None:
    what, directory, *words = sys.argv[1], Path(sys.argv[2]), *sys.argv[3:]
    bring_up_loopback()
    ports, names = (live(directory), set[str]()) if what == "living" else ask(directory, words[0])
    sys.stdout.write(json.dumps({"ports": sorted(ports), "names": sorted(names)}))


if __name__ == "__main__":
    main()
