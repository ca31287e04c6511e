"""Every command of the catalogue does the same to a car that wants it signed as to one that does not."""

from __future__ import annotations

from typing import Any

import pytest
from bench import Bench, signing_car, twin
from command_examples import BEFORE, EXAMPLES, READY
from simulated_tesla import CAR, Tesla

from bridge.catalog.vehicle.commands import COMMANDS
from bridge.errors import CallWrong
from bridge.fleet.answers import CommandAnswer
from bridge.fleet.signing.actions import ACTIONS, UNSIGNED
from bridge.simulator.simulation import Simulation

NAMES = [row.name for row in COMMANDS if row.endpoint.startswith("command/")]
VCSEC = {
    "door_lock",
    "door_unlock",
    "remote_start_drive",
    "actuate_trunk",
    "open_tonneau",
    "close_tonneau",
    "stop_tonneau",
}


def test_every_command_of_the_catalogue_has_its_form() -> None:
    assert ACTIONS.keys() | UNSIGNED == set(NAMES) == EXAMPLES.keys()
    assert not ACTIONS.keys() & UNSIGNED


async def _told(bench: Bench, name: str) -> tuple[CommandAnswer, list[Any], Any]:
    """What was answered, what the car was told, and what it shows then."""
    await bench.tesla.force(**READY)
    await bench.tesla.force(**BEFORE.get(name, {}))
    answer = await bench.command(name, **EXAMPLES[name])
    groups = "charge_state;climate_state;vehicle_state;drive_state;location_data"
    groups += ";charge_schedule_data;preconditioning_schedule_data"
    shown = (await bench.tesla.get(f"vehicles/{CAR}/vehicle_data", endpoints=groups)).json()["response"]
    return answer, await bench.done(), shown


@pytest.mark.parametrize("name", NAMES)
async def test_signed_does_what_plain_does(tesla: Tesla, simulation: Simulation, name: str) -> None:
    async with twin(simulation) as other:
        plain = await _told(Bench(other), name)
    signed = await _told(await signing_car(tesla), name)
    assert _worded(signed[0], name) == _worded(plain[0], name)
    assert [(each["name"], each["answer"]) for each in signed[1]] == [
        (each["name"], each["answer"]) for each in plain[1]
    ]
    (told,) = plain[1]
    (verified,) = signed[1]
    assert _given(told["parameters"]) == _given({key: verified["parameters"].get(key) for key in told["parameters"]})
    assert _without_signing(signed[2]) == _without_signing(plain[2])
    expected = None if name in UNSIGNED else {"domain": 2 if name in VCSEC else 3, "counter": 1}
    assert (told["signed"], verified["signed"]) == (None, expected)


def _worded(answer: CommandAnswer, name: str) -> tuple[bool, str]:
    """VCSEC has its own words for a refusal."""
    return answer.result, "" if name in VCSEC else answer.reason


def _given(parameters: dict[str, Any]) -> dict[str, Any]:
    """Where a car stands is not told to its windows any more; 32-bit floats are near enough."""
    floats = {name: pytest.approx(value, abs=1e-4) for name, value in parameters.items() if isinstance(value, float)}
    return parameters | floats


def _without_signing(shown: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in shown.items() if name != "command_signing"}


async def test_a_sunroof_cannot_be_stopped_by_a_signed_command(tesla: Tesla) -> None:
    bench = await signing_car(tesla)
    with pytest.raises(CallWrong, match="state is vent or close; nothing was sent"):
        await bench.command("sun_roof_control", state="stop")
    assert await bench.done() == []


async def test_what_a_pin_was_does_not_stand_in_an_error(tesla: Tesla) -> None:
    bench = await signing_car(tesla)
    with pytest.raises(CallWrong) as caught:
        await bench.command("set_valet_mode", on=True, password=98765)
    assert "98765" not in str(caught.value)
