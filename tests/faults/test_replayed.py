"""Somebody has written down what goes over the broker, and says it again.

Commands carry no signature of their sender's: who may write to the broker may command (docs/mqtt.md). What stands
against a replay is that a transaction is done once, and that a message can say how long it is good for.
"""

from __future__ import annotations

import pytest
from spy import Heard
from whole_house import BASE, CAR, OTHER_CAR, SITE, House, message

pytestmark = pytest.mark.case("S3")

STATE = f"{BASE}/bridge/state"


RECORDED = [
    (CAR, "charge_limit", message("recorded limit", value=77)),
    (OTHER_CAR, "honk_horn", message("recorded horn")),
    (SITE, "backup_reserve", message("recorded reserve", value=23)),
]


def record(one: House) -> list[Heard]:
    since = len(one.spy.messages)
    for each in RECORDED:
        one.ask(*each)
    return [each for each in one.spy.messages[since:] if "/set/" in each.topic]


def replay(one: House, tape: list[Heard]) -> None:
    """As they were, correlation data included; and with other correlation data, which an attacker can invent."""
    for each in tape:
        one.spy.publish(each.topic, each.payload, CorrelationData=each.correlation)
        one.spy.publish(each.topic, each.payload, CorrelationData=b"invented")
    for device in (CAR, OTHER_CAR, SITE):
        one.ask(device, "no_such_thing", "?")


@pytest.mark.parametrize("when", ["at once", "after a restart", "after a lost connection"])
def test_what_is_replayed_gets_the_first_result_and_is_not_done_again(one: House, when: str) -> None:
    tape = record(one)
    one.tesla.forget()
    since = len(one.spy.messages)
    if when == "after a restart":
        one.restart()
        one.tesla.forget()
    if when == "after a lost connection":
        one.mqtt.kick()
        one.spy.until(lambda: b"online" in [each.payload for each in one.spy.on(STATE, since)], "the bridge")
    replay(one, tape)
    assert one.tesla.paid_for == []
    for device, name, body in RECORDED:
        told = {str(heard.body) for heard in one.results(device, name, since)}
        assert len(told) == 1, body


def test_what_was_recorded_after_its_time_is_not_done(one: House) -> None:
    """A message without a transaction that says how long it is good for: the broker counts that down."""
    one.tesla.forget()
    one.bridge.stop()
    one.send(OTHER_CAR, "honk_horn", "PRESS", MessageExpiryInterval=1)
    one.start()
    one.ask(OTHER_CAR, "no_such_thing", "?")
    assert one.tesla.paid_for == []


def test_somebody_elses_transaction_for_something_else_is_refused(one: House) -> None:
    one.ask(*RECORDED[0])
    one.tesla.forget()
    result = one.ask(CAR, "charge_limit", message("recorded limit", value=50))
    assert (result["outcome"], result["reason"]) == ("invalid", "transaction")
    assert one.tesla.paid_for == []
