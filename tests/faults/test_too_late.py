"""A command whose time has run out is never carried out."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator

import pytest
from whole_house import BASE, CAR, OTHER_CAR, House, empty_house, id_of, message

from bridge.mqtt.driver import ASLEEP

pytestmark = pytest.mark.case("F32")


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The other car sleeps, and nothing wakes it."""
    with empty_house(tmp_path_factory.mktemp("house")) as running:
        running.tesla.force(OTHER_CAR, sentry_mode=False, state="asleep", wake_fails=True)
        running.start()
        yield running


@pytest.fixture(autouse=True)
def _fresh(one: House) -> None:
    one.tesla.forget()


@pytest.mark.case("F11")
def test_a_message_that_expires_while_the_car_wakes_is_expired_for_good(one: House) -> None:
    result = one.ask(OTHER_CAR, "charge_limit", "61", MessageExpiryInterval=1)
    assert (result["outcome"], result["reason"], result["attempts"]) == ("expired", "too_late", 0)
    assert len(one.tesla.paid_for) == 1
    one.tesla.force(OTHER_CAR, state="online")
    assert one.ask(OTHER_CAR, "honk_horn", "PRESS")["outcome"] == "ok"
    assert one.tesla.done(OTHER_CAR) == [("honk_horn", {})]
    one.tesla.force(OTHER_CAR, state="asleep")


def test_a_message_that_expires_behind_another_is_expired(one: House) -> None:
    with one.api.holding(f"{id_of(CAR)}/command/set_charge_limit".encode()) as held:
        one.send(CAR, "charge_limit", "62")
        held.wait()
        one.send(CAR, "charge_current", message("late", value=7), MessageExpiryInterval=1)
        one.ask(OTHER_CAR, "charge_limit", "62", MessageExpiryInterval=2)  # takes its two seconds
    assert one.one_result_of("late")["outcome"] == "expired"
    assert one.tesla.done(CAR) == [("set_charge_limit", {"percent": 62})]


def test_the_time_to_live_of_the_settings_holds_for_a_message_that_lives_longer(one: House) -> None:
    one.restart(commands_time_to_live=1)
    assert one.ask(OTHER_CAR, "charge_limit", "63", MessageExpiryInterval=600)["outcome"] == "expired"
    assert one.tesla.done(OTHER_CAR) == []


def test_a_message_that_expires_while_tesla_is_away_is_not_done_when_it_is_back(one: House) -> None:
    one.api.unplug()
    one.send(CAR, "charge_limit", message("away", value=64), MessageExpiryInterval=1)
    one.spy.until(lambda: "no connection" in one.bridge.log, "a first attempt")
    one.ask(OTHER_CAR, "charge_limit", "64", MessageExpiryInterval=1)
    one.api.plug_in()
    assert one.one_result_of("away")["outcome"] == "expired"
    assert one.tesla.done(CAR) == []


def test_what_is_sent_while_the_bridge_is_away_is_not_done_when_it_comes(one: House) -> None:
    one.bridge.stop()
    since = len(one.spy.messages)
    for number in range(10):
        one.send(CAR, "charge_limit", str(70 + number))
        one.send(CAR, "honk_horn", "PRESS", MessageExpiryInterval=600)
    one.start()
    one.ask(CAR, "no_such_thing", "?")
    assert one.results(CAR, "charge_limit", since) == one.results(CAR, "honk_horn", since) == []
    assert one.tesla.paid_for == []


@pytest.mark.parametrize("expiry", [None, 600], ids=["without an expiry", "with one"])
def test_what_is_sent_while_the_bridge_cannot_be_reached_is_not_done_when_it_can(
    one: House, expiry: int | None
) -> None:
    """The bridge lives; the broker keeps nothing for it, because its session ends with the connection."""
    properties = {} if expiry is None else {"MessageExpiryInterval": expiry}
    one.mqtt.unplug()
    one.comes_to("bridge", "state", "offline", 60)
    since = len(one.spy.messages)
    for number in range(10):
        one.send(CAR, "charge_limit", str(70 + number), **properties)
        one.send(CAR, "honk_horn", "PRESS", **properties)
    one.mqtt.plug_in()
    one.comes_to("bridge", "state", "online", 60)
    one.ask(CAR, "no_such_thing", "?")
    assert one.results(CAR, "charge_limit", since) == one.results(CAR, "honk_horn", since) == []
    assert one.tesla.paid_for == []


def test_what_was_sent_while_the_bridge_was_frozen_is_not_done_when_it_thaws(one: House) -> None:
    """A machine that sleeps, a container that is paused: nobody knows how old it is what lies in the buffers then."""
    if not one.bridge.is_alive:
        one.start()
    since = len(one.spy.messages)
    one.bridge.process.send_signal(signal.SIGSTOP)
    one.send(CAR, "honk_horn", message("frozen"), MessageExpiryInterval=1)
    one.send(CAR, "charge_limit", message("frozen too", value=88), MessageExpiryInterval=1)
    time.sleep(ASLEEP + 2)
    one.bridge.process.send_signal(signal.SIGCONT)
    state = f"{BASE}/bridge/state"
    one.spy.until(lambda: [each.text for each in one.spy.on(state, since)][-2:] == ["offline", "online"], "a new start")
    assert one.ask(CAR, "charge_limit", "71")["outcome"] == "ok"
    assert [parameters for _, parameters in one.tesla.done(CAR)] == [{"percent": 71}]
