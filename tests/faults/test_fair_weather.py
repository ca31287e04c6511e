"""Without a fault, whoever is examined does its work: else a case that it fails would show nothing."""

from __future__ import annotations

import pytest
from whole_house import CAR, SITE, House, message


@pytest.mark.case("F0")
def test_values_are_shown(one: House) -> None:
    one.comes_to(CAR, "charge/battery_level", "50")
    assert one.value(SITE, "settings/backup_reserve")


@pytest.mark.case("F0")
@pytest.mark.parametrize(
    ("device", "name", "value", "told"),
    [
        (CAR, "charge_limit", 71, ("set_charge_limit", {"percent": 71})),
        (SITE, "backup_reserve", 31, ("backup", {"backup_reserve_percent": 31})),
        (CAR, "honk_horn", None, ("honk_horn", {})),
    ],
)
def test_a_command_is_done_and_answered(one: House, device: str, name: str, value: object, told: object) -> None:
    given = {} if value is None else {"value": value}
    assert one.ask(device, name, message(f"fair {name}", **given))["outcome"] == "ok"
    assert one.tesla.done(device)[-1] == told


@pytest.mark.case("F0")
def test_it_ends_when_it_is_told_to(one: House) -> None:
    assert one.bridge.stop() == 0
