"""What Prometheus gets, from the bridge as a process."""

from __future__ import annotations

import re
import socket
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from brokers import HOST
from outside import PATIENCE
from prometheus_client.parser import text_string_to_metric_families
from whole_house import CAR, CONNECTOR, OTHER_CAR, SITE, Bridge, House, empty_house, environment, id_of

from bridge.metrics import METRICS
from bridge.prometheus import RESPONDS

Found = dict[str, dict[tuple[str, ...], float]]
"""Name -> values of its labels, in the order of their names -> number."""


def free_port() -> int:
    with closing(socket.create_server((HOST, 0))) as probe:
        return int(probe.getsockname()[1])


def page(port: int) -> str:
    with urllib.request.urlopen(f"http://{HOST}:{port}/metrics", timeout=PATIENCE) as answer:
        return str(answer.read().decode())


def scrape(port: int) -> Found:
    found: Found = {}
    for family in text_string_to_metric_families(page(port)):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(value for _, value in sorted(sample.labels.items()))] = sample.value
    return found


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[House]:
    with empty_house(tmp_path_factory.mktemp("metrics")) as house:
        house.start(metrics_port=port)
        house.ask(SITE, "backup_reserve", "30")
        yield house


def test_every_row_is_there(one: House, port: int) -> None:
    found = scrape(port)
    expected = {f"fleet2mqtt_{row.name}{'_total' if row.type == 'counter' else ''}" for row in METRICS}
    assert {name for name in found if name.startswith("fleet2mqtt")} == expected | {RESPONDS}
    assert {"process_resident_memory_bytes", "process_open_fds", "process_start_time_seconds"} <= found.keys()


def test_the_numbers_are_those_of_the_house(one: House, port: int) -> None:
    found = scrape(port)
    assert found[RESPONDS] == {(): 1}
    assert found["fleet2mqtt_broker_connected"] == {(): 1}
    assert found["fleet2mqtt_devices"] == {
        ("account",): 1,
        ("bridge",): 1,
        ("energy_site",): 1,
        ("vehicle",): 2,
        ("wall_connector",): 1,
    }
    assert found["fleet2mqtt_account_signed_in"] == {("tesla",): 1}
    assert found["fleet2mqtt_part_up"]["", "broker"] == 1
    assert found["fleet2mqtt_part_up"]["tesla", "energy_site live_status"] == 1
    assert found["fleet2mqtt_command_results_total"] == {("ok",): 1}
    assert found["fleet2mqtt_tesla_answers_total"]["tesla", "200"] > 3
    calls, dollars = found["fleet2mqtt_month_calls"], found["fleet2mqtt_month_spend_dollars"]
    assert dollars["data",] == pytest.approx(calls["data",] * 0.002)
    messages = found["fleet2mqtt_mqtt_messages_total"]
    assert messages["published",] > 100
    assert messages["heard",] >= 1
    late = found["fleet2mqtt_event_loop_lag_seconds"]
    assert 0 <= late["0.5",] <= late["0.99",] <= late["1",] < 5


def test_a_failing_api_is_seen(one: House, port: int) -> None:
    one.tesla.fault("GET .*/live_status", status=503)
    one.spy.publish(f"fleet2mqtt/{SITE}/get/power")
    key = "tesla", "energy_site live_status"
    one.spy.until(lambda: scrape(port)["fleet2mqtt_part_up"][key] == 0, "the failure")
    found = scrape(port)
    assert found["fleet2mqtt_problem"] == {(): 1}
    assert found["fleet2mqtt_part_success_age_seconds"][key] > 0
    one.tesla.heal()


def test_no_device_no_place_and_no_secret_is_in_it(one: House, port: int) -> None:
    said = page(port)
    for secret in [*map(id_of, (CAR, OTHER_CAR, SITE, CONNECTOR)), "simulated-refresh-token", "eyJ", "latitude"]:
        assert secret not in said
    assert not re.search(r'="[^"]*[A-HJ-NPR-Z0-9]{17}', said)


def test_whoever_says_nothing_holds_up_nobody(one: House, port: int) -> None:
    with socket.create_connection((HOST, port)), socket.create_connection((HOST, port)) as slow:
        slow.sendall(b"GET /met")
        assert scrape(port)[RESPONDS] == {(): 1}


def test_it_is_off_unless_a_port_is_set_and_then_only_for_this_machine(one: House, port: int) -> None:
    inodes = Path(f"/proc/{one.bridge.process.pid}/net/tcp").read_text()
    assert f"0100007F:{port:04X} 00000000:0000 0A" in inodes
    assert f"00000000:{port:04X}" not in inodes.replace(f"0100007F:{port:04X} 00000000:0000", "")


@pytest.mark.parametrize("host", [HOST, "192.0.2.1", "no.such.host.invalid"], ids=["taken", "not ours", "unknown"])
def test_a_port_that_cannot_be_had_is_a_wrong_setting(tmp_path: Path, host: str) -> None:
    with closing(socket.create_server((HOST, 0))) as taken:
        started = run_to_its_end(tmp_path, metrics_host=host, metrics_port=taken.getsockname()[1])
    assert started[0] == 2
    assert started[1].startswith("fleet2mqtt: FLEET2MQTT_METRICS_PORT, FLEET2MQTT_METRICS_HOST: cannot listen on ")
    assert started[1].count("\n") == 1


def run_to_its_end(directory: Path, **settings: object) -> tuple[int, str]:
    bridge = Bridge(directory, environment(directory, api=1, mqtt=1))
    bridge.start(**settings)
    return bridge.process.wait(PATIENCE), bridge.log
