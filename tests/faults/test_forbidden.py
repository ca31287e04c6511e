"""What is not allowed, not known or not ours is refused, and nobody is asked for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from command_examples import EXAMPLES, SIGNED_EXAMPLES
from whole_house import CAR, OTHER_CAR, SITE, House, house

from bridge.catalog.vehicle.commands import COMMANDS
from bridge.catalog.vehicle.signed import SIGNED_ONLY

pytestmark = pytest.mark.case("S2")

DANGEROUS = [row.name for row in (*COMMANDS, *SIGNED_ONLY) if row.dangerous]
SETTINGS = [("locked", "false"), ("trunk", "true"), ("frunk", "true"), ("windows", "true"), ("sunroof", "true")]
"""The same by another name."""
FOREIGN = ["vehicle/5YJ3E1EA7KF000316", "vehicle/%2e%2e", "vehicle/simulated", "energy_site/1", "energy_site/../2"]
UNKNOWN = [(CAR, "unlock"), (CAR, "battery_level"), (CAR, "command"), (SITE, "charge_limit"), (SITE, "backup")]

Record = Callable[[str, object], None]


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """As it comes: nothing dangerous is enabled. One car sleeps."""
    with house(tmp_path_factory.mktemp("house")) as running:
        running.tesla.force(OTHER_CAR, sentry_mode=False, state="asleep")
        running.tesla.forget()
        yield running


def by_mqtt(name: str) -> Mapping[str, Any]:
    return {} if name == "vent_windows" else {**EXAMPLES, **SIGNED_EXAMPLES}[name]


def test_what_is_dangerous_is_off_until_it_is_enabled_by_name(one: House, record_property: Record) -> None:
    for car in (CAR, OTHER_CAR):
        asked = [*((name, json.dumps(by_mqtt(name))) for name in DANGEROUS), *SETTINGS]
        for name, payload in asked:
            result = one.ask(car, name, payload)
            assert (result["outcome"], result["reason"], result["attempts"]) == ("invalid", "not_enabled", 0), name
            assert "FLEET2MQTT_COMMANDS_ENABLE" in result["message"]
    assert one.tesla.asked("POST") == []
    record_property("figure", f"{len(DANGEROUS)} dangerous commands, 0 calls")


@pytest.mark.parametrize("device", FOREIGN)
def test_a_device_that_is_not_ours_gets_nothing(one: House, device: str) -> None:
    if device.count("/") > 1:  # no topic that is listened to
        one.send(device, "backup_reserve", "20")
        one.ask(CAR, "no_such_thing", "?")
    else:
        result = one.ask(device, "honk_horn" if device.startswith("vehicle") else "backup_reserve", "20")
        assert (result["outcome"], result["reason"]) == ("invalid", "unknown_device")
    assert one.tesla.asked("POST") == []
    assert device.split("/", 1)[1] not in "".join(one.tesla.asked())


@pytest.mark.parametrize(("device", "name"), UNKNOWN)
def test_a_command_that_is_not_in_the_catalogue_is_refused(one: House, device: str, name: str) -> None:
    result = one.ask(device, name, "80")
    assert (result["outcome"], result["reason"]) == ("invalid", "unknown_command")
    assert one.tesla.asked("POST") == []


def test_what_is_enabled_is_enabled_alone(one: House) -> None:
    one.restart(commands_enable="door_unlock")
    one.tesla.forget()
    assert one.ask(CAR, "door_unlock", "{}")["outcome"] == "ok"
    assert one.ask(CAR, "remote_start_drive", "{}")["reason"] == "not_enabled"
    assert [name for name, _ in one.tesla.done(CAR)] == ["door_unlock"]
