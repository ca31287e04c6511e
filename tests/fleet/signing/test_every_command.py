"""Every command of the catalogue does the same to a car that wants it signed as to one that does not."""

from __future__ import annotations

from typing import Any

import pytest
from bench import Bench, signing_car, twin
from command_examples import BEFORE, EXAMPLES, READY, SIGNED_EXAMPLES, TRUCK
from simulated_tesla import CAR, Tesla

from bridge.catalog.vehicle.commands import COMMANDS
from bridge.catalog.vehicle.signed import SIGNED_ONLY
from bridge.errors import CallWrong, SigningRequired
from bridge.fleet.answers import CommandAnswer
from bridge.fleet.signing.actions import ACTIONS, UNSIGNED
from bridge.simulator.simulation import Simulation

NAMES = sorted(
    {
        row.endpoint.removeprefix("command/")
        for row in COMMANDS
        if row.endpoint.startswith("command/") and not row.is_local
    }
)
SIGNED = [row.name for row in SIGNED_ONLY]
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
    assert ACTIONS.keys() | UNSIGNED == {*NAMES, *SIGNED} == EXAMPLES.keys() | SIGNED_EXAMPLES.keys()
    assert not ACTIONS.keys() & UNSIGNED
    assert not EXAMPLES.keys() & SIGNED_EXAMPLES.keys()


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


GIVEN = {
    "delete_dashcam_clips": {"delete_clips": True},
    "format_usb": {"format_usb": True},
}
"""What the car's protocol says besides what the catalogue asks for."""

FIRST = {
    "remove_managed_charging_site": ("add_managed_charging_site", SIGNED_EXAMPLES["add_managed_charging_site"]),
    "stop_light_show": ("start_light_show", SIGNED_EXAMPLES["start_light_show"]),
    "delete_dashcam_clips": ("dashcam_save_clip", {}),
    "parental_controls_clear_pin": ("parental_controls_activate", {"pin": "1234"}),
}
"""What must have been done before."""


@pytest.mark.parametrize("name", SIGNED)
@pytest.mark.parametrize("signing", ["required", "allowed"])
async def test_what_exists_only_signed_is_verified_and_done(tesla: Tesla, name: str, signing: str) -> None:
    bench = await signing_car(tesla)
    await bench.tesla.force(**READY, **TRUCK, command_signing=signing)
    if name in FIRST:
        first, parameters = FIRST[name]
        await bench.command(first, **parameters)
    answer = await bench.command(name, **SIGNED_EXAMPLES[name])
    done = (await bench.done())[-1]
    assert (answer.result, answer.reason, done["name"]) == (True, "", name)
    given = {**SIGNED_EXAMPLES[name], **GIVEN.get(name, {})}
    assert {key: value for key, value in done["parameters"].items() if key != "site"} == _given(given)
    assert done["signed"]["domain"] == (2 if name == "auto_secure_vehicle" else 3)
    assert name not in bench.asked  # never as an endpoint


@pytest.mark.parametrize("name", SIGNED)
async def test_sent_plain_it_would_be_nowhere(tesla: Tesla, name: str) -> None:
    await tesla.force(**READY, **TRUCK)
    path = f"/api/1/vehicles/{CAR}/command/{name}"
    assert (await tesla.http.post(path, json=dict(SIGNED_EXAMPLES[name]))).status_code == 404


async def test_a_car_that_takes_no_signatures_cannot_do_what_exists_only_signed(tesla: Tesla) -> None:
    bench = await signing_car(tesla)
    await tesla.force(command_signing="off")
    with pytest.raises(SigningRequired, match="exists only as a signed command, and this car takes none"):
        await bench.command("set_recirculation", on=True)
    assert bench.asked == ["signed_command"]


async def test_units_of_the_display_are_seen_in_the_next_answer(tesla: Tesla) -> None:
    bench = await signing_car(tesla)
    for name in SIGNED:
        if name.endswith(("_unit", "_format")):
            assert (await bench.command(name, **SIGNED_EXAMPLES[name])).result
    shown = (await tesla.get(f"vehicles/{CAR}/vehicle_data", endpoints="gui_settings")).json()["response"][
        "gui_settings"
    ]
    assert {name: value for name, value in shown.items() if name != "timestamp"} == {
        "gui_24_hour_time": False,
        "gui_charge_rate_units": "kW",
        "gui_distance_units": "mi/hr",
        "gui_range_display": "Rated",
        "gui_temperature_units": "F",
        "gui_tirepressure_units": "Psi",
        "show_range_units": True,
    }


async def test_a_car_that_is_secured_is_closed_and_locked(tesla: Tesla) -> None:
    bench = await signing_car(tesla)
    await tesla.force(**READY, fd_window=2, rt=16, equipment={"plg": True})
    assert (await bench.command("auto_secure_vehicle")).result
    state = (await tesla.get(f"vehicles/{CAR}/vehicle_data", endpoints="vehicle_state")).json()["response"][
        "vehicle_state"
    ]
    assert (state["locked"], state["fd_window"], state["rt"]) == (True, 0, 0)


async def test_a_question_is_answered_with_what_was_set(tesla: Tesla) -> None:
    bench = await signing_car(tesla)
    before = await bench.command("get_charge_on_solar")
    await bench.command("update_charge_on_solar", enabled=True, lower_charge_limit=30.0, upper_charge_limit=75.5)
    after = await bench.command("get_charge_on_solar")
    off = {"enabled": False, "lower_charge_limit": 20.0, "upper_charge_limit": 80.0}
    on = {"enabled": True, "lower_charge_limit": 30.0, "upper_charge_limit": 75.5}
    assert [each.told for each in (before, after)] == [{"charge_on_solar": off}, {"charge_on_solar": on}]
    await bench.command("set_rate_tariff", **SIGNED_EXAMPLES["set_rate_tariff"])
    tariff = (await bench.command("get_rate_tariff")).told
    assert tariff
    assert tariff["tariff_document"]["energy_charges"]["Summer"]["OFF_PEAK"] == 0.25
    await bench.command("add_managed_charging_site", **SIGNED_EXAMPLES["add_managed_charging_site"])
    sites = (await bench.command("get_managed_charging_sites")).told
    assert sites
    assert [each["public_key"] for each in sites["sites"]] == ["BPwkOd0n"]


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
