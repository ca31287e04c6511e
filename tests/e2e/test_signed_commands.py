"""Every command by MQTT, once to a car that wants it signed and once to a car that does not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from command_examples import BEFORE, EXAMPLES, READY, SIGNED_EXAMPLES, TRUCK
from whole_house import CAR, OTHER_CAR, House, empty_house, id_of, message

from bridge.catalog.vehicle.commands import COMMANDS
from bridge.catalog.vehicle.signed import SIGNED_ONLY
from bridge.fleet import keys
from bridge.fleet.signing.actions import UNSIGNED

ROWS = [row for row in COMMANDS if row.endpoint.startswith("command/")]

BY_MQTT: dict[str, dict[str, Any]] = {
    "vent_windows": {},
    "navigation_request": {"address": "Oak Street 1"},
    "set_managed_charger_location": {"lat": 37.4419, "lon": -122.143},
}
"""Where the catalogue's parameters are not those that are sent."""


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One car wants signatures and knows the bridge's key. Time is real: a signature is good for ten seconds."""
    directory = tmp_path_factory.mktemp("house")
    with empty_house(directory, speed=1.0) as house:
        public = keys.make(directory / "data")
        house.tesla.control("limits", command=10_000, data=10_000)
        house.tesla.control(f"vehicles/{id_of(CAR)}/signing", keys=[public.hex])
        house.tesla.force(CAR, command_signing="required")
        house.start(commands_enable=",".join(row.name for row in (*COMMANDS, *SIGNED_ONLY) if row.dangerous))
        yield house


def _asked(one: House, car: str, name: str) -> tuple[Any, Any]:
    """What the bridge says of a command, and what the car was told."""
    one.tesla.forget()
    one.tesla.force(car, **{**READY, **BEFORE.get(name, {})})
    result = one.ask(car, name, json.dumps(BY_MQTT[name] if name in BY_MQTT else EXAMPLES[name]))
    (told,) = one.tesla.executions(car)
    return result, told


@pytest.mark.parametrize("name", [row.name for row in ROWS])
def test_a_signed_command_does_what_a_plain_one_does(one: House, name: str) -> None:
    result, told = _asked(one, CAR, name)
    without, told_plain = _asked(one, OTHER_CAR, name)
    assert (result["outcome"], told["name"]) == (without["outcome"], told_plain["name"])
    assert told["answer"]["result"] is told_plain["answer"]["result"]
    assert told_plain["signed"] is None
    assert bool(told["signed"]) is (name not in UNSIGNED)


@pytest.mark.parametrize("name", [row.name for row in SIGNED_ONLY])
def test_what_exists_only_signed_is_done_and_verified(one: House, name: str) -> None:
    """By a car that wants signatures, and by one that takes plain commands as well."""
    one.tesla.control(f"vehicles/{id_of(CAR)}", **TRUCK)
    for signing in ("required", "allowed"):
        one.tesla.forget()
        one.tesla.force(CAR, **READY, command_signing=signing)
        result = one.ask(CAR, name, json.dumps(SIGNED_EXAMPLES[name]))
        (told,) = one.tesla.executions(CAR)
        is_done = told["answer"]["reason"] in {"", "already_set"}
        assert result["outcome"] == ("ok" if is_done else "refused")
        assert (told["name"], bool(told["signed"])) == (name, True)
    one.tesla.force(CAR, command_signing="required")


@pytest.mark.case("F29")
def test_twenty_at_once_keep_their_order_and_their_counters_rise(one: House) -> None:
    """reliability.md F29."""
    one.tesla.force(CAR, **READY)
    one.tesla.forget()
    before = one.tesla.control(f"vehicles/{id_of(CAR)}/signing")["faults_given"]
    names = ["door_lock", "honk_horn", "flash_lights", "door_unlock"] * 5
    for number, name in enumerate(names):
        one.send(CAR, name, message(f"at once {number}"))
    results = [one.spy.until(partial(one.results_of, f"at once {n}"), "a result") for n in range(20)]
    done = one.tesla.executions(CAR)
    assert [result[0]["outcome"] for result in results] == ["ok"] * 20
    assert [each["name"] for each in done] == names
    for domain in (2, 3):
        counters = [each["signed"]["counter"] for each in done if each["signed"]["domain"] == domain]
        assert counters == list(range(counters[0], counters[0] + 10))
    assert one.tesla.control(f"vehicles/{id_of(CAR)}/signing")["faults_given"] == before
