"""A request that arrives again and again is carried out once."""

from __future__ import annotations

import pytest
from whole_house import BASE, CAR, SITE, House, message

pytestmark = pytest.mark.case("F31")

STATE = f"{BASE}/bridge/state"


@pytest.fixture(autouse=True)
def _fresh(one: House) -> None:
    one.tesla.forget()


def test_ten_deliveries_across_a_kill_are_one_execution_and_ten_times_its_result(one: House) -> None:
    asked = [(CAR, "charge_limit", message("limit", value=66))] * 5
    asked += [(SITE, "backup_reserve", message("reserve", value=33))] * 5
    first = [one.ask(*each) for each in asked]
    one.restart()
    second = [one.ask(*each) for each in asked]
    assert first == second
    assert {each["outcome"] for each in first} == {"ok"}
    assert len({str(each) for each in first}) == 2
    assert one.tesla.done(CAR) == [("set_charge_limit", {"percent": 66})]
    assert one.tesla.done(SITE) == [("backup", {"backup_reserve_percent": 33})]


def test_ten_deliveries_across_lost_connections_are_one_execution(one: House) -> None:
    """To the broker, and of the sender: both sides say what they said once more."""
    asked = (CAR, "charge_limit", message("reconnected", value=67))
    told = []
    for number in range(10):
        if number % 3 == 1:
            since = len(one.spy.messages)
            one.mqtt.kick()
            one.spy.until(lambda: b"online" in [each.payload for each in one.spy.on(STATE, since)], "the bridge")  # noqa: B023 - at once
        told.append(one.ask(*asked))
    assert told == [told[0]] * 10
    assert one.tesla.done(CAR) == [("set_charge_limit", {"percent": 67})]


def test_deliveries_while_the_first_is_under_way_share_its_result(one: House) -> None:
    with one.api.holding(b"flash_lights") as held:
        for _ in range(10):
            one.send(CAR, "flash_lights", message("flash"))
        one.ask(CAR, "no_such_thing", "?")  # those before it have arrived too
        held.wait()
    assert one.one_result_of("flash")["outcome"] == "ok"
    assert one.tesla.done(CAR) == [("flash_lights", {})]


def test_correlation_data_alone_tells_a_repetition(one: House) -> None:
    first, *others = [one.ask(CAR, "honk_horn", "PRESS", CorrelationData=b"the same") for _ in range(2)]
    one.restart()
    others.append(one.ask(CAR, "honk_horn", "PRESS", CorrelationData=b"again"))
    assert one.tesla.done(CAR) == [("honk_horn", {})] * 2
    assert others[0] == first


def test_a_transaction_that_is_used_for_something_else_is_refused_also_after_a_restart(one: House) -> None:
    one.ask(CAR, "charge_limit", message("mine", value=71))
    one.restart()
    for device, name, value in [(CAR, "charge_limit", 72), (CAR, "charge_current", 7), (SITE, "backup_reserve", 71)]:
        result = one.ask(device, name, message("mine", value=value))
        assert (result["outcome"], result["reason"]) == ("invalid", "transaction")
    assert one.tesla.done(CAR) == [("set_charge_limit", {"percent": 71})]
    assert one.tesla.done(SITE) == []


def test_the_same_without_an_identity_is_done_each_time(one: House) -> None:
    since = len(one.spy.messages)
    for count in (1, 2):
        one.send(CAR, "honk_horn", "PRESS")
        one.spy.until(lambda: len(one.results(CAR, "honk_horn", since)) == count, "a result")  # noqa: B023 - at once
    assert one.tesla.done(CAR) == [("honk_horn", {})] * 2
