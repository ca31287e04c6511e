"""A site that says yes and does nothing is asked once more, and then it is said that it did nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pytest
from whole_house import House, empty_house, message

from bridge.simulator.site_tariff_default import TIME_OF_USE

pytestmark = pytest.mark.case("F26")

ALWAYS = 99


class Case(NamedTuple):
    """A setting of a site of its own, what is wrong with the site, and what is said after how many writes."""

    key: str
    value: Any
    wrong: Mapping[str, Any]
    outcome: str
    reason: str | None
    writes: int


CASES: Mapping[str, Case] = {
    "a reserve, once": Case("backup_reserve", 33, {"ignore_writes": 1}, "ok", None, 2),
    "a reserve, always": Case("backup_reserve", 33, {"ignore_writes": ALWAYS}, "refused", "not_applied", 2),
    "a mode, once": Case("operation_mode", "backup", {"ignore_writes": 1}, "ok", None, 2),
    "grid charging, always": Case("grid_charging", False, {"ignore_writes": ALWAYS}, "refused", "not_applied", 2),
    "an installer's setting": Case("grid_charging", False, {"no_grid_charging": True}, "refused", "not_applied", 2),
    "storm watch, always": Case("storm_watch", False, {"ignore_writes": ALWAYS}, "refused", "not_applied", 2),
    "an export rule, once": Case("export_rule", "never", {"ignore_writes": 1}, "ok", None, 2),
    "a reserve that no firmware keeps": Case(
        "backup_reserve", 90, {"high_reserve": "snapped"}, "refused", "reserve_81_to_99", 1
    ),
    "a tariff, which is not to be added twice": Case(
        "tariff", TIME_OF_USE | {"name": "Another"}, {"ignore_writes": ALWAYS}, "refused", "not_applied", 1
    ),
}


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Each case has a site of its own, and all of it has happened."""
    with empty_house(tmp_path_factory.mktemp("house"), sites=len(CASES)) as house:
        house.start()
        house.tesla.forget()
        for what, case in CASES.items():
            house.tesla.force(site(house, what), **case.wrong)
            house.send(site(house, what), case.key, message(what, value=case.value))
        for what in CASES:
            house.spy.until(lambda: house.results_of(what), f"a result of {what}", 80)  # noqa: B023 - at once
        yield house


def site(house: House, what: str) -> str:
    return f"energy_site/{house.cloud.account.sites[list(CASES).index(what)].site_id}"


@pytest.mark.parametrize("what", CASES)
def test_a_yes_is_believed_when_it_is_seen(one: House, what: str) -> None:
    case, (result,) = CASES[what], one.results_of(what)
    assert (result["outcome"], result["reason"], result["attempts"]) == (case.outcome, case.reason, case.writes)
    written = [line for line in one.tesla.paid_for if site(one, what).split("/")[1] in line]
    assert len(written) == case.writes
