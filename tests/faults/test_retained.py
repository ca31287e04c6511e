"""A command that lies on the broker is done by nobody, whenever the bridge comes across it (C9, T5).

The bridge speaks MQTT 5 only, which tells a retained message from a live one; for 3.1.1 there is nothing to show.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from whole_house import BASE, CAR, OTHER_CAR, SITE, House, empty_house

pytestmark = [pytest.mark.case("F30"), pytest.mark.case("S7"), pytest.mark.mosquitto]

POISON = [
    (CAR, "charge_limit", "70"),
    (CAR, "charging", "false"),
    (CAR, "locked", "false"),
    (CAR, "honk_horn", "PRESS"),
    (CAR, "wake", "PRESS"),
    (CAR, "set_charge_limit", '{"percent": 70, "transaction": "poison"}'),
    (OTHER_CAR, "door_unlock", "{}"),
    (OTHER_CAR, "climate_mode", "heat_cool"),
    (SITE, "backup_reserve", "7"),
    (SITE, "operation_mode", '{"value": "backup", "transaction": "more poison"}'),
    (SITE, "set_intent", '{"intent": "export"}'),
]
TOPICS = [f"{BASE}/{device}/set/{name}" for device, name, _ in POISON]


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Even what is dangerous is allowed."""
    with empty_house(tmp_path_factory.mktemp("house")) as house:
        house.start(commands_enable="door_unlock")
        yield house


@pytest.fixture(autouse=True)
def _nothing_is_done(one: House) -> Iterator[None]:
    one.tesla.forget()
    yield
    one.ask(CAR, "no_such_thing", "?")  # what came before it has been dealt with
    one.ask(SITE, "no_such_thing", "?")
    assert one.tesla.paid_for == []
    for topic in TOPICS:
        one.spy.publish(topic, b"", retain=True)
    assert one.ask(CAR, "flash_lights", "PRESS")["outcome"] == "ok", "the same bridge still does what is live"


def poison(one: House) -> int:
    """Gives the number of messages before it."""
    since = len(one.spy.messages)
    for device, name, payload in POISON:
        one.send(device, name, payload, retain=True)
    return since


def answers(one: House, since: int) -> list[tuple[str, str | None]]:
    found = [each.body for device, name, _ in POISON for each in one.results(device, name, since)]
    return [(body["outcome"], body["reason"]) for body in found]


def test_published_live_it_is_refused_and_cleared_from_the_broker(one: House) -> None:
    since = poison(one)
    one.spy.until(lambda: len(answers(one, since)) == len(POISON), "an answer to each")
    assert set(answers(one, since)) == {("invalid", "retained")}
    for topic in TOPICS:
        heard = one.spy.until(lambda: (last := one.spy.on(topic)[-1]).payload == b"" and last, "an empty one")  # noqa: B023
        assert heard.retain


def test_at_a_start_it_is_not_even_heard(one: House) -> None:
    one.bridge.kill()
    since = poison(one)
    one.start(commands_enable="door_unlock")
    one.ask(CAR, "no_such_thing", "?")
    assert answers(one, since) == []


def test_at_a_reconnect_it_is_not_even_heard(one: House) -> None:
    one.mqtt.unplug()
    since = poison(one)
    one.mqtt.plug_in()
    one.spy.until(lambda: one.spy.on(f"{BASE}/bridge/state", since)[-1:], "a farewell")
    one.comes_to("bridge", "state", "online", 40)
    one.ask(CAR, "no_such_thing", "?")
    assert answers(one, since) == []


def test_at_a_restart_of_the_broker_it_is_not_even_heard(one: House) -> None:
    """It has kept the poison on its disk, and gives it to everybody who asks."""
    one.mqtt.unplug()
    poison(one)
    one.broker.stop()
    one.broker.start()
    one.mqtt.plug_in()
    one.watch_anew()
    one.comes_to("bridge", "state", "online", 40)
    one.ask(CAR, "no_such_thing", "?")
    lying = [each for each in one.spy.messages if each.retain and each.topic in TOPICS and each.payload]
    assert len({each.topic for each in lying}) == len(TOPICS), "the broker has kept it"
    assert answers(one, 0) == []
