"""Everybody wants something at once: each car in its order, no counter twice, nobody waits for somebody else's car."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from command_examples import READY
from whole_house import BASE, CAR, SITE, House, empty_house, id_of, message

from bridge.catalog.vehicle.commands import COMMANDS
from bridge.fleet import keys

pytestmark = pytest.mark.case("F29")

CARS = 6
TWENTY = ["door_lock", "honk_horn", "flash_lights", "door_unlock"] * 5


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The first car takes only signed commands. Time is real: a signature is good for ten seconds."""
    directory = tmp_path_factory.mktemp("house")
    with empty_house(directory, speed=1.0, cars=CARS) as house:
        public = keys.make(directory / "data")
        house.tesla.control("limits", command=10_000, data=10_000)
        house.tesla.control(f"vehicles/{id_of(CAR)}/signing", keys=[public.hex])
        for car in cars(house):
            house.tesla.force(car, **READY)
        house.tesla.force(CAR, command_signing="required")
        house.start(commands_enable=",".join(row.name for row in COMMANDS if row.dangerous))
        yield house


def cars(one: House) -> list[str]:
    return [f"vehicle/{car.vin}" for car in one.cloud.account.cars]


def send_all(one: House, turn: str) -> list[tuple[str, str, str]]:
    """Twenty to the first car, twenty to the others, a write to the site, and looks at everything between them."""
    others = cars(one)[1:]
    asked = []
    for number, name in enumerate(TWENTY):
        other = others[number % len(others)]
        for device in (CAR, other):
            asked.append((device, name, f"{turn} {device} {number}"))
            one.send(device, name, message(asked[-1][2]))
        one.spy.publish(f"{BASE}/{other}/get/charge")
        if number == len(TWENTY) // 2:
            asked.append((SITE, "backup_reserve", f"{turn} site"))
            one.send(SITE, "backup_reserve", message(asked[-1][2], value=31))
            one.spy.publish(f"{BASE}/{SITE}/get/power")
    return asked


def results(one: House, asked: list[tuple[str, str, str]]) -> list[str]:
    found = [one.spy.until(partial(one.results_of, transaction), transaction, 60)[0] for _, _, transaction in asked]
    return [each["outcome"] for each in found]


def test_each_car_does_its_commands_in_their_order(one: House) -> None:
    one.tesla.forget()
    signing = f"vehicles/{id_of(CAR)}/signing"
    before = one.tesla.control(signing)["faults_given"]
    asked = send_all(one, "first")
    assert set(results(one, asked)) == {"ok"}
    for car in cars(one):
        wanted = [name for device, name, _ in asked if device == car]
        assert [each["name"] for each in one.tesla.executions(car)] == wanted
    for domain in (2, 3):
        signed = [each["signed"]["counter"] for each in one.tesla.executions(CAR) if each["signed"]["domain"] == domain]
        assert signed == sorted(set(signed))
        assert len(signed) == len(TWENTY) // 2
    assert one.tesla.control(signing)["faults_given"] == before


def test_a_car_that_does_not_answer_holds_up_nobody_else(one: House) -> None:
    """The first car's command is on its way all the while; the others', the site's and the looks are done."""
    one.tesla.forget()
    with one.api.holding(f"{id_of(CAR)}/signed_command".encode()) as held:
        asked = send_all(one, "second")
        held.wait()
        others = [each for each in asked if each[0] != CAR]
        assert set(results(one, others)) == {"ok"}
        assert one.tesla.executions(CAR) == []
    assert set(results(one, asked)) <= {"ok"}
    assert [each["name"] for each in one.tesla.executions(CAR)] == TWENTY
