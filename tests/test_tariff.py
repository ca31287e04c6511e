"""A tariff is checked before it is sent: each mistake has its own sentence."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from bridge.catalog.tariff import EXAMPLE, checked, shows
from bridge.simulator.site_tariff_default import TIME_OF_USE

FLAT: dict[str, Any] = {
    "energy_charges": {"ALL": {"rates": {"ALL": 0.3}}},
    "seasons": {
        "Year": {"fromMonth": 1, "fromDay": 1, "toMonth": 12, "toDay": 31, "tou_periods": {"X": {"periods": [{}]}}}
    },
}
MISSING = object()


def changed(path: str, value: Any) -> dict[str, Any]:
    tariff = copy.deepcopy(TIME_OF_USE)
    *steps, last = path.split("/")
    place: Any = tariff
    for step in steps:
        place = place[int(step)] if isinstance(place, list) else place[step]
    if value is MISSING:
        del place[last]
    else:
        place[last] = value
    return tariff


@pytest.mark.parametrize(
    "tariff", [TIME_OF_USE, FLAT, EXAMPLE, {**TIME_OF_USE, "seasons": {**TIME_OF_USE["seasons"], "X": {}}}]
)
def test_a_sound_tariff_is_taken_as_it_is(tariff: dict[str, Any]) -> None:
    assert checked(tariff) is tariff


ON_PEAK = "seasons/Summer/tou_periods/ON_PEAK"


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("seasons", MISSING, "seasons is missing"),
        ("energy_charges", {}, "energy_charges is missing or no object"),
        ("name", 7, "name must be a text"),
        ("seasons/Summer", 7, "seasons.Summer must be an object"),
        ("seasons/Summer/fromMonth", 13, "seasons.Summer: fromMonth must be a whole number from 1 to 12"),
        ("seasons/Summer/toDay", MISSING, "seasons.Summer: toDay must be"),
        ("seasons/Summer/tou_periods", MISSING, "seasons.Summer.tou_periods is missing"),
        (ON_PEAK, [{"fromHour": 16}], 'ON_PEAK must be like {"periods"'),
        (f"{ON_PEAK}/periods", [], 'ON_PEAK must be like {"periods"'),
        (f"{ON_PEAK}/periods", [7], "ON_PEAK, period 1 must be an object"),
        (f"{ON_PEAK}/periods/0/fromHour", 25, "ON_PEAK, period 1: fromHour must be a whole number from 0 to 23"),
        (f"{ON_PEAK}/periods/0/fromMinute", 1.5, "fromMinute must be a whole number"),
        (f"{ON_PEAK}/periods/0/toDayOfWeek", 7, "toDayOfWeek must be a whole number from 0 to 6"),
        (f"{ON_PEAK}/periods/0/untilHour", 7, "there is no untilHour; it takes fromDayOfWeek"),
        ("energy_charges/Spring", {"rates": {}}, "energy_charges.Spring: there is no season of this name"),
        ("energy_charges/Summer", 0.3, "energy_charges.Summer must be an object"),
        ("energy_charges/Summer/rates", 0.3, 'energy_charges.Summer.rates must be like {"ON_PEAK"'),
        ("energy_charges/Summer/rates/NIGHT", 0.3, "Summer.rates.NIGHT: the season has no period of this name"),
        ("energy_charges/Summer/rates/ON_PEAK", "0.3", "rates.ON_PEAK must be a number, the price of a kWh"),
        ("energy_charges/Summer/rates/ON_PEAK", True, "rates.ON_PEAK must be a number"),
        ("energy_charges/Summer/rates/ON_PEAK", 10**400, "rates.ON_PEAK must be a number"),
        ("energy_charges/Summer/rates/ON_PEAK", MISSING, "Summer.rates has no price for the period ON_PEAK"),
        ("demand_charges", 7, "demand_charges must be an object"),
        ("sell_tariff/seasons", MISSING, "sell_tariff.seasons is missing"),
        ("sell_tariff", 7, "sell_tariff must be a JSON object"),
    ],
)
def test_each_mistake_is_told_with_its_place(path: str, value: Any, said: str) -> None:
    with pytest.raises(ValueError, match=r"^tariff: ") as told:
        checked(changed(path, value))
    assert said in str(told.value)
    assert len(str(told.value)) < 300


@pytest.mark.parametrize("given", [None, 7, "text", [], [TIME_OF_USE], {}])
def test_what_is_no_tariff_is_refused(given: Any) -> None:
    with pytest.raises(ValueError, match="tariff: "):
        checked(given)


def test_a_site_may_leave_out_what_is_zero_and_tell_more() -> None:
    wanted = {"a": 0, "b": {"c": [{"fromHour": 0, "toHour": 6}], "d": {}}, "e": 1}
    assert shows(wanted, {"b": {"c": [{"toHour": 6}]}, "e": 1, "more": 2})
    assert not shows(wanted, {"b": {"c": [{"toHour": 7}]}, "e": 1})
    assert not shows(wanted, {"b": {"c": []}, "e": 1})
    assert not shows(wanted, {"b": 7, "e": 1})
    assert not shows(wanted, None)
