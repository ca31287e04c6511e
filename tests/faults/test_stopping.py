"""SIGTERM: everything is answered, everything goes offline, and the program ends with 0 (F42)."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from time import perf_counter

import pytest
from brokers import HOST
from outside import PATIENCE
from whole_house import BASE, CAR, OTHER_CAR, SITE, House, empty_house, message

pytestmark = pytest.mark.case("F42")

MANY = int(os.environ.get("FAULTS_MANY", "1"))
STATE = f"{BASE}/bridge/state"

WITHOUT_A_WAIT = 3.5
"""Seconds: less than the bridge waits for anybody. It takes half a second on a machine of its own."""

AT_MOST = 8.0
"""Seconds, when much is to be answered or the machine is busy."""


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The other car sleeps, and nothing wakes it."""
    with empty_house(tmp_path_factory.mktemp("house")) as running:
        running.tesla.put_to_sleep(OTHER_CAR)
        yield running


@pytest.fixture(autouse=True)
def _alive(one: House) -> None:
    one.begin_anew()


def ends(one: House, within: float = AT_MOST) -> None:
    began = perf_counter()
    assert one.bridge.stop() == 0
    assert perf_counter() - began < within


def stops(one: House) -> None:
    """In good order: `offline` is published, not left to the will."""
    since = len(one.spy.messages)
    ends(one)
    one.spy.until(lambda: one.spy.on(STATE, since), "the last word")
    assert [each.text for each in one.spy.on(STATE, since)] == ["offline"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_bridge_goes_offline_at_once(one: House, number: signal.Signals) -> None:
    began = perf_counter()
    one.bridge.process.send_signal(number)
    assert one.bridge.process.wait(8) == 0
    assert perf_counter() - began < WITHOUT_A_WAIT
    one.spy.until(lambda: one.spy.retained[STATE] == "offline", "the last word")


def test_what_waits_and_what_wakes_is_answered_as_not_sent(one: House) -> None:
    one.send(OTHER_CAR, "charge_limit", message("waking", value=61))
    one.spy.until(lambda: one.tesla.asked("wake_up"), "a wake call")
    one.send(OTHER_CAR, "honk_horn", message("waiting"))
    one.ask(CAR, "no_such_thing", "?")
    stops(one)
    for transaction in ("waking", "waiting"):
        (result,) = one.results_of(transaction)
        assert (result["outcome"], result["reason"]) == ("unavailable", "stopping")
    assert one.tesla.done(OTHER_CAR) == []
    one.start()
    one.ask(CAR, "no_such_thing", "?")
    assert len(one.results_of("waking")) == len(one.results_of("waiting")) == 1


def test_an_answer_that_comes_soon_is_waited_for(one: House) -> None:
    one.tesla.fault("set_charge_limit", real_delay_s=1)
    with one.api.holding(b"set_charge_limit") as held:
        one.send(CAR, "charge_limit", message("soon", value=62))
        held.wait()
    stops(one)
    one.tesla.heal()
    (result,) = one.results_of("soon")
    assert result["outcome"] == "ok"


def test_an_answer_that_does_not_come_is_not_waited_for_nor_a_second_signal_heeded(one: House) -> None:
    with one.api.holding(b"set_charge_limit") as held:
        one.send(CAR, "charge_limit", message("never", value=63))
        held.wait()
        one.bridge.process.send_signal(signal.SIGTERM)
        stops(one)
    (result,) = one.results_of("never")
    assert (result["outcome"], result["reason"]) == ("unconfirmed", "stopping")


def test_without_a_broker_it_ends_too(one: House) -> None:
    one.mqtt.unplug()
    ends(one)
    one.mqtt.plug_in()


def test_with_a_broker_that_does_not_answer_it_ends_too(one: House) -> None:
    one.broker.pause()
    try:
        ends(one)
    finally:
        one.broker.resume()


@pytest.mark.mosquitto
def test_with_neither_broker_nor_tesla_answering_it_ends_too_and_the_result_is_told_later(one: House) -> None:
    with one.api.holding(b"set_charge_limit") as held:
        one.send(CAR, "charge_limit", message("into silence", value=64))
        held.wait()
        one.broker.pause()
        ends(one)
        held.lose()
    one.broker.kill()  # it has never read what was said to it
    one.broker.start()
    one.watch_anew()
    one.start()
    result = one.one_result_of("into silence")
    assert (result["outcome"], result["reason"]) == ("unconfirmed", "stopping")
    assert one.tesla.done(CAR) == []


def test_while_a_broker_does_not_answer_its_tls_handshake_it_ends_at_once(one: House) -> None:
    """Nor is a name look-up waited for: it hangs in the same way, in a thread that cannot be cancelled."""
    one.bridge.kill()
    with silent_server() as server:
        one.bridge.start(mqtt_port=server.getsockname()[1], mqtt_tls=True)
        line, _ = server.accept()
        with line:
            ends(one, within=WITHOUT_A_WAIT)


@contextmanager
def silent_server() -> Iterator[socket.socket]:
    with socket.create_server((HOST, 0)) as server:
        server.settimeout(PATIENCE)
        yield server


def test_with_tesla_away_it_ends_too(one: House) -> None:
    one.api.unplug()
    one.send(CAR, "charge_limit", "65")
    stops(one)
    one.api.plug_in()


# --- in the middle of something ---------------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(3 * MANY))
def test_while_it_starts_it_ends_too(one: House, seed: int, number: int) -> None:
    one.bridge.stop()
    one.bridge.start()
    with pytest.raises(subprocess.TimeoutExpired):
        one.bridge.process.wait(Random(100 * seed + number).uniform(0.02, 2.5))
    began = perf_counter()
    # Before it has begun, the signal itself ends it, or its handler.
    assert one.bridge.stop() in {0, 128 + signal.SIGTERM, -signal.SIGTERM}
    assert perf_counter() - began < AT_MOST
    one.comes_to("bridge", "state", "offline")


@pytest.mark.parametrize("answer", [False, True], ids=["before it is asked", "before it is answered"])
def test_while_tokens_are_renewed_the_sign_in_is_kept(one: House, *, answer: bool) -> None:
    with one.api.holding(b"/oauth2/v3/token", answer=answer) as held:
        one.tesla.control("revoke")
        one.spy.publish(f"{BASE}/{CAR}/get/charge")
        held.wait()
        ends(one, AT_MOST)
        held.lose()
    one.comes_to("bridge", "state", "offline")
    one.start()
    assert one.ask(CAR, "charge_limit", "66")["outcome"] == "ok"


def test_while_a_car_is_read_it_ends_too(one: House) -> None:
    with one.api.holding(b"/vehicle_data", answer=True) as held:
        one.spy.publish(f"{BASE}/{CAR}/get/charge")
        held.wait()
        stops(one)


def test_while_a_setting_is_read_back_its_command_is_answered(one: House) -> None:
    with one.api.holding(b"/site_info", answer=True) as held:
        one.send(SITE, "backup_reserve", message("read back", value=37))
        one.spy.until(lambda: one.tesla.done(SITE), "the command")
        held.wait()
        stops(one)
    (result,) = one.results_of("read back")
    assert (result["outcome"], result["reason"]) == ("unconfirmed", "stopping")
    assert len(one.tesla.done(SITE)) == 1


def test_with_a_full_queue_each_is_answered_once(one: House) -> None:
    many = [f"many {number}" for number in range(40)]
    for name in many:
        one.send(OTHER_CAR, "honk_horn", message(name))
    one.ask(CAR, "no_such_thing", "?")
    ends(one, AT_MOST)
    one.comes_to("bridge", "state", "offline")
    reasons = [result["reason"] for name in many for result in one.results_of(name)]
    assert len(reasons) == len(many)
    assert set(reasons) == {"busy", "stopping"}
    assert one.tesla.done(OTHER_CAR) == []


def test_killed_a_second_after_the_signal_it_answers_in_its_next_life(one: House) -> None:
    """As by somebody who is impatient, or a machine that goes down."""
    with one.api.holding(b"set_charge_limit", answer=True) as held:
        one.send(CAR, "charge_limit", message("impatient", value=67))
        held.wait()
        one.bridge.process.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            one.bridge.process.wait(1)
        one.bridge.kill()
    one.comes_to("bridge", "state", "offline")
    one.start()
    assert one.one_result_of("impatient")["outcome"] in {"ok", "unconfirmed"}
    assert len(one.tesla.done(CAR)) == 1
