"""Tesla is down for hours, flaps, asks to wait, or lists other devices: days in seconds (F13, F14, F19)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from brokers import has_mosquitto
from driven import DrivenHouse, driven_house, settle
from whole_house import CAR, OTHER_CAR, SITE, id_of, message

START = datetime(2026, 6, 1, 19, tzinfo=UTC)
HOUR = 3600.0
MANY = int(os.environ.get("FAULTS_MANY", "1"))

pytestmark = [
    pytest.mark.mosquitto,
    pytest.mark.skipif(not has_mosquitto(), reason="Mosquitto is not installed"),
    pytest.mark.timeout(400),
]


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DrivenHouse]:
    with driven_house(tmp_path_factory.mktemp("driven"), START) as made:
        settle(made)
        made.start()
        yield made


@pytest.fixture(autouse=True)
def _well(one: DrivenHouse) -> Iterator[None]:
    yield
    one.tesla.heal()
    if not one.bridge.is_alive:
        one.start()
    one.time.run_for(1800)
    one.tesla.forget()


def asked(one: DrivenHouse, words: str = "/api/1/") -> int:
    return len(one.tesla.asked(words))


def outcome(one: DrivenHouse, device: str, name: str, transaction: str, value: Any) -> Any:
    one.send(device, name, message(transaction, value=value))
    one.time.run_for(100)
    one.spy.until(lambda: one.results_of(transaction), f"a result of {transaction}")
    return one.results_of(transaction)[0]


# --- F13 ----------------------------------------------------------------------------------------------------------

WAITS: dict[str, tuple[dict[str, str], float]] = {
    "seconds": ({"retry-after": "900"}, 900),
    "a date": ({"retry-after": "date"}, 900),
    "nothing": ({}, 60),
    "less than nothing": ({"retry-after": "-5"}, 60),
    "half a day": ({"retry-after": "45983"}, 45983),
}
"""What a 429 says -> seconds (bridge/fleet/waits.py)."""


@pytest.mark.case("F13")
@pytest.mark.parametrize("what", WAITS)
def test_a_429_is_heeded_for_that_device_and_class_also_after_a_restart(one: DrivenHouse, what: str) -> None:
    headers, wait = WAITS[what]
    if headers.get("retry-after") == "date":
        headers = {"retry-after": f"{one.time.now + timedelta(seconds=wait):%a, %d %b %Y %H:%M:%S} GMT"}
    one.tesla.fault("live_status", status=429, headers=headers, times=1)
    one.tesla.forget()
    while not asked(one, "live_status"):
        one.time.run_for(10)
    one.tesla.forget()
    one.time.run_for(wait / 2 - 10)
    assert asked(one, "live_status") == 0
    assert asked(one, "/api/1/vehicles") > 0, "other calls go on"
    assert outcome(one, CAR, "charge_limit", f"{what} {one.time.now}", 66)["outcome"] == "ok" or wait < 1000
    one.bridge.kill()
    one.bridge.start()
    left = wait / 2 - 230  # less than is left, also of a date that was named a minute before it was told
    if left > 0:
        one.time.run_for(left)
        assert asked(one, "live_status") == 0
    one.time.run_for(600)
    assert asked(one, "live_status") > 0


# --- F14 ----------------------------------------------------------------------------------------------------------


@pytest.mark.case("F14")
def test_after_six_hours_of_503_all_is_fresh_in_five_minutes_without_a_rush(
    one: DrivenHouse, record_property: Any
) -> None:
    one.tesla.force(CAR, state="online", user_present=True)
    one.time.run_for(600)
    one.tesla.forget()
    one.time.run_for(600)
    normal = asked(one) / 10
    one.tesla.fault("/api/1/", status=503)
    one.tesla.forget()
    one.time.run_for(6 * HOUR)
    during = asked(one)
    one.tesla.heal()
    one.tesla.forget()
    one.time.run_for(60)
    first_minute = asked(one)
    one.time.run_for(240)
    fresh = [words for words in ("vehicle_data", "live_status", "/vehicles", "site_info") if asked(one, words)]
    record_property("figure", f"{during} calls in 6 h of 503; {first_minute} in the minute after, normal {normal:.1f}")
    assert first_minute <= 2 * normal + 1
    assert fresh == ["vehicle_data", "live_status", "/vehicles", "site_info"]
    assert during <= 100


@pytest.mark.case("F14")
def test_hours_with_every_third_answer_a_5xx_loses_nothing(one: DrivenHouse, seed: int, record_property: Any) -> None:
    random = Random(seed)
    fresh = total = 0
    for _ in range(4 * MANY):
        one.tesla.heal()
        for _ in range(40):
            if random.random() < 0.3:
                one.tesla.fault("/api/1/", status=random.choice((500, 502, 503, 504)), times=1)
            else:
                one.tesla.fault("GET /api/1/", status=None, times=1)
        one.tesla.forget()
        one.time.run_for(HOUR / 2)
        total += 1
        fresh += asked(one, "live_status") >= 10
    record_property("figure", f"fresh in {fresh} of {total} half hours")
    assert fresh == total
    assert one.value("bridge", "sign_in_needed") != "true"


# --- F19 ----------------------------------------------------------------------------------------------------------


def listed(one: DrivenHouse, products: list[Any], hours: float) -> None:
    one.tesla.heal()
    one.tesla.fault("/api/1/products", body=json.dumps({"response": products, "count": len(products)}))
    one.time.run_for(hours * HOUR)


def shown(one: DrivenHouse, device: str) -> set[str]:
    """Retained topics of it, and its discovery documents."""
    return {topic for topic in one.spy.retained if id_of(device) in topic}


@pytest.mark.case("F19")
def test_lists_that_change_remove_what_is_gone_for_a_day_and_nothing_else(
    one: DrivenHouse, record_property: Any
) -> None:
    cars = [{"vin": id_of(each), "state": "online", "display_name": each[-2:]} for each in (CAR, OTHER_CAR)]
    site = {"energy_site_id": int(id_of(SITE)), "resource_type": "battery", "components": {"battery": True}}
    all_three = [*cars, site]
    every = [len(shown(one, each)) for each in (CAR, OTHER_CAR, SITE)]
    assert min(every) > 10
    for products in ([], [], [], [*all_three, *all_three], all_three[::-1], [{"vin": None}, *all_three]):
        listed(one, products, 1)
        assert [len(shown(one, each)) for each in (CAR, OTHER_CAR, SITE)] >= every
    listed(one, [cars[0], site], 27)
    ghosts = shown(one, OTHER_CAR)
    record_property("figure", f"{every[1]} retained topics of a removed car, {len(ghosts)} left")
    assert not ghosts
    assert shown(one, CAR)
    listed(one, [cars[1], site], 27)  # one instead of the other
    assert not shown(one, CAR)
    assert shown(one, OTHER_CAR)
    listed(one, all_three, 2)
    assert shown(one, CAR)
