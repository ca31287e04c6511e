"""Tesla's name is not found, or leads nowhere: nothing is lost, and it heals within one back-off (F20)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
import resolver
from driven import DrivenHouse, settled_house
from resolver import NXDOMAIN, SERVFAIL, TIMEOUT
from whole_house import CAR, message

pytestmark = [pytest.mark.case("F20"), pytest.mark.mosquitto]

START = datetime(2026, 6, 1, 19, tzinfo=UTC)
TEN_MINUTES = 600.0
BACK_OFF = 480.0
"""Seconds: the wait that polls are in after ten minutes of failures (15 s, doubled each time)."""

DEAD, DEAD_IPV6 = "127.0.0.99", "::1"
"""Nobody listens there."""


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("names") / "names"


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory, names: Path) -> Iterator[DrivenHouse]:
    with settled_house(tmp_path_factory.mktemp("driven"), START) as made:
        made.bridge.environment |= {
            "FLEET2MQTT_TESLA_SIMULATOR_URL": f"http://localhost:{made.api.port}",
            "FAULTS_NAMES": str(names),
        }
        made.start()
        yield made


LIMITS = count(60)
"""Charge limits, each another: what is so already would not be sent."""


def outcome(one: DrivenHouse, transaction: str) -> tuple[str, str | None]:
    one.send(CAR, "charge_limit", message(transaction, value=next(LIMITS)))
    one.time.run_for(120)
    result = one.one_result_of(transaction)
    return result["outcome"], result["reason"]


def looks(one: DrivenHouse) -> int:
    return len(one.tesla.asked("live_status"))


@pytest.mark.parametrize("trouble", [NXDOMAIN, SERVFAIL, TIMEOUT, [DEAD]], ids=str)
def test_a_name_that_is_not_found_is_waited_for(
    one: DrivenHouse, names: Path, trouble: str | list[str], record_property: Callable[[str, str], None]
) -> None:
    resolver.say(names, trouble)
    one.api.kick()
    before = looks(one)
    one.time.run_for(TEN_MINUTES / 2)
    assert outcome(one, f"during {trouble}")[0] in {"unavailable", "expired"}
    one.time.run_for(TEN_MINUTES / 2)
    assert looks(one) == before, "the trouble did not bite"

    names.unlink()
    assert outcome(one, f"after {trouble}") == ("ok", None)
    healed = 120
    while looks(one) == before:
        assert healed <= BACK_OFF
        one.time.run_for(15)
        healed += 15
    record_property("figure", f"{trouble}: all as ever within {healed} s")
    one.comes_to("bridge", "state", "online")


@pytest.mark.parametrize("addresses", [[DEAD_IPV6, "127.0.0.1"], [DEAD, "127.0.0.1"]], ids=str)
def test_of_several_addresses_the_one_that_works_is_taken(one: DrivenHouse, names: Path, addresses: list[str]) -> None:
    """As in a house whose IPv6 leads nowhere."""
    one.time.run_for(TEN_MINUTES)
    resolver.say(names, addresses)
    one.api.kick()
    before = looks(one)
    assert outcome(one, f"{addresses}") == ("ok", None)
    one.time.run_for(TEN_MINUTES)
    assert looks(one) >= before + 10
    names.unlink()
