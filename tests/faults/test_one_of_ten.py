"""One device of ten fails in every way, and the others are read as often as before (F18)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from driven import DrivenHouse, driven_house
from whole_house import BASE

MINUTES = 5
WAYS: Mapping[str, Mapping[str, Any]] = {
    "rubbish": {"body": "<html>moved"},
    "another shape": {"body": '{"response": [1, {"vin": null}]}'},
    "500": {"status": 500},
    "503": {"status": 503},
    "408": {"status": 408},
    "cut": {"drop": "before"},
    "429": {"status": 429, "headers": {"retry-after": "3600"}},
}
"""The last one is followed by an hour in which that car is not asked."""

pytestmark = [
    pytest.mark.mosquitto,
    pytest.mark.timeout(400),
    pytest.mark.case("F18"),
]


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DrivenHouse]:
    """Nine cars that are awake, and a site."""
    with driven_house(tmp_path_factory.mktemp("driven"), datetime(2026, 6, 1, 19, tzinfo=UTC), cars=9) as made:
        for vin in cars(made):
            made.tesla.force(f"vehicle/{vin}", place="home", plugged=False, sentry_mode=True, state="online")
        made.start(homeassistant_discovery="false")
        yield made


def cars(one: DrivenHouse) -> list[str]:
    return [car.vin for car in one.cloud.account.cars]


def answered(one: DrivenHouse) -> Counter[str]:
    """How often each device's data was read, while somebody wants it every minute."""
    one.tesla.forget()
    for _ in range(MINUTES):
        for vin in cars(one):
            one.spy.publish(f"{BASE}/vehicle/{vin}/get/charge")
        one.time.run_for(60)
    entries = [each for each in one.cloud.ledger.entries if each.status == 200]
    return Counter(each.device or "" for each in entries if each.path.endswith(("/vehicle_data", "/live_status")))


@pytest.mark.parametrize("way", WAYS)
def test_a_car_that_fails_delays_no_other_device(one: DrivenHouse, way: str, record_property: Any) -> None:
    spoilt, *others = cars(one)
    site = one.cloud.account.sites[0].site_id
    one.tesla.heal()
    before = answered(one)
    one.tesla.fault(f"/vehicles/{spoilt}/vehicle_data", **WAYS[way])
    during = answered(one)
    failed = len(one.tesla.asked(f"{spoilt}/vehicle_data"))
    fewest = min(during[each] for each in others)
    record_property("figure", f"{way}: {failed} failed, {fewest} reads of each other car in {MINUTES} min")
    assert failed
    for each in (*others, str(site)):
        assert before[each] >= MINUTES - 1
        assert abs(during[each] - before[each]) <= max(1, before[each] // 10), each
