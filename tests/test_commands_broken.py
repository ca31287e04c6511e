"""Whatever is written to a set topic: a reason in the result, and never a call, a crash or silence (F27, F39)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from catalog_cases import COMMANDS, ENTITIES, every
from command_desk import CAR, SITE, desk

from bridge.catalog.offer import Offer
from bridge.catalog.rows import Command, Entity, Parameter
from bridge.model import Kind, Outcome

DEVICES = {Kind.VEHICLE: CAR, Kind.ENERGY_SITE: SITE}
EVERYTHING = Offer(enabled_commands=[row.name for _, row in COMMANDS])
WRITABLE = [(kind, row) for kind, row in ENTITIES if row.write]
DIRECT = [(kind, row) for kind, row in COMMANDS if row.direct]

FOR_EVERY_TOPIC = (
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b'{"value": ',
    b"[80]",
    b"{" * 5000,
    b'{"value":' * 1500 + b"1" + b"}" * 1500,
    b'{"value":' + b"[" * 950 + b"]" * 950 + b"}",
    b'{"value": 80, "value2": 80}',
    b'{"no such parameter": 1}',
    b"8" * 2**20,
)
NO_NUMBERS = [
    "",
    "NaN",
    "Infinity",
    "-1e5",
    "1e999",
    "twelve",
    "80 %",
    "0x50",
    "\uff18\uff10",
    "1_0",
    "null",
    "8" * 400,
    "\0",
]
NO_JSON_NUMBERS = ["1e999", "-1e999", "9" * 400, "NaN", "null", "true", "[80]", "{}", '""', '"\\ud800"']
NO_WORDS = ["", "no_such_word", "7", "\0", "\ud7ff"]
NO_JSON_WORDS = ["null", "7", "1e999", "[]", "{}", '"\\ud800"']
NO_SWITCH = ["", "maybe", "2", "null", "tru\0e"]
NO_JSON_SWITCH = ["null", "2", "1.0", "[]", "{}", '"maybe"']


NO_TIME = ["", "24:00", "07:30:15", "7", "450", "\uff10\uff17:\uff13\uff10", "07:30\0"]
NO_JSON_TIME = ["null", "450", "true", "[]", "{}", '"07:60"', '"\\ud800"']


NO_TARIFF = ["80", "true", "None", '{"name": "mine"}', '{"seasons": {}, "energy_charges": {}}']
NO_JSON_TARIFF = ["null", "7", "[]", "{}", '"text"', '{"seasons": {"Summer": 1}, "energy_charges": {"Summer": {}}}']


def broken_values(row: Entity) -> Iterator[bytes]:
    """For a writable entity, bare and as JSON."""
    if row.options:
        bare, objects = NO_WORDS, NO_JSON_WORDS
    elif row.component == "time":
        bare, objects = NO_TIME, NO_JSON_TIME
    elif row.check:
        bare, objects = NO_TARIFF, NO_JSON_TARIFF
    elif row.limits:
        bare, objects = NO_NUMBERS, NO_JSON_NUMBERS
        ends = row.limits.minimum - row.limits.step, row.limits.maximum + row.limits.step
        bare = [*bare, *map(str, ends), str(row.limits.minimum + row.limits.step / 3)]
    else:
        bare, objects = NO_SWITCH, NO_JSON_SWITCH
    yield from (text.encode() for text in bare)
    yield from (f'{{"value": {text}}}'.encode() for text in objects)


def broken_parameters(row: Command) -> Iterator[bytes]:
    """For a command: one parameter wrong, the others right; one missing; a bare word where none fits."""
    good = {each.name: _good(each) for each in row.parameters}
    for each in row.parameters:
        for text in _wrong(each):
            yield _with_raw(good, each.name, text)
        if each.required and not each.fill and each.default is None:
            yield json.dumps({name: value for name, value in good.items() if name != each.name}).encode()
    if not row.parameters:
        yield from (b"", b"stop", b'{"percent": 80}')


def _good(parameter: Parameter) -> Any:
    if parameter.choices:
        return parameter.choices[0]
    if parameter.type in {int, float}:
        return 1 if parameter.minimum is None else parameter.minimum
    if parameter.type is dict:
        return {"some": "thing"}
    return "1" if parameter.type is str else True


def _wrong(parameter: Parameter) -> Iterator[str]:
    if parameter.type is bool:
        yield from NO_JSON_SWITCH
    elif parameter.type is str:
        yield from NO_JSON_WORDS[:-1] if not parameter.choices else NO_JSON_WORDS
        yield '"' + "x" * 3000 + '"'
    else:
        yield from NO_JSON_NUMBERS
        yield from ("-1e6",) if parameter.minimum is not None else ()
        yield from ("1e300",) if parameter.maximum is not None else ()
        yield from ("1.5",) if parameter.type is int else ()
        yield from ('"24:00"',) if parameter.is_time else ()


def _with_raw(good: dict[str, Any], name: str, text: str) -> bytes:
    """`text` stands in the JSON as it is: there are values that Python would not write."""
    members = [f"{json.dumps(key)}: {text if key == name else json.dumps(value)}" for key, value in good.items()]
    return ("{" + ", ".join(members) + "}").encode()


async def refuses_all(directory: Path, kind: Kind, name: str, payloads: Iterator[bytes]) -> None:
    async with desk(directory, offer=EVERYTHING) as one:
        for payload in (*payloads, *FOR_EVERY_TOPIC):
            one.results.clear()
            one.send(name, payload, DEVICES[kind])
            await one.idle()
            assert [(each.outcome, each.reason in {"value", "payload"}) for each in one.results] == [
                (Outcome.INVALID, True)
            ], (payload[:80], one.results)
            assert 0 < len(one.results[0].message) < 300
        assert one.tesla.asked == []


@pytest.mark.case("F27")
@every(WRITABLE)
async def test_a_value_that_cannot_be_is_refused_with_a_reason(tmp_path: Path, kind: Kind, row: Entity) -> None:
    await refuses_all(tmp_path, kind, row.key, broken_values(row))


@pytest.mark.case("F27")
@every(DIRECT)
async def test_parameters_that_cannot_be_are_refused_with_a_reason(tmp_path: Path, kind: Kind, row: Command) -> None:
    await refuses_all(tmp_path, kind, row.name, broken_parameters(row))


@every([(kind, row) for kind, row in COMMANDS if not row.direct])
async def test_what_is_reached_through_an_entity_has_no_topic_of_its_own(
    tmp_path: Path, kind: Kind, row: Command
) -> None:
    async with desk(tmp_path, offer=EVERYTHING) as one:
        result = await one.ask(row.name, "{}", DEVICES[kind])
    assert (result.outcome, result.reason) == (Outcome.INVALID, "unknown_command")


@pytest.mark.parametrize("name", ["", "no_such_thing", "battery_level", "state", "charge_limit ", "../wake", "x" * 999])
async def test_a_name_that_means_nothing_is_refused(tmp_path: Path, name: str) -> None:
    async with desk(tmp_path) as one:
        result = await one.ask(name, "80")
    assert (result.outcome, result.reason) == (Outcome.INVALID, "unknown_command")
    assert len(result.message) < 300


@pytest.mark.parametrize("seed", range(4))
async def test_random_bytes_get_one_answer_each_and_break_nothing(tmp_path: Path, seed: int) -> None:
    """Pieces of sound and unsound messages, put together by chance. What happens to be sound may be done."""
    random = Random(seed)
    names = [row.key for _, row in WRITABLE] + [row.name for _, row in DIRECT]
    async with desk(tmp_path) as one:
        one.knows(CAR, connectivity="online")
        for number in range(1, 1001):
            payload = b"".join(random.choices(PIECES, k=random.randrange(1, 9))) or b"?"
            one.send(random.choice(names), payload, random.choice([CAR, SITE]), life=0)
            await one.heard(number)
            assert one.results[-1].reason != "internal", payload
        assert one.tesla.asked == []


PIECES = [
    *(b"{", b"}", b"[", b"]", b'"', b":", b",", b"\\", b"\0", b"\x1b[31m", b"\xc3\x28", b"\xf0\x9f\x9a\x97", b" "),
    *(b"true", b"null", b"80", b"-1", b"1e999", b"1" * 350, b"NaN", b"0.1", b"\\ud800", b"\\u0000", b"PRESS"),
    *(b'{"value": ', b'{"transaction": "a", ', b'"transaction": {"a": [1]}, ', b'"value": 80}', b'"percent": 50}'),
]
