"""The list of an account's devices changes, or is wrong: who is gone for a day is removed, and nobody else (F19)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from driven import DrivenHouse, settled_house
from repetitions import MANY
from whole_house import CAR, OTHER_CAR, SITE, id_of

START = datetime(2026, 6, 1, 19, tzinfo=UTC)
HOUR = 3600.0
SETTINGS: dict[str, Any] = dict.fromkeys(("polling_state", "polling_live", "polling_info", "polling_history"), 3600)
DAY = 24 * HOUR if MANY >= 5 else 4 * HOUR
"""That a device must be missing: a short one where it must be quick."""

PERIODS = {
    "bridge.sources.roster.GONE_AFTER": DAY,
    "bridge.app.HEARTBEAT": 600.0,
    "bridge.alive.PERIOD": 600.0,
    "bridge.accounts.LOOK": 600.0,
    "bridge.fleet.auth.inbox.LOOK": 600.0,
}
"""Instead of a day, 60, 10, 5 and 5 s."""

pytestmark = [
    pytest.mark.mosquitto,
    pytest.mark.timeout(400),
    pytest.mark.case("F19"),
]

Products = list[dict[str, Any]]
FIRST, SECOND = ({"vin": id_of(each), "state": "asleep", "display_name": each[-2:]} for each in (CAR, OTHER_CAR))
HOME: dict[str, Any] = {"energy_site_id": int(id_of(SITE)), "resource_type": "battery", "components": {"battery": True}}
ALL: Products = [FIRST, SECOND, HOME]
WRONG: dict[str, Products] = {
    "empty": [],
    "empty again": [],
    "empty a third time": [],
    "each twice": [*ALL, *ALL],
    "the other way round": ALL[::-1],
    "one without a VIN": [{"vin": None}, *ALL],
}


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DrivenHouse]:
    """Whose cars sleep for days."""
    with settled_house(tmp_path_factory.mktemp("driven"), START) as made:
        made.start()
        made.bridge.stop()
        for car in (CAR, OTHER_CAR):
            made.tesla.force(car, state="asleep", sentry_mode=False)
        made.bridge.start(polling_products=600, **SETTINGS, periods=PERIODS)
        made.time.run_for(90)
        yield made


def listed(one: DrivenHouse, products: Products, seconds: float = HOUR / 2) -> None:
    one.tesla.heal()
    one.tesla.fault("/api/1/products", body=json.dumps({"response": products, "count": len(products)}))
    one.tesla.forget()
    one.time.run_for(seconds)
    assert one.tesla.asked("/api/1/products"), "it has seen this list"


def shown(one: DrivenHouse, device: str) -> set[str]:
    """Topics of it, its discovery among them, that somebody is given who comes now."""
    since = len(one.spy.messages)
    with one.spy.away():
        pass
    one.hear_out()
    heard = [each for each in one.spy.messages[since:] if each.retain and each.payload]
    return {each.topic for each in heard if id_of(device) in each.topic}


def test_wrong_lists_remove_nothing(one: DrivenHouse) -> None:
    before = {each: shown(one, each) for each in (CAR, OTHER_CAR, SITE)}
    assert min(map(len, before.values())) > 10
    for what, products in WRONG.items():
        listed(one, products)
        for device, topics in before.items():
            assert shown(one, device) >= topics, what


def test_a_device_that_is_not_listed_for_a_day_leaves_nothing_behind(one: DrivenHouse, record_property: Any) -> None:
    listed(one, ALL)
    car, other, site = (shown(one, each) for each in (CAR, OTHER_CAR, SITE))
    listed(one, [FIRST, HOME], DAY - HOUR)
    assert shown(one, OTHER_CAR) >= other, "not yet a day"
    one.time.run_for(2 * HOUR)
    ghosts = shown(one, OTHER_CAR)
    record_property("figure", f"{len(other)} retained topics of a removed car, {len(ghosts)} left")
    assert not ghosts
    assert shown(one, CAR) >= car
    assert shown(one, SITE) >= site


def test_a_device_that_is_listed_instead_of_another_takes_its_place(one: DrivenHouse) -> None:
    listed(one, [FIRST, HOME])
    listed(one, [SECOND, HOME], DAY + HOUR)
    assert not shown(one, CAR)
    assert len(shown(one, OTHER_CAR)) > 10


def test_a_device_that_is_listed_again_is_shown_again(one: DrivenHouse) -> None:
    listed(one, ALL)
    assert min(len(shown(one, each)) for each in (CAR, OTHER_CAR, SITE)) > 10
