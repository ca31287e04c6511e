"""Wrong settings are told and nothing is started; what is not there yet is waited for (F43)."""

from __future__ import annotations

import itertools
import subprocess
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter

import pytest
from subject import examined
from whole_house import BASE, CAR, House, empty_house, environment

pytestmark = pytest.mark.case("F43")

CONVERGES = 30.0
"""Seconds after the last of them is there."""

Wrong = dict[str, str | None]

# What is wrong -> settings, and the names that the line must hold.
WRONG: dict[str, tuple[Wrong, str]] = {
    "a port that is none": ({"MQTT_PORT": "70000"}, "FLEET2MQTT_MQTT_PORT"),
    "a name that is unknown": ({"MQTT_HOSTT": "broker"}, "FLEET2MQTT_MQTT_HOSTT"),
    "no client id": ({"TESLA_CLIENT_ID": None}, "FLEET2MQTT_TESLA_CLIENT_ID"),
    "a file that cannot be read": (
        {"TESLA_REFRESH_TOKEN": None, "TESLA_REFRESH_TOKEN_FILE": "/nowhere/token"},
        "FLEET2MQTT_TESLA_REFRESH_TOKEN_FILE",
    ),
    "a value and its file": ({"MQTT_PASSWORD_FILE": "/dev/null"}, "FLEET2MQTT_MQTT_PASSWORD"),
    "a simulator without an address": ({"TESLA_SIMULATOR_URL": None}, "SIMULATOR_URL"),
    "two at once": ({"MQTT_PORT": "0", "LOG_LEVEL": "loud"}, "FLEET2MQTT_MQTT_PORT FLEET2MQTT_LOG_LEVEL"),
    "a base topic with a wildcard": ({"BASE_TOPIC": "home/#"}, "FLEET2MQTT_BASE_TOPIC"),
    "a data directory that is a file": ({"DATA_DIR": "/dev/null"}, "FLEET2MQTT_DATA_DIR"),
    "a certificate that is none": (
        {"MQTT_TLS": "true", "MQTT_CA_FILE": "/dev/null"},
        "FLEET2MQTT_MQTT_CA_FILE",
    ),
    # Whoever names one believes that the connection is encrypted.
    "an authority without encryption": (
        {"MQTT_CA_FILE": "/etc/ssl/certs/ca-certificates.crt"},
        "FLEET2MQTT_MQTT_CA_FILE FLEET2MQTT_MQTT_TLS=true",
    ),
}


def run(directory: Path, *flags: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
    """The program with good settings but for the changes; None takes one away."""
    settings = environment(directory, api=1, mqtt=1)
    for name, value in changes.items():
        settings.pop(f"FLEET2MQTT_{name}", None)
        settings |= {} if value is None else {f"FLEET2MQTT_{name}": value}
    return subprocess.run(
        [*examined().program, "run", *flags],
        env=settings,
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture(scope="module")
def late(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A bridge that was started before broker and Tesla were there, and now waits for Tesla."""
    with empty_house(tmp_path_factory.mktemp("late")) as one:
        one.mqtt.unplug()
        one.api.unplug()
        one.bridge.start()
        one.spy.until(lambda: "broker_lost" in one.bridge.log, "a word about the broker")
        one.mqtt.plug_in()
        one.spy.until(lambda: one.spy.retained.get(f"{BASE}/bridge/state") == "online", "the bridge")
        one.spy.until(lambda: "not_sent" in one.bridge.log, "a word about Tesla")
        yield one


def test_a_broker_that_comes_later_is_met_and_commands_are_told_to_wait(late: House) -> None:
    result = late.ask(CAR, "charge_limit", "70")
    assert (result["outcome"], result["reason"]) == ("unavailable", "starting")
    late.api.plug_in()  # it is met within half a minute: see the end of this file


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> dict[str, subprocess.CompletedProcess[str]]:
    """How the program ended with each wrong setting; they run side by side."""
    directory = tmp_path_factory.mktemp("wrong")
    with ThreadPoolExecutor(max_workers=4) as pool:
        return dict(zip(WRONG, pool.map(lambda wrong: run(directory, **wrong[0]), WRONG.values()), strict=True))


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_setting_ends_with_2_and_one_line_that_names_it(
    ended: dict[str, subprocess.CompletedProcess[str]], what: str
) -> None:
    (line,) = ended[what].stderr.splitlines()
    assert (ended[what].returncode, ended[what].stdout) == (2, "")
    assert all(name in line for name in WRONG[what][1].split())
    assert "secret" not in line


@pytest.mark.parametrize("flags", [("--mqtt-hots", "broker"), ("--mqtt-port",)])
def test_a_wrong_flag_is_told_like_a_setting(tmp_path: Path, flags: tuple[str, ...]) -> None:
    ended = run(tmp_path, *flags)
    assert (ended.returncode, len(ended.stderr.splitlines())) == (2, 1)
    assert flags[0] in ended.stderr


def test_a_second_bridge_in_the_same_directory_ends_with_2_and_the_first_lives_on(tmp_path: Path) -> None:
    with empty_house(tmp_path) as one:
        one.start()
        ended = run(tmp_path)
        assert ended.returncode == 2
        assert "FLEET2MQTT_DATA_DIR: another fleet2mqtt is using" in ended.stderr
        assert str(tmp_path / "data") in ended.stderr
        assert one.ask(CAR, "charge_limit", "70")["outcome"] == "ok"


def test_tesla_that_comes_later_is_met_too(late: House) -> None:
    late.ready(seconds=40)
    assert late.ask(CAR, "charge_limit", "70")["outcome"] == "ok"


# --- in any order -------------------------------------------------------------------------------------------------

ORDERS: Sequence[tuple[str, ...]] = (
    *itertools.permutations(("broker", "tesla", "bridge")),
    ("bridge", "broker and tesla"),
    ("broker and tesla and bridge",),
)
"""What is there first, and what comes then."""


@pytest.fixture(scope="module")
def orderly(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with empty_house(tmp_path_factory.mktemp("orders")) as one:
        yield one


def _comes(one: House, what: str) -> None:
    match what:
        case "broker":
            one.mqtt.plug_in()
        case "tesla":
            one.api.plug_in()
        case "bridge":
            one.bridge.start()


def _misses(one: House, there: set[str], said: int) -> None:
    """The bridge has noticed what is not there yet."""
    if "bridge" in there and (
        word := "broker_lost" if "broker" not in there else "not_sent" if "tesla" not in there else ""
    ):
        one.spy.until(lambda: word in one.bridge.log[said:], word)


@pytest.mark.parametrize("order", ORDERS, ids=", ".join)
def test_in_whichever_order_they_come_all_is_well_soon(
    orderly: House, order: tuple[str, ...], record_property: Callable[[str, object], None]
) -> None:
    one, there, said = orderly, set[str](), len(orderly.bridge.log)
    if one.bridge.is_alive:
        one.bridge.stop()
    one.mqtt.unplug()
    one.api.unplug()
    for step in order:
        for what in step.split(" and "):
            _comes(one, what)
            there.add(what)
        since, began = len(one.spy.messages), perf_counter()
        _misses(one, there, said)
    one.ready(since, CONVERGES)
    record_property("figure", f"{perf_counter() - began:.0f} s")
    assert one.ask(CAR, "charge_limit", "70")["outcome"] == "ok"
