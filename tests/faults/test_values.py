"""Every value that can be set, with every kind of value: what cannot be is invalid and costs no call; 0 is a value.

What is expected is worked out here from the row's range and words alone. What is in order is sent to a bridge whose
`dry_run` is on: it says so, and sends nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple

import pytest
from catalog_cases import ENTITIES
from command_examples import SIGNED_EXAMPLES
from whole_house import CAR, SITE, House, empty_house, id_of

from bridge.catalog.rows import Entity
from bridge.catalog.vehicle.commands import COMMANDS
from bridge.catalog.vehicle.signed import SIGNED_ONLY
from bridge.fleet import keys
from bridge.model import Kind
from bridge.simulator.site_tariff_default import TIME_OF_USE

pytestmark = pytest.mark.case("F27")

Record = Callable[[str, object], None]

DEVICES = {Kind.VEHICLE: CAR, Kind.ENERGY_SITE: SITE}
SETTABLE = [
    (DEVICES[kind], row) for kind, row in ENTITIES if row.write and kind in DEVICES and "bridge." not in row.source
]


class Raw(NamedTuple):
    """A value as it stands in JSON, and which number and which truth it is; None: none."""

    text: str
    number: str | None = None
    truth: bool | None = None


TABLE = (
    Raw("0", "0", truth=False),
    Raw("1", "1", truth=True),
    Raw("-1", "-1"),
    Raw("5", "5"),
    Raw("20", "20"),
    Raw("20.0", "20"),
    Raw("20.5", "20.5"),
    Raw("80", "80"),
    Raw("101", "101"),
    Raw("1e9", "1e9"),
    Raw('"20"', "20"),
    Raw('" 20 "', "20"),
    Raw('"20 %"'),
    Raw('"20,5"'),
    Raw('"2e1"'),
    Raw('"0x14"'),
    Raw('"NaN"'),
    Raw("NaN"),
    Raw("Infinity"),
    Raw("-1e999"),
    Raw("1" + "0" * 400),
    Raw("true", truth=True),
    Raw("false", truth=False),
    Raw('"on"', truth=True),
    Raw('"OFF"', truth=False),
    Raw("null"),
    Raw('""'),
    Raw('"no such word"'),
    Raw("[20]"),
    Raw('{"a": 1}'),
)
BESIDES = {
    "speed_limit_lock": {"pin": "1234"},
    "valet_mode": {"password": "1234"},
    "parental_controls": {"pin": "1234"},
}
INVALID = {("invalid", "value"), ("invalid", "payload")}
ONE_WAY = {"frunk": True, "charge_cable_lock": False}
"""Closed by hand; locked by itself."""


class Ask(NamedTuple):
    device: str
    key: str
    payload: str
    is_right: bool


def asks(one: House) -> Iterator[Ask]:
    for device, row in SETTABLE:
        besides = BESIDES.get(row.key, {})
        for text, is_right in values(row, limits(one, device, row)):
            members = [f'"value": {text}', *(f"{json.dumps(name)}: {json.dumps(pin)}" for name, pin in besides.items())]
            yield Ask(device, row.key, "{" + ", ".join(members) + "}", is_right)


def values(row: Entity, ends: tuple[Decimal, Decimal] | None) -> Iterator[tuple[str, bool]]:
    """What the table makes of the row, and what is special to it: its ends, its words."""
    yield from ((raw.text, is_right(row, raw, ends)) for raw in TABLE)
    if row.check:
        yield json.dumps(TIME_OF_USE), True
    elif row.options:
        yield from ((json.dumps(form), True) for word in row.options for form in (word, f" {word.upper()} "))
    elif row.component == "time":
        yield from (('"00:00"', True), ('"23:59:00"', True), ('"24:00"', False), ('"07:30:15"', False))
    elif ends and row.limits:
        beyond = max(Decimal(str(row.limits.step)), Decimal("0.01"))
        yield from ((str(end), True) for end in ends)
        yield from ((str(end), False) for end in (ends[0] - beyond, ends[1] + beyond))
        if not row.limits.step_from:
            yield str(ends[0] + beyond / 3), False


def is_right(row: Entity, raw: Raw, ends: tuple[Decimal, Decimal] | None) -> bool:
    if row.options:
        return raw.text.strip('" ').lower() in row.options
    if row.check or row.component == "time":
        return False
    if not ends or not row.limits:
        return raw.truth is not None and ONE_WAY.get(row.key, raw.truth) == raw.truth
    if raw.number is None or not ends[0] <= Decimal(raw.number) <= ends[1]:
        return False
    steps = (Decimal(raw.number) - Decimal(str(row.limits.minimum))) / Decimal(str(row.limits.step))
    return bool(row.limits.step_from) or abs(steps - round(steps)) < Decimal("1e-6")


def limits(one: House, device: str, row: Entity) -> tuple[Decimal, Decimal] | None:
    """The device's own, as it tells them, else the row's."""
    if not row.limits:
        return None
    low, high = row.limits.minimum_from, row.limits.maximum_from
    return (
        Decimal(told(one, device, low) or str(row.limits.minimum)),
        Decimal(told(one, device, high) or str(row.limits.maximum)),
    )


def told(one: House, device: str, key: str | None) -> str | None:
    found = [row for _, row in ENTITIES if row.key == key]
    return one.value(device, f"{found[0].group}/{key}") if found else None


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Everything is allowed."""
    directory = tmp_path_factory.mktemp("house")
    with empty_house(directory) as house:
        public = keys.make(directory / "data")
        house.tesla.control(f"vehicles/{id_of(CAR)}/signing", keys=[public.hex])
        house.start(commands_enable=",".join(row.name for row in (*COMMANDS, *SIGNED_ONLY) if row.dangerous))
        house.look(CAR)
        house.ask(CAR, "update_charge_on_solar", json.dumps(SIGNED_EXAMPLES["update_charge_on_solar"]))
        house.ask(CAR, "get_charge_on_solar", "PRESS")  # what no poll tells, and other values need
        yield house


def outcomes(one: House, asked: list[Ask]) -> Mapping[Ask, tuple[str, str | None]]:
    return {each: (body["outcome"], body["reason"]) for each in asked for body in [one.ask(*each[:3])]}


def test_what_cannot_be_is_invalid_and_costs_no_call(one: House, record_property: Record) -> None:
    one.tesla.forget()
    wrong = [each for each in asks(one) if not each.is_right]
    found = outcomes(one, wrong)
    assert {
        each: told for each, told in found.items() if told not in {("invalid", "value"), ("invalid", "payload")}
    } == {}
    assert one.tesla.paid_for == []
    record_property("figure", f"{len(wrong)} invalid values of {len(SETTABLE)} settings, 0 calls")


def test_what_can_be_is_in_order(one: House) -> None:
    right = [each for each in asks(one) if each.is_right]
    assert one.ask("bridge", "dry_run", "true")["outcome"] == "ok"
    found = outcomes(one, right)
    assert [(*each, *told) for each, told in found.items() if told != ("unavailable", "dry_run")] == []
    assert {each.key for each in right} == {row.key for _, row in SETTABLE}
