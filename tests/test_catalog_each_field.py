"""Each field of recorded answers in turn missing, null, or of another type (fault case F16; entities.md appendix 5).

No exception, no value made up, and every other value as it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

import pytest
from catalog_cases import (
    GOLDEN_CAR,
    GOLDEN_EXTRAS,
    GOLDEN_SITE,
    MISSING,
    RECORDED,
    ROWS,
    Where,
    load,
    needs_recorded,
    nodes,
    place_of,
    replaced,
    touches,
    vehicle_answer,
)

from bridge.catalog import read
from bridge.catalog.rows import Entity
from bridge.model import Kind, Value

SWAPS: Mapping[type, tuple[Any, ...]] = {
    bool: ("yes", [], {}),
    int: ("x", [], {}, True),
    float: ("x", [], {}, True),
    str: (7, [], {}, False),
    list: ("x", 7, {}),
    dict: ("x", 7, []),
    type(None): ([], {}),
}
"""A type -> values that a field of it should never have."""


PAIRS = 2_000
"""Of each payload."""


def _recorded() -> Iterator[Any]:
    car = load(RECORDED / "vehicle_data_gak_2023_11_11.json")["response"] if RECORDED.is_dir() else {}
    live = "energy_sites_live_status_gak_plugged_in_2023_11_06.json"
    status = load(RECORDED / live)["response"] if RECORDED.is_dir() else {}
    products = load(RECORDED / "energy_sites_gak_2023_11_06.json")["response"] if RECORDED.is_dir() else []
    site: dict[str, Any] = next((each for each in products if "energy_site_id" in each), {})
    yield pytest.param(Kind.VEHICLE, car, id="recorded car", marks=needs_recorded)
    yield pytest.param(Kind.ENERGY_SITE, {"live_status": status}, id="recorded live_status", marks=needs_recorded)
    yield pytest.param(Kind.ENERGY_SITE, {"site_info": site}, id="recorded site", marks=needs_recorded)
    yield pytest.param(Kind.VEHICLE, GOLDEN_CAR, id="newer car")
    yield pytest.param(Kind.VEHICLE, GOLDEN_EXTRAS, id="what is asked besides")
    yield pytest.param(Kind.ENERGY_SITE, GOLDEN_SITE, id="newer site")


def _answer(kind: Kind, body: Mapping[str, Any]) -> Mapping[str, Any]:
    return vehicle_answer(body) if kind is Kind.VEHICLE else body


@pytest.mark.case("F16")
@pytest.mark.parametrize(("kind", "body"), list(_recorded()))
def test_a_field_that_is_missing_null_or_odd_costs_its_own_values_only(kind: Kind, body: Any) -> None:
    whole, entities = read(kind, _answer(kind, body)), ROWS[kind][0]
    for path, value in nodes(body):
        for odd in (MISSING, None, *SWAPS[type(value)]):
            values = read(kind, _answer(kind, replaced(body, path, odd)))
            for row in entities:
                if not touches(row, path):
                    assert values.get(row.key) == whole.get(row.key), (path, odd, row.key)
                elif place_of(row) == path:
                    _is_not_made_up(row, values.get(row.key), odd, (path, row.key))


@pytest.mark.case("F16")
@pytest.mark.parametrize(("kind", "body"), list(_recorded()))
def test_two_fields_at_once_cost_their_own_values_only(kind: Kind, body: Any, seed: int) -> None:
    random = Random(seed)
    whole, entities = read(kind, _answer(kind, body)), ROWS[kind][0]
    fields = list(nodes(body))
    for _ in range(PAIRS):
        spoilt, paths = _with_two_odd(body, fields, random)
        values = read(kind, _answer(kind, spoilt))
        wrong = [
            row.key
            for row in entities
            if values.get(row.key) != whole.get(row.key) and not any(touches(row, path) for path in paths)
        ]
        assert not wrong, (paths, wrong)


def _with_two_odd(body: Any, fields: list[tuple[Where, Any]], random: Random) -> tuple[Any, list[Where]]:
    """A copy of the body, and where it is odd: neither place lies within the other."""
    while True:
        pair = random.sample(fields, 2)
        (one, _), (other, _) = pair
        if one[: len(other)] != other and other[: len(one)] != one:
            break
    for path, value in pair:
        body = replaced(body, path, random.choice((MISSING, None, *SWAPS[type(value)])))
    return body, [path for path, _ in pair]


def _is_not_made_up(row: Entity, value: Value, odd: Any, where: Any) -> None:
    """Unknown, or what the row says that nothing means; an odd thing may be shown as the odd thing that it is."""
    if odd is MISSING or odd is None:
        assert value in (None, row.null, {}), (where, value)
    else:
        assert value in (None, {}, [], "none") or _shows(value, odd), (where, odd, value)


def _shows(value: Value, odd: Any) -> bool:
    return str(odd).lower() in str(value).lower() or value == odd
