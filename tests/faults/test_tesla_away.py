"""Tesla is down for hours, or flaps: days in seconds (F14)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from driven import DrivenHouse, settled_house
from repetitions import MANY
from whole_house import CAR

from bridge.simulator.faults import Fault

START = datetime(2026, 6, 1, 19, tzinfo=UTC)
HOUR = 3600.0

pytestmark = [
    pytest.mark.mosquitto,
    pytest.mark.timeout(400),
]


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DrivenHouse]:
    with settled_house(tmp_path_factory.mktemp("driven"), START) as made:
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


class Flapping(Fault):
    """Each call has three chances in ten to get a 5xx."""

    def __init__(self, random: Random) -> None:
        super().__init__("/api/1/")
        self._random = random

    def hits(self, line: str) -> bool:
        self.status = self._random.choice((500, 502, 503, 504))
        return super().hits(line) and self._random.random() < 0.3


@pytest.mark.case("F14")
def test_hours_with_every_third_answer_a_5xx_lose_nothing(one: DrivenHouse, seed: int, record_property: Any) -> None:
    devices = {topic for topic in one.spy.retained if topic.endswith("/config")}
    one.cloud.faults.add(Flapping(Random(seed)))
    failed = calls = 0
    late: list[int] = []
    spans = range(12 * MANY)
    for number in spans:
        one.tesla.forget()
        one.time.run_for(300)
        entries = [each for each in one.cloud.ledger.entries if each.path.startswith("/api/1/")]
        calls += len(entries)
        failed += sum(each.status >= 500 for each in entries)
        if not any("live_status" in each.path and each.status == 200 for each in entries):
            late.append(number)
    record_property("figure", f"{failed} of {calls} calls failed; no fresh data in {len(late)} of {len(spans)} x 5 min")
    assert 0.2 < failed / calls < 0.4
    assert not late
    assert calls < 12 * MANY * 5 * 15, "no rush"
    assert one.value("bridge", "sign_in_needed") != "true"
    assert {topic for topic in one.spy.retained if topic.endswith("/config")} >= devices
