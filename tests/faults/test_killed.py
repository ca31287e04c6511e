"""SIGKILL at each step of a command's life: done at most once, and one result over both lives.

The moments are seen from outside: what is held back on the cable tells how far the bridge has come.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from random import Random

import pytest
from repetitions import MANY
from whole_house import CAR, OTHER_CAR, SITE, House, empty_house, id_of, message

pytestmark = pytest.mark.case("F25")


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The other car sleeps, and nothing wakes it."""
    with empty_house(tmp_path_factory.mktemp("house")) as running:
        running.tesla.put_to_sleep(OTHER_CAR)
        yield running


@pytest.fixture(autouse=True)
def _alive(one: House) -> None:
    one.begin_anew()


def outcome(one: House, transaction: str) -> tuple[str, str | None]:
    result = one.one_result_of(transaction)
    return result["outcome"], result["reason"]


def test_while_the_car_is_looked_for(one: House) -> None:
    with one.api.holding(b"GET /api/1/vehicles/%s HTTP" % id_of(OTHER_CAR).encode()) as held:
        one.send(OTHER_CAR, "charge_limit", message("looking", value=61))
        held.wait()
        one.bridge.kill()
    one.start()
    assert outcome(one, "looking") == ("unavailable", "restarted")
    assert one.tesla.paid_for == []


def test_while_the_car_is_being_woken(one: House) -> None:
    one.send(OTHER_CAR, "charge_limit", message("waking", value=62))
    one.spy.until(lambda: one.tesla.asked("wake_up"), "a wake call")
    one.bridge.kill()
    one.start()
    assert outcome(one, "waking") == ("unavailable", "restarted")
    assert len(one.tesla.paid_for) == 1


def test_while_one_waits_behind_another_that_is_just_leaving(one: House) -> None:
    with one.api.holding(b"set_charge_limit") as held:
        one.send(CAR, "charge_limit", message("leaving", value=63))
        held.wait()
        one.send(CAR, "charge_current", message("queued", value=7))
        one.ask(CAR, "no_such_thing", "?")  # the one before it has arrived too
        one.bridge.kill()
        held.lose()
    one.start()
    assert outcome(one, "leaving") == ("unconfirmed", "restarted")
    assert outcome(one, "queued") == ("unavailable", "restarted")
    assert one.tesla.paid_for == []


@pytest.mark.parametrize(
    ("device", "name", "call"),
    [(CAR, "charge_limit", b"set_charge_limit"), (SITE, "backup_reserve", b"/backup"), (CAR, "honk_horn", b"honk")],
)
def test_after_it_was_done_and_before_the_answer_came(one: House, device: str, name: str, call: bytes) -> None:
    is_one_shot = name == "honk_horn"
    transaction = f"{name} without an answer"
    with one.api.holding(call, answer=True) as held:
        one.send(device, name, message(transaction) if is_one_shot else message(transaction, value=64))
        held.wait()
        one.bridge.kill()
    one.start()
    assert outcome(one, transaction) == (("unconfirmed", "restarted") if is_one_shot else ("ok", None))
    assert len(one.tesla.done(device)) == len(one.tesla.paid_for) == 1


def test_after_the_answer_and_before_the_result_has_left(one: House) -> None:
    with one.mqtt.holding(b"/result/charge_limit") as held:
        one.send(CAR, "charge_limit", message("unpublished", value=65))
        held.wait()
        one.bridge.kill()
        held.lose()
    assert one.results_of("unpublished") == []
    one.start()
    assert outcome(one, "unpublished") == ("ok", None)
    assert len(one.tesla.done(CAR)) == 1


def test_after_the_result(one: House) -> None:
    one.ask(CAR, "charge_limit", message("published", value=66))
    one.ask(CAR, "no_such_thing", "?")  # the broker's receipt for the one before it has come
    one.restart()
    assert outcome(one, "published") == ("ok", None)
    assert len(one.tesla.done(CAR)) == 1


@pytest.mark.parametrize("turn", range(2 * MANY))
def test_at_any_moment(one: House, seed: int, turn: int) -> None:
    """Three commands, a kill up to a quarter of a second later, and the same three once more."""
    random = Random(f"{seed} {turn}")
    asked = {
        f"{seed} {turn} limit": (CAR, "charge_limit", random.randint(50, 100)),
        f"{seed} {turn} current": (CAR, "charge_current", random.randint(5, 16)),
        f"{seed} {turn} reserve": (SITE, "backup_reserve", random.randint(0, 80)),
    }
    for transaction, (device, name, value) in asked.items():
        one.send(device, name, message(transaction, value=value))
    time.sleep(random.uniform(0, 0.25))
    one.restart()
    for transaction, (device, name, value) in asked.items():
        one.ask(device, name, message(transaction, value=value))
    for transaction in asked:
        results = [(each["outcome"], each["finished_at"]) for each in one.results_of(transaction)]
        assert len(set(results)) == 1, "the same result, however often it is told"
    assert len(one.tesla.done(CAR)) <= 2
    assert len(one.tesla.done(SITE)) <= 1
