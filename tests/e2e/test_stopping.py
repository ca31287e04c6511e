"""SIGTERM: everything is answered, everything goes offline, and the program ends with 0 (F42)."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from time import perf_counter

import pytest
from whole_house import BASE, CAR, OTHER_CAR, House, empty_house, message

STATE = f"{BASE}/bridge/state"


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The other car sleeps, and nothing wakes it."""
    with empty_house(tmp_path_factory.mktemp("house")) as running:
        running.tesla.force(OTHER_CAR, sentry_mode=False, state="asleep", wake_fails=True)
        yield running


@pytest.fixture(autouse=True)
def _alive(one: House) -> None:
    if not one.bridge.is_alive:
        one.start()
    one.tesla.forget()


def stops(one: House, within: float = 8) -> None:
    """In good order: `offline` is published, not left to the will, and Docker's ten seconds are not used up."""
    since, began = len(one.spy.messages), perf_counter()
    assert one.bridge.stop() == 0
    assert perf_counter() - began < within
    one.spy.until(lambda: one.spy.on(STATE, since), "the last word")
    assert [each.text for each in one.spy.on(STATE, since)] == ["offline"]
    assert one.spy.on(STATE, since)[0].at - began < 5


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_bridge_goes_offline_at_once(one: House, number: signal.Signals) -> None:
    began = perf_counter()
    one.bridge.process.send_signal(number)
    assert one.bridge.process.wait(8) == 0
    assert perf_counter() - began < 2
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
    began = perf_counter()
    assert one.bridge.stop() == 0
    assert perf_counter() - began < 8
    one.mqtt.plug_in()


def test_with_a_broker_that_does_not_answer_it_ends_too(one: House) -> None:
    one.broker.pause()
    began = perf_counter()
    try:
        assert one.bridge.stop() == 0
        took = perf_counter() - began
    finally:
        one.broker.resume()
    assert took < 9


def test_with_tesla_away_it_ends_too(one: House) -> None:
    one.api.unplug()
    one.send(CAR, "charge_limit", "65")
    stops(one)
    one.api.plug_in()
