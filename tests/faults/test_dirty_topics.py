"""L4: the broker comes back, and three thousand topics wait for it: twelve cars and three sites."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from time import perf_counter
from typing import Any

import pytest
from whole_house import BASE, House, empty_house

pytestmark = [pytest.mark.mosquitto, pytest.mark.case("L4")]

TOPICS = 3000


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with empty_house(tmp_path_factory.mktemp("house"), speed=1.0, cars=12, sites=3) as house:
        for car in house.cloud.account.cars:
            house.tesla.force(f"vehicle/{car.vin}", place="home", charging=False, sentry_mode=True, state="online")
        house.start()
        house.spy.until(lambda: len(house.spy.retained) >= TOPICS, f"{TOPICS} topics", 60)
        yield house


def test_all_topics_are_back_within_ten_seconds_with_one_message_each(one: House, record_property: Any) -> None:
    before = one.spy.retained
    one.broker.kill()
    (one.bridge.directory / "broker" / "mosquitto.db").unlink(missing_ok=True)
    one.broker.start()
    began = perf_counter()
    one.watch_anew()
    one.spy.until(lambda: before.keys() <= {each.topic for each in one.spy.messages}, "every topic", 10)
    seconds = perf_counter() - began
    times = Counter(each.topic for each in one.spy.messages if each.tells_a_state)
    again = [topic for topic, count in times.items() if count > 1 and not topic.startswith(f"{BASE}/bridge/")]
    record_property("figure", f"{len(before)} topics in {seconds:.1f} s, {len(again)} of them twice")
    assert len(again) < len(before) / 100, "only what has changed since"
