"""The bridge as a process, with an encrypted broker of a private authority (S16)."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from brokers import PASSWORD, encrypted
from certificates import dated, made
from subject import examined
from whole_house import CAR, House, empty_house

pytestmark = [pytest.mark.mosquitto, pytest.mark.case("S16")]

LISTENERS = ("plain", "good", "expired")

WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    # settings that differ, listener -> what the log must hold
    "no authority": ({"mqtt_ca_file": ""}, "good", "set FLEET2MQTT_MQTT_CA_FILE to the certificate of the authority"),
    "another name": ({"mqtt_host": "127.0.0.1"}, "good", "set FLEET2MQTT_MQTT_HOST to a name that it holds"),
    "an old certificate": ({}, "expired", "certificate has expired; make a new one"),
    "the plain port": ({}, "plain", "is this its port for TLS, usually 8883?"),
    "no encryption": ({"mqtt_tls": False, "mqtt_ca_file": ""}, "good", "or does this port want TLS?"),
}


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("certificates")
    good = made(directory / "good", "localhost")
    dated(directory / "expired", good, begins=-9, ends=-1)
    return directory


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory, certificates: Path) -> Iterator[House]:
    lines = "\n".join(encrypted(certificates / name) for name in LISTENERS[1:])
    with empty_house(tmp_path_factory.mktemp("house"), extra=lines) as house:
        house.bridge.environment |= {
            "FLEET2MQTT_MQTT_TLS": "true",
            "FLEET2MQTT_MQTT_CA_FILE": str(certificates / "good" / "ca.crt"),
            "FLEET2MQTT_MQTT_HOST": "localhost",
            "FLEET2MQTT_MQTT_PORT": str(house.broker.ports[1]),
        }
        yield house


@pytest.mark.parametrize("what", WRONG)
def test_a_connection_that_is_not_safe_is_not_made_and_one_line_tells_what_to_do(one: House, what: str) -> None:
    changes, listener, words = WRONG[what]
    begin = len(one.bridge.log)
    one.bridge.start(mqtt_port=one.broker.ports[LISTENERS.index(listener)], **changes)
    try:
        one.spy.until(lambda: words in one.bridge.log[begin:], "a word about it")
        assert one.bridge.is_alive
    finally:
        one.bridge.kill()
    (line,) = (line for line in one.bridge.log[begin:].splitlines() if "trouble" in line)
    assert "part=broker" in line
    assert PASSWORD not in line


def test_values_and_commands_go_encrypted(one: House) -> None:
    one.start()
    assert one.ask(CAR, "charge_limit", "70")["outcome"] == "ok"
    one.comes_to(CAR, "charge/charge_limit", "70")
    assert one.bridge.stop() == 0


def test_check_tells_an_encrypted_broker_from_one_that_is_not_trusted(one: House) -> None:
    assert "ok    broker: localhost:" in check(one)
    assert "FAIL  broker: the certificate of localhost:" in check(one, FLEET2MQTT_MQTT_CA_FILE="")


def check(house: House, **changes: str) -> str:
    environment = house.bridge.environment | changes
    ended = subprocess.run(
        [*examined().program, "check"],
        env=environment,
        cwd=house.bridge.directory,
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.stdout
